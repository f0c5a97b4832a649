//! `extract --env`: an archive as a directory that runs by itself, wherever it is.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use pretty_assertions::assert_eq;
use walkdir::WalkDir;

use crate::support::needs::needs;
use crate::support::sandbox::shared::{PAIR, PROBE};
use crate::support::sandbox::{Sandbox, shared};
use crate::support::wheel::Wheel;

const FAILURE: i32 = 1;
const PROBED: &str = "probe 1.2.3 ['probe:main']\n";
/// Both C libraries that an environment may run on.
const LIBRARIES: [&str; 2] = ["host", "bundled"];

/// A sandbox with the environment `env` of an archive, which is gone.
fn extracted(archive: &shared::Shared, libc: &str) -> Sandbox {
    let sandbox = Sandbox::new().with(archive, "app");
    sandbox.run(["extract", "app", "--env", "env", "--libc", libc, "-q"]).expect(0, "", "");
    fs::remove_file(sandbox.path("app")).unwrap();
    sandbox
}

/// Every path below the sandbox with what tells whether it was written.
fn state(sandbox: &Sandbox) -> Vec<String> {
    let entries = WalkDir::new(sandbox.root()).sort_by_file_name();
    let line = |entry: walkdir::DirEntry| {
        let found = entry.metadata().unwrap();
        let (seconds, nanoseconds) = (found.ctime(), found.ctime_nsec());
        format!("{} {} {seconds}.{nanoseconds}", entry.path().display(), found.len())
    };
    entries.into_iter().map(|entry| line(entry.unwrap())).collect()
}

/// The lines that do not stand in both.
fn changes(before: &[String], after: &[String]) -> Vec<String> {
    let only = |one: &[String], other: &[String]| {
        one.iter().filter(|line| !other.contains(line)).cloned().collect::<Vec<_>>()
    };
    [only(before, after), only(after, before)].concat()
}

#[test]
fn it_runs_with_an_empty_environment_and_writes_nothing() {
    for libc in LIBRARIES {
        let sandbox = extracted(&PROBE, libc);
        let before = state(&sandbox);
        let run = || sandbox.archive("env/bin/probe").clean_env();
        run().expect(0, PROBED, "");
        run().arg("libraries").expect(0, "2d711642\n", "");
        run().arg("child").expect(0, "probe, same executable: True, virtual: False\n", "");
        run().arg("module").expect(0, PROBED, "");
        for method in ["spawn", "forkserver", "fork"] {
            run().args(["workers", method]).expect(0, "[0, 1, 4, 9, 16]\n", "");
        }
        run().args(["leave", "7"]).expect(7, "", "");
        assert_eq!(changes(&before, &state(&sandbox)), Vec::<String>::new(), "{libc}");
    }
}

#[test]
fn it_knows_its_places_and_names_its_entry_as_the_archive() {
    for libc in LIBRARIES {
        let sandbox = extracted(&PROBE, libc);
        let facts = sandbox.archive("env/bin/probe").arg("facts").output().json();
        let home = sandbox.path("env");
        let at = |path: &str| home.join(path).to_str().unwrap().to_owned();
        assert_eq!(facts["executable"], at("bin/python3"));
        assert_eq!(facts["prefix"], home.to_str().unwrap());
        assert_eq!(facts["base_prefix"], home.to_str().unwrap());
        assert_eq!(facts["archive"], at("bin/probe"));
        let path = facts["path"].as_array().unwrap();
        let is_inside = |path: &&serde_json::Value| path.as_str().unwrap().starts_with(&at(""));
        assert_eq!(path.iter().filter(is_inside).count(), path.len(), "{path:?}");
        let last = path.last().unwrap().as_str().unwrap();
        assert!(last.ends_with("/site-packages"), "Debian's python, too: {path:?}");
    }
}

