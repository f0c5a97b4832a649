//! The scripts that a distribution installs in `bin`.

use std::sync::Arc;

use snakecrate_format::entry_path::EntryPath;

use super::entry_points::EntryPoint;
use snakecrate_base::tree::{Content, Mode};

/// The first line of every Python script in a tree. The launcher replaces it with the interpreter's
/// path when it assembles the environment.
pub const SHEBANG: &str = "#!python";

/// A script of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Script {
    /// The name that users call: `black`.
    pub name: String,
    /// The target that it runs.
    pub target: Target,
    /// Whether it is a GUI script.
    #[serde(default)]
    pub graphical: bool,
    /// The extras of its distribution that it requires, normalised.
    pub extras: Vec<String>,
}

/// The target of a script.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Target {
    /// A function, from `console_scripts` or `gui_scripts`; `bin/<name>` calls it too.
    Call {
        /// `black.__main__`.
        module: String,
        /// `patched_main`.
        attr: String,
    },
    /// A file of the wheel.
    File {
        /// `bin/ruff`.
        path: EntryPath,
        /// The system executes it: machine code, or a script that isn't Python.
        native: bool,
    },
}

/// `bin/<name>` for an entry point, as installers write it.
pub(crate) fn wrapper(point: &EntryPoint) -> Vec<u8> {
    let EntryPoint { module, attr, .. } = point;
    let import = attr.split('.').next().unwrap_or(attr);
    format!(
        "{SHEBANG}\nimport sys\nfrom {module} import {import}\n\
         if __name__ == \"__main__\":\n    sys.exit({attr}())\n"
    )
    .into_bytes()
}

/// Prepares a file of the `scripts` scheme: a Python script gets [`SHEBANG`].
///
/// The wheel specification makes installers replace `#!python`. A shebang that finds Python on the
/// `PATH` or at a system's path is replaced, too: in the developer's activated environment it
/// started that environment's Python.
pub(crate) fn prepare(content: Content) -> std::io::Result<(Content, Mode)> {
    if content.len()? > 1 << 20 {
        return Ok((content, Mode::Executable));
    }
    let bytes = content.read()?;
    if !is_python(&bytes) {
        return Ok((content, Mode::Executable));
    }
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let script: Arc<[u8]> = [SHEBANG.as_bytes(), &bytes[end..]].concat().into();
    Ok((Content::Memory(script), Mode::Script))
}

/// Whether the kernel can execute a file that starts with these bytes: a program, or a script that
/// names its interpreter. Shells run other files as shell scripts; `execve` does not.
pub(crate) fn is_executable(start: &[u8]) -> bool {
    start.starts_with(b"\x7fELF") || start.starts_with(b"#!")
}

fn is_python(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Some(line) = std::str::from_utf8(line).ok().and_then(|line| line.strip_prefix("#!")) else {
        return false;
    };
    let mut words = line.split_whitespace();
    let mut program = words.next().unwrap_or_default();
    if program.ends_with("/env") {
        program = words.find(|word| !word.starts_with('-')).unwrap_or_default();
    }
    let name = program.rsplit('/').next().unwrap_or_default();
    let version = name.strip_prefix("pythonw").or_else(|| name.strip_prefix("python"));
    version.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(text: &str) -> (String, Mode) {
        let (content, mode) = prepare(text.as_bytes().to_vec().into()).unwrap();
        (String::from_utf8(content.read().unwrap().to_vec()).unwrap(), mode)
    }

    #[test]
    fn every_python_shebang_becomes_the_same() {
        for line in [
            "#!python",
            "#!python -E",
            "#!pythonw",
            "#!/usr/bin/env python3",
            "#! /usr/bin/env -S python3 -u\r",
            "#!/usr/local/bin/python3.11",
        ] {
            let (text, mode) = prepared(&format!("{line}\nprint()\n"));
            assert_eq!((text.as_str(), mode), ("#!python\nprint()\n", Mode::Script), "{line}");
        }
    }

    #[test]
    fn other_scripts_and_machine_code_stay() {
        for text in ["#!/bin/sh\n", "\x7fELF", "#!/usr/bin/env python-argcomplete\n", ""] {
            assert_eq!(prepared(text), (text.to_owned(), Mode::Executable));
        }
    }

    #[test]
    fn programs_and_scripts_with_an_interpreter_are_executable() {
        for start in ["\x7fELF", "#!/bin/sh\n", "#! perl"] {
            assert!(is_executable(start.as_bytes()), "{start}");
        }
        for start in ["# Source this file", "@echo off & rem", "", "\x7fEL"] {
            assert!(!is_executable(start.as_bytes()), "{start}");
        }
    }

    #[test]
    fn a_wrapper_calls_the_function_and_leaves_argv_alone() {
        let point = EntryPoint {
            name: "x".into(),
            module: "pkg.mod".into(),
            attr: "App.run".into(),
            graphical: false,
            extras: Vec::new(),
        };
        let text = String::from_utf8(wrapper(&point)).unwrap();
        assert_eq!(
            text,
            "#!python\nimport sys\nfrom pkg.mod import App\n\
             if __name__ == \"__main__\":\n    sys.exit(App.run())\n"
        );
    }
}
