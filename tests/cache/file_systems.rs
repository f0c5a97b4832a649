//! File systems that are unlike a local disk: without locks or hard links, in layers, across
//! mounts; and files of any date.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Command;

use walkdir::WalkDir;

use crate::support::needs::needs;
use crate::support::sandbox::shared::PROBE;
use crate::support::sandbox::{Run, Sandbox};

const WORKS: &str = "probe 1.2.3 ['probe:main']\n";
/// Simulates another boot, or another machine, as for a container's image.
const ANOTHER_BOOT: &str = "echo 01234567-89ab-cdef-0123-456789abcdef >/tmp/id
    mount --bind /tmp/id /proc/sys/kernel/random/boot_id";

/// Runs the archive on a file system that returns errors for these system calls.
fn injected<'a>(sandbox: &'a Sandbox, errors: &[&str]) -> Run<'a> {
    if !sandbox.path("strace").exists() {
        symlink("/usr/bin/strace", sandbox.path("strace")).unwrap();
    }
    let calls: Vec<_> = errors.iter().map(|error| error.split(':').next().unwrap()).collect();
    let run = sandbox.archive("strace").args(["-f", "-qq", "-o", "/dev/null", "-e"]);
    let run = run.arg(format!("trace={}", calls.join(",")));
    let run = errors.iter().fold(run, |run, error| run.args(["-e", &format!("inject={error}")]));
    run.arg(sandbox.path("app"))
}

fn files(below: &Path) -> Vec<(String, u64, i64, u64)> {
    let entries = WalkDir::new(below).sort_by_file_name().into_iter().map(Result::unwrap);
    let facts = |entry: walkdir::DirEntry| {
        let data = entry.metadata().unwrap();
        (entry.path().display().to_string(), data.ino(), data.mtime(), data.size())
    };
    entries.map(facts).collect()
}

/// NFS without a lock daemon, FAT, file systems in user space.
#[test]
fn without_locks_and_hard_links_it_starts_cold_and_warm() {
    needs!(Tracing);
    for errors in [
        ["flock:error=ENOLCK", "linkat:error=EPERM", "renameat2:error=EINVAL"],
        ["flock:error=ENOSYS", "linkat:error=EOPNOTSUPP", "renameat2:error=ENOSYS"],
        ["flock:error=EOPNOTSUPP", "linkat:error=EMLINK", "renameat2:error=EOPNOTSUPP"],
    ] {
        let sandbox = Sandbox::new().with(&PROBE, "app");
        for _ in ["cold", "warm"] {
            injected(&sandbox, &errors).expect(0, WORKS, "");
        }
        let envs = sandbox.cache().join("v2/envs");
        let scripts = envs.join(&sandbox.cached("envs")[0]).join("boot/__pycache__");
        let script = fs::read_dir(scripts).unwrap().next().unwrap().unwrap().path();
        assert_eq!(fs::metadata(&script).unwrap().nlink(), 1, "a copy");
        // The environment is made again, and names cannot be exchanged.
        fs::remove_file(&script).unwrap();
        injected(&sandbox, &errors).expect(0, WORKS, "");
        assert!(script.exists());
        assert_eq!(sandbox.cached("envs").len(), 1);
        let _ = sandbox.run(["cache", "verify"]).success().any_stderr().text();
    }
}

#[test]
fn without_locks_first_starts_at_once_all_succeed() {
    needs!(Tracing);
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let errors = ["flock:error=ENOLCK"];
    let all: Vec<_> = (0..4).map(|_| injected(&sandbox, &errors).spawn()).collect();
    for running in all {
        running.finish().expect(0, WORKS, "");
    }
    assert_eq!(sandbox.cached("envs").len(), 1);
}

