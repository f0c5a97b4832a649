//! The files of an environment that a warm start reads and [`crate::verify`] checks.

pub mod first_run;
pub mod guards;
pub mod interpreter;
pub mod plan;
pub mod ready;
pub mod runtime;
