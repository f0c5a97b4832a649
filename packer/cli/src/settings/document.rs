//! The lines of keys in the file that has them.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys above those of this packer.
pub(super) const TOOL: [&str; 2] = ["tool", "snakecrate"];

/// A file with `[tool.snakecrate]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The pyproject.toml or the script.
    pub path: PathBuf,
    /// Its TOML.
    text: String,
    /// The number of lines before the TOML.
    before: usize,
}

impl Document {
    /// The TOML `text`, which starts after `before` lines of the file.
    pub(super) fn new(path: &Path, text: String, before: usize) -> Self {
        Self { path: path.to_owned(), text, before }
    }

    /// The line of the key at `path` below `[tool.snakecrate]`, from 1; none if there is no such key.
    pub fn line(&self, path: &[&str]) -> Option<usize> {
        let root = DeTable::parse(&self.text).ok()?;
        let start = start_of(root.get_ref(), &[&TOOL, path].concat())?;
        Some(self.before + self.text.get(..start)?.matches('\n').count() + 1)
    }
}

/// The offset of the key at `path`.
fn start_of(table: &DeTable<'_>, path: &[&str]) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == first)?;
    match Spanned::get_ref(value) {
        _ if rest.is_empty() => Some(key.span().start),
        DeValue::Table(inner) => start_of(inner, rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_lines_of_their_files() {
        let text = "[tool.snakecrate]\nlevel = 3\nproof.timeout = 5\n\n[tool.snakecrate.env]\n\
            set = { A = '1',\n B = '2' }\n[tool.snakecrate.artifact.'a.b']\nlevel = 4\n";
        let document = Document::new(Path::new("p.toml"), text.into(), 10);
        for (path, line) in [
            (&["level"][..], 12),
            (&["proof", "timeout"], 13),
            (&["env", "set"], 16),
            (&["env", "set", "B"], 17),
            (&["artifact", "a.b", "level"], 19),
            (&[], 11),
        ] {
            assert_eq!(document.line(path), Some(line), "{path:?}");
        }
        assert_eq!(document.line(&["env", "absent"]), None);
        assert_eq!(Document::new(Path::new("p"), String::new(), 0).line(&["level"]), None);
    }
}
