//! The arguments of an interpreter, taken apart as `CPython` does (`Python/getopt.c`).

use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal as _, stdin};

use snakecrate_platform::paths::os_string_from_bytes;

/// An interpreter's arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Arguments<'a> {
    /// Options before the program.
    pub options: Vec<OsString>,
    /// The program.
    pub program: Program,
    /// The program's own arguments.
    pub rest: &'a [OsString],
}

/// What an interpreter runs.
#[derive(Debug, PartialEq, Eq)]
pub enum Program {
    /// `-c CODE`.
    Code(OsString),
    /// `-m MODULE`.
    Module(OsString),
    /// A file, a directory or a zip file.
    File(OsString),
    /// A prompt on a terminal, or with `-i`. The value is `-` if that was given, else empty.
    Prompt(OsString),
    /// What standard input has. The value is as for a prompt.
    Input(OsString),
}

impl<'a> Arguments<'a> {
    /// Takes `given` apart. `None` if the value of an option is missing.
    pub fn parse(given: &'a [OsString]) -> Option<Self> {
        let mut options = Vec::new();
        let mut at = 0;
        while let Some(argument) = given.get(at) {
            let bytes = argument.as_encoded_bytes();
            at += 1;
            match bytes {
                b"--" => break,
                [b'-', b'-', ..] => {
                    options.push(argument.clone());
                    if bytes == b"--check-hash-based-pycs" {
                        options.push(given.get(at)?.clone());
                        at += 1;
                    }
                }
                [b'-', letters @ ..] if !letters.is_empty() => {
                    // These letters take a value: the rest of the argument, or the next one.
                    let Some(letter) = letters.iter().position(|c| b"cmWX".contains(c)) else {
                        options.push(argument.clone());
                        continue;
                    };
                    let (flags, valued) = letters.split_at(letter);
                    let (kind, mut value) = (valued[0], text(&valued[1..]));
                    if value.is_empty() {
                        value.clone_from(given.get(at)?);
                        at += 1;
                    }
                    if !flags.is_empty() {
                        options.push(text(&[b"-", flags].concat()));
                    }
                    let program = match kind {
                        b'c' => Program::Code(value),
                        b'm' => Program::Module(value),
                        _ => {
                            options.extend([text(&[b'-', kind]), value]);
                            continue;
                        }
                    };
                    return Some(Self { options, program, rest: &given[at..] });
                }
                _ => {
                    at -= 1;
                    break;
                }
            }
        }
        let program = match given.get(at) {
            Some(file) if file != "-" => Program::File(file.clone()),
            input => {
                let name = input.cloned().unwrap_or_default();
                let prompts = stdin().is_terminal() || options.iter().any(is_interactive);
                if prompts { Program::Prompt(name) } else { Program::Input(name) }
            }
        };
        Some(Self { options, program, rest: given.get(at + 1..).unwrap_or_default() })
    }
}

fn is_interactive(option: impl AsRef<OsStr>) -> bool {
    let bytes = option.as_ref().as_encoded_bytes();
    bytes.starts_with(b"-") && !bytes.starts_with(b"--") && bytes.contains(&b'i')
}

fn text(bytes: &[u8]) -> OsString {
    os_string_from_bytes(bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(given: &[&str]) -> Option<(Vec<String>, Program, Vec<String>)> {
        let given: Vec<OsString> = given.iter().map(OsString::from).collect();
        let texts = |all: &[OsString]| all.iter().map(|one| one.to_str().unwrap().into()).collect();
        let found = Arguments::parse(&given)?;
        Some((texts(&found.options), found.program, texts(found.rest)))
    }

    fn expect(given: &[&str], options: &[&str], program: Program, rest: &[&str]) {
        let texts = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        assert_eq!(parsed(given), Some((texts(options), program, texts(rest))), "{given:?}");
    }

    #[test]
    fn arguments_are_taken_apart_as_by_the_interpreter() {
        let code = |text: &str| Program::Code(text.into());
        let module = |text: &str| Program::Module(text.into());
        let file = |text: &str| Program::File(text.into());
        expect(&["-c", "x", "-c", "y"], &[], code("x"), &["-c", "y"]);
        expect(&["-uBcx", "a"], &["-uB"], code("x"), &["a"]);
        expect(&["-m", "p", "-m"], &[], module("p"), &["-m"]);
        expect(&["-mp"], &[], module("p"), &[]);
        expect(
            &["-Xdev", "-W", "error", "f", "-x"],
            &["-X", "dev", "-W", "error"],
            file("f"),
            &["-x"],
        );
        expect(&["-vX", "dev", "f"], &["-v", "-X", "dev"], file("f"), &[]);
        expect(&["--", "-c"], &[], file("-c"), &[]);
        let long = ["--check-hash-based-pycs", "always"];
        expect(&[long[0], long[1], "f"], &long, file("f"), &[]);
        expect(&["-i"], &["-i"], Program::Prompt("".into()), &[]);
        expect(&["-i", "-", "a"], &["-i"], Program::Prompt("-".into()), &["a"]);
    }

    #[test]
    fn a_missing_value_is_left_to_the_interpreter() {
        for given in [["-c"], ["-um"], ["-W"], ["--check-hash-based-pycs"]] {
            assert_eq!(parsed(&given), None, "{given:?}");
        }
    }
}