#[test]
fn the_systems_python_finds_site_packages() {
    needs!(Program("/usr/bin/python3"), Native("it is this machine's"));
    let sandbox = Sandbox::new().project("probe");
    sandbox.build(["probe", "--python", "/usr/bin/python3", "-o", "app"]).expect(0, "", "");
    sandbox.run(["extract", "app", "--env", "env", "-q"]).expect(0, "", "");
    let run = || sandbox.archive("env/bin/probe").clean_env();
    run().expect(0, PROBED, "");
    let code = "import site, sys, sysconfig\nlast = sys.path[-1].removeprefix(sys.prefix)\n\
                print(last.split('/')[-1], sum('packages' in path for path in sys.path),\n\
                sysconfig.get_path('purelib') == sys.path[-1] == site.getsitepackages()[0])";
    run().args(["run", code]).expect(0, "site-packages 1 True\n", "");
}

#[test]
fn it_can_be_moved_and_reached_by_links() {
    for libc in LIBRARIES {
        let sandbox = extracted(&PROBE, libc);
        fs::create_dir(sandbox.path("far")).unwrap();
        fs::rename(sandbox.path("env"), sandbox.path("far/a b")).unwrap();
        symlink("far/a b", sandbox.path("link")).unwrap();
        symlink(sandbox.path("link/bin/probe"), sandbox.path("p")).unwrap();
        for name in ["far/a b/bin/probe", "link/bin/probe", "p"] {
            sandbox.archive(name).in_dir("/").expect(0, PROBED, "");
            let squares = "[0, 1, 4, 9, 16]\n";
            sandbox.archive(name).args(["workers", "spawn"]).expect(0, squares, "");
        }
        let path = sandbox.path("far/a b/bin");
        let run = sandbox.archive("/usr/bin/env").clean_env().env("PATH", path);
        run.args(["probe", "argv0"]).expect(0, "[WORK]/far/a b/bin/probe\n", "");
    }
}

#[test]
fn another_user_runs_it_read_only() {
    needs!(Root, Mounts);
    for libc in LIBRARIES {
        let sandbox = extracted(&PROBE, libc);
        let mounts = format!("mount --bind {0} {0}; mount -o remount,bind,ro {0}", "env");
        for command in [&[][..], &["workers", "spawn"]] {
            let run = sandbox.archive("env/bin/probe").clean_env().uid(12345).args(command);
            let said = if command.is_empty() { PROBED } else { "[0, 1, 4, 9, 16]\n" };
            run.mounted(&mounts).expect(0, said, "");
        }
    }
}

#[test]
fn files_have_the_usual_modes_whatever_the_mask() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let extract = sandbox.packer(["extract", "app", "--env", "env", "-q"]);
    extract.redirected("umask 077;").expect(0, "", "");
    for entry in WalkDir::new(sandbox.path("env")) {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o7777;
        let is_usual = match entry.file_type() {
            kind if kind.is_dir() => mode == 0o755,
            kind if kind.is_file() => mode == 0o755 || mode == 0o644,
            _ => true,
        };
        assert!(is_usual, "{} {mode:o}", entry.path().display());
    }
}

#[test]
fn the_name_chooses_one_of_several_entries() {
    for libc in LIBRARIES {
        let sandbox = extracted(&PAIR, libc);
        sandbox.archive("env/bin/left").arg("x").expect(0, "left ['x']\n", "");
        sandbox.archive("env/bin/right").arg("left").expect(0, "right ['left']\n", "");
        sandbox.archive("env/bin/left").argv0("right").expect(0, "right []\n", "");
        symlink("env/bin/left", sandbox.path("other")).unwrap();
        sandbox.archive("other").args(["right", "y"]).expect(0, "right ['y']\n", "");
        sandbox.archive("other").expect(
            2,
            "",
            "snakecrate: this archive has 2 entries and no default\n\
             snakecrate: give one of them as the first argument: left, right\n",
        );
    }
}

