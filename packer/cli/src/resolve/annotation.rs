//! The indexes of distributions: uv's `pylock.toml` does not have them, and its lists of requirements do.

use std::collections::BTreeMap;
use std::process::Command;

use super::error::Error;
use super::job::Job;
use super::program::run;
use super::uv_failure::failure;
use crate::wheel::normalize;

/// The addresses of the indexes of the distributions that `command`, a `uv pip compile`, prints, by their
/// normalised names.
pub(super) fn indexes(command: &Command, job: &Job) -> Result<BTreeMap<String, String>, Error> {
    let mut again = Command::new(command.get_program());
    let format =
        |argument: &&std::ffi::OsStr| *argument != "--format" && *argument != "pylock.toml";
    again.args(command.get_args().filter(format)).current_dir(&job.directory);
    again.args(["--no-annotate", "--emit-index-annotation", "--no-strip-extras"]);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => again.env(name, value),
            None => again.env_remove(name),
        };
    }
    let ran = run("uv", &mut again, job.ui)?;
    if !ran.success {
        return Err(failure(&ran, job.options.offline));
    }
    Ok(annotated(&ran.stdout))
}

/// Reads `name==1.0`, which `    # from ADDRESS` follows.
fn annotated(list: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut name = "";
    for line in list.lines() {
        if let Some(address) = line.trim_start().strip_prefix("# from ") {
            found.insert(normalize(name), address.trim().to_owned());
        } else if !line.starts_with([' ', '#']) {
            let is_end = |one: char| !one.is_ascii_alphanumeric() && !"._-".contains(one);
            name = line.split(is_end).next().unwrap_or_default();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_distribution_has_the_index_below_it() {
        let list = "a-b==1\n    # from https://i.example/simple\nC.d[x]==2 ; python_version > '3'\n    \
                    # from https://j.example/\n./here\ne @ https://h/e.whl\n";
        let found: Vec<_> = annotated(list).into_iter().collect();
        let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
        let expected = [pair("a-b", "https://i.example/simple"), pair("c-d", "https://j.example/")];
        assert_eq!(found, expected);
    }
}
