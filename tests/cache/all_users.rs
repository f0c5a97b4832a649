//! The cache for all users: root fills it, everybody starts from it, and no start writes there.

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::{PAIR, PROBE};

const PROBED: &str = "probe 1.2.3 ['probe:main']\n";
/// A home for the user 12345, and what was written to it and to the shared cache since.
const HOME: &str = "mkdir -m 700 /home/ada; chown 12345 /home/ada; export HOME=/home/ada
    as_ada() { setpriv --reuid 12345 --regid 12345 --clear-groups -- \"$@\"; }
    prepare() { SNAKECRATE=prepare /mnt/work/$1 --all-users; }
    remove() { SNAKECRATE=uninstall /mnt/work/$1 --all-users; }
    homes() { find /home/ada /root /var/tmp /tmp -mindepth 1 -maxdepth 2 | sort; }
    all() { find /var/cache -printf '%P %m %u %s %C@\\n' | sort | sha256sum; }";

/// What the shell commands `then` print, before the archive `app` is started as root.
#[track_caller]
fn told(then: &str, expected: &str) {
    let sandbox = Sandbox::new().with(&PROBE, "app").with(&PAIR, "pair");
    let mounts = format!("{HOME}\n{then}\nexit 0");
    sandbox.place("app", &mounts).expect(0, expected, "");
}

#[test]
fn everybody_starts_what_root_has_prepared_and_nobody_writes() {
    needs!(Root, Mounts);
    let then = "prepare app >/dev/null; stat -c '%a %U' /var/cache/snakecrate; before=$(all)
        as_ada /mnt/work/app; HOME=/root /mnt/work/app; homes
        [ \"$before\" = \"$(all)\" ] && echo unchanged";
    told(then, &format!("755 root\n{PROBED}{PROBED}unchanged\n"));
}

#[test]
fn it_is_used_after_a_reboot_and_an_update_of_the_hosts_c_library() {
    needs!(Root, Mounts);
    let then =
        "prepare app >/dev/null; plan=$(echo /var/cache/snakecrate/v2/envs/*/.snakecrate/launch)
        boot=$(cat /proc/sys/kernel/random/boot_id)
        grep -q $boot $plan || echo no boot id
        sed -i \"s/$boot/00000000-0000-0000-0000-000000000000/; s/host [0-9]* /host 1 /\" $plan
        as_ada /mnt/work/app; homes";
    told(then, PROBED);
}

#[test]
fn a_user_whose_own_cache_has_it_starts_from_there() {
    needs!(Root, Mounts);
    let then =
        "as_ada /mnt/work/app; prepare app >/dev/null; chmod 000 /var/cache/snakecrate/v2/envs
        as_ada /mnt/work/app";
    told(then, &format!("{PROBED}{PROBED}"));
}

#[test]
fn one_that_others_could_have_written_to_is_not_used() {
    needs!(Root, Mounts);
    for plant in
        ["chown 54321 $shared", "chmod 777 $shared", "mv $shared /srv/x; ln -s /srv/x $shared"]
    {
        let then = format!(
            "shared=/var/cache/snakecrate; prepare app >/dev/null; {plant}
             as_ada /mnt/work/app; ls /home/ada/.cache"
        );
        told(&then, &format!("{PROBED}snakecrate\n"));
    }
}

#[test]
fn a_damaged_one_is_left_and_each_user_unpacks() {
    needs!(Root, Mounts);
    let then =
        "prepare app >/dev/null; rm /var/cache/snakecrate/v2/envs/*/pyvenv.cfg; before=$(all)
        as_ada /mnt/work/app; ls /home/ada/.cache; [ \"$before\" = \"$(all)\" ] && echo left
        SNAKECRATE=repair /mnt/work/app --all-users 2>&1 | sed 's|.*: ||'; rm -r /home/ada/.cache
        as_ada /mnt/work/app; homes";
    told(then, &format!("{PROBED}snakecrate\nleft\nmissing\nrepaired\n{PROBED}"));
}

#[test]
fn uninstalling_removes_one_archives_part_and_then_all() {
    needs!(Root, Mounts);
    let then = "prepare app >/dev/null; prepare pair >/dev/null; as_ada /mnt/work/app
        remove app | sed 's/removed .*/removed/'; as_ada /mnt/work/pair left; remove pair | sed 's/removed .*/removed/'
        ls /var/cache; homes";
    let expected = format!(
        "{PROBED}/var/cache/snakecrate: removed\nleft []\n/var/cache/snakecrate: removed\n"
    );
    told(then, &expected);
}

#[test]
fn only_root_prepares_it() {
    needs!(Root, Mounts);
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let run = sandbox.place("app", HOME).uid(12345).env("SNAKECRATE", "prepare");
    run.arg("--all-users").output().not_launched(
        "no place to unpack to (/var/cache/snakecrate: Permission denied (os error 13))",
        "set SNAKECRATE_CACHE to a directory of yours that allows execution",
    );
}

#[test]
fn a_named_cache_is_the_only_one() {
    needs!(Root, Mounts);
    let then = "prepare app >/dev/null; export SNAKECRATE_CACHE=/home/ada/own; as_ada /mnt/work/app
        ls /home/ada";
    told(then, &format!("{PROBED}own\n"));
}
