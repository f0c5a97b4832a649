//! Differences for people.

use comfy_table::CellAlignment;
use serde_json::Value;
use snakecrate_base::ui::table;
use snakecrate_format::size::Size;

use super::{Change, ComponentChange, Difference, Note, Property, Side, Summary};

/// Stands for a value that there is not.
const NONE: &str = "-";

impl Difference {
    /// The differences for people.
    pub fn text(&self) -> String {
        if self.equal {
            return format!("{} and {} are equal\n", self.old.file, self.new.file);
        }
        let mut files = table(&["", "file", "application", "target", "size", "unpacked"]);
        for (side, summary) in [("old", &self.old), ("new", &self.new)] {
            files.add_row(summary.row(side));
        }
        let mut components = table(&["component", "kind", "old", "new", "stored", "unpacked", ""]);
        for change in &self.components {
            components.add_row(change.row());
        }
        for column in 4..=5 {
            if let Some(column) = components.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut entries = table(&["entry", "field", "old", "new"]);
        for entry in &self.entries {
            for field in &entry.fields {
                let [name, old, new] = field.row();
                entries.add_row([entry.name.clone(), name, old, new]);
            }
        }
        let mut properties = table(&["property", "old", "new"]);
        for property in &self.properties {
            properties.add_row(property.row());
        }
        let tables = [files, components, entries, properties];
        let texts = tables.iter().filter(|table| !table.is_empty()).map(|table| {
            let lines = table.to_string();
            let lines: Vec<&str> = lines.lines().map(str::trim_end).collect();
            lines.join("\n") + "\n"
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}

impl Summary {
    fn row(&self, side: &str) -> [String; 6] {
        let version = self.version.as_deref().unwrap_or_default();
        [
            side.to_owned(),
            self.file.clone(),
            format!("{} {version}", self.name).trim_end().to_owned(),
            self.target.clone(),
            Size(self.size).to_string(),
            Size(self.unpacked).to_string(),
        ]
    }
}

impl Property {
    fn row(&self) -> [String; 3] {
        let text = |value: &Option<Value>| match value {
            None => NONE.to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        [self.name.clone(), text(&self.old), text(&self.new)]
    }
}

impl ComponentChange {
    fn row(&self) -> [String; 7] {
        let version = |side: &Option<Side>| {
            side.as_ref().map_or_else(|| NONE.into(), |one| one.version.clone())
        };
        let bytes = |of: fn(&Side) -> u64| {
            change(self.old.as_ref().map_or(0, of), self.new.as_ref().map_or(0, of))
        };
        let word = match self.change {
            Change::Added => Some("added".to_owned()),
            Change::Removed => Some("removed".to_owned()),
            Change::Changed => None,
        };
        let notes = self.notes.iter().map(|note| self.note(*note));
        [
            self.name.clone(),
            self.kind.as_str().to_owned(),
            version(&self.old),
            version(&self.new),
            bytes(|side| side.stored),
            bytes(|side| side.unpacked),
            word.into_iter().chain(notes).collect::<Vec<_>>().join(", "),
        ]
    }

    fn note(&self, note: Note) -> String {
        let licenses = |side: &Option<Side>| match side {
            Some(side) if !side.licenses.is_empty() => side.licenses.join(" / "),
            _ => NONE.to_owned(),
        };
        match note {
            Note::Downgrade => "DOWNGRADE".into(),
            Note::PreRelease => "PRE-RELEASE".into(),
            Note::Yanked => match self.yanked.as_deref().map(str::trim) {
                None | Some("") => "YANKED".into(),
                // It comes from the network.
                Some(reason) => format!("YANKED: {}", reason.escape_debug()),
            },
            Note::License => {
                format!("LICENCE {} -> {}", licenses(&self.old), licenses(&self.new))
            }
            Note::SameVersion => "other files".into(),
            Note::Repacked => "same files, packed otherwise".into(),
        }
    }
}

/// The change from `old` to `new` bytes.
fn change(old: u64, new: u64) -> String {
    match new.cmp(&old) {
        std::cmp::Ordering::Equal => "0".into(),
        std::cmp::Ordering::Greater => format!("+{}", Size(new - old)),
        std::cmp::Ordering::Less => format!("-{}", Size(old - new)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{self, Archive, AttachmentSpec, sample};

    const OLD_BOM: &str = r#"{"components": [
        {"name": "click", "version": "8.1.7", "licenses": [{"expression": "BSD-3-Clause"}]}]}"#;
    const NEW_BOM: &str = r#"{"components": [
        {"name": "click", "version": "8.1.6rc1", "licenses": [{"license": {"name": "MIT"}}]}]}"#;

    #[test]
    fn downgrades_pre_releases_and_licences_stand_out() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, bom: &str, version: &str, target| {
            let mut spec = sample::spec(&directory.path().join("cache"));
            spec.components[0].version = version.into();
            spec.attachments = vec![AttachmentSpec::sbom(bom.into())];
            spec.target = target;
            let path = directory.path().join(name);
            archive::write(&path, &sample::stub(), spec).unwrap();
            Archive::open(&path).unwrap()
        };
        let old = write("old", OLD_BOM, "8.1.7", &snakecrate_format::target::X86_64_LINUX);
        let new = write("new", NEW_BOM, "8.1.6rc1", &snakecrate_format::target::X86_64_LINUX);
        let difference = Difference::new(&old, &new).unwrap();
        let notes = [Note::Downgrade, Note::PreRelease, Note::License];
        assert_eq!(difference.components.len(), 1);
        assert_eq!(difference.components[0].notes, notes);
        let text = difference.text();
        let row = "click      wheel  8.1.7  8.1.6rc1       0         0  \
                   DOWNGRADE, PRE-RELEASE, LICENCE BSD-3-Clause -> MIT\n";
        assert!(text.contains(row), "{text}");
        let names: Vec<_> = difference.properties.iter().map(|one| &*one.name).collect();
        let sbom = ["attachments.sbom.cdx.json.blake3", "attachments.sbom.cdx.json.bytes"];
        assert_eq!(names, sbom, "nothing else differs");
    }
}
