//! Many processes on one cache: first starts, prunes, repairs, and archives that are replaced.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::inotify;
use rustix::io::Errno;

use crate::support::needs::needs;
use crate::support::sandbox::shared::{PAIR, PROBE, TINY};
use crate::support::sandbox::{Call, Run, Sandbox};
use crate::support::target;

const SAID: &str = "tiny\n";

/// Makes programs wait until all of them have started.
struct Gate {
    pipe: File,
    waiting: usize,
}

impl Gate {
    fn new(sandbox: &Sandbox) -> Self {
        let path = sandbox.path("gate");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let pipe = OpenOptions::new().read(true).write(true).open(path).unwrap();
        Self { pipe, waiting: 0 }
    }

    fn before<'a>(&mut self, run: Run<'a>) -> Run<'a> {
        self.waiting += 1;
        run.redirected("read line <gate;")
    }

    /// A line for each.
    fn open(&mut self) {
        self.pipe.write_all("\n".repeat(self.waiting).as_bytes()).unwrap();
    }
}

/// Counts the trees that are renamed to their names, in a cache that is not there yet.
struct Arrivals {
    events: OwnedFd,
}

impl Arrivals {
    fn in_area(sandbox: &Sandbox, area: &str) -> Self {
        let path = sandbox.cache().join("v2").join(area);
        fs::DirBuilder::new().recursive(true).mode(0o755).create(&path).unwrap();
        let events = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&events, path, inotify::WatchFlags::MOVED_TO).unwrap();
        Self { events }
    }

    fn count(self) -> usize {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(self.events, &mut buffer);
        let mut count = 0;
        loop {
            match events.next() {
                Ok(_) => count += 1,
                Err(Errno::WOULDBLOCK) => return count,
                Err(errno) => panic!("{errno}"),
            }
        }
    }
}

#[track_caller]
fn assert_whole(sandbox: &Sandbox) {
    let whole = "[CACHE]: every file is as it was packed\n";
    sandbox.run(["cache", "verify"]).expect(0, whole, "");
    assert_eq!(sandbox.cached("staging"), [""; 0]);
}

#[test]
fn a_hundred_simultaneous_first_starts_succeed_and_one_works() {
    let sandbox = Sandbox::new().with(&TINY, "app");
    let components = Arrivals::in_area(&sandbox, "components");
    let envs = Arrivals::in_area(&sandbox, "envs");
    let mut gate = Gate::new(&sandbox);
    let running: Vec<_> = (0..100).map(|_| gate.before(sandbox.archive("app")).spawn()).collect();
    gate.open();
    for one in running {
        one.finish().expect(0, SAID, "");
    }
    // Under an emulator, the C library is unpacked, too.
    let trees = if target::is_foreign() { 3 } else { 2 };
    assert_eq!(sandbox.cached("components").len(), trees);
    assert_eq!((components.count(), envs.count()), (trees, 1), "trees that were made");
    assert_whole(&sandbox);
}

#[test]
fn two_simultaneous_first_starts_share_a_runtime() {
    let both = || Sandbox::new().with(&PROBE, "probe").with(&PAIR, "pair");
    let one_by_one = both();
    one_by_one.archive("probe").expect(0, "probe 1.2.3 ['probe:main']\n", "");
    one_by_one.archive("pair").arg("left").expect(0, "left []\n", "");
    let sandbox = both();
    let mut gate = Gate::new(&sandbox);
    let mut running = vec![];
    for _ in 0..4 {
        running.push((gate.before(sandbox.archive("probe")), "probe 1.2.3 ['probe:main']\n"));
        running.push((gate.before(sandbox.archive("pair").arg("left")), "left []\n"));
    }
    let running: Vec<_> = running.into_iter().map(|(run, says)| (run.spawn(), says)).collect();
    gate.open();
    for (one, says) in running {
        one.finish().expect(0, says, "");
    }
    assert_eq!(sandbox.cached("components"), one_by_one.cached("components"));
    assert_eq!(sandbox.cached("envs").len(), 2);
    assert_whole(&sandbox);
}

/// It was replaced by the same again, and removed under an interpreter that was just looking for its library.
#[test]
fn a_runtime_that_another_archive_has_made_meanwhile_stays() {
    needs!(Tracing);
    let sandbox = Sandbox::new().with(&PROBE, "probe").with(&PAIR, "pair");
    let calls = sandbox.archive("probe").calls();
    let is_publishing =
        |call: &Call| call.name.starts_with("rename") && call.arguments.contains("components/");
    let before = &calls[calls.iter().position(is_publishing).unwrap() - 1];
    let _ = sandbox.run(["cache", "clear"]).success().any_stderr().text();
    let identities = || {
        let cached = sandbox.cached("components").into_iter();
        let of = |name: &String| fs::metadata(sandbox.cache().join("v2/components").join(name));
        cached.map(|name| (of(&name).unwrap().ino(), name)).collect::<Vec<_>>()
    };
    let stopped = sandbox.archive("probe").stopped_at(before);
    sandbox.archive("pair").arg("left").expect(0, "left []\n", "");
    let made = identities();
    stopped.go_on().expect(0, "probe 1.2.3 ['probe:main']\n", "");
    let now = identities();
    assert!(made.iter().all(|one| now.contains(one)), "{made:?} {now:?}");
    assert_whole(&sandbox);
}

