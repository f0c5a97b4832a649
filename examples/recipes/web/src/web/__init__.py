"""A small web service."""

__version__ = "1.0"