#[test]
fn variables_of_the_loader_and_of_python_have_no_effect() {
    for libc in LIBRARIES {
        let sandbox = extracted(&PROBE, libc);
        let run = || {
            let run = sandbox.archive("env/bin/probe").clean_env().env("PYTHONHOME", "/nowhere");
            run.env("LD_LIBRARY_PATH", "/x").env("PYTHONPATH", "/y").env("SNAKECRATE_ARCHIVE", "z")
        };
        run().expect(0, PROBED, "");
        let run = run().env("LC_ALL", "C.UTF-8").arg("environment");
        let said = run.output().text().replace("LC_ALL=C.UTF-8\n", "");
        let home = sandbox.path("env/bin/probe");
        let wanted = format!(
            "LD_LIBRARY_PATH=/x\nPYTHONHOME=/nowhere\nPYTHONPATH=/y\nSNAKECRATE_ARCHIVE={}\n",
            home.display()
        );
        assert_eq!(said, wanted, "the application sees them as they were");
    }
}

#[test]
fn a_start_makes_few_system_calls() {
    needs!(Tracing);
    for libc in LIBRARIES {
        let sandbox = extracted(&PROBE, libc);
        let calls = sandbox.archive("env/bin/probe").calls();
        let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
        assert!(names.len() <= 12, "{names:?}");
        let writes = calls.iter().filter(|call| call.arguments.contains("O_WRONLY"));
        assert_eq!(writes.count(), 0);
    }
}

#[test]
fn scripts_of_distributions_run_isolated_as_entries_and_else_beside_the_interpreter() {
    for libc in LIBRARIES {
        let sandbox = Sandbox::new();
        let script = "#!python\nimport sys, envscript\nprint(sys.executable, sys.argv[1:])\n";
        let flags = "#!python\nimport sys, envscript\nprint(sys.flags.isolated, sys.argv[1:])\n";
        let wheel = Wheel::new("envscript", "1.0");
        let wheel = wheel.file("envscript-1.0.data/scripts/extra", script);
        wheel.file("envscript-1.0.data/scripts/inner", flags).write(&sandbox.path(""));
        let wheel = "envscript-1.0-py3-none-any.whl";
        sandbox.build([wheel, "-e", "envscript", "-e", "inner", "-o", "app"]).expect(0, "", "");
        sandbox.run(["extract", "app", "--env", "a", "--libc", libc, "-q"]).expect(0, "", "");
        fs::rename(sandbox.path("a"), sandbox.path("b")).unwrap();
        symlink("b/bin/extra", sandbox.path("link")).unwrap();
        for name in ["b/bin/extra", "link"] {
            let run = sandbox.archive(name).env("PATH", "/usr/bin:/bin").arg("x y");
            run.expect(0, "[WORK]/b/bin/python3 ['x y']\n", "");
        }
        sandbox.archive("b/bin/envscript").expect(0, "envscript 1.0\n", "");
        sandbox.archive("b/bin/inner").arg("x").expect(0, "1 ['x']\n", "");
    }
}

#[test]
fn a_native_program_starts_through_its_own_c_library() {
    needs!(Native("the program is this machine's"));
    let sandbox = Sandbox::new();
    let wheel = Wheel::new("envnative", "1.0").info("entry_points.txt", "");
    let program = fs::read("/bin/echo").unwrap();
    wheel.file("envnative-1.0.data/scripts/envnative", program).write(&sandbox.path(""));
    let build = ["envnative-1.0-py3-none-any.whl", "-e", "envnative", "-o", "app"];
    sandbox.build(build).expect(0, "", "");
    for (libc, place) in [("host", "bin/envnative"), ("bundled", "libexec/envnative")] {
        sandbox.run(["extract", "app", "--env", libc, "--libc", libc, "-q"]).expect(0, "", "");
        let home = sandbox.path(libc);
        assert!(fs::symlink_metadata(home.join(place)).unwrap().is_file());
        sandbox.archive(home.join("bin/envnative")).args(["a", "b"]).expect(0, "a b\n", "");
    }
}

