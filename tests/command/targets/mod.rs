//! Builds for other machines than this one, and `snakecrate targets`.
//!
//! The interpreter for the foreign target is forged, and the archives for it are not started: see
//! `hosts/foreign.rs` and `ci/aarch64` for that.

mod list;
mod outputs;
mod pythons;
mod unproven;
mod wheels;

use snakecrate_base::host;
use snakecrate_format::target::Target;

use crate::support::foreign_python::foreign_python;
use crate::support::sandbox::{Run, Sandbox, shared};
use crate::support::target::foreign;

/// This machine's target.
fn own() -> &'static Target {
    host::target().expect("archives can be made for this machine")
}

/// The minor versions of this machine's interpreters, newest first.
fn minors(sandbox: &Sandbox) -> Vec<String> {
    let rows = sandbox.run(["targets", "--json"]).json();
    let compilers = rows["targets"][0]["compilers"].as_array().unwrap();
    compilers.iter().map(|minor| minor.as_str().unwrap().to_owned()).collect()
}

/// A build for the foreign target, with a forged interpreter of the minor version `minor` and the
/// host's C library.
fn build_foreign<'s>(sandbox: &'s Sandbox, minor: &str) -> Run<'s> {
    let python = foreign_python(sandbox, "foreign-python", foreign(), minor);
    let run = sandbox.packer(["build", "--level", "3", "--libc", "host", "--offline"]);
    run.env("SNAKECRATE_CACHE", shared::packer_cache()).args([
        "--target",
        foreign().name,
        "--python",
        &python,
    ])
}

/// A build for the foreign target and for this machine's.
fn build_both<'s>(sandbox: &'s Sandbox, minor: &str) -> Run<'s> {
    build_foreign(sandbox, minor).args(["--target", own().name])
}

/// `name` with both targets, sorted.
fn both(name: &str) -> [String; 2] {
    let mut names = [own(), foreign()].map(|target| format!("{name}-{target}"));
    names.sort();
    names
}

/// The report of `inspect --json`.
fn inspected(sandbox: &Sandbox, archive: &str) -> serde_json::Value {
    sandbox.run(["inspect", "--json", archive]).json()
}

/// The names in a directory, sorted.
fn names(sandbox: &Sandbox, directory: &str) -> Vec<String> {
    let entries = std::fs::read_dir(sandbox.path(directory)).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Skips a test unless this packer builds for the foreign target.
macro_rules! needs_launcher {
    () => {
        if snakecrate::launchers::launcher($crate::support::target::foreign()).is_none() {
            snakecrate_base::skip!("the packer embeds no foreign launcher; run ci/launchers");
        }
    };
}
use needs_launcher;
