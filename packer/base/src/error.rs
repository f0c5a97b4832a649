//! Errors: what happened, and what the user can do.

/// An error with a remedy. `Display` says in one line what happened.
pub trait Remedy: std::error::Error {
    /// One line: what the user can do. `None` if the first line makes that obvious.
    fn remedy(&self) -> Option<String>;
}
