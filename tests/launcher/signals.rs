//! Signals and everything else that a process inherits, on first and on later starts: the same as if
//! the interpreter had been started directly.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpid};

use crate::support::needs::{Need, needs};
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::PROBE;

const WORKS: &str = "probe 1.2.3 ['probe:main']\n";

/// Each of the eight combinations, with an empty and with a filled cache.
#[test]
fn closed_streams_stay_closed_in_each_combination_cold_and_warm() {
    for bits in 0..8 {
        let sandbox = Sandbox::new().with(&PROBE, "app");
        let mut redirection = "</dev/null".to_owned();
        let mut expected = String::new();
        for (bit, name, closed) in
            [(1, "stdin", "<&-"), (2, "stdout", ">&-"), (4, "stderr", "2>&-")]
        {
            let is_closed = bits & bit != 0;
            redirection += if is_closed { closed } else { "" };
            redirection.push(' ');
            expected += name;
            expected += if is_closed { " closed\n" } else { " open\n" };
        }
        for heat in ["cold", "warm"] {
            sandbox.archive("app").arg("streams").redirected(&redirection).expect(0, "", "");
            let found = fs::read_to_string(sandbox.path("streams")).unwrap();
            assert_eq!(found, expected, "{redirection} {heat}");
        }
        let _ = sandbox.run(["cache", "verify"]).success().any_stderr().text();
    }
}

/// If nobody can read the message, the status still says it.
#[test]
fn a_failure_with_closed_streams_keeps_its_status() {
    let sandbox = Sandbox::new().with(&PROBE, "app").file("file", "");
    let run = sandbox.archive("app").env("SNAKECRATE_CACHE", sandbox.path("file"));
    run.redirected("<&- >&- 2>&-").expect(122, "", "");
    assert_eq!(fs::read(sandbox.path("file")).unwrap(), b"");
    assert_eq!(sandbox.names(), ["app", "file"]);
}

/// Ctrl-C, a closed terminal, a service manager, in the middle of the work.
#[test]
fn the_next_start_completes_an_interrupted_first_start() {
    needs!(Tracing);
    for signal in [Signal::INT, Signal::HUP, Signal::TERM, Signal::QUIT] {
        // A shell without job control has its background jobs ignore both.
        let of_keyboard = [Signal::INT, Signal::QUIT].contains(&signal);
        if of_keyboard && Need::Interrupts.lacks().is_some() {
            continue;
        }
        let sandbox = Sandbox::new().with(&PROBE, "app");
        symlink("/usr/bin/strace", sandbox.path("strace")).unwrap();
        let run = sandbox.archive("strace").args(["-f", "-qq", "-o", "/dev/null", "-e"]);
        let run = run.arg(format!("inject=openat:signal={}:when=200", signal.as_raw()));
        run.arg(sandbox.path("app")).output().killed_by(signal).done();
        assert_eq!(sandbox.cached("envs"), [""; 0]);
        sandbox.archive("app").expect(0, WORKS, "");
        assert_eq!(sandbox.cached("staging"), [""; 0]);
    }
}

/// A shell's job: the terminal's signals go to the whole group.
#[test]
fn a_job_stops_and_goes_on() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    // A group whose leader has its parent in another group of the session, as a shell's job has.
    let mut child = Command::new(sandbox.path("app"))
        .arg("wait")
        .env("SNAKECRATE_CACHE", sandbox.cache())
        .process_group(0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_child(&child);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), child.id().to_string());
    let wait = |options| waitpid(Some(pid), options).unwrap().unwrap().1;
    kill_process_group(pid, Signal::TSTP).unwrap();
    let stopped = wait(WaitOptions::UNTRACED);
    assert_eq!(stopped.stopping_signal(), Some(Signal::TSTP.as_raw()));
    kill_process_group(pid, Signal::CONT).unwrap();
    assert!(wait(WaitOptions::CONTINUED).continued());
    kill_process_group(pid, Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(Signal::TERM.as_raw()));
}

/// Starts the command in its arguments with many unusual properties.
const UNUSUAL: &str = "
import os, resource, signal, sys
os.setsid()
os.nice(5)
os.umask(0o137)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_NOFILE, (300, 400))
resource.setrlimit(resource.RLIMIT_STACK, (4 << 20, 5 << 20))
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
for number in (signal.SIGUSR1, signal.SIGINT, signal.SIGTSTP, signal.SIGCHLD):
    signal.signal(number, signal.SIG_IGN)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD, signal.SIGRTMIN})
os.dup2(os.open('/dev/null', os.O_RDONLY), 9)
os.dup2(os.open('/dev/full', os.O_WRONLY), 77)
os.execv(sys.argv[1], sys.argv[1:])
";

/// What a process inherits.
const INHERITED: &str = "
import os, resource, signal
print(os.getsid(0) == os.getpid() == os.getpgrp(), os.nice(0), oct(os.umask(0)))
print([getattr(resource, name) and resource.getrlimit(getattr(resource, name))
       for name in sorted(dir(resource)) if name.startswith('RLIMIT_')])
print(os.sched_getaffinity(0), os.sched_getscheduler(0))
names = ('SigBlk', 'SigIgn', 'SigCgt', 'NoNewPrivs', 'CapEff', 'CapInh', 'CapAmb', 'Groups', 'Seccomp')
print([line.split() for line in open('/proc/self/status') if line.split(':')[0] in names])
print(sorted((fd, os.readlink('/proc/self/fd/' + fd)) for fd in os.listdir('/proc/self/fd')
             if os.path.exists('/proc/self/fd/' + fd) and int(fd) > 2
             and not os.readlink('/proc/self/fd/' + fd).startswith(os.environ['SNAKECRATE_CACHE'])))
print(open('/proc/self/oom_score_adj').read().strip(), open('/proc/self/personality').read().strip())
";

#[test]
fn a_process_inherits_everything_from_the_caller() {
    needs!(Native("the emulator handles signals itself"));
    let sandbox = Sandbox::new().with(&PROBE, "app").file("unusual.py", UNUSUAL);
    let start = |command: &[&str]| {
        let mut python = Command::new("python3");
        python.arg("-I").arg(sandbox.path("unusual.py")).args(command);
        python.current_dir(sandbox.path("")).env("SNAKECRATE_CACHE", sandbox.cache());
        let output = python.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let python = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    let python = String::from_utf8(python.unwrap().stdout).unwrap();
    let direct = start(&[python.trim(), "-I", "-c", INHERITED]);
    assert!(direct.starts_with("True 5 0o137\n") && direct.contains("/dev/full"), "{direct}");
    for heat in ["cold", "warm"] {
        assert_eq!(start(&["./app", "run", INHERITED]), direct, "{heat}");
    }
}
