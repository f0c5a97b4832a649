//! The Python entries: one interpreter of the archive imports for all of them.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::json;

use super::surroundings::{Ended, Surroundings};
use super::{Cause, Error, Proof};
use crate::build::{Check, HOOK, Subject, Withheld};
use crate::source::APP;

/// The functions that prove and record.
pub(super) const SCRIPT: &str = include_str!("script.py");

/// A line of the script's results.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    /// It begins with an entry.
    Begin { begin: String },
    /// It is done with it.
    End { end: String, seconds: f64, failure: Option<String>, missing: Option<String> },
    /// It is done with all.
    Loaded {
        modules: BTreeMap<String, Option<String>>,
        libraries: Vec<String>,
        files: Vec<String>,
        memory: Option<u64>,
    },
}

/// Proves the Python entries among `subjects`. Those that lack a module, and that `may_withhold` allows
/// not to offer, are listed in the proof instead of failing it, if any other entry works.
pub(super) fn prove(
    surroundings: &Surroundings<'_>,
    subjects: &[Subject],
    may_withhold: impl Fn(&Withheld) -> bool,
    proof: &mut Proof,
) -> Result<(), Error> {
    let orders: Vec<_> = subjects.iter().filter_map(order).collect();
    if orders.is_empty() {
        return Ok(());
    }
    let (script, results) = (surroundings.file("proof.py"), surroundings.file("results"));
    // JSON of arrays and texts is Python, too.
    let call = format!("\n\nprove({}, {})\n", json!(orders), json!(results.to_string_lossy()));
    fs::write(&script, [SCRIPT, &call].concat()).map_err(Error::Scratch)?;
    let ended = surroundings.run(subjects[0].name.as_str(), |command| {
        command.env("SNAKECRATE", "python").arg(&script);
    })?;
    let text = fs::read_to_string(&results).unwrap_or_default();
    evaluate(&text, ended, surroundings.limit(), may_withhold, proof)
}

/// The order for the script; `None` for native entries.
fn order(subject: &Subject) -> Option<Vec<&str>> {
    let name = subject.name.as_str();
    Some(match &subject.check {
        Check::Call { module, attr } => vec![name, "call", module, attr],
        Check::Module(module) => vec![name, "module", module],
        Check::Script { path, imports } => {
            // As in the boot scripts of files: the modules beside a script of the user's.
            let directory = path.parent().filter(|directory| *directory == APP);
            vec![name, "script", directory.unwrap_or_default(), path.as_str(), imports]
        }
        Check::Loaded | Check::Executable => return None,
    })
}

fn evaluate(
    text: &str,
    ended: Ended,
    limit: u64,
    may_withhold: impl Fn(&Withheld) -> bool,
    proof: &mut Proof,
) -> Result<(), Error> {
    let mut current = None;
    let (mut failures, mut working) = (Vec::new(), Vec::new());
    let mut is_complete = false;
    // A line that was cut is no line.
    for line in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
        match line {
            Line::Begin { begin } => current = Some(begin),
            Line::End { end, seconds, failure, missing } => {
                current = None;
                proof.seconds += seconds;
                match failure {
                    Some(traceback) => failures.push((end, traceback, missing)),
                    None if end == HOOK => {}
                    None => working.push(end),
                }
            }
            Line::Loaded { modules, libraries, files, memory } => {
                is_complete = true;
                proof.modules = modules;
                proof.libraries = libraries;
                proof.files = files;
                proof.memory = memory;
            }
        }
    }
    if is_complete && !working.is_empty() {
        failures.retain(|(entry, _, module)| {
            let withheld = module
                .clone()
                .map(|module| Withheld { entry: entry.clone(), module })
                .filter(|withheld| may_withhold(withheld));
            let fails = withheld.is_none();
            proof.withheld.extend(withheld);
            fails
        });
    }
    let mut failures = failures.into_iter();
    if let Some((entry, traceback, _)) = failures.next() {
        let others = failures.map(|(entry, ..)| entry).collect();
        if !is_complete {
            // The others are unknown.
            working.clear();
        }
        return Err(Error::Entry { entry, cause: Cause::Raised(traceback), others, working });
    }
    if is_complete {
        return Ok(());
    }
    let cause = match ended.status {
        None => Cause::TooLong(limit),
        Some(status) => Cause::Ended { status, output: ended.stderr },
    };
    Err(match current {
        Some(entry) => Error::Entry { entry, cause, others: Vec::new(), working: Vec::new() },
        None => Error::NoStart(cause),
    })
}
