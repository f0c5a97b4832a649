//! Resolves and downloads with pip: `pip install --dry-run --report`
//! ([specification of the report](https://pip.pypa.io/en/stable/reference/installation-report/)).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::error::{At as _, Error};
use super::job::Job;
use super::pin::{Git, Hashes, Pin, Place, Remote};
use super::request::Options;
use super::tool::{Ran, command_of, run};
use super::tool_errors;
use crate::wheel::normalize;

#[derive(Debug, Deserialize)]
struct Report {
    install: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    download_info: Download,
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Download {
    url: String,
    subdirectory: Option<String>,
    archive_info: Option<Archive>,
    dir_info: Option<toml::Table>,
    vcs_info: Option<Vcs>,
}

#[derive(Debug, Deserialize)]
struct Archive {
    #[serde(default)]
    hashes: Hashes,
}

#[derive(Debug, Deserialize)]
struct Vcs {
    commit_id: String,
}

/// Adds the options that say where pip looks for distributions.
pub(super) fn index_options(command: &mut Command, options: &Options, links: &[PathBuf]) {
    // Other users can see arguments, and the URL may hold a password.
    if let Some(url) = &options.index_url {
        command.env("PIP_INDEX_URL", url);
    }
    for link in &options.find_links {
        command.arg("--find-links").arg(link);
    }
    for link in links {
        command.arg("--find-links").arg(link);
    }
    if options.offline {
        command.arg("--no-index");
    }
}

/// Resolves the requirements of `job`.
pub(super) fn pins(pip: &[OsString], job: &Job) -> Result<Vec<Pin>, Error> {
    let options = job.options;
    let report = job.scratch.join("report.json");
    let mut command = command_of(pip);
    command.args(["install", "--dry-run", "--ignore-installed", "--quiet", "--report"]);
    command.arg(&report).current_dir(&job.directory);
    for name in &options.no_binary {
        command.args(["--no-binary", name]);
    }
    for name in &options.only_binary {
        command.args(["--only-binary", name]);
    }
    index_options(&mut command, options, &job.links);
    for list in &job.lists {
        command.arg("--requirement").arg(list);
    }
    let ran = run("pip", &mut command, job.ui)?;
    if !ran.success {
        return Err(refine(failure(&ran, options), pip, job));
    }
    let text = std::fs::read(&report).at(&report)?;
    let report: Report = serde_json::from_slice(&text)
        .map_err(|error| Error::Answer { program: "pip", cause: error.to_string() })?;
    report.install.into_iter().map(pin).collect()
}

fn pin(item: Item) -> Result<Pin, Error> {
    let name = normalize(&item.metadata.name);
    let Download { url, subdirectory, archive_info, dir_info, vcs_info } = item.download_info;
    let place = if let Some(vcs) = vcs_info {
        Place::Git(Git { url, commit: vcs.commit_id, subdirectory })
    } else if dir_info.is_some() {
        let path = url::Url::parse(&url).ok().and_then(|url| url.to_file_path().ok());
        let path = path.ok_or_else(|| Error::Answer { program: "pip", cause: url.clone() })?;
        Place::Directory(subdirectory.map_or(path.clone(), |sub| path.join(sub)))
    } else {
        let sha256 = archive_info.and_then(|archive| archive.hashes.sha256);
        let remote = Remote { url, sha256 };
        if remote.is_wheel() { Place::Wheel(remote) } else { Place::Source(remote) }
    };
    Ok(Pin { name, place })
}

/// Downloads `remotes` into the directory `to`.
pub(super) fn download(
    pip: &[OsString],
    remotes: &[&Remote],
    to: &Path,
    job: &Job,
) -> Result<(), Error> {
    let list = job.scratch.join("downloads.txt");
    let lines: String = remotes.iter().map(|remote| line(remote) + "\n").collect();
    std::fs::write(&list, lines).at(&list)?;
    let mut command = command_of(pip);
    command.args(["download", "--no-deps", "--quiet", "--dest"]).arg(to);
    command.arg("--requirement").arg(&list).current_dir(&job.directory);
    index_options(&mut command, job.options, &job.links);
    let ran = run("pip", &mut command, job.ui)?;
    if ran.success { Ok(()) } else { Err(failure(&ran, job.options)) }
}

/// A line of a requirements file.
pub(super) fn line(remote: &Remote) -> String {
    match &remote.sha256 {
        Some(sha256) => format!("{}#sha256={sha256}", remote.url),
        None => remote.url.clone(),
    }
}

/// Turns pip's output into an error: its `ERROR:` lines and the conflict that it explains.
pub(super) fn failure(ran: &Ran, options: &Options) -> Error {
    let lines: Vec<&str> = ran.stderr.lines().collect();
    if ran.stderr.contains("subprocess-exited-with-error")
        || ran.stderr.contains("Failed building wheel")
    {
        let failed = lines.iter().find_map(|line| line.split("Failed building wheel for ").nth(1));
        let what = failed.unwrap_or("a source distribution").to_owned();
        return Error::Build { what, output: tool_errors::tail(&ran.stderr) };
    }
    let from = lines.iter().position(|line| line.starts_with("ERROR:")).unwrap_or(0);
    let useful: Vec<&str> = lines[from..]
        .iter()
        .copied()
        .filter(|line| !line.contains("ResolutionImpossible") && !line.starts_with("WARNING"))
        .filter(|line| !line.starts_with("ERROR: Ignored the following"))
        .take_while(|line| !line.starts_with("To fix this you could try"))
        .collect();
    let text = without_list(&tool_errors::one_line(&useful));
    if text.contains("DO NOT MATCH THE HASHES") || text.contains("Hashes are required") {
        let named = lines.iter().find(|line| line.contains(" from ") || line.contains("--hash="));
        let named = named.unwrap_or(&"a distribution").trim();
        let end = named.find(" from ").or_else(|| named.find(" --hash")).unwrap_or(named.len());
        return Error::Hash(named[..end].to_owned());
    }
    // pip reports nothing else when it cannot reach an index.
    let unreachable =
        ran.stderr.contains("Retrying (") || ran.stderr.contains("Could not fetch URL");
    let resolution = text.contains("No matching distribution") || text.contains("conflicting");
    match () {
        () if resolution && options.offline => Error::Offline(versions_cut(&text)),
        () if resolution && !unreachable => Error::Unsatisfiable(versions_cut(&text)),
        () => Error::Failed { program: "pip", message: text },
    }
}

/// The message without the place in our own requirements file, which the user never sees.
fn without_list(text: &str) -> String {
    let mut text = text.to_owned();
    for (start, end) in [(" (from -r ", "))"), (" (from line ", ")")] {
        while let Some(from) = text.find(start)
            && let Some(length) = text[from..].find(end)
        {
            text.replace_range(from..from + length + end.len(), "");
        }
    }
    text
}

/// The message with only the newest versions of a long list.
fn versions_cut(text: &str) -> String {
    const MOST: usize = 200;
    match text.find("(from versions: ").zip(text.find(");")) {
        Some((start, end)) if end > start + MOST => {
            let list = &text[start..end];
            let newest = list.rmatch_indices(", ").nth(4).map_or(0, |(at, _)| at + 2);
            format!("{}(from versions: …, {}{}", &text[..start], &list[newest..], &text[end..])
        }
        _ => text.to_owned(),
    }
}

/// With wheels only, pip reports a distribution without wheels as a missing one. Asks the index
/// which it is.
fn refine(error: Error, pip: &[OsString], job: &Job) -> Error {
    let wheels_only = !job.options.only_binary.is_empty();
    let Error::Unsatisfiable(text) = &error else { return error };
    let Some(name) = text.rsplit("No matching distribution found for ").next() else {
        return error;
    };
    if !wheels_only || job.options.offline || !text.contains("from versions: none") {
        return error;
    }
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let name = &name[..end.unwrap_or(name.len())];
    let mut command = command_of(pip);
    command.args(["index", "versions", name]);
    index_options(&mut command, job.options, &[]);
    match run("pip", &mut command, job.ui) {
        Ok(ran) if ran.success => Error::OnlySource(name.to_owned()),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(stderr: &str, offline: bool) -> Error {
        let ran = Ran { success: false, stdout: String::new(), stderr: stderr.into() };
        failure(&ran, &Options { offline, ..Options::default() })
    }

    #[test]
    fn conflicts_are_reported_in_one_line_without_advice() {
        let conflict = "ERROR: Cannot install a==1 and b==2 because these package versions have \
                        conflicting dependencies.\n\nThe conflict is caused by:\n    a 1 depends \
                        on c<2\n    b 2 depends on c>=2\n\nTo fix this you could try to:\n1. \
                        loosen\n\nERROR: ResolutionImpossible: for help visit https://pip\n";
        let error = failed(conflict, false);
        assert_eq!(
            error.to_string(),
            "the requirements cannot be satisfied: Cannot install a==1 and b==2 because these \
             package versions have conflicting dependencies.; The conflict is caused by: a 1 \
             depends on c<2; b 2 depends on c>=2"
        );
    }

    #[test]
    fn long_version_lists_and_our_own_files_are_omitted() {
        let versions: Vec<String> = (0..99).map(|number| format!("1.{number}")).collect();
        let text = format!(
            "ERROR: Ignored the following yanked versions: 1.0\nERROR: Could not find a version \
             that satisfies the requirement x>9 (from -r \
             /t/list.txt (line 1)) (from versions: {})\nERROR: No matching distribution found for \
             x>9\n",
            versions.join(", ")
        );
        let cut = "Could not find a version that satisfies the requirement x>9 (from versions: …, \
                   1.94, 1.95, 1.96, 1.97, 1.98); No matching distribution found for x>9";
        let message = failed(&text, false).to_string();
        assert_eq!(message, format!("the requirements cannot be satisfied: {cut}"));
        assert!(matches!(failed(&text, true), Error::Offline(_)));
    }

    #[test]
    fn an_unreachable_index_is_not_a_conflict() {
        let text = "WARNING: Retrying (Retry(total=0)) after connection broken\nERROR: Could not \
                    find a version that satisfies the requirement x (from versions: none)\nERROR: \
                    No matching distribution found for x\n";
        assert!(matches!(failed(text, false), Error::Failed { .. }));
    }
}
