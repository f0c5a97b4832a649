//! Root file systems that differ from this machine's and can be made from its own files. `ci/beds` has
//! more: musl, older and newer glibc.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::needs::needs;
use crate::support::sandbox::shared::PROBE;
use crate::support::sandbox::{Run, Sandbox};

/// A root with an archive, `/proc` and `/tmp` only.
struct Empty(Sandbox);

impl Empty {
    fn new() -> Option<Self> {
        needs!(Root, Mounts);
        let sandbox = Sandbox::new();
        for folder in ["root/proc", "root/tmp"] {
            fs::create_dir_all(sandbox.path(folder)).unwrap();
        }
        let for_all_users = fs::Permissions::from_mode(0o1777);
        fs::set_permissions(sandbox.path("root/tmp"), for_all_users).unwrap();
        Some(Self(sandbox.with(&PROBE, "root/app")))
    }

    fn app(&self, uid: u32) -> Run<'_> {
        self.0.alone("root", "app", uid)
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path("root")).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn one_copied_file_runs_in_an_empty_root() {
    let Some(empty) = Empty::new() else { return };
    for uid in [0, 12345] {
        for _ in ["cold", "warm"] {
            empty.app(uid).expect(0, "probe 1.2.3 ['probe:main']\n", "");
        }
    }
    assert_eq!(empty.names(), ["app", "proc", "tmp"]);
}

#[test]
fn in_an_empty_root_all_code_is_the_archives() {
    let Some(empty) = Empty::new() else { return };
    let text = empty.app(12345).arg("mapped").output().text();
    let foreign = text.lines().filter(|path| !path.starts_with("/tmp/snakecrate-12345/v2/"));
    assert_eq!(foreign.collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(text.contains("/libc.so.6\n"), "{text}");
}

#[test]
fn in_an_empty_root_the_interpreter_has_children() {
    let Some(empty) = Empty::new() else { return };
    let expected = "probe, same executable: True, virtual: True\n";
    empty.app(12345).arg("child").expect(0, expected, "");
    empty.app(12345).arg("module").expect(0, "probe 1.2.3 ['probe:main']\n", "");
    empty.app(12345).arg("libraries").expect(0, "2d711642\n", "");
}

/// `$ORIGIN` would need `/proc`; paths that are written at extraction don't.
#[test]
fn an_empty_root_needs_no_proc() {
    let Some(empty) = Empty::new() else { return };
    fs::remove_dir(empty.0.path("root/proc")).unwrap();
    for uid in [0, 12345] {
        empty.app(uid).expect(0, "probe 1.2.3 ['probe:main']\n", "");
    }
    assert_eq!(empty.names(), ["app", "tmp"]);
}

/// The environment is unchanged, so programs of the host run with the host's libraries.
#[test]
fn in_an_empty_root_no_variable_is_set() {
    let Some(empty) = Empty::new() else { return };
    let text = empty.app(12345).arg("environment").output().text();
    // In a C locale, CPython itself sets this (PEP 538).
    let own = text.lines().filter(|line| *line != "LC_CTYPE=C.UTF-8");
    assert_eq!(own.collect::<Vec<_>>(), ["SNAKECRATE_ARCHIVE=/app"]);
}

/// Containers that share a home share a cache: the first start has a new enough glibc, the next one an
/// older.
#[test]
fn a_cache_that_older_glibc_shares_gets_the_one_that_came_along() {
    const LIBRARIES: &str = "/lib/x86_64-linux-gnu";
    needs!(Native("there is no C library of its target"));
    let Some(empty) = Empty::new() else { return };
    let (loader, libc) = ("lib64/ld-linux-x86-64.so.2", "lib/x86_64-linux-gnu/libc.so.6");
    for folder in ["lib64", "lib/x86_64-linux-gnu"] {
        fs::create_dir_all(empty.0.path("root").join(folder)).unwrap();
    }
    fs::copy(format!("/{loader}"), empty.0.path("root").join(loader)).unwrap();
    for name in ["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "libutil.so.1"] {
        let to = empty.0.path("root/lib/x86_64-linux-gnu").join(name);
        fs::copy(Path::new(LIBRARIES).join(name), to).unwrap();
    }
    let is_copy = || {
        let facts = empty.app(12345).arg("facts").output().json();
        let executable = facts["executable"].as_str().unwrap().trim_start_matches('/').to_owned();
        fs::symlink_metadata(empty.0.path("root").join(executable)).unwrap().is_file()
    };
    assert!(!is_copy(), "the host's is sufficient");
    fs::write(empty.0.path("root").join(libc), "\0GLIBC_2.17\0").unwrap();
    fs::write(empty.0.path("root").join(loader), "not a loader").unwrap();
    assert!(is_copy(), "the archive's own");
    assert!(is_copy(), "still the archive's own");
}
