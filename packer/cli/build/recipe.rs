//! How a launcher is compiled. Used by the build script and by `ci/launchers`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Flags for the launcher only. Unwind tables are dropped (`stub/launcher/discard.ld` says why), and
/// no path of the build machine gets in.
const RUST_FLAGS: [&str; 2] = ["-Cforce-unwind-tables=no", "-Ctarget-feature=+crt-static"];
const LINKER_FLAGS: [&str; 4] = ["-z", "noseparate-code", "--build-id=none", "--no-eh-frame-hdr"];
/// The C library is not the compiler's own: zstd requires only memory and string functions. The flags
/// keep references to glibc's own functions out.
///
/// The long sequence decoder pays for histories over 16 MiB, and our window is 4 MiB. The second
/// Huffman decoder gains nothing on our blobs.
const C_FLAGS: &str = "-fno-asynchronous-unwind-tables -fno-unwind-tables -U_FORTIFY_SOURCE \
                       -fno-stack-protector -DZSTD_STRIP_ERROR_STRINGS=1 -DZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT=1 \
                       -DHUF_FORCE_DECOMPRESS_X1=1";
/// The crates that a launcher consists of.
const CRATES: [&str; 4] = ["format", "platform", "cache", "launcher"];

/// The programs that compile and link.
#[derive(Clone, Copy)]
pub enum Tools<'a> {
    /// The C compiler of this machine, which links, too.
    Native,
    /// Those that this machine's user has configured for a foreign target.
    Configured,
    /// Zig's C compiler and Rust's own linker.
    Named {
        /// Calls Zig's C compiler for the target.
        compiler: &'a Path,
        /// Calls Zig's archiver.
        archiver: &'a Path,
    },
}

/// Builds the launcher for the Rust triple `target` below `output`, and returns its path.
pub fn build(workspace: &Path, target: &str, output: &Path, tools: Tools<'_>) -> PathBuf {
    let variable = |name: &str| format!("{name}_{}", target.replace('-', "_"));
    let script = workspace.join("stub/launcher/discard.ld");
    let mut linker: Vec<String> = LINKER_FLAGS.map(String::from).into();
    linker.extend(["-T".to_owned(), script.display().to_string()]);
    let mut flags: Vec<String> = RUST_FLAGS.map(String::from).into();
    flags.push(format!("--remap-path-prefix={}=/snakecrate", workspace.display()));
    flags.push(format!("--remap-path-prefix={}=/cargo", cargo_home().display()));
    if target.starts_with("x86_64") {
        // At a fixed address there is nothing to relocate: a seventh of the time that a launcher takes without its
        // work, and 4 kB. It runs nothing but the archive that it is a part of. On aarch64 it would be 1 kB longer.
        flags.push("-Crelocation-model=static".into());
    }
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
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
    if let Tools::Named { compiler, archiver } = tools {
        // LLD folds equal functions, and its relative relocations take a tenth of the space; musl
        // has known them since 1.2.4.
        linker.extend(["--icf=all", "--pack-dyn-relocs=relr"].map(String::from));
        flags.extend(linker.iter().map(|flag| format!("-Clink-arg={flag}")));
        cargo.env(variable("CARGO_TARGET").to_uppercase() + "_LINKER", "rust-lld");
        cargo.env(variable("CC"), compiler).env(variable("AR"), archiver);
    } else {
        flags.push(format!("-Clink-arg=-Wl,{}", linker.join(",")));
    }
    if let Tools::Native = tools {
        // The host's compiler serves for musl, too.
        cargo.env(variable("CC"), "cc");
    }
    cargo
        .args(["build", "--locked", "--bin", "snakecrate-launcher", "--profile", "stub"])
        .args(["--target", target])
        .arg("--manifest-path")
        .arg(workspace.join("stub/launcher/Cargo.toml"))
        .arg("--target-dir")
        .arg(output)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env(variable("CFLAGS"), C_FLAGS);
    let status = cargo.status().unwrap_or_else(|error| panic!("cannot start cargo: {error}"));
    assert!(status.success(), "cannot build the launcher for {target}");
    output.join(target).join("stub/snakecrate-launcher")
}

fn cargo_home() -> PathBuf {
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cargo");
    env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

/// A digest of everything in the workspace that decides on the bytes of a launcher.
pub fn sources(workspace: &Path) -> String {
    let mut files: Vec<PathBuf> =
        ["Cargo.toml", "packer/cli/build/recipe.rs", "stub/launcher/discard.ld"]
            .map(|file| workspace.join(file))
            .into();
    for crate_ in CRATES.map(|name| workspace.join("stub").join(name)) {
        files.push(crate_.join("Cargo.toml"));
        files_below(crate_.join("src"), &mut files);
    }
    let mut hasher = hasher(files);
    let lock = fs::read_to_string(workspace.join("Cargo.lock")).expect("the lock file can be read");
    locked(&lock, "snakecrate-launcher").hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The sections of a lock file for `package` and all that it depends on.
fn locked<'a>(lock: &'a str, package: &'a str) -> Vec<&'a str> {
    let (mut wanted, mut found) = (vec![package], Vec::new());
    while let Some(package) = wanted.pop() {
        // `name`, or `name version` where the lock file has several.
        let mut words = package.split(' ');
        let name = format!("name = {:?}", words.next().unwrap_or_default());
        let version = words.next().map(|version| format!("version = {version:?}"));
        let is_it = |section: &&str| {
            let has = |line: &str| section.lines().any(|other| other == line);
            has(&name) && version.as_deref().is_none_or(has)
        };
        let section = lock.split("[[package]]").find(is_it).expect("the lock file is whole");
        if !found.contains(&section) {
            found.push(section);
            let dependencies = section.lines().filter_map(|line| line.strip_prefix(" \""));
            wanted.extend(dependencies.map(|line| line.trim_end_matches("\",")));
        }
    }
    found.sort_unstable();
    found
}

/// A digest of the locked dependencies, and of the sources of the packer and of the format, which
/// decide on the bytes of what the packer keeps.
pub fn build_id(workspace: &Path) -> String {
    let mut files = vec![workspace.join("Cargo.lock")];
    files_below(workspace.join("packer"), &mut files);
    files_below(workspace.join("stub/format"), &mut files);
    format!("{:016x}", hasher(files).finish())
}

/// Adds all files below `directory` to `files`.
fn files_below(directory: PathBuf, files: &mut Vec<PathBuf>) {
    let mut directories = vec![directory];
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(&directory).expect("the sources exist");
        for path in entries.map(|entry| entry.expect("the sources can be listed").path()) {
            if path.is_dir() { directories.push(path) } else { files.push(path) }
        }
    }
}

/// A hasher of the contents of `files`, whatever their order.
fn hasher(mut files: Vec<PathBuf>) -> DefaultHasher {
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(&file).expect("the sources can be read").hash(&mut hasher);
    }
    hasher
}
