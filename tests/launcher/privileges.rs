//! Rights that the caller does not have, and rights that the caller has.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, XattrFlags, setxattr, statvfs};
use snakecrate_base::skip;

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::PROBE;

const OWNER: u32 = 54321;
const CALLER: u32 = 12345;
const REFUSED: &str = "snakecrate: refusing to run with rights that the caller does not have\n\
    snakecrate: remove its setuid and setgid bits and capabilities, and start it as that user\n";
/// `cap_net_bind_service=ep` in the form of `capabilities(7)`, version 2: magic and effective bit, then
/// permitted and inheritable, low halves and high ones.
const CAPABILITY: [u32; 5] = [0x0200_0001, 1 << 10, 0, 0, 0];

fn sandbox() -> Option<Sandbox> {
    needs!(Root, Native("the rights are those of the emulator's file"));
    let sandbox = Sandbox::new().with(&PROBE, "app");
    if statvfs(sandbox.root()).unwrap().f_flag.contains(StatVfsMountFlags::NOSUID) {
        skip!("the temporary directory is mounted nosuid");
    }
    Some(sandbox)
}

fn with_bits(sandbox: &Sandbox, owner: u32, group: u32, mode: u32) {
    chown(sandbox.path("app"), Some(owner), Some(group)).unwrap();
    fs::set_permissions(sandbox.path("app"), fs::Permissions::from_mode(mode)).unwrap();
}

fn with_capability(path: &Path) {
    let value: Vec<u8> = CAPABILITY.iter().flat_map(|word| word.to_le_bytes()).collect();
    setxattr(path, "security.capability", &value, XattrFlags::empty()).unwrap();
}

/// For another user and for root, and no cache is written.
#[track_caller]
fn is_refused(sandbox: &Sandbox, uid: u32) {
    sandbox.archive("app").as_user(uid).expect(123, "", REFUSED);
    let home = sandbox.root().join(format!("user-{uid}"));
    assert_eq!(fs::read_dir(home).unwrap().count(), 0, "it has written");
}

const WORKS: &str = "probe 1.2.3 ['probe:main']\n";

#[test]
fn a_setuid_archive_is_refused() {
    let Some(sandbox) = sandbox() else { return };
    with_bits(&sandbox, OWNER, OWNER, 0o4755);
    is_refused(&sandbox, CALLER);
    is_refused(&sandbox, 0);
    // The owner gains nothing by it.
    sandbox.archive("app").as_user(OWNER).expect(0, WORKS, "");
    with_bits(&sandbox, 0, 0, 0o4755);
    is_refused(&sandbox, CALLER);
}

#[test]
fn a_setgid_archive_is_refused() {
    let Some(sandbox) = sandbox() else { return };
    with_bits(&sandbox, OWNER, OWNER, 0o2755);
    is_refused(&sandbox, CALLER);
    is_refused(&sandbox, 0);
}

#[test]
fn an_archive_with_capabilities_is_refused() {
    let Some(sandbox) = sandbox() else { return };
    with_capability(&sandbox.path("app"));
    is_refused(&sandbox, CALLER);
}

/// A warm start is refused as well.
#[test]
fn a_warm_cache_makes_no_difference() {
    let Some(sandbox) = sandbox() else { return };
    sandbox.archive("app").as_user(CALLER).expect(0, WORKS, "");
    with_bits(&sandbox, OWNER, OWNER, 0o4755);
    sandbox.archive("app").as_user(CALLER).expect(123, "", REFUSED);
}

/// systemd's `AmbientCapabilities=` are rights that the caller has.
#[test]
fn ambient_capabilities_reach_the_application() {
    needs!(Root, Mounts);
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let mounts = "set -- setpriv --reuid 12345 --regid 12345 --clear-groups \
        --inh-caps +net_bind_service --ambient-caps +net_bind_service -- \"$@\"";
    let code = "print(*[line.split()[1] for line in open('/proc/self/status') if line[:6] in \
        ('CapEff', 'CapAmb')])";
    let run = sandbox.place("app", mounts).args(["run", code]);
    run.expect(0, "0000000000000400 0000000000000400\n", "");
}
