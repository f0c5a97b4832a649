//! Owners of the cache: directories that others planted are refused, and root leaves nothing in a
//! user's home.

use crate::hosts::cache_locations::{has_no_place, unpacks_to};
use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::PROBE;

const FOREIGN: &str = "it belongs to user 54321";
const WRITABLE: &str = "other users can write to it";
const NO_DIRECTORY: &str = "it is not a directory";

/// Things at `$place` that another user made or could change, and the reason to refuse each.
const PLANTS: [(&str, &str); 9] = [
    ("mkdir -m 700 $place; chown 54321 $place", "Permission denied (os error 13)"),
    ("mkdir -m 755 $place; chown 54321 $place", FOREIGN),
    ("mkdir -m 755 $place; chown 54321 $place; mkdir $place/v2; chown 12345 $place/v2", FOREIGN),
    ("mkdir -m 777 $place; chown 12345 $place", WRITABLE),
    ("mkdir -m 770 $place; chown 12345:54321 $place", WRITABLE),
    ("ln -s /srv/mine $place; chown -h 54321 $place", NO_DIRECTORY),
    ("ln -s /srv/new $place; chown -h 54321 $place", NO_DIRECTORY),
    ("touch $place; chown 54321 $place", NO_DIRECTORY),
    ("mkfifo $place; chown 54321 $place", NO_DIRECTORY),
];
/// A directory that a link can lead to, and one in which it could lead to a new one.
const MINE: &str = "chmod 1777 /srv; mkdir /srv/mine; chown 12345 /srv/mine";

fn sandbox() -> Option<Sandbox> {
    needs!(Root, Mounts);
    Some(Sandbox::new().with(&PROBE, "app"))
}

#[test]
fn another_users_planted_cache_is_skipped() {
    let Some(sandbox) = sandbox() else { return };
    for (plant, _) in PLANTS {
        let mounts = format!("{MINE}; place=/var/tmp/snakecrate-12345; {plant}");
        unpacks_to("/tmp/snakecrate-12345", sandbox.place("app", &mounts).uid(12345));
    }
}

#[test]
fn every_planted_cache_is_named_with_its_reason() {
    let Some(sandbox) = sandbox() else { return };
    for (plant, why) in PLANTS {
        let planted =
            "for place in /var/tmp/snakecrate-12345 /tmp/snakecrate-12345 /home/cache; do";
        let mounts = format!("{MINE}; {planted} {plant}; done");
        let tried = [("/var/tmp/snakecrate-12345", why), ("/tmp/snakecrate-12345", why)];
        has_no_place(&tried, sandbox.place("app", &mounts).uid(12345));
        let run = sandbox.place("app", &mounts).uid(12345).env("SNAKECRATE_CACHE", "/home/cache");
        has_no_place(&[("/home/cache", why)], run);
    }
}

#[test]
fn nothing_is_written_to_planted_caches() {
    let Some(sandbox) = sandbox() else { return };
    for (plant, _) in PLANTS {
        let mounts = format!(
            "{MINE}; for place in /var/tmp/snakecrate-12345 /tmp/snakecrate-12345; do {plant}; done
             list() {{ find /srv /tmp /var/tmp -printf '%p %u %m %T@\\n' | sort; }}
             before=$(list)
             ! setpriv --reuid 12345 --regid 12345 --clear-groups -- /mnt/work/app 2>/dev/null
             [ \"$before\" = \"$(list)\" ] && echo the same; exit"
        );
        sandbox.place("app", &mounts).expect(0, "the same\n", "");
    }
}

/// `~/.cache` on another disk.
#[test]
fn a_link_above_the_cache_is_the_users_own_business() {
    let Some(sandbox) = sandbox() else { return };
    let mounts = format!(
        "{MINE}; mkdir /home/ada; ln -s /srv/mine /home/ada/.cache; chown -h 12345 /home/ada/.cache"
    );
    let run = sandbox.place("app", &mounts).uid(12345).env("HOME", "/home/ada");
    unpacks_to("/home/ada/.cache/snakecrate", run);
}

/// `sudo` may keep `HOME`. Whatever is in it, root leaves nothing there, and the user can start the
/// archive before and after.
#[test]
fn root_leaves_nothing_in_the_home_of_a_user() {
    const HOMES: &str = "/home/ada/.cache/snakecrate";
    const TMPS: &str = "/var/tmp/snakecrate-12345";
    let Some(sandbox) = sandbox() else { return };
    for (cache, roots, users) in [
        ("", "", HOMES),
        ("mkdir $HOME/.cache; chown 12345 $HOME/.cache", "", HOMES),
        ("mkdir $HOME/.cache", "/home/ada/.cache\n", TMPS),
        (
            "mkdir -p $HOME/.cache/snakecrate",
            "/home/ada/.cache\n/home/ada/.cache/snakecrate\n",
            TMPS,
        ),
        ("ln -s /srv $HOME/.cache", "/home/ada/.cache\n", TMPS),
    ] {
        for order in ["root; ada; root; ada", "ada; root; ada; root"] {
            let mounts = format!(
                "export HOME=/home/ada; mkdir $HOME; chown 12345 $HOME; {cache}
                 print() {{ \"$@\" /mnt/work/app run 'import sys; print(sys.prefix.split(\"/v2/\")[0])'; }}
                 root() {{ print env; }}
                 ada() {{ print setpriv --reuid 12345 --regid 12345 --clear-groups --; }}
                 {order}
                 find /home/ada -uid 0; ls -A /srv; exit"
            );
            let each = |who| if who == "ada" { users } else { "/var/tmp/snakecrate-0" };
            let started: Vec<_> = order.split("; ").map(each).collect();
            let started = started.join("\n") + "\n";
            sandbox.place("app", &mounts).expect(0, &format!("{started}{roots}"), "");
        }
    }
}

/// Prepared by the administrator, for everybody.
#[test]
fn users_start_from_a_cache_that_belongs_to_root() {
    let Some(sandbox) = sandbox() else { return };
    let mounts = "SNAKECRATE_CACHE=/srv/cache /mnt/work/app leave 0; chmod 755 /srv/cache";
    let run = sandbox.place("app", mounts).uid(12345).env("SNAKECRATE_CACHE", "/srv/cache");
    unpacks_to("/srv/cache", run);
}
