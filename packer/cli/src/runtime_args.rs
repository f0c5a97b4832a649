//! The flags of `runtime`: those of `build` that are about the interpreter.

use std::path::PathBuf;

use clap::Args;
use confique::Layer as _;
use snakecrate_audit::Glibc;
use snakecrate_format::target::Target;

use crate::settings::{LibcChoice, Options, PythonChoice, target};

/// The interpreter of a runtime file, and how it is packed.
#[derive(Debug, Args)]
pub struct RuntimeArgs {
    /// Python to pack: a version, an interpreter, a python-build-standalone directory, archive or
    /// URL#sha256=…, or debian:SUITE for Debian's packages [default: the newest one of this machine]
    pub spec: Option<String>,
    /// File to write [default: the name that archives look for, such as
    /// ./cpython-3.12-x86_64-linux.runtime]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Target of the runtime: x86_64-linux or aarch64-linux [default: this machine's]
    #[arg(long, value_name = "TARGET", value_parser = target)]
    pub target: Option<&'static Target>,
    /// Part of the standard library to keep: tkinter, or a pattern such as idlelib
    #[arg(long, value_name = "PATTERN")]
    pub runtime_keep: Vec<String>,
    /// Part of the standard library to leave out: a name such as sqlite3, or a pattern
    #[arg(long, value_name = "PATTERN")]
    pub runtime_drop: Vec<String>,
    /// Library of this machine to bundle together with what it requires, such as libpq.so.5; several
    /// with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub include_lib: Vec<String>,
    /// C library to run on: host, bundled, or auto (the host's where it is new enough, else the
    /// bundled one) [default: auto]
    #[arg(long, value_name = "WHICH", hide_possible_values = true)]
    pub libc: Option<LibcChoice>,
    /// Fail if anything in it requires a newer glibc than this, such as 2.28
    #[arg(long, value_name = "VERSION")]
    pub max_glibc: Option<Glibc>,
    /// How it is packed.
    #[command(flatten)]
    pub packing: PackingArgs,
}

/// How an interpreter is packed apart from an application, and where it comes from.
#[derive(Debug, Clone, Args)]
pub struct PackingArgs {
    /// Optimization to compile the standard library for: that of the archives on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=2))]
    pub optimize: Option<u8>,
    /// Pack bytecode without its sources
    #[arg(long)]
    pub sourceless: bool,
    /// Compression level, from 1 (fast) to 22 (small) [default: 18]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=22))]
    pub level: Option<i32>,
    /// Mirror to download Python from [default: GitHub]
    #[arg(long, value_name = "URL", env = "SNAKECRATE_PYTHON_MIRROR")]
    pub python_mirror: Option<String>,
    /// Mirror of Debian or a derivative to take debian:SUITE from [default: deb.debian.org]
    #[arg(long, value_name = "URL", env = "SNAKECRATE_DEBIAN_MIRROR")]
    pub debian_mirror: Option<String>,
    /// File with the keys (of PGP) that sign its suites [default: Debian's own]
    #[arg(long, value_name = "FILE", env = "SNAKECRATE_DEBIAN_KEYRING")]
    pub debian_keyring: Option<PathBuf>,
    /// Do not use the network
    #[arg(long)]
    pub offline: bool,
}

impl PackingArgs {
    /// The options of `build` that they stand for.
    pub fn options(&self) -> Options {
        Options {
            optimize: self.optimize,
            sourceless: Some(self.sourceless),
            level: self.level,
            python_mirror: self.python_mirror.clone(),
            debian_mirror: self.debian_mirror.clone(),
            debian_keyring: self.debian_keyring.clone(),
            offline: Some(self.offline),
            ..Options::empty()
        }
    }
}

impl RuntimeArgs {
    /// The options of `build` that they stand for.
    pub fn options(&self) -> Options {
        let spec = self.spec.iter().map(|spec| PythonChoice { target: None, spec: spec.clone() });
        let some = |list: &Vec<String>| Some(list.clone()).filter(|list| !list.is_empty());
        Options {
            target: self.target.map(|target| vec![target]),
            python: Some(spec.collect()),
            runtime_keep: some(&self.runtime_keep),
            runtime_drop: some(&self.runtime_drop),
            include_lib: some(&self.include_lib),
            libc: self.libc,
            max_glibc: self.max_glibc,
            ..self.packing.options()
        }
    }
}
