//! The user's own requirements: of the source, of `--with` and of requirements files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::Unmet;
use crate::settings::Settings;
use crate::source::Source;
use crate::wheel::{self, normalize};

/// What the user asks for.
#[derive(Debug, Default)]
pub struct Asked {
    /// Who declares a requirement, and its text. Paths and other things that are not requirements
    /// may be among them.
    pub requirements: Vec<(String, String)>,
    extras: BTreeMap<String, Vec<String>>,
    all_extras: Option<String>,
}

impl Asked {
    /// The requirements of `source` and `settings`. `name` is that of the application.
    pub fn of(source: &Source, settings: &Settings, name: &str) -> Self {
        let mut asked = Self::default();
        match source {
            Source::Project { extras, .. } => {
                let extras = extras.iter().chain(&settings.extra).cloned().collect();
                asked.extras.insert(name.to_owned(), extras);
                asked.all_extras = settings.all_extras.then(|| name.to_owned());
            }
            Source::Folder(folder) => {
                let lines = folder.requirements.iter().cloned();
                asked.requirements.extend(lines.map(|line| (folder.name.clone(), line)));
                if settings.requirements.is_empty() {
                    asked.files(&folder.files);
                }
            }
            Source::Zipapp { .. } | Source::Environment { .. } => {}
            Source::Wheel { extras, .. } | Source::Sdist { extras, .. } => {
                asked.extras.insert(name.to_owned(), extras.clone());
            }
            Source::Script { path, metadata } => {
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                let lines = metadata.iter().flat_map(|block| block.dependencies.iter().cloned());
                asked.requirements.extend(lines.map(|line| (file.to_string(), line)));
            }
            Source::Requirement { text, .. } => {
                asked.requirements.push(("the command line".into(), text.clone()));
            }
        }
        let with = settings.with.iter().map(|text| ("--with".to_owned(), text.clone()));
        asked.requirements.extend(with);
        asked.files(&settings.requirements);
        asked
    }

    /// Asks for an extra of the distribution `name`.
    pub fn ask_extra(&mut self, name: &str, extra: &str) {
        self.extras.entry(name.to_owned()).or_default().push(extra.to_owned());
    }

    /// Adds the lines of requirements files.
    fn files(&mut self, files: &[PathBuf]) {
        for file in files {
            let name = file.display().to_string();
            self.requirements.extend(lines_of(file).into_iter().map(|line| (name.clone(), line)));
        }
    }

    /// The extras that are asked of the distribution `name`.
    pub fn extras_of(&self, name: &str) -> impl Iterator<Item = &String> {
        self.extras.get(name).into_iter().flatten()
    }

    /// Whether every extra of the distribution `name` is asked for.
    pub fn all_extras_of(&self, name: &str) -> bool {
        self.all_extras.as_deref() == Some(name)
    }
}

/// What the user replaces on purpose.
#[derive(Debug, Default)]
pub struct Overrides {
    /// Distributions whose declared requirements count no more, whoever declares them.
    pub names: BTreeSet<String>,
    /// Distributions whose own declarations count no more.
    pub declarers: BTreeSet<String>,
}

impl Overrides {
    /// Reads `--override` files, and `override-dependencies`, `exclude-dependencies` and
    /// `dependency-metadata` of `[tool.uv]`.
    pub fn of(source: &Source, settings: &Settings) -> Self {
        let mut lines: Vec<String> =
            settings.overrides.iter().flat_map(|file| lines_of(file)).collect();
        let mut declarers = BTreeSet::new();
        if let Source::Project { directory, .. } = source {
            for uv in uv_tables(directory) {
                let list = |key: &str| uv.get(key).and_then(toml::Value::as_array).cloned();
                for key in ["override-dependencies", "exclude-dependencies"] {
                    let values = list(key).unwrap_or_default();
                    lines.extend(values.iter().filter_map(|text| Some(text.as_str()?.to_owned())));
                }
                let values = list("dependency-metadata").unwrap_or_default();
                let names = values.iter().filter_map(|value| value.get("name")?.as_str());
                declarers.extend(names.map(normalize));
            }
        }
        let names = lines.iter().filter_map(|line| wheel::requirement(line).ok());
        let names = names.map(|requirement| normalize(requirement.name.as_ref())).collect();
        Self { names, declarers }
    }

    /// Whether the user causes that a requirement is not met.
    pub fn cause(&self, unmet: &Unmet) -> bool {
        self.names.contains(&unmet.name) || self.declarers.contains(&unmet.declared_by)
    }
}

/// `[tool.uv]` of the project in `directory`, and of the workspace that it may belong to.
fn uv_tables(directory: &Path) -> Vec<toml::Table> {
    let uv = |directory: &Path| -> Option<toml::Table> {
        let text = fs::read_to_string(directory.join("pyproject.toml")).ok()?;
        let table: toml::Table = text.parse().ok()?;
        table.get("tool")?.get("uv")?.as_table().cloned()
    };
    let above = directory.ancestors().skip(1).filter_map(uv);
    let workspace = above.into_iter().find(|uv| uv.contains_key("workspace"));
    uv(directory).into_iter().chain(workspace).collect()
}

/// The requirements in a file and those that it includes. The resolver has read the file before, and
/// has reported what is wrong with it.
fn lines_of(file: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![file.to_owned()];
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let text = fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).replace("\\\r\n", " ").replace("\\\n", " ");
        for line in text.lines() {
            let line = line.split(" #").next().unwrap_or(line).trim();
            if let Some(included) = included(line) {
                open.push(path.parent().unwrap_or(Path::new(".")).join(included));
            } else if !line.is_empty() && !line.starts_with(['-', '#']) {
                lines.push(line.split(" --").next().unwrap_or(line).trim().to_owned());
            }
        }
    }
    lines
}

/// The file that a `-r` line names.
fn included(line: &str) -> Option<PathBuf> {
    let rest = ["--requirement", "-r"].iter().find_map(|option| line.strip_prefix(option))?;
    Some(rest.trim_start_matches('=').trim().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_files_give_their_lines_and_those_of_included_files() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.txt");
        fs::write(&file, "# why\n--index-url x\n-r b.txt\na[x]==1 \\\n  --hash=sha256:00  # y\n")
            .unwrap();
        fs::write(directory.path().join("b.txt"), "-r a.txt\nb>=2 ; os_name == 'nt'\n").unwrap();
        assert_eq!(lines_of(&file), ["a[x]==1", "b>=2 ; os_name == 'nt'"]);
    }

    #[test]
    fn overrides_come_from_files_from_the_project_and_from_its_workspace() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("member");
        fs::create_dir(&directory).unwrap();
        let file = root.path().join("overrides.txt");
        fs::write(&file, "Foo_Bar==2\n").unwrap();
        let project = "[tool.uv]\noverride-dependencies = ['b>=1']\nexclude-dependencies = ['c']\n";
        fs::write(directory.join("pyproject.toml"), project).unwrap();
        let workspace = "[tool.uv.workspace]\n[[tool.uv.dependency-metadata]]\nname = 'D'\n";
        fs::write(root.path().join("pyproject.toml"), workspace).unwrap();
        let source = Source::Project { directory, extras: vec![] };
        let settings = Settings { overrides: vec![file], ..Settings::resolve([]) };
        let Overrides { names, declarers } = Overrides::of(&source, &settings);
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["b", "c", "foo-bar"]);
        assert_eq!(declarers.into_iter().collect::<Vec<_>>(), ["d"]);
    }
}
