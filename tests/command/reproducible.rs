//! The same inputs make the same bytes, independent of user, place and time.

use crate::support::sandbox::shared::{self, PROBE};
use crate::support::sandbox::{Run, Sandbox};

fn bytes(sandbox: &Sandbox, name: &str) -> Vec<u8> {
    std::fs::read(sandbox.path(name)).unwrap()
}

/// Unlike `assert_eq`, it does not print the bytes.
#[track_caller]
fn assert_same(left: &[u8], right: &[u8]) {
    let first = left.iter().zip(right).position(|(a, b)| a != b);
    assert!(
        left == right,
        "{} and {} bytes, first difference at {first:?}",
        left.len(),
        right.len()
    );
}

fn quick(run: Run<'_>) -> Run<'_> {
    run.args(shared::OPTIONS)
}

#[test]
fn another_directory_name_and_day_make_the_same_bytes() {
    let sandbox = Sandbox::new().project("probe");
    std::fs::create_dir(sandbox.path("elsewhere")).unwrap();
    std::fs::rename(sandbox.path("probe"), sandbox.path("elsewhere/renamed")).unwrap();
    let file = std::fs::File::options()
        .write(true)
        .open(sandbox.path("elsewhere/renamed/probe.py"))
        .unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let run = sandbox.packer(["build", ".", "-o", "../../app"]).in_dir("elsewhere/renamed");
    let run = run.env("SNAKECRATE_CACHE", shared::packer_cache()).env("TZ", "Asia/Tokyo");
    quick(run).expect(0, "", "");
    assert_same(&bytes(&sandbox, "app"), &std::fs::read(PROBE.path()).unwrap());
}

#[test]
fn an_empty_cache_and_one_thread_make_the_same_bytes() {
    let sandbox = Sandbox::new().project("probe");
    let run = sandbox.packer(["build", "probe", "-o", "app"]).env("RAYON_NUM_THREADS", "1");
    quick(run).expect(0, "", "");
    assert_same(&bytes(&sandbox, "app"), &std::fs::read(PROBE.path()).unwrap());
}

#[test]
fn another_umask_makes_the_same_bytes() {
    let sandbox = Sandbox::new().project("probe");
    let run = sandbox.packer(["build", "probe", "-o", "app"]).redirected("umask 077;");
    let run = run.env("SNAKECRATE_CACHE", shared::packer_cache());
    quick(run).expect(0, "", "");
    assert_same(&bytes(&sandbox, "app"), &std::fs::read(PROBE.path()).unwrap());
}
