//! Reports on an archive's contents, for people and for programs.

use std::fmt::Write as _;

use comfy_table::CellAlignment;
use schemars::JsonSchema;
use serde::Serialize;
use snakecrate_format::digest::Digest;
use snakecrate_format::manifest::{Component, Kind, Source};
use snakecrate_format::size::Size;
use snakecrate_format::target::TARGETS;

use super::Archive;
use snakecrate_base::document::{self, Document};
use snakecrate_base::ui::table;

/// An archive's contents.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// The Rust target triple of the hosts it runs on.
    pub target: String,
    /// The application's name.
    pub name: String,
    /// Its version, if it has one.
    pub version: Option<String>,
    /// The interpreter: `cpython 3.12.1`.
    pub python: String,
    /// The runtime file that it needs, if no runtime is inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<RuntimeReport>,
    /// The interpreter's options.
    pub options: Vec<String>,
    /// The entry that runs if nothing else decides.
    pub default: Option<String>,
    /// Its entries.
    pub entries: Vec<EntryReport>,
    /// Its components.
    pub components: Vec<ComponentReport>,
    /// Number of files and links in all components.
    pub files: u64,
    /// Their bytes, unpacked.
    pub unpacked: u64,
    /// Bytes that all components take in the archive.
    pub stored: u64,
    /// Bytes of the launcher.
    pub stub: u64,
    /// Bytes of the file.
    pub size: u64,
    /// BLAKE3 of the manifest: names the archive's environment in the cache.
    #[schemars(with = "String")]
    pub digest: Digest,
}

/// The runtime file that an archive without a runtime needs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuntimeReport {
    /// Its name.
    pub file: String,
    /// The lowest version of its interpreter.
    pub at_least: String,
    /// The parts of the standard library that it has to have.
    pub parts: Vec<String>,
}

/// An entry of a [`Report`].
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EntryReport {
    /// The name it is called by.
    pub name: String,
    /// The command or function it runs.
    pub runs: String,
    /// Whether it opens windows.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub graphical: bool,
}

/// A component of a [`Report`].
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ComponentReport {
    /// Its kind.
    #[schemars(with = "snakecrate_base::document::Kind")]
    pub kind: Kind,
    /// Its normalised name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// BLAKE3 of its listing: names its tree in the cache.
    #[schemars(with = "String")]
    pub digest: Digest,
    /// Number of files and links.
    pub files: u64,
    /// Their bytes, unpacked.
    pub unpacked: u64,
    /// Bytes it takes in the archive.
    pub stored: u64,
    /// Number of blobs.
    pub blobs: usize,
    /// Its origin.
    #[schemars(with = "Option<snakecrate_base::document::Source>")]
    pub source: Option<Source>,
}

impl From<&Component> for ComponentReport {
    fn from(component: &Component) -> Self {
        let blobs: u64 = component.blobs.iter().map(|blob| blob.length).sum();
        Self {
            kind: component.kind,
            name: component.name.clone(),
            version: component.version.clone(),
            digest: component.digest,
            files: component.files,
            unpacked: component.bytes,
            stored: blobs + component.tree.length,
            blobs: component.blobs.len(),
            source: component.source.clone(),
        }
    }
}

impl Document for Report {
    const NAME: &'static str = "inspect";
}

