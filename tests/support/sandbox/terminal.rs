//! A command on a terminal of its own, and what a person sees on its screen.

use std::io::Write;
use std::process::{Command, ExitStatus, Stdio};

use super::Sandbox;
use crate::support::needs::needs;

/// A terminal after a command has ended.
pub struct Screen {
    status: ExitStatus,
    written: String,
}

impl Sandbox {
    /// Runs a line of shell in the working directory, with the home and the cache of this sandbox, on a
    /// terminal with `columns` columns and `TERM` set to `kind`.
    pub fn terminal(&self, kind: &str, columns: u16, line: &str) -> Screen {
        self.typing(kind, columns, line, "")
    }

    /// Like [`Sandbox::terminal`], with a person who types `keys`, and then leaves.
    pub fn typing(&self, kind: &str, columns: u16, line: &str, keys: &str) -> Screen {
        let line = format!("stty columns {columns}; {line}");
        let mut child = Command::new("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .current_dir(self.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("SHELL", "/bin/sh")
            .env("TERM", kind)
            .env("HOME", self.home())
            .env("SNAKECRATE_CACHE", self.cache())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(keys.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        Screen { status: output.status, written: String::from_utf8(output.stdout).unwrap() }
    }
}

impl Screen {
    /// The exit status was `code`.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{:?}", self.written);
        self
    }

    /// The screen showed this at some time, on a line that was wiped away later.
    #[track_caller]
    pub fn showed(self, part: &str) -> Self {
        let mut drawn = self.written.split("\r\x1b[K");
        assert!(drawn.any(|line| line.contains(part)), "no `{part}` in {:?}", self.written);
        self
    }

    /// This was written at some time.
    #[track_caller]
    pub fn wrote(self, part: &str) -> Self {
        assert!(self.written.contains(part), "no `{part}` in {:?}", self.written);
        self
    }

    /// No line has more columns.
    #[track_caller]
    pub fn at_most(self, columns: usize) -> Self {
        let longest = self.written.split("\r\x1b[K").map(str::len).max().unwrap();
        assert!(longest <= columns, "{longest} columns: {:?}", self.written);
        self
    }

    /// The whole screen at the end.
    #[track_caller]
    pub fn left(self, expected: &str) -> Self {
        assert_eq!(rendered(&self.written), expected, "of {:?}", self.written);
        self
    }

    /// Everything that was written to the terminal, byte for byte.
    #[track_caller]
    pub fn written(self, expected: &str) -> Self {
        assert_eq!(self.written, expected);
        self
    }
}

/// The screen of a terminal that knows carriage returns, line feeds and "wipe to the end of the line".
fn rendered(written: &str) -> String {
    let (mut lines, mut column) = (vec![String::new()], 0);
    let mut rest = written;
    while let Some(character) = rest.chars().next() {
        let line = lines.last_mut().unwrap();
        if let Some(after) = rest.strip_prefix("\x1b[K") {
            line.truncate(column);
            rest = after;
            continue;
        }
        match character {
            '\r' => column = 0,
            '\n' => lines.push(String::new()),
            printed => {
                assert!(printed.is_ascii_graphic() || printed == ' ', "{printed:?}");
                let end = line.len().min(column + 1);
                line.replace_range(column..end, &printed.to_string());
                column += 1;
            }
        }
        rest = &rest[character.len_utf8()..];
    }
    lines.join("\n")
}

#[test]
fn a_terminal_keeps_what_was_not_wiped_or_written_over() {
    assert_eq!(rendered("one\r\ntwo\rT\r\n\r\x1b[Kbar\r\x1b[Kend"), "one\nTwo\nend");
    assert_eq!(rendered("bar [##  ]\rx"), "xar [##  ]");
}

#[test]
fn a_line_of_shell_has_a_terminal_and_its_status_is_known() {
    needs!(Program("script"));
    let sandbox = Sandbox::new();
    let screen =
        sandbox.terminal("vt100", 33, "stty size <&2; echo $TERM >&2; test -t 2 && exit 7");
    screen.code(7).written("0 33\r\nvt100\r\n");
}
