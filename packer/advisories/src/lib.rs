//! Known vulnerabilities of what a bill of materials lists.
//!
//! ```text
//! OSV records (file, directory, zip) ─→ Database ─┐
//! components of the bill of materials ────────────┼→ Report ─→ text, JSON, SARIF
//! VEX documents ─→ Statements ────────────────────┘
//! ```
//!
//! The user brings the database. Nothing is sent anywhere.

mod database;
mod findings;
mod osv;
mod purl;
mod report;
mod sarif;
mod version;
mod vex;

pub use database::{Database, Error};
pub use findings::{Component, Finding, Report, find};
pub use report::Document;
pub use vex::{BadVex, Statements};