impl Report {
    /// Reports on `archive` from its manifest alone.
    pub fn new(archive: &Archive) -> Self {
        let manifest = archive.manifest();
        let components: Vec<_> = manifest.components.iter().map(ComponentReport::from).collect();
        let entry = |entry: &snakecrate_format::manifest::Entry| EntryReport {
            name: entry.name.clone(),
            runs: entry.runs.clone(),
            graphical: entry.graphical,
        };
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            target: manifest.target.clone(),
            python: format!("{} {}", manifest.python.implementation, manifest.python.version),
            runtime: manifest.runtime_name().zip(manifest.runtime.as_ref()).map(
                |(name, needed)| RuntimeReport {
                    file: name.to_string(),
                    at_least: needed.at_least.clone(),
                    parts: needed.parts.clone(),
                },
            ),
            options: manifest.launch.options.clone(),
            default: manifest.launch.default.clone(),
            entries: manifest.entries.iter().map(entry).collect(),
            files: components.iter().map(|component| component.files).sum(),
            unpacked: components.iter().map(|component| component.unpacked).sum(),
            stored: components.iter().map(|component| component.stored).sum(),
            components,
            stub: manifest.stub.length,
            size: archive.length(),
            digest: archive.record().manifest_digest,
        }
    }

    /// The report as JSON, with a newline at the end.
    pub fn json(&self) -> String {
        document::text(self)
    }

    /// `aarch64-linux (aarch64-unknown-linux-gnu)`; the triple alone if this packer does not know it.
    fn target_text(&self) -> String {
        let known = TARGETS.iter().find(|target| target.triple == self.target);
        known.map_or_else(|| self.target.clone(), |known| format!("{known} ({})", self.target))
    }

    /// The report for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let version = self.version.as_deref().unwrap_or_default();
        let mut line = |label: &str, value: &str| {
            let written = writeln!(text, "{label:<11}{value}");
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        };
        // On another machine nothing else matters.
        line("target", &self.target_text());
        line("name", format!("{} {version}", self.name).trim_end());
        line("python", &self.python);
        let runtime = self.components.iter().find(|one| one.kind == Kind::Runtime);
        if let Some(source) = runtime.and_then(|runtime| runtime.source.as_ref()) {
            line("", &source.file);
        }
        if let Some(RuntimeReport { file, at_least, parts }) = &self.runtime {
            let with = if parts.is_empty() { "" } else { ", with " };
            let parts = parts.join(", ");
            line("runtime", &format!("in {file}, {at_least} or later{with}{parts}"));
        }
        line("size", &format!("{} ({} launcher)", Size(self.size), Size(self.stub)));
        line("unpacked", &format!("{} in {} files", Size(self.unpacked), self.files));
        line("digest", &self.digest.to_string());
        let mut entries = table(&["entry", "runs", ""]);
        for entry in &self.entries {
            let default = self.default.as_ref() == Some(&entry.name);
            let marks = marks(default, entry.graphical);
            entries.add_row([entry.name.as_str(), &entry.runs, &marks]);
        }
        let mut components =
            table(&["component", "version", "kind", "files", "unpacked", "stored", "digest"]);
        for component in &self.components {
            components.add_row([
                component.name.clone(),
                component.version.clone(),
                component.kind.as_str().to_owned(),
                component.files.to_string(),
                Size(component.unpacked).to_string(),
                Size(component.stored).to_string(),
                component.digest.key(),
            ]);
        }
        for column in 3..=5 {
            if let Some(column) = components.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for table in [entries, components] {
            text.push('\n');
            for line in table.to_string().lines() {
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        text
    }
}

/// The marks of an entry for people, such as `default`; empty if it has none.
pub(crate) fn marks(is_default: bool, is_graphical: bool) -> String {
    let marks = [(is_default, "default"), (is_graphical, "graphical")];
    let marks: Vec<_> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
    marks.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::sample;

    fn report() -> Report {
        let directory = tempfile::tempdir().unwrap();
        Report::new(&Archive::open(&sample::archive(directory.path())).unwrap())
    }

    #[test]
    fn json_names_every_component_with_version_digest_and_sizes() {
        let report = report();
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        let wheel = &json["components"][2];
        assert_eq!(wheel["kind"], "wheel");
        assert_eq!(wheel["name"], "click");
        assert_eq!(wheel["version"], "8.1.7");
        assert_eq!(wheel["digest"], report.components[2].digest.to_string());
        assert_eq!(wheel["unpacked"], 6 + 18);
        assert_eq!(wheel["source"]["sha256"], "00");
        assert!(wheel["stored"].as_u64().unwrap() > 0);
        assert_eq!(json["python"], "cpython 3.12.1");
        let stored = json["stored"].as_u64().unwrap() + json["stub"].as_u64().unwrap();
        assert!(stored < json["size"].as_u64().unwrap());
    }

    #[test]
    fn people_get_a_table() {
        let text = report().text();
        let first = "target     x86_64-linux (x86_64-unknown-linux-gnu)\nname       hello 1.0\n";
        assert!(text.starts_with(first), "{text}");
        assert!(text.contains("hello  hello:main  default"), "{text}");
        assert!(text.contains("click      8.1.7    wheel        2  24 bytes"), "{text}");
        assert!(!text.contains(" \n"), "no blanks at the end of a line");
    }
}
