//! The outcome of a command: status, standard output, standard error. A test has to check all three:
//! it fails if it drops an outcome with unchecked output.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::LazyLock;

use pretty_assertions::assert_eq;
use regex::Regex;
use rustix::process::Signal;

use super::Sandbox;

/// Parts of outputs that differ from run to run, and what replaces them. The places of the sandbox are
/// replaced before these.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"\b[0-9a-f]{64}\b", "[DIGEST]"),
        (r"\b\d+(\.\d+)? ?([KMG]i?B|kB|bytes|B)\b", "[SIZE]"),
        (r"\b\d+(\.\d+)? ?(ms|s)\b", "[TIME]"),
        (r"\bpid \d+\b", "pid [PID]"),
    ]
    .map(|(pattern, stands_for)| (Regex::new(pattern).unwrap(), stands_for))
    .into()
});

/// The outcome of a command.
#[must_use = "look at its status and its output"]
pub struct Outcome {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    places: Vec<(String, &'static str)>,
    seen: Seen,
}

#[derive(Default)]
struct Seen {
    status: bool,
    stdout: bool,
    stderr: bool,
}

impl Outcome {
    pub(super) fn new(
        sandbox: &Sandbox,
        status: ExitStatus,
        stdout: Vec<u8>,
        stderr: Vec<u8>,
    ) -> Self {
        let places = [
            (sandbox.cache(), "[CACHE]"),
            (sandbox.home(), "[HOME]"),
            (sandbox.root().join("work"), "[WORK]"),
            (sandbox.root().to_owned(), "[ROOT]"),
        ]
        .map(|(path, stands_for)| (path.to_str().unwrap().to_owned(), stands_for))
        .into();
        Self { status, stdout, stderr, places, seen: Seen::default() }
    }

    /// Checks everything: the exit status, and both outputs as a whole, normalised.
    #[track_caller]
    pub fn expect(self, status: i32, stdout: &str, stderr: &str) {
        self.stderr(stderr).stdout(stdout).code(status).done();
    }

    /// The exit status was 0.
    #[track_caller]
    pub fn success(self) -> Self {
        self.code(0)
    }

    /// The exit status was `code`.
    #[track_caller]
    pub fn code(mut self, code: i32) -> Self {
        self.seen.status = true;
        if self.status.code() != Some(code) {
            self.explain(&format!("exit status {code}"));
        }
        self
    }

    /// It died of `signal`.
    #[track_caller]
    pub fn killed_by(mut self, signal: Signal) -> Self {
        self.seen.status = true;
        if self.status.signal() != Some(signal.as_raw()) {
            self.explain(&format!("death by {signal:?}"));
        }
        self
    }

    /// The whole standard output, normalised.
    #[track_caller]
    pub fn stdout(mut self, expected: &str) -> Self {
        self.seen.stdout = true;
        self.compare("stdout", &self.stdout, expected);
        self
    }

    /// The whole standard error, normalised.
    #[track_caller]
    pub fn stderr(mut self, expected: &str) -> Self {
        self.seen.stderr = true;
        self.compare("stderr", &self.stderr, expected);
        self
    }

    /// Standard output, normalised, contains this.
    #[track_caller]
    pub fn stdout_contains(mut self, part: &str) -> Self {
        self.seen.stdout = true;
        if !self.normalised(&self.stdout).contains(part) {
            self.explain(&format!("`{part}` in stdout"));
        }
        self
    }

    /// Standard error, normalised, contains this.
    #[track_caller]
    pub fn stderr_contains(mut self, part: &str) -> Self {
        self.seen.stderr = true;
        if !self.normalised(&self.stderr).contains(part) {
            self.explain(&format!("`{part}` in stderr"));
        }
        self
    }

    /// Accepts any standard error.
    pub fn any_stderr(mut self) -> Self {
        self.seen.stderr = true;
        self
    }

    /// The packer failed: nothing on standard output, and on standard error one line on what happened
    /// and one on what to do.
    #[track_caller]
    pub fn refused(self, status: i32, what: &str, help: &str) {
        let this = self.stdout("").code(status);
        this.two_lines("error: ", what, "help: ", help);
    }

    /// The launcher failed the same way, with a status of its own: 120 to 126.
    #[track_caller]
    pub fn not_launched(mut self, what: &str, help: &str) {
        self.seen.status = true;
        if !self.status.code().is_some_and(|code| (120..=126).contains(&code)) {
            self.explain("an exit status of the launcher's own, 120 to 126");
        }
        self.stdout("").two_lines("snakecrate: ", what, "snakecrate: ", help);
    }

    #[track_caller]
    fn two_lines(mut self, first: &str, what: &str, second: &str, help: &str) {
        self.seen.stderr = true;
        let text = self.normalised(&self.stderr);
        let lines: Vec<_> = text.lines().collect();
        let well = matches!(lines[..], [happened, remedy]
            if happened.starts_with(first) && happened.contains(what)
                && remedy.trim_start().starts_with(second) && remedy.contains(help));
        if !well {
            self.explain(&format!("`{first}…{what}…` and then `{second}…{help}…` on stderr"));
        }
        self.done();
    }

    /// Whether it succeeded, with any output.
    pub fn succeeded(mut self) -> bool {
        self.seen = Seen { status: true, stdout: true, stderr: true };
        self.status.success()
    }

    /// Standard output as text, for other checks.
    #[track_caller]
    pub fn text(mut self) -> String {
        self.seen.stdout = true;
        text_of(&self.stdout)
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let text = self.text();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in:\n{text}"))
    }

    /// Standard output as bytes.
    pub fn bytes(mut self) -> Vec<u8> {
        self.seen.stdout = true;
        std::mem::take(&mut self.stdout)
    }

    /// Its status and both outputs as text, for other checks.
    pub fn parts(mut self) -> (ExitStatus, String, String) {
        self.seen = Seen { status: true, stdout: true, stderr: true };
        (self.status, text_of(&self.stdout), text_of(&self.stderr))
    }

    /// States that everything was checked. Dropping the outcome verifies that.
    pub fn done(self) {
        drop(self);
    }

    #[track_caller]
    fn compare(&self, stream: &str, bytes: &[u8], expected: &str) {
        let actual = self.normalised(bytes);
        if actual != expected {
            eprintln!("{}", self.shown());
            assert_eq!(expected, actual, "{stream}");
        }
    }

    fn normalised(&self, bytes: &[u8]) -> String {
        let mut text = text_of(bytes);
        for (place, stands_for) in &self.places {
            text = text.replace(place, stands_for);
        }
        for (pattern, stands_for) in PATTERNS.iter() {
            text = pattern.replace_all(&text, *stands_for).into_owned();
        }
        text
    }

    #[track_caller]
    fn explain(&self, expected: &str) -> ! {
        panic!("expected {expected}, got {}", self.shown());
    }

    fn shown(&self) -> String {
        let (stdout, stderr) = (text_of(&self.stdout), text_of(&self.stderr));
        format!("{:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}", self.status)
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Drop for Outcome {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if !self.seen.status && !self.status.success() {
            self.explain("success, as the test does not check the status");
        }
        if !self.seen.stdout && !self.stdout.is_empty() {
            self.explain("no stdout, as the test does not check it");
        }
        if !self.seen.stderr && !self.stderr.is_empty() {
            self.explain("no stderr, as the test does not check it");
        }
    }
}
