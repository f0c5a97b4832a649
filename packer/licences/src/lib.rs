//! Licences of everything in an archive: what each part is licensed under, the texts, and whether that
//! is allowed.
//!
//! ```text
//! METADATA, licence files ─┐
//! names of libraries ──────┼→ Subject (expression, texts) ─→ Policy, Notices, tables
//! packages of the host ────┘
//! ```

mod collect;
mod debian;
mod declared;
mod expression;
mod host;
mod libraries;
mod notices;
mod policy;
mod report;
mod shipped;
mod subject;

pub use collect::{Collected, Collector, is_wanted};
pub use debian::Packages;
pub use declared::Declared;
pub use expression::{classified, normalized};
pub use host::{HOST_PACKAGES, HostPackage};
pub use libraries::{Library, library};
pub use notices::notices;
pub use policy::{BadExpression, Policy, Violation};
pub use report::{Document, json, text};
pub use shipped::launcher;
pub use subject::{Known, Subject, SubjectKind, Text};
