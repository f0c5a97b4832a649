//! Files that a cleaner deleted or truncated: which ones a start notices, and that it repairs them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::{PAIR, PROBE};

pub const PROBED: &str = "probe 1.2.3 ['probe:main']\n";

/// A sandbox in which the archive `app` ran once.
pub fn warm() -> Sandbox {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    sandbox.archive("app").expect(0, PROBED, "");
    sandbox
}

/// Kinds of damage: the file is gone, empty, or half of it is left.
const DAMAGES: [fn(&Path); 3] = [
    |path| fs::remove_file(path).unwrap(),
    |path| rewrite(path, b""),
    |path| {
        let bytes = fs::read(path).unwrap();
        rewrite(path, &bytes[..bytes.len() / 2]);
    },
];

/// Asserts that the next start works, and that the cache is whole after it.
#[track_caller]
fn is_repaired(sandbox: &Sandbox) {
    sandbox.archive("app").expect(0, PROBED, "");
    is_whole(sandbox);
}

#[track_caller]
pub fn is_whole(sandbox: &Sandbox) {
    let _ = sandbox.run(["cache", "verify"]).success().any_stderr().text();
    assert!(sandbox.cached("staging").is_empty());
}

#[test]
fn files_that_the_interpreter_requires_come_back() {
    let sandbox = warm();
    let wanted = |path: &str| {
        let library = path.contains("/lib/python3.") && !path.contains("/site-packages/");
        path.contains("/lib/libpython3")
            || path.contains("/bin/python3.")
            || library && path.contains("/encodings/") && path.contains("/__init__.")
            || library && path.contains("/encodings/") && path.contains("/utf_8.")
            || library && path.ends_with("/os.py")
    };
    let files = files_of_runtime(&sandbox);
    let files: Vec<_> = files.iter().filter(|path| wanted(path.to_str().unwrap())).collect();
    assert!(files.len() >= 6, "{files:?}");
    for (file, damage) in files.iter().zip(DAMAGES.iter().cycle()) {
        damage(file);
        is_repaired(&sandbox);
    }
}

/// The bytecode of the only boot script, which the interpreter starts.
fn boot(env: &Path) -> PathBuf {
    let mut found = fs::read_dir(env.join("boot/__pycache__")).unwrap();
    found.next().unwrap().unwrap().path()
}

#[test]
fn boot_script_and_configuration_come_back() {
    let sandbox = warm();
    for path in [env(&sandbox).join("pyvenv.cfg"), boot(&env(&sandbox))] {
        for damage in DAMAGES {
            damage(&path);
            is_repaired(&sandbox);
        }
    }
}

/// `verify` looked at the files of components only, and found such an environment whole.
#[test]
fn verify_missed_the_interpreter_and_the_configuration() {
    let sandbox = warm();
    for name in ["bin/python3", "pyvenv.cfg"] {
        fs::remove_file(env(&sandbox).join(name)).unwrap();
        sandbox.run(["cache", "verify"]).code(1).stdout_contains("missing").any_stderr().done();
        let verify = sandbox.archive("app").env("SNAKECRATE", "verify").output();
        verify.code(1).stdout_contains(&format!("{name}: missing")).done();
        is_repaired(&sandbox);
    }
}

/// For every row that chance can choose.
#[test]
fn a_start_looks_at_some_of_all_other_files() {
    let sandbox = warm();
    let rows = rows(&sandbox);
    assert_eq!(rows.len(), 17);
    let damaged: Vec<_> = rows[1..].iter().map(|row| row[row.len() / 2].clone()).collect();
    for path in &damaged {
        fs::remove_file(path).unwrap();
    }
    // The application may not start without this file.
    is_repaired(&sandbox);
    for path in &damaged {
        assert!(path.is_file(), "{}", path.display());
    }
}

#[test]
fn rows_are_of_files_from_everywhere() {
    let sandbox = warm();
    let rows = rows(&sandbox);
    assert!(rows[1..].iter().all(|row| row.len() == 4), "{rows:#?}");
    let all: Vec<_> = rows.concat().iter().map(|path| path.canonicalize().unwrap()).collect();
    let is_in = |place: &str| all.iter().any(|path| path.to_str().unwrap().contains(place));
    for place in
        ["/.snakecrate/runtime/", "/site-packages/", "/lib-dynload/", "/asyncio/", "/encodings/"]
    {
        assert!(is_in(place), "nothing in {place}: {all:#?}");
    }
}

