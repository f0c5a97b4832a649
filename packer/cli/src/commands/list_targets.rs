//! `targets`: what can be built on this machine, and what is missing for the rest.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use snakecrate_base::document::{self, Document};
use snakecrate_base::host::{self, Way};
use snakecrate_base::ui::table;
use snakecrate_format::size::Size;
use snakecrate_format::target::{TARGETS, Target};
use snakecrate_runtime::discover::{Request, installed_minors};

use super::{Error, print};
use crate::build;
use crate::build_cache::BuildCache;
use crate::launchers::launcher;

/// The targets that archives can be built for.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Targets {
    /// All of them, also those that nothing can be built for here.
    targets: Vec<Row>,
}

impl Document for Targets {
    const NAME: &'static str = "targets";
}

/// A target.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Row {
    /// Its name.
    pub(super) target: &'static str,
    /// The Rust target triple that manifests name.
    triple: &'static str,
    /// Whether it is this machine's, and so the default.
    pub(super) host: bool,
    /// Bytes of its launcher; none if this packer cannot build for it.
    pub(super) launcher: Option<usize>,
    /// Minor versions of the interpreters for it that are installed on this machine, newest first.
    pub(super) installed: Vec<String>,
    /// Minor versions of this machine's interpreters, which compile bytecode and resolve for it.
    compilers: Vec<String>,
    /// How its programs start here: `native`, `emulated` or `no`.
    starts: &'static str,
    /// Everything that is missing.
    pub(super) missing: Vec<Missing>,
}

/// Something that is missing on this machine.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Missing {
    /// It, and the effect.
    pub(super) what: String,
    /// How to get it.
    pub(super) help: String,
}

/// `snakecrate targets`
pub(super) fn list(json: bool) -> Result<(), Error> {
    let rows = rows(&BuildCache::open().map_err(build::Error::from)?)?;
    if json {
        return print(&document::text(&Targets { targets: rows }));
    }
    print(&text(&rows))
}

/// All targets.
pub(super) fn rows(cache: &BuildCache) -> Result<Vec<Row>, Error> {
    let native = match host::target() {
        Some(target) => minors(target, cache)?,
        None => Vec::new(),
    };
    TARGETS.iter().map(|target| Row::new(target, &native, cache)).collect()
}

/// The minor versions of the installed interpreters for `target`, newest first.
fn minors(target: &'static Target, cache: &BuildCache) -> Result<Vec<String>, Error> {
    let request = Request::offline(target, cache.pythons());
    let found = installed_minors(&request).map_err(build::Error::from)?;
    Ok(found.iter().map(|(major, minor)| format!("{major}.{minor}")).collect())
}

impl Row {
    fn new(target: &'static Target, native: &[String], cache: &BuildCache) -> Result<Self, Error> {
        let host = host::target() == Some(target);
        let installed = if host { native.to_vec() } else { minors(target, cache)? };
        let launcher = launcher(target).map(<[u8]>::len);
        let mut missing = Vec::new();
        let mut lacks = |what: String, help: &str| {
            missing.push(Missing { what, help: help.to_owned() });
        };
        if launcher.is_none() {
            lacks(
                "this snakecrate has no launcher for it, so it cannot build archives for it".into(),
                "run ci/launchers in snakecrate's sources, then cargo build --release",
            );
        }
        if native.is_empty() {
            lacks(
                "this machine has no CPython to compile bytecode and to resolve".into(),
                "let builds download one, or install one, such as with `uv python install 3.13`",
            );
        }
        let starts = match host::way(target) {
            Way::Native => "native",
            Way::Emulated => "emulated",
            Way::None(why) => {
                lacks(
                    format!("builds skip the proof: {why}"),
                    "install an emulator that registers itself, such as Debian's qemu-user-static",
                );
                "no"
            }
        };
        let (target, triple) = (target.name, target.triple);
        let compilers = native.to_vec();
        Ok(Self { target, triple, host, launcher, installed, compilers, starts, missing })
    }
}

fn text(rows: &[Row]) -> String {
    let mut targets =
        table(&["target", "builds", "launcher", "installed Pythons", "bytecode by", "proof"]);
    let list = |minors: &[String]| match minors {
        [] => "none".to_owned(),
        minors => minors.join(" "),
    };
    for row in rows {
        let builds = if row.launcher.is_some() { "yes" } else { "no" };
        let launcher = row.launcher.map(|bytes| Size(bytes as u64).to_string());
        let compilers = if row.host { "itself".into() } else { list(&row.compilers) };
        let proof = match row.starts {
            "native" => "runs here",
            "emulated" => "runs in an emulator",
            _ => "skipped",
        };
        targets.add_row([
            row.target.to_owned(),
            builds.to_owned(),
            launcher.unwrap_or_else(|| "none".to_owned()),
            list(&row.installed),
            compilers,
            proof.to_owned(),
        ]);
    }
    let mut text = String::new();
    for line in targets.to_string().lines() {
        text += line.trim_end();
        text.push('\n');
    }
    for row in rows {
        for Missing { what, help } in &row.missing {
            let written = writeln!(text, "\n{}: {what}\n  help: {help}", row.target);
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        }
    }
    text += "\nA Python that isn't installed is downloaded from python-build-standalone, or named with --python\n\
             TARGET=SPEC, such as aarch64-linux=debian:bookworm for Debian's packages: also a directory, an\n\
             archive, a URL, or an interpreter in an unpacked system.\n";
    text
}
