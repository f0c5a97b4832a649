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
