//! Long names, deep places, and names that aren't text.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::hosts::cache_locations::{has_no_place, unpacks_to};
use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::PROBE;

const WORKS: &str = "probe 1.2.3 ['probe:main']\n";
/// Isn't UTF-8.
const NO_TEXT: &[u8] = b"no text \xff\xfe";

/// A path of `length` bytes below `above`, with names of at most 200 bytes.
fn deep(above: &Path, length: usize) -> PathBuf {
    let mut path = above.to_owned();
    while path.as_os_str().len() < length {
        let left = length - path.as_os_str().len() - 1;
        // Never a rest of one byte, which would be a slash and no name.
        path.push("d".repeat(if left > 202 { 200 } else { left }));
    }
    assert_eq!(path.as_os_str().len(), length);
    path
}

#[test]
fn an_archive_may_have_a_name_of_255_bytes() {
    let name = "ä".repeat(127) + "x";
    let sandbox = Sandbox::new().with(&PROBE, &name);
    for _ in ["cold", "warm"] {
        sandbox.archive(&name).arg("argv0").expect(0, &format!("[WORK]/{name}\n"), "");
    }
}

#[test]
fn files_may_have_long_names_in_deep_directories() {
    let module = "m".repeat(252);
    let folder = "p".repeat(200);
    let package = [folder.as_str(); 8].join("/");
    let sandbox = Sandbox::new()
        .bare_project("long", "scripts.long = 'long:main'\n")
        .file(
            "long/long.py",
            format!("def main():\n    import {module}, {}.end\n", package.replace('/', ".")),
        )
        .file(&format!("long/{module}.py"), "print('wide')\n")
        .file(&format!("long/{package}/end.py"), "print('deep')\n");
    sandbox.build(["long", "-o", "app"]).expect(0, "", "");
    for _ in ["cold", "warm"] {
        sandbox.archive("app").expect(0, "wide\ndeep\n", "");
    }
}

/// With the longest path that an archive may have, every path in it is one that the kernel takes.
#[test]
fn a_cache_path_has_at_most_1900_bytes() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let longest = deep(&sandbox.root().join("longest"), 1900);
    for _ in ["cold", "warm"] {
        sandbox.archive("app").env("SNAKECRATE_CACHE", &longest).expect(0, WORKS, "");
    }
    for length in [1901, 4095, 10_000] {
        let place = deep(&sandbox.root().join("longer"), length);
        let (status, stdout, stderr) =
            sandbox.archive("app").env("SNAKECRATE_CACHE", &place).output().parts();
        let expected = format!(
            "snakecrate: no place to unpack to ({}: its path has {length} bytes, more than 1900)\n\
             snakecrate: set SNAKECRATE_CACHE to a directory of yours that allows execution\n",
            place.display()
        );
        assert_eq!((status.code(), stdout, stderr), (Some(122), String::new(), expected));
        assert!(!sandbox.root().join("longer").exists(), "it was begun");
    }
}

#[test]
fn its_own_c_library_makes_no_difference() {
    let sandbox = Sandbox::new().project("probe");
    sandbox.build(["probe", "-o", "app", "--libc", "bundled"]).expect(0, "", "");
    let longest = deep(&sandbox.root().join("longest"), 1900);
    for _ in ["cold", "warm"] {
        sandbox.archive("app").env("SNAKECRATE_CACHE", &longest).expect(0, WORKS, "");
    }
}

#[test]
fn archive_directory_and_name_come_through_byte_for_byte() {
    let name = OsStr::from_bytes(NO_TEXT);
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let place = sandbox.path(name);
    fs::create_dir(&place).unwrap();
    fs::rename(sandbox.path("app"), place.join(name)).unwrap();
    let code = "import os, sys; print(*map(os.fsencode, [os.getcwd(), sys.argv[0], \
        os.environ['SNAKECRATE_ARCHIVE'], sys.argv[3]]), sep='\\n')";
    let program = PathBuf::from(name).join(name);
    let called = OsString::from_vec([b"./", NO_TEXT, b"x"].concat());
    for _ in ["cold", "warm"] {
        let run = sandbox.archive(&program).in_dir(name).argv0(&called).args(["run", code]);
        let quoted = "no text \\xff\\xfe";
        let expected = format!(
            "b'[WORK]/{quoted}'\nb'./{quoted}x'\nb'[WORK]/{quoted}/{quoted}'\nb'{quoted}'\n"
        );
        run.arg(name).expect(0, &expected, "");
    }
}

/// `pyvenv.cfg` is text, so a cache's path has to be text, too.
#[test]
fn a_cache_path_that_isnt_text_is_skipped() {
    needs!(Root, Mounts);
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let path = |above: &str| OsString::from_vec([above.as_bytes(), NO_TEXT].concat());
    let mounts = "mkdir \"${HOME:-/home/none}\"; chown 12345 \"${HOME:-/home/none}\"";
    let place = || sandbox.place("app", mounts).uid(12345);
    unpacks_to("/var/tmp/snakecrate-12345", place().env("HOME", path("/home/")));
    let run = place().env("HOME", "/home/ada").env("XDG_CACHE_HOME", path("/home/ada/"));
    unpacks_to("/var/tmp/snakecrate-12345", run);
    let run = place().env("CACHE_DIRECTORY", path("/srv/"));
    unpacks_to("/var/tmp/snakecrate-12345", run);
    let named = [("/srv/no text \u{fffd}\u{fffd}", "its path is not UTF-8 text on one line")];
    has_no_place(&named, place().env("SNAKECRATE_CACHE", path("/srv/")));
    let named = [("/srv/a\nb", "its path is not UTF-8 text on one line")];
    has_no_place(&named, place().env("SNAKECRATE_CACHE", "/srv/a\nb"));
}

/// Nobody's home is `rel`, nothing or a file.
#[test]
fn unusable_homes_are_skipped() {
    needs!(Root, Mounts);
    let sandbox = Sandbox::new().with(&PROBE, "app");
    for home in ["", "relative", "/etc/passwd", "/proc/version/x"] {
        let run = sandbox.place("app", "").uid(12345).env("HOME", home);
        unpacks_to(
            "/var/tmp/snakecrate-12345",
            run.env("XDG_CACHE_HOME", "").env("CACHE_DIRECTORY", ""),
        );
    }
    let run = sandbox.place("app", "").uid(12345).env("XDG_CACHE_HOME", "relative");
    unpacks_to("/var/tmp/snakecrate-12345", run.env("SNAKECRATE_CACHE", ""));
}

#[test]
fn a_relative_cache_is_one_of_the_working_directory() {
    let sandbox = Sandbox::new().with(&PROBE, "app").file("here/x", "");
    let run = sandbox.archive("app").in_dir("here").env("SNAKECRATE_CACHE", "../cache");
    let facts = run.arg("facts").output().json();
    let prefix = facts["prefix"].as_str().unwrap().to_owned();
    assert!(Path::new(&prefix).is_absolute(), "{prefix}");
    assert!(sandbox.path("cache/v2/envs").exists());
    // Nothing can be created in a directory that is gone.
    let gone = "mkdir gone; cd gone; rmdir ../gone;";
    sandbox.archive("app").env("SNAKECRATE_CACHE", "cache").redirected(gone).expect(
        122,
        "",
        "snakecrate: no place to unpack to (cache: it does not exist)\n\
         snakecrate: set SNAKECRATE_CACHE to a directory of yours that allows execution\n",
    );
}
