//! Environments, as far as a warm start reads them and [`crate::verify`] checks them.

pub mod guards;
pub mod interpreter;
pub mod plan;
