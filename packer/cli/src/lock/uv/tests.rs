//! Forged `uv.lock` files.
