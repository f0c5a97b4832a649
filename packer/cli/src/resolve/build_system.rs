//! `[build-system]` of a project: what its wheel is built with.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::error::Error;
use super::failure::BuildFailure;

/// The back end of projects that name none (PEP 517), and its requirement (PEP 518).
const LEGACY: (&str, &str) = ("setuptools.build_meta:__legacy__", "setuptools >= 40.8.0");

/// Keys of `[tool.uv]` that change how a project is built.
const CHANGES_BUILDS: [&str; 7] = [
    "build-constraint-dependencies",
    "config-settings",
    "config-settings-package",
    "extra-build-dependencies",
    "extra-build-variables",
    "no-build-isolation",
    "no-build-isolation-package",
];

/// Variables with the same effect.
const VARIABLES: [&str; 3] = ["UV_BUILD_CONSTRAINT", "UV_NO_BUILD_ISOLATION", "UV_CONFIG_SETTINGS"];

/// `[build-system]` of a pyproject.toml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BuildSystem {
    /// Requirements (PEP 508).
    pub(super) requires: Vec<String>,
    /// `module:object`.
    pub(super) backend: String,
    /// Directories of an in-tree back end, relative to the project.
    pub(super) backend_path: Vec<String>,
    /// Whether only uv knows how to build it.
    pub(super) needs_uv: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Pyproject {
    build_system: Option<System>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct System {
    requires: Vec<String>,
    build_backend: Option<String>,
    #[serde(default)]
    backend_path: Vec<String>,
}

impl BuildSystem {
    /// The build system of the project in `directory`, called `what` in errors.
    pub(super) fn of(directory: &Path, what: &str) -> Result<Self, Error> {
        let path = directory.join("pyproject.toml");
        let wrong = |reason: String| Error::Build {
            what: what.to_owned(),
            failure: Box::new(BuildFailure::because(&reason)),
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if !directory.join("setup.py").exists() && !directory.join("setup.cfg").exists() {
                    return Err(wrong("it has neither pyproject.toml nor setup.py".into()));
                }
                String::new()
            }
            Err(source) => return Err(Error::File { path, source }),
        };
        let broken =
            |error: toml::de::Error| wrong(format!("{}: {}", path.display(), error.message()));
        let pyproject: Pyproject = toml::from_str(&text).map_err(broken)?;
        let (legacy, requirement) = LEGACY;
        let system = pyproject.build_system.unwrap_or_else(|| System {
            requires: vec![requirement.to_owned()],
            build_backend: None,
            backend_path: Vec::new(),
        });
        Ok(Self {
            needs_uv: needs_uv(directory, &system.requires),
            requires: system.requires,
            backend: system.build_backend.unwrap_or_else(|| legacy.to_owned()),
            backend_path: system.backend_path,
        })
    }
}

/// Whether `[tool.uv]` of the project, or of a workspace above it, changes how it is built.
fn needs_uv(directory: &Path, requires: &[String]) -> bool {
    if VARIABLES.iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty())) {
        return true;
    }
    directory.ancestors().enumerate().any(|(depth, place)| {
        let Some(uv) = tool_uv(place) else { return false };
        if depth > 0 && !uv.contains_key("workspace") {
            return false;
        }
        let names = |requirement: &String| {
            let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
            crate::wheel::normalize(&requirement[..end.unwrap_or(requirement.len())])
        };
        let sources = uv.get("sources").and_then(toml::Value::as_table);
        CHANGES_BUILDS.iter().any(|key| uv.contains_key(*key))
            || sources.is_some_and(|sources| {
                let sources: Vec<String> =
                    sources.keys().map(|name| crate::wheel::normalize(name)).collect();
                requires.iter().any(|requirement| sources.contains(&names(requirement)))
            })
    })
}

/// The table `[tool.uv]` of the pyproject.toml in `directory`.
pub(super) fn tool_uv(directory: &Path) -> Option<toml::Table> {
    let text = fs::read_to_string(directory.join("pyproject.toml")).ok()?;
    // Most files have none, and parsing takes longer than searching.
    let table: toml::Table = text.contains("uv").then(|| text.parse().ok())??;
    table.get("tool")?.get("uv")?.as_table().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_without_a_back_end_are_built_by_setuptools() {
        let directory = tempfile::tempdir().unwrap();
        let of = |text: &str| {
            fs::write(directory.path().join("pyproject.toml"), text).unwrap();
            BuildSystem::of(directory.path(), "demo")
        };
        let system = of("[build-system]\nrequires = ['hatchling>=1; python_version > \"3\"']\n\
            build-backend = 'a:b'\nbackend-path = ['.']\n")
        .unwrap();
        assert_eq!(
            (&*system.backend, system.backend_path.len(), system.needs_uv),
            ("a:b", 1, false)
        );
        let legacy = of("[project]\nname = 'a'\n").unwrap();
        assert_eq!((&*legacy.backend, &*legacy.requires[0]), LEGACY);
        let own = of("[build-system]\nrequires = ['setuptools', 'cython']\n").unwrap();
        assert_eq!((&*own.backend, own.requires.len()), (LEGACY.0, 2));
        for wrong in ["[build-system]\nbuild-backend = 'a'\n", "[build-system\n"] {
            let error = of(wrong).unwrap_err().to_string();
            assert!(error.starts_with("cannot build a wheel of demo: "), "{error}");
        }
        fs::remove_file(directory.path().join("pyproject.toml")).unwrap();
        let error = BuildSystem::of(directory.path(), "demo").unwrap_err().to_string();
        assert!(error.contains("neither pyproject.toml nor setup.py"), "{error}");
        fs::write(directory.path().join("setup.py"), "").unwrap();
        assert_eq!(BuildSystem::of(directory.path(), "demo").unwrap(), legacy);
    }

    #[test]
    fn only_uv_builds_what_its_settings_change() {
        let directory = tempfile::tempdir().unwrap();
        let member = directory.path().join("member");
        fs::create_dir(&member).unwrap();
        let needs_uv = |root: &str, text: &str| {
            fs::write(directory.path().join("pyproject.toml"), root).unwrap();
            let system = "[build-system]\nrequires = ['My.Builder>=1']\nbuild-backend = 'b'\n";
            fs::write(member.join("pyproject.toml"), format!("{system}{text}")).unwrap();
            BuildSystem::of(&member, "demo").unwrap().needs_uv
        };
        assert!(!needs_uv("", "[tool.uv]\ndev-dependencies = []\n"));
        assert!(!needs_uv("", "[tool.uv.sources]\nother = { path = '../o' }\n"));
        assert!(needs_uv("", "[tool.uv.sources]\nmy-builder = { path = '../b' }\n"));
        assert!(needs_uv("", "[tool.uv.extra-build-dependencies]\ndemo = ['x']\n"));
        let workspace = "[tool.uv]\nno-build-isolation = true\n[tool.uv.workspace]\nmembers = []\n";
        assert!(needs_uv(workspace, ""));
        assert!(!needs_uv("[tool.uv]\nno-build-isolation = true\n", ""));
    }
}
