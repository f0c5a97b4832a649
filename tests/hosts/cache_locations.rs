//! Machines with restricted mounts: the cache's location there, or the error if it has none.
//! [`Sandbox::place`] prepares the mounts that all have.

use crate::support::needs::needs;
use crate::support::sandbox::shared::PROBE;
use crate::support::sandbox::{Run, Sandbox};

const WORKS: &str = "probe 1.2.3 ['probe:main']\n";
const SET_CACHE: &str =
    "snakecrate: set SNAKECRATE_CACHE to a directory of yours that allows execution\n";
/// `docker run --read-only`, Kubernetes' `readOnlyRootFilesystem`: everything except extra mounts.
const READ_ONLY: &str = "ro / /home /root /srv /var/cache /var/lib /var/tmp /mnt";
/// systemd's `ProtectSystem=strict`: everything except `/dev`, `/proc` and `/sys`.
const STRICT: &str = "ro / /home /root /srv /tmp /var/cache /var/lib /var/tmp /mnt";

/// A sandbox with an archive; `None` on machines that cannot mount.
fn sandbox() -> Option<Sandbox> {
    needs!(Root, Mounts);
    Some(Sandbox::new().with(&PROBE, "app"))
}

/// Asserts that the archive starts and has its cache in `place`.
#[track_caller]
pub fn unpacks_to(place: &str, run: Run<'_>) {
    let facts = run.arg("facts").output().json();
    let prefix = facts["prefix"].as_str().unwrap();
    assert_eq!(prefix.split_once("/v2/envs/").unwrap().0, place);
}

/// Asserts that the archive exits with the launcher's status for "no place" and names every reason.
#[track_caller]
pub fn has_no_place(tried: &[(&str, &str)], run: Run<'_>) {
    let tried: Vec<_> = tried.iter().map(|(place, why)| format!("{place}: {why}")).collect();
    let happened = format!("snakecrate: no place to unpack to ({})\n", tried.join("; "));
    run.expect(122, "", &(happened + SET_CACHE));
}

const ROFS: &str = "Read-only file system (os error 30)";
const NOEXEC: &str = "it is mounted noexec";

#[test]
fn a_read_only_root_with_a_writable_tmp_will_do() {
    let Some(sandbox) = sandbox() else { return };
    unpacks_to("/tmp/snakecrate-0", sandbox.place("app", READ_ONLY));
    unpacks_to("/tmp/snakecrate-12345", sandbox.place("app", READ_ONLY).uid(12345));
    let home = format!("mkdir -m 777 /home/ada; {READ_ONLY}");
    let run = sandbox.place("app", &home).uid(12345).env("HOME", "/home/ada");
    unpacks_to("/tmp/snakecrate-12345", run);
}

/// Docker mounts `--tmpfs /tmp` noexec, unless it is `--tmpfs /tmp:exec`.
#[test]
fn a_read_only_root_with_a_noexec_tmp_is_explained() {
    let Some(sandbox) = sandbox() else { return };
    let mounts = format!("noexec /tmp; {READ_ONLY}");
    let tried = [
        ("/root/.cache/snakecrate", ROFS),
        ("/var/tmp/snakecrate-0", ROFS),
        ("/tmp/snakecrate-0", NOEXEC),
    ];
    has_no_place(&tried, sandbox.place("app", &mounts));
    let tried = [("/var/tmp/snakecrate-12345", ROFS), ("/tmp/snakecrate-12345", NOEXEC)];
    has_no_place(&tried, sandbox.place("app", &mounts).uid(12345));
    let volume = format!("{mounts}; mount -t tmpfs -o mode=1777 tmpfs /srv");
    let run = sandbox.place("app", &volume).uid(12345).env("SNAKECRATE_CACHE", "/srv/cache");
    unpacks_to("/srv/cache", run);
}

