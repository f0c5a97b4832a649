//! The documents that the command writes for programs, and their schemas.

use serde_json::Value;
use snakecrate_base::document::{Document, schema};

use super::{cache_document, config_document, doctor, dry_run, fetch, list_targets};
use crate::archive::{DroppedDocument, Report, Verified};
use crate::{diff, report};

/// The shape of a document.
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub format: u32,
    /// The command that writes it.
    pub command: &'static str,
    /// Its JSON schema.
    pub schema: Value,
}

impl Shape {
    fn of<T: Document>(command: &'static str) -> Self {
        Self { name: T::NAME, format: T::FORMAT, command, schema: schema::<T>() }
    }

    /// The name of the file of its schema.
    pub fn file(&self) -> String {
        format!("{}-{}.schema.json", self.name, self.format)
    }
}

/// All shapes, in the order of the commands.
pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<report::Report<'_>>("build --report FILE"),
        Shape::of::<dry_run::DryRun>("build --dry-run --json"),
        Shape::of::<fetch::Fetched>("fetch --json"),
        Shape::of::<config_document::ConfigDocument<'_>>("config --json"),
        Shape::of::<Report>("inspect --json"),
        Shape::of::<DroppedDocument<'_>>("inspect --dropped --json"),
        Shape::of::<snakecrate_licences::Document<'_>>("inspect --licenses --json"),
        Shape::of::<diff::Difference>("diff --json"),
        Shape::of::<snakecrate_size::Document<'_>>("size --json"),
        Shape::of::<snakecrate_audit::Report>("audit --json"),
        Shape::of::<snakecrate_advisories::Document<'_>>("audit --vulnerabilities --json"),
        Shape::of::<Verified>("verify --json"),
        Shape::of::<list_targets::Targets>("targets --json"),
        Shape::of::<doctor::Diagnosis>("doctor --json"),
        Shape::of::<cache_document::Listing<'_>>("cache list --json"),
        Shape::of::<cache_document::Verification<'_>>("cache verify --json"),
        Shape::of::<cache_document::Removal<'_>>("cache prune --json, cache clear --json"),
    ]
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use clap::{Command, CommandFactory as _};
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::cli::Cli;

    /// The lines of the page between which the table is.
    const TABLE: [&str; 2] = ["<!-- shapes -->\n", "<!-- /shapes -->"];

    fn workspace() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn directory() -> PathBuf {
        workspace().join("packer/cli/schemas")
    }

    /// Every file about the shapes with its contents.
    fn files() -> Vec<(PathBuf, String)> {
        let shapes = shapes();
        let schemas =
            shapes.iter().map(|one| (directory().join(one.file()), format!("{:#}\n", one.schema)));
        let rows = shapes.iter().map(|one| {
            let (file, about) = (one.file(), one.schema["description"].as_str().unwrap());
            let commands: Vec<_> = one.command.split(", ").map(|one| format!("`{one}`")).collect();
            let about = about.trim_end_matches('.').replace('\n', " ");
            let file = format!("[{file}](../../packer/cli/schemas/{file})");
            format!("| {} | {about} | {file} |\n", commands.join(", "))
        });
        let head = "| command | contents | schema |\n|---|---|---|\n".to_owned();
        let table = head + &rows.collect::<String>();
        let page = workspace().join("docs/reference/json.md");
        let text = fs::read_to_string(&page).unwrap();
        let (before, rest) = text.split_once(TABLE[0]).expect("the page has a place for the table");
        let (_, after) = rest.split_once(TABLE[1]).expect("the table has an end");
        let text = [before, TABLE[0], &table, TABLE[1], after].concat();
        schemas.chain([(page, text)]).collect()
    }

    #[test]
    #[ignore = "writes the schemas and docs/reference/json.md"]
    fn write_schemas() {
        fs::create_dir_all(directory()).unwrap();
        for (path, text) in files() {
            fs::write(path, text).unwrap();
        }
    }

    /// The help: `cargo test -p snakecrate --lib write_schemas -- --ignored`.
    #[test]
    fn schemas_and_their_page_are_up_to_date() {
        let files = files();
        for (path, text) in &files {
            let written = fs::read_to_string(path).unwrap_or_default();
            assert_eq!(&written, text, "{}", path.display());
        }
        let names = fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path());
        for path in names {
            // Schemas of earlier versions stay.
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let shapes = shapes();
            let is_known = shapes.iter().any(|one| {
                let number = name.strip_prefix(one.name).and_then(|rest| rest.strip_prefix('-'));
                let number = number.and_then(|rest| rest.strip_suffix(".schema.json"));
                number
                    .and_then(|number| number.parse().ok())
                    .is_some_and(|it: u32| it <= one.format)
            });
            assert!(is_known, "{name} is the schema of no document");
        }
    }

    /// The commands below `command` that have `--json`.
    fn with_json(command: &Command, above: &str, found: &mut Vec<String>) {
        for one in command.get_subcommands() {
            let name = format!("{above}{}", one.get_name());
            if one.get_arguments().any(|argument| argument.get_long() == Some("json")) {
                found.push(name.clone());
            }
            with_json(one, &format!("{name} "), found);
        }
    }

    #[test]
    fn every_command_with_json_has_a_schema() {
        let mut commands = Vec::new();
        with_json(&Cli::command(), "", &mut commands);
        assert!(commands.len() > 8, "{commands:?}");
        for command in commands {
            let is_described =
                shapes().iter().flat_map(|shape| shape.command.split(", ")).any(|words| {
                    words.starts_with(&format!("{command} ")) && words.ends_with(" --json")
                });
            assert!(is_described, "`{command} --json` has no row in shapes()");
        }
    }
}