#[test]
fn simultaneous_first_starts_succeed_on_a_mount_without_locks() {
    needs!(Tracing);
    for error in ["ENOLCK", "ENOSYS"] {
        let sandbox = Sandbox::new().with(&TINY, "app");
        let run = || sandbox.archive("app").always_failing("flock", error);
        let running: Vec<_> = (0..8).map(|_| run().spawn()).collect();
        for one in running {
            one.finish().expect(0, SAID, "");
        }
        run().expect(0, SAID, "");
        assert_eq!((sandbox.cached("components").len(), sandbox.cached("envs").len()), (2, 1));
        assert_whole(&sandbox);
    }
}

/// Starts an archive again and again, from two sides, while `commands` of the packer run.
fn starts_beside(commands: &[&[&str]]) {
    let sandbox = Sandbox::new().with(&TINY, "app");
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let packers: Vec<_> = commands
            .iter()
            .map(|command| {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        let _ = sandbox.run(*command).success().any_stderr().text();
                    }
                })
            })
            .collect();
        let starts = || (0..25).for_each(|_| sandbox.archive("app").expect(0, SAID, ""));
        let starters = [scope.spawn(starts), scope.spawn(starts)];
        let well = starters.map(|one| one.join().is_ok());
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(well, [true, true], "the starts beside {commands:?}");
        assert!(packers.into_iter().all(|one| one.join().is_ok()));
    });
    let _ = sandbox.run(["cache", "prune"]).success().any_stderr().text();
    sandbox.archive("app").expect(0, SAID, "");
    assert_whole(&sandbox);
}

#[test]
fn starts_succeed_beside_prunes() {
    starts_beside(&[&["cache", "prune", "--unused", "0"]]);
}

#[test]
fn starts_succeed_beside_repairs_and_clears() {
    starts_beside(&[&["cache", "verify", "--repair"], &["cache", "clear"]]);
}

#[test]
fn an_archive_replaced_during_its_start_still_runs() {
    needs!(Tracing);
    let moments = [
        ("readlink", 1),
        ("open", 1),
        ("pread64", 1),
        ("pread64", 4),
        ("write", 200),
        ("linkat", 3),
        ("access", 1),
    ];
    for (name, number) in moments {
        let sandbox = Sandbox::new().with(&TINY, "app").with(&PAIR, "new");
        let stopped = sandbox.archive("app").stopped_at(&Call::new(name, number));
        fs::rename(sandbox.path("new"), sandbox.path("app")).unwrap();
        stopped.go_on().expect(0, SAID, "");
        sandbox.archive("app").arg("left").expect(0, "left []\n", "");
        assert_whole(&sandbox);
    }
}

#[test]
fn an_archive_deleted_during_its_start_still_runs() {
    needs!(Tracing);
    for (name, number) in [("readlink", 1), ("open", 1), ("pread64", 2), ("write", 100)] {
        let sandbox = Sandbox::new().with(&TINY, "app");
        let stopped = sandbox.archive("app").stopped_at(&Call::new(name, number));
        fs::remove_file(sandbox.path("app")).unwrap();
        stopped.go_on().expect(0, SAID, "");
        assert_whole(&sandbox);
    }
}

#[test]
fn a_replaced_archives_application_runs_on() {
    let sandbox = Sandbox::new().with(&PROBE, "app").with(&PAIR, "new");
    let code = "import os, subprocess, time\n\
        print('ready', flush=True)\n\
        while not os.path.exists('go'): time.sleep(0.01)\n\
        subprocess.run([os.environ['SNAKECRATE_ARCHIVE'], 'left'], check=True)\n\
        import fractions\n\
        print(fractions.Fraction(1, 2))";
    let mut running = sandbox.archive("app").args(["run", code]).spawn();
    running.line("ready");
    fs::rename(sandbox.path("new"), sandbox.path("app")).unwrap();
    fs::write(sandbox.path("go"), "").unwrap();
    running.finish().expect(0, "left []\n1/2\n", "");
}

#[test]
fn two_users_at_once_share_nothing() {
    needs!(Root);
    let sandbox = Sandbox::new().with(&TINY, "app");
    let users = [1001, 1002];
    let running = users.map(|user| sandbox.archive("app").as_user(user).spawn());
    for one in running {
        one.finish().expect(0, SAID, "");
    }
    for user in users {
        let home = sandbox.root().join(format!("user-{user}"));
        assert_eq!(fs::metadata(home.join("cache")).unwrap().mode() & 0o7777, 0o700);
        for entry in walkdir::WalkDir::new(home) {
            assert_eq!(entry.unwrap().metadata().unwrap().uid(), user);
        }
    }
}
