//! Errors: what happened, and what to do about it.

/// An error that knows a way out. `Display` says in one line what happened.
pub trait Remedy: std::error::Error {
    /// One line: what the user can do; `None` where the first line says it all.
    fn remedy(&self) -> Option<String>;
}
