//! Commits of git repositories.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::Error;
use super::failure::Lines;
use super::job::Job;
use super::pin::Git;
use super::program::run;
use snakecrate_base::redact::redacted;

/// Checks the commit out in the empty `directory`. Returns the project's directory.
pub(super) fn check_out(job: &Job, git: &Git, directory: &Path) -> Result<PathBuf, Error> {
    let clean = redacted(&git.url).into_owned();
    let run_git = |arguments: &[&str]| -> Result<(), Error> {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(directory).env("GIT_TERMINAL_PROMPT", "0");
        if clean != git.url {
            // Other users can see arguments.
            command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_VALUE_0", &clean);
            command.env("GIT_CONFIG_KEY_0", format!("url.{}.insteadOf", git.url));
        }
        let ran = run("git", &mut command, job.ui)?;
        if ran.success {
            return Ok(());
        }
        Err(Error::Git { address: clean.clone(), message: Lines::of(&ran.stderr) })
    };
    run_git(&["clone", "--quiet", "--no-checkout", &clean, "."])?;
    run_git(&["checkout", "--quiet", "--detach", &git.commit])?;
    run_git(&["submodule", "--quiet", "update", "--init", "--recursive"])?;
    Ok(directory.join(git.subdirectory.as_deref().unwrap_or_default()))
}

/// What the user can do about git's `message`.
pub(super) fn remedy(message: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["Git executable not found", "No such file or directory (os error 2)"]) {
        return "install git";
    }
    if has(&["couldn't find remote ref", "pathspec", "reference is not a tree", "not our ref"]) {
        return "check the branch, tag or commit";
    }
    if has(&["Authentication failed", "could not read Username", "could not read Password"]) {
        return "give git access to it: a credential helper, or a user and token in the URL";
    }
    if has(&["Permission denied", "publickey", "Host key verification failed"]) {
        return "give git access to it: an SSH key that the host knows";
    }
    if has(&["not found", "does not exist", "does not appear to be a git repository"]) {
        return "check the address, and that you may read the repository";
    }
    "check the address and the network; `git ls-remote` with it shows the same error"
}