/// A few starts may fail until one of them notices it.
#[test]
fn a_tenth_of_the_cache_is_missed_by_few_starts() {
    let sandbox = warm();
    for round in 0..3 {
        let files = [files(&sandbox, "components"), files(&sandbox, "envs")].concat();
        let is_record =
            |path: &Path| path.components().any(|part| part.as_os_str() == ".snakecrate");
        let gone: Vec<_> = files.iter().filter(|path| !is_record(path)).collect();
        for path in gone.iter().skip(round).step_by(10) {
            // A file of the environment may have gone with that of its component.
            let _ = fs::remove_file(path);
        }
        let is_whole = || sandbox.run(["cache", "verify"]).succeeded();
        let starts = (1..=60).find(|_| {
            sandbox.archive("app").output().succeeded();
            is_whole()
        });
        assert!(starts.is_some(), "not seen by 60 starts");
        sandbox.archive("app").expect(0, PROBED, "");
    }
}

/// The component is stamped, so a first start trusts it.
#[test]
fn a_first_start_repairs_a_damaged_shared_runtime() {
    let sandbox = warm().with(&PAIR, "pair");
    let file = files(&sandbox, "components");
    let file = file.iter().find(|path| path.ends_with("encodings/__init__.py")).unwrap();
    fs::remove_file(file).unwrap();
    sandbox.archive("pair").arg("left").expect(0, "left []\n", "");
    is_repaired(&sandbox);
}

/// If nothing can be repaired, a missing file that the application doesn't need does not prevent a
/// start.
#[test]
fn in_a_read_only_cache_only_what_is_needed_matters() {
    needs!(Root, Mounts);
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let place = |mounts: &str| sandbox.place("app", mounts).env("SNAKECRATE_CACHE", "/mnt/cache");
    place("").expect(0, PROBED, "");
    // Sources with bytecode: changed in size, and never read. Boot scripts are read.
    let is_source = |path: &&PathBuf| {
        path.extension().is_some_and(|end| end == "py")
            && !path.to_str().unwrap().contains("/boot/")
    };
    let rows = rows(&sandbox);
    let sources: Vec<_> = rows[1..].iter().filter_map(|row| row.iter().find(is_source)).collect();
    assert!(sources.len() > 8, "{rows:#?}");
    for source in &sources {
        rewrite(source, b"# shorter, or longer");
    }
    for _ in 0..4 {
        place("mount -o remount,bind,ro /mnt").expect(0, PROBED, "");
    }
    place("rm /mnt/cache/v2/envs/*/pyvenv.cfg; mount -o remount,bind,ro /mnt")
        .output()
        .not_launched("/mnt/cache: Read-only file system", "SNAKECRATE_CACHE");
    place("").expect(0, PROBED, "");
}

/// Changes a file that is read-only.
pub fn rewrite(path: &Path, bytes: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The path of the only environment.
fn env(sandbox: &Sandbox) -> PathBuf {
    let envs = sandbox.cached("envs");
    assert_eq!(envs.len(), 1);
    sandbox.cache().join("v2/envs").join(&envs[0])
}

/// The files in an area of the cache, sorted.
pub fn files(sandbox: &Sandbox, area: &str) -> Vec<PathBuf> {
    let found = walkdir::WalkDir::new(sandbox.cache().join("v2").join(area)).sort_by_file_name();
    let found = found.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    found.map(walkdir::DirEntry::into_path).collect()
}

/// The files that the interpreter of the only environment runs from.
fn files_of_runtime(sandbox: &Sandbox) -> Vec<PathBuf> {
    let tree = walkdir::WalkDir::new(env(sandbox).join(".snakecrate/runtime")).follow_links(true);
    let tree = tree.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    tree.map(walkdir::DirEntry::into_path).collect()
}

/// The guards in the launch plan of the only environment, row by row: FORMAT.md, *Launch plan*.
fn rows(sandbox: &Sandbox) -> Vec<Vec<PathBuf>> {
    let env = env(sandbox);
    let plan = fs::read(env.join(".snakecrate/launch")).unwrap();
    let mut fields = plan.split(|&byte| byte == 0).map(|field| std::str::from_utf8(field).unwrap());
    let options: usize = fields.nth(6).unwrap().parse().unwrap();
    let runtime = env.join(fields.nth(options).unwrap());
    let count: usize = fields.next().unwrap().parse().unwrap();
    let mut rows = Vec::new();
    for _ in 0..count {
        let length: usize = fields.next().unwrap().parse().unwrap();
        let (mut row, mut read) = (Vec::new(), 0);
        while read < length {
            let (size, path) = (fields.next().unwrap(), fields.next().unwrap());
            read += size.len() + path.len() + 2;
            row.push(match path.strip_prefix('/') {
                Some(path) => runtime.join(path),
                None => env.join(path),
            });
        }
        assert_eq!(read, length);
        // What ends the field itself.
        assert_eq!(fields.next(), Some(""));
        rows.push(row);
    }
    rows
}
