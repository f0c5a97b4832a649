//! The module that an overlay's interpreters import when they start.

use std::path::Path;

use super::Parts;
use crate::wheel::normalize;
use snakecrate_base::APP;

/// Its name in `site-packages`.
pub(super) const MODULE: &str = "_snakecrate_overlay.py";
/// The file that makes `site` import it: behind all others that the environment may have.
pub(super) const PATH_FILE: &str = "~snakecrate_overlay.pth";
/// The contents of that file.
pub(super) const IMPORT: &str = "import _snakecrate_overlay\n";

/// Names of tests' own modules. If a distribution has one of them, too, that of the tests wins, as in
/// a virtual environment.
const OF_TESTS: [&str; 5] = ["conftest", "docs", "examples", "test", "tests"];

/// What the archive has of its own.
#[derive(Debug, Default)]
pub struct Pinned {
    /// Modules and packages at the top of its `site-packages`.
    pub modules: Vec<String>,
    /// Its distributions.
    pub distributions: Vec<String>,
}

impl Pinned {
    /// Reads the names in the `site-packages` and the application's directory of the environment at
    /// `env`. `distributions` are the names of its distributions.
    pub fn of(env: &Path, site: &str, distributions: impl IntoIterator<Item = String>) -> Self {
        let names = |directory: &Path| {
            let files = std::fs::read_dir(directory).into_iter().flatten().flatten();
            files.filter_map(|file| file.file_name().into_string().ok()).collect::<Vec<_>>()
        };
        let mut modules: Vec<String> = [env.join(site), env.join(APP)]
            .iter()
            .flat_map(|directory| names(directory))
            .filter_map(|name| module(&name).map(str::to_owned))
            .filter(|name| !OF_TESTS.contains(&name.as_str()))
            .collect();
        modules.sort();
        modules.dedup();
        let distributions = distributions.into_iter().map(|name| normalize(&name)).collect();
        Self { modules, distributions }
    }
}

/// The module that a file or directory of this name is: `yaml`, `_yaml.cpython-312-….so`.
fn module(name: &str) -> Option<&str> {
    let (stem, rest) = name.split_once('.').unwrap_or((name, ""));
    let is_module = rest.is_empty() || ["py", "pyc"].contains(&rest) || rest.ends_with("so");
    let starts = stem.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let is_name = starts && stem.chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_module && is_name && stem != "__pycache__").then_some(stem)
}

/// The source of the module for an overlay whose `site-packages` are `own` and, behind it, `more`.
pub(super) fn source(parts: &Parts<'_>, own: &Path, more: &Path) -> String {
    let list = |texts: &[String]| serde_json::Value::from(texts).to_string();
    let paths = |paths: &[&Path]| {
        list(&paths.iter().map(|path| path.to_string_lossy().into_owned()).collect::<Vec<_>>())
    };
    let app = own.ancestors().nth(3).unwrap_or(own).join(APP);
    let app = if parts.env.join(APP).is_dir() { vec![app.as_path()] } else { vec![] };
    let interpreter = parts.interpreter;
    // The values are JSON, and Python reads lists of texts the same way.
    [
        ("MODULES", list(&parts.pinned.modules)),
        ("DISTRIBUTIONS", list(&parts.pinned.distributions)),
        ("OWN", paths(&[own])),
        ("APP", paths(&app)),
        ("MORE", paths(&[more])),
        ("WHOLE", paths(&[&interpreter.stdlib, &interpreter.dynload])),
    ]
    .iter()
    .fold(include_str!("hook.py").to_owned(), |text, (name, value)| {
        text.replace(&format!("@{name}@"), value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_at_the_top_are_modules_by_their_suffix() {
        for (name, expected) in [
            ("yaml", Some("yaml")),
            ("six.py", Some("six")),
            ("_yaml.cpython-312-x86_64-linux-gnu.so", Some("_yaml")),
            ("PyYAML-6.0.dist-info", None),
            ("a-b.pth", None),
            ("x.pth", None),
            ("__pycache__", None),
        ] {
            assert_eq!(module(name), expected, "{name}");
        }
    }
}
