//! Things with a licence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A thing with a licence of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The label of the component that has it: `wheel-click-8.1.7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The package of the host that it was taken from: `libssl3 3.0.17`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// An SPDX expression; `None` if its licence is not known as one.
    pub expression: Option<String>,
    /// How the expression is known.
    pub known: Known,
    /// Its licence in its own words, where those are no expression.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declared: Vec<String>,
    /// Its licence texts and notices.
    pub texts: Vec<Text>,
}

/// What a [`Subject`] is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// The application itself: its notices are the vendor's own.
    Application,
    /// A distribution.
    Wheel,
    /// The interpreter with its standard library.
    Runtime,
    /// The C library.
    #[serde(rename = "libc")]
    CLibrary,
    /// A library inside a component: vendored in a wheel, or taken from the host.
    Library,
    /// The program at the front of the archive, or code that it was built from.
    Launcher,
}

impl SubjectKind {
    /// Its name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Wheel => "wheel",
            Self::Runtime => "runtime",
            Self::CLibrary => "libc",
            Self::Library => "library",
            Self::Launcher => "launcher",
        }
    }
}

/// How an expression is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// Declared as an expression: `License-Expression`, Cargo's `license`.
    Declared,
    /// Read from the field `License` or from classifiers.
    Metadata,
    /// Recognised by its text.
    Text,
    /// From the copyright file of its package.
    Package,
    /// Known for a library of this name.
    Name,
    /// Not known.
    Unknown,
}

impl Known {
    /// Its name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Metadata => "metadata",
            Self::Text => "text",
            Self::Package => "package",
            Self::Name => "name",
            Self::Unknown => "unknown",
        }
    }
}

/// A licence text or a notice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Text {
    /// The path of its file, or words that name it.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Subject {
    /// A subject without a known licence.
    pub fn new(kind: SubjectKind, name: &str, version: Option<&str>) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            version: version.map(str::to_owned),
            component: None,
            package: None,
            expression: None,
            known: Known::Unknown,
            declared: Vec::new(),
            texts: Vec::new(),
        }
    }

    /// `click 8.1.7`
    pub fn title(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        }
    }

    /// The expression, or the licence in the subject's own words.
    pub fn licence(&self) -> String {
        match &self.expression {
            Some(expression) => expression.clone(),
            None if self.declared.is_empty() => "unknown".into(),
            None => self.declared.join("; "),
        }
    }

    /// With an expression, if there is one.
    #[must_use]
    pub fn with(self, expression: Option<String>, known: Known) -> Self {
        let known = if expression.is_some() { known } else { Known::Unknown };
        Self { expression, known, ..self }
    }
}
