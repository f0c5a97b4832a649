//! Programs whose system calls fail, or that die or stop at one of them. strace(1) does it, so the
//! launcher needs no code for it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::run::Running;
use super::{Outcome, Run};

/// The `number`th call of this name, counted from 1, in a process with one thread.
#[derive(Debug, Clone)]
pub struct Call {
    pub name: String,
    pub number: usize,
    pub arguments: String,
}

impl Call {
    /// A call by its name and number.
    pub fn new(name: &str, number: usize) -> Self {
        Self { name: name.into(), number, arguments: String::new() }
    }
}

impl<'a> Run<'a> {
    /// The calls of a run, up to the one that replaces the launcher with the application. The run gets
    /// one processor, which makes the launcher use one thread.
    pub fn calls(self) -> Vec<Call> {
        let log = self.log();
        let _ = self.traced(&log, ["-s", "200"]).output().success().any_stderr().text();
        let mut numbers = HashMap::new();
        let mut found = vec![];
        // In the first line strace starts the program. It doesn't count that call.
        for line in fs::read_to_string(log).unwrap().lines().skip(1) {
            let call = line.split_once(' ').and_then(|(_, call)| call.trim().split_once('('));
            let Some((name, arguments)) = call else { continue };
            let number = numbers.entry(name.to_owned()).or_insert(0);
            *number += 1;
            let (number, arguments) = (*number, arguments.to_owned());
            found.push(Call { name: name.to_owned(), number, arguments });
            if name == "execve" {
                break;
            }
        }
        found
    }

    /// Kills it before `call`.
    pub fn killed_at(self, call: &Call) -> Outcome {
        let inject = inject(call, "signal=KILL");
        self.traced(Path::new("/dev/null"), ["-e", &inject]).output()
    }

    /// Lets `call` do nothing and fail with `error`.
    pub fn failing(self, call: &Call, error: &str) -> Outcome {
        let (trace, inject) =
            (format!("trace={}", call.name), inject(call, &format!("error={error}")));
        // This is quicker, but strace 6.1 then delivers no signals.
        let options = ["--seccomp-bpf", "-e", &trace, "-e", &inject];
        self.traced(Path::new("/dev/null"), options).output()
    }

    /// Lets all calls of this name do nothing and fail with `error`.
    pub fn always_failing(self, name: &str, error: &str) -> Self {
        let (trace, inject) = (format!("trace={name}"), format!("inject={name}:error={error}"));
        let options =
            ["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", &trace, "-e", &inject];
        self.under(["strace"].into_iter().chain(options).map(OsString::from))
    }

    /// Stops it by a signal at the end of `call`.
    pub fn stopped_at(self, call: &Call) -> Stopped<'a> {
        let log = self.log();
        let (trace, inject) = (format!("trace={}", call.name), inject(call, "signal=STOP"));
        let running = self.traced(&log, ["-e", &trace, "-e", &inject]).spawn();
        let pid = loop {
            let text = fs::read_to_string(&log).unwrap_or_default();
            if let Some(line) = text.lines().find(|line| line.ends_with("stopped by SIGSTOP ---")) {
                break line.split(' ').next().unwrap().parse().unwrap();
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Stopped { running, pid: Pid::from_raw(pid).unwrap() }
    }

    fn log(&self) -> PathBuf {
        self.sandbox().root().join("calls")
    }

    fn traced<const N: usize>(self, log: &Path, options: [&str; N]) -> Self {
        let strace = ["taskset", "-c", "0", "strace", "-f", "-qq", "-o"].map(OsString::from);
        let options = options.map(OsString::from);
        self.under(strace.into_iter().chain([log.into()]).chain(options))
    }
}

fn inject(call: &Call, what: &str) -> String {
    format!("inject={}:{what}:when={}", call.name, call.number)
}

/// A program that is stopped.
pub struct Stopped<'a> {
    running: Running<'a>,
    pid: Pid,
}

impl Stopped<'_> {
    /// Lets it continue to its end.
    pub fn go_on(self) -> Outcome {
        kill_process(self.pid, Signal::CONT).unwrap();
        self.running.finish()
    }
}
