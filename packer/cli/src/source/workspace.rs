//! uv's workspaces: several projects with one lock file
//! ([documentation](https://docs.astral.sh/uv/concepts/projects/workspaces/)).

use std::path::{Path, PathBuf};

use super::error::Error;
use super::member::Member;
use super::project::{self, Project};
use crate::wheel::normalize;

/// The root of the workspace that the project in `directory` is a member of, which isn't `directory`.
pub(crate) fn root_of(directory: &Path) -> Option<PathBuf> {
    let above = directory.ancestors().skip(1);
    above.map(Path::to_owned).find(|root| {
        let Ok(project) = Project::read(root) else { return false };
        project.at(&["tool", "uv", "workspace"]).is_some()
            && directories(root, &project).iter().any(|member| member == directory)
    })
}

/// The members of the workspace with its root in `directory`, and the project there, if it is one.
/// Those with commands come first. Empty if there is no workspace.
pub(super) fn members(directory: &Path) -> Result<Vec<Member>, Error> {
    let root = Project::read(directory)?;
    if root.at(&["tool", "uv", "workspace"]).is_none() {
        return Ok(Vec::new());
    }
    let own = root.is_project().then(|| directory.to_owned());
    Ok(described(directories(directory, &root).into_iter().chain(own)))
}

/// The projects in these directories; those with commands come first.
pub(super) fn described(directories: impl IntoIterator<Item = PathBuf>) -> Vec<Member> {
    let member = |directory: PathBuf| {
        let project = Project::read(&directory).ok()?;
        let own = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = project.name().unwrap_or(own);
        Some(Member { name, has_commands: project.has_commands(), directory })
    };
    let mut members: Vec<Member> = directories.into_iter().filter_map(member).collect();
    members.sort_by(|a, b| (!a.has_commands, &a.name).cmp(&(!b.has_commands, &b.name)));
    members.dedup();
    members
}

/// The directory of the member `name` of the workspace at `directory` or above it. Without a
/// workspace, the projects below `directory` count.
pub(super) fn member(directory: &Path, name: &str) -> Result<PathBuf, Error> {
    let root = root_of(directory).unwrap_or_else(|| directory.to_owned());
    let mut members = members(&root)?;
    if members.is_empty() {
        let own = Project::read(directory)?.is_project().then(|| directory.to_owned());
        members = described(project::below(directory).into_iter().chain(own));
    }
    let found = members.iter().find(|member| normalize(&member.name) == normalize(name));
    match found {
        Some(member) => Ok(member.directory.clone()),
        None => Err(Error::Member { directory: root, name: name.to_owned(), members }),
    }
}

/// The directories that `members` matches and `exclude` does not, with a pyproject.toml each.
fn directories(root: &Path, project: &Project) -> Vec<PathBuf> {
    let matching = |key: &str| -> Vec<PathBuf> {
        let patterns = project.at(&["tool", "uv", "workspace", key]);
        let patterns = patterns.and_then(toml::Value::as_array).into_iter().flatten();
        let escaped = glob::Pattern::escape(&root.to_string_lossy());
        let found = patterns.filter_map(|pattern| {
            let pattern = pattern.as_str()?.trim_start_matches("./").trim_end_matches('/');
            glob::glob(&format!("{escaped}/{pattern}")).ok()
        });
        found.flatten().filter_map(Result::ok).collect()
    };
    let excluded = matching("exclude");
    let mut found: Vec<PathBuf> = matching("members")
        .into_iter()
        .filter(|path| !excluded.contains(path) && path.join("pyproject.toml").is_file())
        .collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn workspace(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        directory
    }

    const FILES: [(&str, &str); 5] = [
        (
            "pyproject.toml",
            "[tool.uv.workspace]\nmembers = ['./packages/*', 'app/']\nexclude = ['packages/old']",
        ),
        ("packages/lib/pyproject.toml", "[project]\nname = 'My_Lib'"),
        ("packages/old/pyproject.toml", "[project]\nname = 'old'"),
        ("packages/notes/readme.md", ""),
        ("app/pyproject.toml", "[project]\nname = 'z-app'\n[project.scripts]\nz = 'z:main'"),
    ];

    #[test]
    fn members_with_commands_come_first() {
        let directory = workspace(&FILES);
        let names: Vec<_> =
            members(directory.path()).unwrap().into_iter().map(|m| m.name).collect();
        assert_eq!(names, ["z-app", "My_Lib"]);
    }

    #[test]
    fn members_are_found_by_name_from_each_other() {
        let directory = workspace(&FILES);
        let lib = directory.path().join("packages/lib");
        assert_eq!(root_of(&lib).as_deref(), Some(directory.path()));
        assert_eq!(root_of(&directory.path().join("packages/old")), None);
        assert_eq!(member(directory.path(), "my-lib").unwrap(), lib);
        assert_eq!(member(&lib, "z_app").unwrap(), directory.path().join("app"));
        let error = member(directory.path(), "old").unwrap_err().to_string();
        assert!(error.ends_with("has no member `old`"), "{error}");
    }
}
