//! Embeds the launchers: `cargo build` yields one self-sufficient `snakecrate`.
//!
//! Launchers that `ci/launchers` has made from the same sources are taken as they are, for each target
//! that there is one for. Without one for this machine, it is built here: for
//! `<arch>-unknown-linux-musl` where that target is installed (smaller file, faster start), else for
//! the host, statically linked.
//!
//! In a package of crates.io there is no folder `stub` beside this one. There, `launchers/` has all launchers
//! and the build ID, which `ci/crates` has put into the package.

mod ready;
#[allow(dead_code, reason = "ci/launchers uses the rest of it")]
mod recipe;
// The packer's own dependencies can't be used here without compiling them a second time.
#[allow(dead_code, reason = "the packer uses the rest of it")]
mod target;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use ready::Ready;
use recipe::Tools;
use target::Target;

/// Builds the launcher for another target, such as the host's to try the fallback.
const TARGET_VARIABLE: &str = "SNAKECRATE_LAUNCHER_TARGET";

/// The generated table has lengths in bytes, as `stat` prints them.
const ALLOW: &str = "#[allow(clippy::unreadable_literal, reason = \"generated\")]";

fn main() {
    println!("cargo:rerun-if-env-changed={TARGET_VARIABLE}");
    let package = PathBuf::from(var("CARGO_MANIFEST_DIR"));
    let workspace = package.join("../..").canonicalize().ok();
    let workspace = workspace.filter(|workspace| workspace.join("stub/launcher").is_dir());
    let (ready, build_id) = if let Some(workspace) = &workspace {
        for input in ["stub", "packer", "Cargo.toml", "Cargo.lock"] {
            println!("cargo:rerun-if-changed={}", workspace.join(input).display());
        }
        let ready = Ready::find(Path::new(&var("OUT_DIR")), &recipe::sources(workspace));
        (ready, recipe::build_id(workspace))
    } else {
        println!("cargo:rerun-if-changed=launchers");
        let ready = Ready::in_package(package.join("launchers"));
        let build_id = ready.build_id();
        (Some(ready), build_id)
    };
    println!("cargo:rustc-env=SNAKECRATE_BUILD_ID={}", build_id.trim());
    let own = env::var(TARGET_VARIABLE).ok();
    let (mut table, mut count) = (String::new(), 0);
    for target in target::TARGETS {
        let triple = target.triple;
        let is_host = is_host(target);
        let found = ready.as_ref().filter(|_| !is_host || own.is_none());
        let row = if let Some(launcher) = found.and_then(|ready| ready.launcher(target)) {
            let (length, compressed) = (launcher.length, text(&launcher.compressed));
            format!("compressed({triple:?}, {length}, include_bytes!({compressed:?}))")
        } else if is_host {
            let workspace = workspace.as_ref().expect("a package has the launcher of this target");
            let file = build(workspace, target, own.as_deref());
            format!("plain({triple:?}, include_bytes!({:?}))", text(&file))
        } else {
            continue;
        };
        let _ = writeln!(table, "    Launcher::{row},");
        count += 1;
    }
    let generated = Path::new(&var("OUT_DIR")).join("launchers.rs");
    fs::write(
        generated,
        format!("{ALLOW}\nstatic LAUNCHERS: [Launcher; {count}] = [\n{table}];\n"),
    )
    .expect("the output directory can be written");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the target directory has a name in UTF-8")
}

/// Whether this is the target of the machine that the packer is built for.
fn is_host(target: &Target) -> bool {
    let (system, processor) = (var("CARGO_CFG_TARGET_OS"), var("CARGO_CFG_TARGET_ARCH"));
    target.triple.starts_with(&processor) && target.triple.contains(&system)
}

fn var(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}

/// Builds the launcher of archives for `target`, which the packer will run on.
fn build(workspace: &Path, target: &Target, triple: Option<&str>) -> PathBuf {
    let triple = triple.map_or_else(|| installed(target), str::to_owned);
    let native = var("HOST").split('-').next() == var("TARGET").split('-').next();
    let tools = if native { Tools::Native } else { Tools::Configured };
    recipe::build(workspace, &triple, &Path::new(&var("OUT_DIR")).join("stub"), tools)
}

/// The Rust triple to build the launcher for: musl's if that is installed.
fn installed(target: &Target) -> String {
    let musl = target.launcher;
    let libdir = Command::new(var("RUSTC"))
        .args(["--print", "target-libdir", "--target", musl])
        .output()
        .ok()
        .map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    if libdir.is_some_and(|libdir| libdir.is_dir()) {
        return musl.to_owned();
    }
    let host = var("TARGET");
    println!(
        "cargo:warning=building the launcher for {host}; `rustup target add {musl}` makes it smaller and faster"
    );
    host
}