/// The build of this image started the application once.
#[test]
fn an_image_with_a_filled_cache_runs_read_only() {
    let Some(sandbox) = sandbox() else { return };
    let cached = |mounts: &str| sandbox.place("app", mounts).env("SNAKECRATE_CACHE", "/mnt/cache");
    cached("").expect(0, WORKS, "");
    let another_boot = "echo 01234567-89ab-cdef-0123-456789abcdef >/tmp/id
        mount --bind /tmp/id /proc/sys/kernel/random/boot_id";
    for mounts in [STRICT.to_owned(), format!("{another_boot}; {STRICT}")] {
        cached(&mounts).expect(0, WORKS, "");
        cached(&mounts).uid(12345).expect(0, WORKS, "");
    }
    // A writable cache of another user.
    cached(another_boot).uid(12345).expect(0, WORKS, "");
}

#[test]
fn a_protected_service_has_its_cache_directory() {
    let Some(sandbox) = sandbox() else { return };
    let mounts = format!(
        "mkdir /var/cache/app; mount -t tmpfs tmpfs /var/cache/app; chown 61234 /var/cache/app; {STRICT}"
    );
    for uid in [0, 61234] {
        let run = sandbox.place("app", &mounts.replace("61234", &uid.to_string())).uid(uid);
        let run = run.env("CACHE_DIRECTORY", "/var/cache/app:/var/cache/other").env("HOME", "/");
        unpacks_to("/var/cache/app/snakecrate", run);
    }
}

#[test]
fn a_protected_service_without_one_gets_an_error() {
    let Some(sandbox) = sandbox() else { return };
    let tried = [
        ("/root/.cache/snakecrate", ROFS),
        ("/var/tmp/snakecrate-0", ROFS),
        ("/tmp/snakecrate-0", ROFS),
    ];
    has_no_place(&tried, sandbox.place("app", STRICT));
}

/// `DynamicUser=yes` implies `ProtectSystem=strict`, `PrivateTmp=yes`, `HOME=/`, and a user that owns
/// no file.
#[test]
fn a_dynamic_user_has_the_private_temporary_directory() {
    let Some(sandbox) = sandbox() else { return };
    let mounts = "mkdir -p /var/lib/private/app; mount -t tmpfs tmpfs /var/lib/private/app
        chown 61234 /var/lib/private/app; ro / /home /root /srv /var/cache /var/lib /mnt";
    let run = sandbox.place("app", mounts).uid(61234).env("HOME", "/");
    let run = run.env("STATE_DIRECTORY", "/var/lib/private/app");
    unpacks_to("/var/tmp/snakecrate-61234", run);
}

#[test]
fn a_user_without_home_has_a_directory_in_var_tmp() {
    let Some(sandbox) = sandbox() else { return };
    unpacks_to("/var/tmp/snakecrate-54321", sandbox.place("app", "").uid(54321));
    for uid in [0, 54321] {
        let place = format!("/var/tmp/snakecrate-{uid}");
        let run = sandbox.place("app", "").uid(uid).env("HOME", "/srv/nonexistent");
        unpacks_to(&place, run);
    }
}

#[test]
fn missing_homes_and_var_tmp_are_not_created() {
    let Some(sandbox) = sandbox() else { return };
    let mounts = "umount /var/tmp; mount -t tmpfs tmpfs /var; mkdir /var/other
        /mnt/work/app facts >/dev/null; ls -A /srv /var; exit";
    let run = sandbox.place("app", mounts).env("HOME", "/srv/nonexistent");
    run.expect(0, "/srv:\n\n/var:\nother\n", "");
}

#[test]
fn a_noexec_home_is_skipped() {
    let Some(sandbox) = sandbox() else { return };
    let mounts = "noexec /home; mkdir /home/ada; chown 12345 /home/ada";
    let run = sandbox.place("app", mounts).uid(12345).env("HOME", "/home/ada");
    unpacks_to("/var/tmp/snakecrate-12345", run);
}

#[test]
fn nothing_is_left_in_a_noexec_home() {
    let Some(sandbox) = sandbox() else { return };
    let script =
        "noexec /home; mkdir /home/ada; HOME=/home/ada /mnt/work/app; ls -A /home/ada; exit";
    sandbox.place("app", script).expect(0, WORKS, "");
}

