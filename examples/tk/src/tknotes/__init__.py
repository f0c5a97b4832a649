"""A small editor for notes."""