/// Links do not reach from one mount to another, even of the same file system.
#[test]
fn areas_on_mounts_of_their_own_are_refused() {
    needs!(Root, Mounts);
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let mounts = "mkdir -p /srv/c/v2/components /srv/c/v2/envs; chmod 700 /srv/c
        mount --bind /srv/c/v2/envs /srv/c/v2/envs
        export SNAKECRATE_CACHE=/srv/c; /mnt/work/app; /mnt/work/app
        stat -c %h /srv/c/v2/envs/*/pyvenv.cfg; ls /srv/c/v2/staging; exit";
    let components = mounts.replace("envs /srv/c/v2/envs", "components /srv/c/v2/components");
    // A tree made in staging cannot be renamed to an area on another mount.
    for mounts in [mounts, &components] {
        let refused = sandbox.place("app", mounts).output();
        refused
            .code(122)
            .stdout("")
            .stderr(
                "snakecrate: no place to unpack to (/srv/c: Cross-device link (os error 18))\n\
             snakecrate: set SNAKECRATE_CACHE to a directory of yours that allows execution\n",
            )
            .done();
    }
}

/// A container whose image has started the application while it was built: overlayfs renames no
/// directory of a lower layer.
#[test]
fn an_image_with_a_filled_cache_starts_on_another_machine() {
    needs!(Root, Mounts);
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let image = "mkdir /srv/image /srv/new /srv/work /home/cache
        export SNAKECRATE_CACHE=/home/cache/c
        mount --bind /srv/image /home/cache; /mnt/work/app; umount /home/cache";
    let container = "mount -t overlay overlay \
        -o lowerdir=/srv/image,upperdir=/srv/new,workdir=/srv/work /home/cache";
    // On the same machine it starts warm, and writes nothing.
    let same = format!("{image}; {container}; /mnt/work/app; ls /srv/new; exit");
    sandbox.place("app", &same).expect(0, &WORKS.repeat(2), "");
    let other = format!(
        "{image}; {container}; {ANOTHER_BOOT}; /mnt/work/app
         before=$(find /srv/new -type f | wc -l); /mnt/work/app
         [ $before = $(find /srv/new -type f | wc -l) ] && echo warm
         ls /home/cache/c/v2/staging; ls /home/cache/c/v2/envs | wc -l; exit"
    );
    sandbox.place("app", &other).expect(0, &format!("{}warm\n1\n", WORKS.repeat(3)), "");
    let damaged = format!(
        "{image}; for file in /srv/image/c/v2/components/*/boot/__pycache__/probe.*.pyc; do echo >$file; done; {container}; {ANOTHER_BOOT}
         /mnt/work/app; ls /home/cache/c/v2/staging; exit"
    );
    sandbox.place("app", &damaged).expect(0, &WORKS.repeat(2), "");
}

/// The packer can remove it there, too.
#[test]
fn the_cache_of_an_image_can_be_cleared() {
    needs!(Root, Mounts);
    let sandbox =
        Sandbox::new().with(&PROBE, "app").copy(crate::support::sandbox::PACKER, "packer");
    let mounts = "mkdir /srv/image /srv/new /srv/work /home/cache
        export SNAKECRATE_CACHE=/home/cache/c
        mount --bind /srv/image /home/cache; /mnt/work/app; umount /home/cache
        mount -t overlay overlay \
            -o lowerdir=/srv/image,upperdir=/srv/new,workdir=/srv/work /home/cache
        /mnt/work/packer cache clear >/dev/null 2>&1 || echo status $?
        find /home/cache/c/v2 -mindepth 2 | head; exit";
    sandbox.place("app", mounts).expect(0, WORKS, "");
}

/// The files of a machine whose clock stood in 1970, or in 2099: dates are data.
#[test]
fn dates_of_1970_and_2099_change_nothing() {
    for date in ["1970-01-01 00:00:01", "2099-12-31 23:59:59"] {
        let sandbox = Sandbox::new().with(&PROBE, "app");
        let date_all = |below: &Path| {
            let mut touch = Command::new("find");
            touch.arg(below).args(["-exec", "touch", "-h", "-d", date, "{}", "+"]);
            assert!(touch.status().unwrap().success());
        };
        date_all(sandbox.root());
        sandbox.archive("app").expect(0, WORKS, "");
        date_all(sandbox.root());
        let before = files(&sandbox.cache());
        sandbox.archive("app").expect(0, WORKS, "");
        assert_eq!(files(&sandbox.cache()), before, "{date}: it was not warm");
        // Components of that date are reused.
        let env = sandbox.cache().join("v2/envs").join(&sandbox.cached("envs")[0]);
        let components = files(&sandbox.cache().join("v2/components"));
        fs::remove_dir_all(env).unwrap();
        sandbox.archive("app").expect(0, WORKS, "");
        assert_eq!(files(&sandbox.cache().join("v2/components")).len(), components.len());
        let _ = sandbox.run(["cache", "verify"]).success().any_stderr().text();
    }
}
