//! Checks of the fields that the launcher of this version ignores or refuses.

use std::collections::HashSet;

use super::attachment::{ATTACHMENTS, Attachment, SBOM_MEMBER};
use super::check::one_line;
use super::component::{Component, Download};
use super::document::Manifest;
use super::entry::{Entry, Environment};
use super::limits::{
    MAX_ATTACHMENT, MAX_ATTACHMENTS, MAX_ENTRY_TEXT, MAX_KEEP_DAYS, MAX_WINDOW_LOG, MOST_WINDOW_LOG,
};
use super::template::{Piece, Template};
use crate::entry_path::EntryPath;

/// Beginnings of variables that belong to the loader, the interpreter and the launcher.
const RESERVED: [&str; 3] = ["LD_", "PYTHON", "SNAKECRATE"];
/// The longest name of a variable, in bytes.
const MAX_VARIABLE: usize = 255;
/// The longest MIME type, in bytes (RFC 6838 allows 127 for each half).
const MAX_MIME: usize = 255;

impl Manifest {
    /// Checks the fields that the cargo feature `details` stands for.
    pub(super) fn check_details(&self) -> Result<(), String> {
        self.check_features()?;
        let runtime = self.runtime.iter();
        let runtime = runtime.flat_map(|one| std::iter::once(&one.at_least).chain(&one.parts));
        one_line(self.python.abi.iter().chain(runtime).chain(&self.mime_types))?;
        if let Some(text) = self.mime_types.iter().find(|text| !is_mime(text)) {
            return Err(format!("a MIME type {text:?}"));
        }
        for entry in &self.entries {
            entry.check_details()?;
        }
        for component in &self.components {
            if component.download.as_ref().is_some_and(|download| !download.has_addresses()) {
                return Err(format!("{} cannot be downloaded", component.label()));
            }
        }
        self.check_disabled_commands()?;
        self.check_attachments()?;
        let days = self.launch.keep_days.unwrap_or_default();
        if days > MAX_KEEP_DAYS {
            return Err(format!("{days} days in the cache"));
        }
        match self.window_log {
            Some(log) if !(MAX_WINDOW_LOG..=MOST_WINDOW_LOG).contains(&log) => {
                Err(format!("a window of 2^{log} bytes"))
            }
            _ => Ok(()),
        }
    }

    /// Checks that `requires` names the feature of each field that needs one.
    fn check_features(&self) -> Result<(), String> {
        if !self.requires.is_sorted_by(|a, b| a.name() < b.name()) {
            return Err("features that are not sorted, or one twice".into());
        }
        let used = self.features();
        match used.into_iter().find(|feature| !self.requires.contains(feature)) {
            Some(feature) => Err(format!("it uses `{}` and does not require it", feature.name())),
            None => Ok(()),
        }
    }

    fn check_disabled_commands(&self) -> Result<(), String> {
        let disabled = &self.launch.disabled_commands;
        let plain = |name: &String| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        if !disabled.is_sorted_by(|a, b| a < b) || !disabled.iter().all(plain) {
            return Err("self-commands that are not sorted, or no names of any".into());
        }
        Ok(())
    }

    fn check_attachments(&self) -> Result<(), String> {
        if self.attachments.len() > MAX_ATTACHMENTS {
            return Err(format!("{} attachments", self.attachments.len()));
        }
        if !self.attachments.is_sorted_by(|a, b| a.name < b.name) {
            return Err("attachments that are not sorted, or two of a name".into());
        }
        let labels: HashSet<String> = self.components.iter().map(Component::label).collect();
        for attachment in &self.attachments {
            attachment.check(&labels)?;
        }
        let has =
            |icon: &&EntryPath| self.attachments.iter().any(|attached| attached.name == **icon);
        match self.icon.as_ref().filter(|icon| !has(icon)) {
            Some(icon) => Err(format!("the icon `{icon}` is not attached")),
            None => Ok(()),
        }
    }
}

fn is_mime(text: &str) -> bool {
    let halves = text.split_once('/');
    text.len() <= MAX_MIME
        && halves.is_some_and(|(a, b)| !a.is_empty() && !b.is_empty() && !b.contains('/'))
}

impl Attachment {
    fn check(&self, labels: &HashSet<String>) -> Result<(), String> {
        let name = self.name.as_str();
        if name != SBOM_MEMBER && !name.starts_with(ATTACHMENTS) {
            return Err(format!("an attachment called `{name}`"));
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        if self.role.is_empty() || !self.role.bytes().all(plain) {
            return Err(format!("an attachment that is {:?}", self.role));
        }
        if let Some(label) = self.component.as_ref().filter(|label| !labels.contains(*label)) {
            return Err(format!("an attachment of {label:?}, which is not in it"));
        }
        if self.bytes > MAX_ATTACHMENT {
            return Err(format!("`{name}` has {} bytes", self.bytes));
        }
        Ok(())
    }
}

impl Download {
    fn has_addresses(&self) -> bool {
        let is_url = |url: &String| {
            url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty())
                && !url.contains(|c: char| c.is_control() || c.is_whitespace())
        };
        !self.urls.is_empty() && self.urls.iter().all(is_url)
    }
}

impl Entry {
    fn check_details(&self) -> Result<(), String> {
        let environment = &self.environment;
        let values = environment.set.0.iter().chain(&environment.default.0);
        let mut texts: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        texts.extend(values.flat_map(|(name, value)| [name.as_str(), value.as_str()]));
        texts.extend(environment.unset.iter().map(String::as_str));
        texts.extend(self.directory.iter().map(Template::as_str));
        if let Some(text) = texts.iter().find(|text| text.contains(char::is_control)) {
            return Err(format!("a control character in {text:?}"));
        }
        let bytes: usize = texts.iter().map(|text| text.len()).sum();
        if bytes > MAX_ENTRY_TEXT {
            return Err(format!("{bytes} bytes for `{}`", self.name));
        }
        if let Some(directory) = &self.directory {
            match directory.pieces().next() {
                Some(Piece::Text(text)) if !text.starts_with('/') => {}
                None => {}
                _ => return environment.check(),
            }
            return Err(format!("a relative directory {:?}", directory.as_str()));
        }
        environment.check()
    }
}

impl Environment {
    fn check(&self) -> Result<(), String> {
        let values = || self.set.0.iter().chain(&self.default.0).map(|(name, _)| name);
        let names = || values().chain(&self.unset);
        for name in names() {
            let is_reserved = RESERVED.iter().any(|start| {
                name.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
            });
            if is_reserved || name.is_empty() || name.contains('=') || name.len() > MAX_VARIABLE {
                return Err(format!("a variable called {name:?}"));
            }
            if names().filter(|other| *other == name).count() > 1 {
                return Err(format!("the variable {name:?} twice"));
            }
        }
        Ok(())
    }
}