#[test]
fn what_is_there_is_left_alone() {
    let sandbox = Sandbox::new().with(&PROBE, "app").file("full/x", "").file("file", "");
    for directory in ["full", "file"] {
        sandbox.run(["extract", "app", "--env", directory]).refused(
            FAILURE,
            &format!("`{directory}` exists and isn't an empty directory"),
            "name a directory that does not exist yet",
        );
    }
    assert_eq!(sandbox.names(), ["app", "file", "full"]);
    fs::create_dir(sandbox.path("empty")).unwrap();
    sandbox.run(["extract", "app", "--env", "empty", "-q"]).expect(0, "", "");
    sandbox.archive("empty/bin/probe").expect(0, PROBED, "");
}

#[test]
fn a_damaged_archive_leaves_no_environment() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    sandbox.rewrite("app", |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    let refused = sandbox.run(["extract", "app", "--env", "env"]);
    refused.code(FAILURE).stdout("").stderr_contains("is damaged").done();
    assert_eq!(sandbox.names(), ["app"]);
}

#[test]
fn a_first_run_hook_is_refused() {
    let more = "[project.scripts]\nhooked = 'hooked:main'\n\
                [tool.snakecrate]\nfirst-run = 'hooked:main'\n";
    let sandbox = Sandbox::new().bare_project("hooked", more);
    let sandbox = sandbox.file("hooked/hooked.py", "def main(): pass\n");
    sandbox.build(["hooked", "-o", "app"]).expect(0, "", "");
    sandbox.run(["extract", "app", "--env", "env"]).refused(
        FAILURE,
        "`app` has a first-run hook, and an extracted environment cannot remember that it ran",
        "build it without a first-run hook",
    );
}

#[test]
fn a_broken_environment_says_so() {
    let sandbox = extracted(&PROBE, "host");
    let launch = sandbox.path("env/.snakecrate/launch");
    let plan = fs::read(&launch).unwrap();
    fs::write(&launch, &plan[..plan.len() / 2]).unwrap();
    let broken = |cause: &str| {
        sandbox.archive("env/bin/probe").expect(
            126,
            "",
            &format!(
                "snakecrate: the environment in [WORK]/env is damaged: {cause}\n\
                 snakecrate: extract or install it again\n"
            ),
        );
    };
    broken("invalid data");
    fs::write(&launch, plan).unwrap();
    fs::rename(sandbox.path("env/bin"), sandbox.path("bin")).unwrap();
    fs::create_dir(sandbox.path("env/bin")).unwrap();
    fs::rename(sandbox.path("bin/.snakecrate"), sandbox.path("env/bin/.snakecrate")).unwrap();
    symlink(".snakecrate", sandbox.path("env/bin/probe")).unwrap();
    broken("No such file or directory (os error 2)");
}

#[test]
fn a_damaged_module_is_reported_as_it_is() {
    let sandbox = extracted(&PROBE, "host");
    let module = WalkDir::new(sandbox.path("env")).into_iter().flatten();
    let module = module.map(walkdir::DirEntry::into_path).find(|path| path.ends_with("probe.py"));
    fs::write(module.unwrap(), "import no_such_module\n").unwrap();
    for entry in WalkDir::new(sandbox.path("env")).into_iter().flatten() {
        let name = entry.file_name().to_string_lossy();
        if name.starts_with("probe.") && name.ends_with(".pyc") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    let started = sandbox.archive("env/bin/probe").output().code(1).stdout("");
    started.stderr_contains("No module named 'no_such_module'").done();
}

#[test]
fn the_launchers_commands_are_refused() {
    let sandbox = extracted(&PROBE, "host");
    sandbox.archive("env/bin/probe").env("SNAKECRATE", "repair").expect(
        2,
        "",
        "snakecrate: an extracted environment has no command `repair`\n\
         snakecrate: unset SNAKECRATE, and use its bin/python3\n",
    );
    assert!(!Path::new(&sandbox.cache().join("v2")).exists());
}