/// Runs the script `before` with a cache on a file system of its own, `/srv`, mounted with `options`.
fn on_a_small_disk<'a>(sandbox: &'a Sandbox, options: &str, before: &str) -> Run<'a> {
    let script = format!(
        "mount -t tmpfs -o {options} tmpfs /srv; export SNAKECRATE_CACHE=/srv/c PATH
        show() {{ ls -A /srv/c/v2/staging /srv/c/v2/components /srv/c/v2/envs; }}
        {before}; exit"
    );
    sandbox.place("app", &script)
}

const EMPTY: &str = "/srv/c/v2/components:\n\n/srv/c/v2/envs:\n\n/srv/c/v2/staging:\n";
const TOO_FULL: &str =
    "snakecrate: no place to unpack to (/srv/c: it needs [SIZE] and has [SIZE] free)
snakecrate: free some space, or set SNAKECRATE_CACHE to a directory that has it\n";

#[test]
fn a_small_disk_is_found_before_extraction() {
    let Some(sandbox) = sandbox() else { return };
    needs!(Tracing);
    let before = "strace -f -qq -e trace=openat -o /tmp/trace /mnt/work/app || echo status $?
        show; grep O_CREAT /tmp/trace | cut -d '\"' -f 2";
    let expected = format!("status 122\n{EMPTY}CACHEDIR.TAG\nv2/errors.new\n");
    on_a_small_disk(&sandbox, "size=20m", before).expect(0, &expected, TOO_FULL);
}

#[test]
fn too_few_inodes_are_found_before_extraction() {
    let Some(sandbox) = sandbox() else { return };
    let before = "/mnt/work/app || echo status $?; show";
    let outcome = on_a_small_disk(&sandbox, "nr_inodes=200", before).output();
    let outcome = outcome.stdout(&format!("status 122\n{EMPTY}")).success();
    // The disk's root, the cache, its tag, its four directories, and staging of the environment.
    let outcome = outcome.stderr_contains(" files and has room for 192)\n");
    outcome.stderr_contains("delete some files, or set SNAKECRATE_CACHE to a directory").done();
}

#[test]
fn a_disk_that_fills_during_extraction_is_explained() {
    let Some(sandbox) = sandbox() else { return };
    needs!(Tracing);
    let before = "strace -f -qq -e trace=openat -e inject=openat:delay_enter=3000000:when=150 \
            -o /dev/null /mnt/work/app & sleep 1
        cat /dev/zero >/srv/other 2>/dev/null || wait $! || echo status $?
        show; rm /srv/other; /mnt/work/app";
    let expected = format!("status 122\n{EMPTY}{WORKS}");
    on_a_small_disk(&sandbox, "size=150m", before).expect(0, &expected, TOO_FULL);
}

#[test]
fn noexec_everywhere_is_explained() {
    let Some(sandbox) = sandbox() else { return };
    let mounts = "noexec /home /tmp /var/tmp; mkdir /home/ada; chown 12345 /home/ada";
    let tried = [
        ("/home/ada/.cache/snakecrate", NOEXEC),
        ("/var/tmp/snakecrate-12345", NOEXEC),
        ("/tmp/snakecrate-12345", NOEXEC),
    ];
    let run = sandbox.place("app", mounts).uid(12345).env("HOME", "/home/ada");
    has_no_place(&tried, run);
    let run = sandbox.place("app", mounts).uid(12345).env("SNAKECRATE_CACHE", "/tmp/mine");
    has_no_place(&[("/tmp/mine", NOEXEC)], run);
}

#[test]
fn a_cache_that_became_read_only_starts_warm() {
    let Some(sandbox) = sandbox() else { return };
    let mounts = "mkdir /home/ada; chown 12345 /home/ada; export HOME=/home/ada
        setpriv --reuid 12345 --regid 12345 --clear-groups -- /mnt/work/app leave 0
        ro / /home /root /srv /tmp /var/cache /var/lib /var/tmp /mnt";
    let run = sandbox.place("app", mounts).uid(12345);
    unpacks_to("/home/ada/.cache/snakecrate", run);
}
