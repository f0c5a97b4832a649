//! When an environment was used last: noted without a write on each start.

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::PROBE;

/// Tells when the launch plan was read and written last, by days from now.
const TELL: &str = "plan=$(echo /srv/cache/v2/envs/*/.snakecrate/launch)
    tell() { now=$(date +%s); for at in $(stat -c '%X %Y' $plan); do
        echo $(( (now - at + 43200) / 86400 )); done; }";

/// What the shell commands `then` print, after a first start with the cache on a file system on
/// which the kernel notes no reads.
fn told(then: &str, expected: &str) {
    needs!(Root, Mounts);
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let mounts = format!(
        "mount -t tmpfs -o noatime,mode=755 tmpfs /srv; export SNAKECRATE_CACHE=/srv/cache HOME=/srv
         app='/mnt/work/app leave 0'; $app; {TELL}
         touch -m -d '50 days ago' $plan; {then}; exit 0"
    );
    sandbox.place("app", &mounts).expect(0, expected, "");
}

#[test]
fn a_start_notes_it_where_the_kernel_does_not() {
    told("touch -a -d '40 days ago' $plan; tell; $app; tell", "40\n50\n0\n50\n");
}

#[test]
fn a_start_after_a_wrong_clock_notes_its_use() {
    told("touch -a -d '2099-01-01' $plan; $app; tell", "0\n50\n");
    told("touch -a -d '1970-01-02' $plan; $app; tell", "0\n50\n");
}

#[test]
fn a_second_start_on_a_day_notes_nothing() {
    let hour = "touch -a -d '1 hour ago' $plan; stat -c %X.%Y.%Z $plan >/srv/before; $app
        stat -c %X.%Y.%Z $plan >/srv/after; cmp /srv/before /srv/after";
    told(hour, "");
}

#[test]
fn a_start_that_cannot_note_its_use_goes_on() {
    let read_only = "touch -a -d '40 days ago' $plan; mount -o remount,ro,noatime /srv; $app; tell";
    told(read_only, "40\n50\n");
    // It belongs to another user, and everybody may read it.
    let foreign = "touch -a -d '40 days ago' $plan; chmod 755 /srv/cache
        setpriv --reuid 12345 --regid 12345 --clear-groups -- $app; tell";
    told(foreign, "40\n50\n");
}
