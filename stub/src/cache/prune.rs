//! Removing what is no longer used.
