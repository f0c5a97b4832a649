//! `repair`: restore the unpacked files to what was packed.

use std::io::{self, Write as _};
use std::path::PathBuf;

use snakecrate_cache::layout::ENVS;
use snakecrate_cache::root::Root;
use snakecrate_cache::verify::verify_one;

use super::invocation::{ALL_USERS, Invocation, places, roots};
use super::report::{Text, in_cache};
use crate::error::Error;
use crate::start::attempt::NotStarted;
use crate::start::make;
use crate::start::warm::Env;

/// Status with `--exit-code` if something was repaired.
const REPAIRED: i32 = 10;

pub fn run(invocation: &Invocation<'_>) -> Result<i32, Error> {
    let [exit_code, all_users] = invocation.flags(["--exit-code", ALL_USERS])?;
    let key = invocation.key();
    let verified = |root: &Root| verify_one(root, &key, &invocation.manifest);
    let (mut report, mut repaired, mut found) = (Text::default(), false, false);
    for root in roots(all_users) {
        let Some(findings) = verified(&root).map_err(in_cache(&root))? else { continue };
        found = true;
        report.findings(&root, &findings);
        if findings.is_empty() {
            continue;
        }
        let place = vec![(root.path().to_owned(), state(&root, &key))];
        // Verified again, so that the report is true. The lease keeps prune from removing the
        // environment before that.
        let (_leased, _) = make(invocation, place)?;
        let left = verified(&root).map_err(in_cache(&root))?;
        if !left.is_some_and(|findings| findings.is_empty()) {
            let source = io::Error::other("it still differs from what was packed");
            return Err(Error::Cache { path: root.path().to_owned(), source });
        }
        report.line(format_args!("{}: repaired", root.path().display()));
        repaired = true;
    }
    if !found {
        let places = places(all_users).into_iter().map(|path| (path, NotStarted::Absent)).collect();
        let (_, path) = make(invocation, places)?;
        report.line(format_args!("{}: unpacked", path.display()));
        repaired = true;
    }
    let _ = io::stderr().write_all(report.0.as_bytes());
    Ok(if repaired && exit_code { REPAIRED } else { 0 })
}

/// The state of the environment for [`make::make`], which replaces it if it exists.
fn state(root: &Root, key: &str) -> NotStarted {
    let found = root.directory().metadata_of(format!("{ENVS}/{key}"));
    found.map_or(NotStarted::Absent, |found| NotStarted::Suspect(found.id()))
}

fn make(
    invocation: &Invocation<'_>,
    places: Vec<(PathBuf, NotStarted)>,
) -> Result<(Env, PathBuf), Error> {
    make::make(&invocation.payload, &invocation.manifest, invocation.runtime.path(), places, false)
}
