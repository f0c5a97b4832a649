//! Why the publishers of a build's distributions are refused.

use std::fmt;

use snakecrate_base::error::Remedy;
use snakecrate_provenance::attestation;
use snakecrate_provenance::publisher::{Publisher, Wanted};

use crate::resolve::Fetched;

/// Distributions whose publishers are not the required ones.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Error(pub Vec<Refused>);

/// A distribution whose publisher is not the required one.
#[derive(Debug)]
pub struct Refused {
    /// The distribution: `black 24.1.0`.
    name: String,
    wanted: Wanted,
    why: Why,
}

/// Why a distribution has no proven publisher, or none that is allowed.
#[derive(Debug)]
pub enum Why {
    /// It does not come from an index with a digest of it: a directory, a commit, a local file.
    NotOfAnIndex,
    /// The index has no attestation of it.
    None,
    /// The index cannot be asked.
    Unavailable(String),
    /// An attestation is wrong.
    Wrong(attestation::Error),
    /// Others published it.
    Others(Vec<Publisher>),
}

impl Refused {
    pub(super) fn new(one: &Fetched, wanted: Wanted, why: Why) -> Self {
        Self { name: format!("{} {}", one.name, one.version), wanted, why }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, wanted, why } = self;
        match why {
            Why::Wrong(error) => write!(f, "`{name}`: {error}"),
            Why::Others(_) => write!(f, "`{name}` is {why}, not by {wanted}"),
            _ => write!(f, "`{name}` has to be published by {wanted}, but {why}"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOfAnIndex => f.write_str("it does not come from a package index"),
            Self::None => f.write_str("the index has no attestation of it"),
            Self::Unavailable(why) => write!(f, "its attestation is unavailable: {why}"),
            Self::Wrong(error) => error.fmt(f),
            Self::Others(all) => {
                let all: Vec<_> = all.iter().map(ToString::to_string).collect();
                write!(f, "published by {}", all.join(", "))
            }
        }
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        let is_wrong = |one: &Refused| matches!(one.why, Why::Wrong(_));
        Some(if self.0.iter().any(is_wrong) {
            "do not use these files; ask the index's operator".into()
        } else {
            "take another version, or change `publishers` in [tool.snakecrate]".into()
        })
    }
}
