//! Builds the launchers and embeds them: `cargo build` yields one self-sufficient `snakecrate`.
//!
//! A launcher is built for `<arch>-unknown-linux-musl` where that target is installed (smaller file,
//! faster start), else for the host, statically linked.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

// The packer's own dependencies can't be used here without compiling them a second time.
#[allow(dead_code, reason = "the packer uses the rest of it")]
#[path = "../../stub/format/src/target.rs"]
mod target;

/// Builds the launcher for another target, such as the host's to try the fallback.
const TARGET_VARIABLE: &str = "SNAKECRATE_LAUNCHER_TARGET";
/// Flags for the launcher only. Unwind tables are dropped (`stub/launcher/discard.ld` says why), and
/// no path of the build machine gets in.
const RUST_FLAGS: [&str; 3] = [
    "-Cforce-unwind-tables=no",
    "-Ctarget-feature=+crt-static",
    "-Clink-arg=-Wl,-z,noseparate-code,--build-id=none,--no-eh-frame-hdr",
];
/// The host's compiler serves for musl, too: zstd requires only memory and string functions from
/// the C library. The flags keep references to glibc's own functions out.
///
/// The long sequence decoder pays for histories over 16 MiB, and our window is 4 MiB. The second
/// Huffman decoder gains nothing on our blobs.
const C_FLAGS: &str = "-fno-asynchronous-unwind-tables -fno-unwind-tables -U_FORTIFY_SOURCE \
                       -fno-stack-protector -DZSTD_STRIP_ERROR_STRINGS=1 -DZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT=1 \
                       -DHUF_FORCE_DECOMPRESS_X1=1";

/// A launcher to embed.
struct Launcher {
    /// The target of its archives: `Target::triple` in `stub/format/src/target.rs`.
    archives: &'static str,
    /// The target that it is compiled for.
    target: String,
}

fn main() {
    let workspace = Path::new(&var("CARGO_MANIFEST_DIR")).join("../..").canonicalize();
    let workspace = workspace.expect("the workspace exists, since this file is in it");
    for input in ["stub", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={}", workspace.join(input).display());
    }
    println!("cargo:rustc-env=SNAKECRATE_BUILD_ID={}", build_id(&workspace));
    let mut table = String::from("static LAUNCHERS: &[(&str, &[u8])] = &[\n");
    for Launcher { archives, target } in launchers() {
        let file = build(&workspace, &target);
        let path = file.to_str().expect("the build directory has a name in UTF-8");
        let _ = writeln!(table, "    ({archives:?}, include_bytes!({path:?})),");
        // The suite forges archives with the launcher of this machine.
        println!("cargo:rustc-env=SNAKECRATE_STUB={}", file.display());
    }
    table.push_str("];\n");
    let generated = Path::new(&var("OUT_DIR")).join("launchers.rs");
    fs::write(generated, table).expect("the output directory can be written");
}

/// The launchers to embed; the one for this machine is the last.
fn launchers() -> Vec<Launcher> {
    let (system, processor) = (var("CARGO_CFG_TARGET_OS"), var("CARGO_CFG_TARGET_ARCH"));
    let is_host = |target: &&&target::Target| {
        target.triple.starts_with(&processor) && target.triple.contains(&system)
    };
    let hosts = target::TARGETS.iter().filter(is_host);
    hosts.map(|row| Launcher { archives: row.triple, target: launcher_target(row) }).collect()
}

/// A digest of the locked dependencies, and of the sources of the packer and of the format, which
/// decide on the bytes of what the packer keeps.
fn build_id(workspace: &Path) -> String {
    let mut files = vec![workspace.join("Cargo.lock")];
    let mut directories = vec![workspace.join("packer"), workspace.join("stub/format")];
    while let Some(directory) = directories.pop() {
        println!("cargo:rerun-if-changed={}", directory.display());
        let entries = fs::read_dir(&directory).expect("the sources exist");
        for path in entries.map(|entry| entry.expect("the sources can be listed").path()) {
            if path.is_dir() { directories.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(&file).expect("the sources can be read").hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

fn var(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}

fn launcher_target(row: &target::Target) -> String {
    println!("cargo:rerun-if-env-changed={TARGET_VARIABLE}");
    if let Ok(target) = env::var(TARGET_VARIABLE) {
        return target;
    }
    let host = var("TARGET");
    let musl = row.launcher;
    let libdir = Command::new(var("RUSTC"))
        .args(["--print", "target-libdir", "--target", musl])
        .output()
        .ok()
        .map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    if libdir.is_some_and(|libdir| libdir.is_dir()) {
        return musl.to_owned();
    }
    println!(
        "cargo:warning=building the launcher for {host}; `rustup target add {musl}` makes it smaller and faster"
    );
    host
}

fn build(workspace: &Path, target: &str) -> PathBuf {
    let output = Path::new(&var("OUT_DIR")).join("stub");
    let script = workspace.join("stub/launcher/discard.ld");
    let mut flags: Vec<String> = RUST_FLAGS.map(String::from).into();
    flags.push(format!("-Clink-arg=-Wl,-T,{}", script.display()));
    flags.push(format!("--remap-path-prefix={}=/snakecrate", workspace.display()));
    if let Some(home) = env::var_os("CARGO_HOME") {
        flags.push(format!("--remap-path-prefix={}=/cargo", home.display()));
    }
    let mut cargo = Command::new(var("CARGO"));
    cargo
        .args(["build", "--locked", "--bin", "snakecrate-launcher", "--profile", "stub"])
        .args(["--target", target])
        .arg("--manifest-path")
        .arg(workspace.join("stub/launcher/Cargo.toml"))
        .arg("--target-dir")
        .arg(&output)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env(format!("CFLAGS_{}", target.replace('-', "_")), C_FLAGS)
        .env(format!("CC_{}", target.replace('-', "_")), "cc");
    // The launcher's build must not inherit the settings of the outer build.
    for name in ["RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER", "CARGO_TARGET_DIR", "RUSTFLAGS"] {
        cargo.env_remove(name);
    }
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PROFILE_") || name.starts_with("CARGO_CFG_") {
            cargo.env_remove(name);
        }
    }
    let status = cargo.status().unwrap_or_else(|error| panic!("cannot start cargo: {error}"));
    assert!(status.success(), "cannot build the launcher");
    output.join(target).join("stub/snakecrate-launcher")
}
