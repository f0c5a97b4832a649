//! What is done before an entry starts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::settings::{Assignment, Settings};

/// What is done before an entry starts: the `plan` of `before.py`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Before {
    /// Arguments before the user's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// Variables that are set, with placeholders in their values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// Variables that are set unless the user has set them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub default: BTreeMap<String, String>,
    /// Variables that are removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<String>,
    /// Whether children find the archive's scripts on the `PATH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<&'static str>,
    /// The working directory, with placeholders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// The directory of a Django project, relative to the environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub django: Option<String>,
}

impl Before {
    /// What the settings say about every entry.
    pub fn of(settings: &Settings) -> Self {
        let map = |list: &[Assignment]| {
            list.iter().map(|one| (one.name.clone(), one.value.clone())).collect()
        };
        Self {
            arguments: Vec::new(),
            set: map(&settings.env.set),
            default: map(&settings.env.default),
            unset: settings.env.unset.clone(),
            path: settings.expose_path.then_some("first"),
            directory: settings.working_directory.clone(),
            django: None,
        }
    }

    /// Whether nothing is done.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The `plan` as Python code. There are only strings in it, so JSON is Python.
    pub(super) fn plan(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
