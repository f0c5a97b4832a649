//! What is in the cache.
