//! The key of a resolution: everything that it depends on.

use std::fs;
use std::path::Path;

use super::job::Job;
use super::key::Key;
use super::local_project::LocalProject;
use super::locked::Locked;

/// Counts changes in how resolutions are made; those of another scheme are not used again.
const SCHEME: &str = "3";

/// A digest, in hex, of everything that `job`'s result depends on, except the index itself and
/// uv's version and configuration files.
pub(super) fn of(
    job: &Job,
    requirements: &[String],
    project: Option<&LocalProject>,
    locked: &[Locked],
) -> String {
    let mut key = Key::default();
    let python = job.interpreter;
    key.list("scheme", [SCHEME]);
    key.list("python", [&*python.full_version, &python.abi(), python.target.name]);
    key.list("directory", [&*job.directory.to_string_lossy()]);
    key.list("requirements", requirements);
    for (path, text) in &job.files.contents {
        key.list("file", [&*path.to_string_lossy(), text]);
    }
    for (name, files) in ["constraint", "override"].into_iter().zip(job.limits) {
        for (path, text) in &files.contents {
            key.list(name, [&*path.to_string_lossy(), text]);
        }
    }
    key.list("locked", locked.iter().filter_map(|locked| serde_json::to_string(locked).ok()));
    key.list("groups", &job.groups);
    let options = job.options;
    key.list("index", &options.index_url);
    key.list("no-binary", &options.no_binary);
    key.list("only-binary", &options.only_binary);
    for link in &options.find_links {
        key.list("find-links", listing(Path::new(link)).iter().chain([link]));
    }
    if let Some(project) = project {
        key.list("project", [&project.metadata.name, &project.metadata.version]);
        key.list("extras", &project.extras);
        key.list("requires", &project.metadata.requires_dist);
        key.list("pyproject", project.pyproject());
    }
    key.variables();
    key.finish()
}

/// The names, sizes and times of the files in a directory, sorted.
fn listing(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut lines: Vec<String> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let metadata = entry.metadata().ok()?;
            let modified = metadata.modified().ok()?;
            let name = entry.file_name();
            Some(format!("{} {} {modified:?}", name.display(), metadata.len()))
        })
        .collect();
    lines.sort();
    lines
}
