//! `repair`: what was unpacked becomes what was packed.

use std::io::{self, Write as _};
use std::path::PathBuf;

use super::verify::tell;
use super::{Switch, Text, in_cache, roots};
use crate::cache::ENVS;
use crate::cache::root::{Root, candidates};
use crate::cache::verify::verify_one;
use crate::cold;
use crate::error::Error;
use crate::warm::{Cold, Env};

/// With `--exit-code`: something had to be mended.
const MENDED: i32 = 10;

pub(super) fn run(switch: &Switch<'_>) -> Result<i32, Error> {
    let exit_code = switch.flag("--exit-code")?;
    let key = switch.key();
    let (mut report, mut mended, mut found) = (Text::default(), false, false);
    for root in roots() {
        let Some(findings) = verify_one(&root, &key, &switch.manifest).map_err(in_cache(&root))?
        else {
            continue;
        };
        found = true;
        tell(&mut report, &root, &findings);
        if findings.is_empty() {
            continue;
        }
        let place = vec![(root.path().to_owned(), state(&root, &key))];
        // Looked at again: what is said to be mended is. With the lease, so that no prune takes it
        // away before.
        let (_leased, _) = make(switch, place)?;
        let left = verify_one(&root, &key, &switch.manifest).map_err(in_cache(&root))?;
        if !left.is_some_and(|findings| findings.is_empty()) {
            let source = io::Error::other("it is still not what was packed");
            return Err(Error::Cache { path: root.path().to_owned(), source });
        }
        report.line(format_args!("{}: mended", root.path().display()));
        mended = true;
    }
    if !found {
        let places = candidates().into_iter().map(|path| (path, Cold::Absent)).collect();
        let (_, path) = make(switch, places)?;
        report.line(format_args!("{}: unpacked", path.display()));
        mended = true;
    }
    let _ = io::stderr().write_all(report.0.as_bytes());
    Ok(if mended && exit_code { MENDED } else { 0 })
}

/// What a start would have to say of the environment: it is replaced, if it is there.
fn state(root: &Root, key: &str) -> Cold {
    let path = format!("{ENVS}/{key}");
    let found = rustix::fs::statat(root.directory(), path, rustix::fs::AtFlags::SYMLINK_NOFOLLOW);
    found.map_or(Cold::Absent, |stat| Cold::Suspect(stat.st_dev, stat.st_ino))
}

fn make(switch: &Switch<'_>, places: Vec<(PathBuf, Cold)>) -> Result<(Env, PathBuf), Error> {
    cold::make(&switch.payload, &switch.manifest, places)
}
