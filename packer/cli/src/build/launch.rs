//! How an archive starts: the default entry, and the options of the interpreter.

use snakecrate_format::manifest::{Entry, Launch};

use super::Error;
use super::default_entry::fitting;
use crate::bytecode;
use crate::settings::Settings;

/// How `entries` of the application `name` start.
pub(super) fn launch(settings: &Settings, name: &str, entries: &[Entry]) -> Result<Launch, Error> {
    Ok(Launch {
        default: default_entry(settings, name, entries)?,
        options: options(settings),
        loader_variables: settings.loader_variables(),
        disabled_commands: disabled_commands(settings),
        keep_days: settings.keep_days,
    })
}

/// The self-commands that the launcher refuses, sorted.
fn disabled_commands(settings: &Settings) -> Vec<String> {
    let into_it = ["python", "run"].map(str::to_owned);
    if settings.interpreter_access { vec![] } else { into_it.into() }
}

/// The form of bytecode that the interpreter of the archive looks for. `-O` among its options counts.
pub(super) fn bytecode_form(settings: &Settings) -> bytecode::Form {
    bytecode::Form {
        optimize: optimization_of(&settings.python_options).max(settings.optimize),
        sourceless: settings.sourceless,
    }
}

/// The entry that the user named; else the one that fits the application best.
fn default_entry(
    settings: &Settings,
    name: &str,
    entries: &[Entry],
) -> Result<Option<String>, Error> {
    let exists = |name: &str| entries.iter().any(|entry| entry.name == name);
    match &settings.default {
        Some(wanted) if exists(wanted) => Ok(Some(wanted.clone())),
        Some(wanted) => Err(Error::Default {
            name: wanted.clone(),
            entries: entries.iter().map(|entry| entry.name.clone()).collect(),
        }),
        None if entries.len() < 2 => Ok(None),
        None => {
            let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
            Ok(fitting(name, &names).map(str::to_owned))
        }
    }
}

/// The options that the interpreter is started with.
fn options(settings: &Settings) -> Vec<String> {
    let isolated = settings.isolated.then_some("-I");
    // The interpreter counts each `-O`.
    let missing = bytecode_form(settings).optimize - optimization_of(&settings.python_options);
    let optimize = match missing {
        0 => None,
        1 => Some("-O"),
        _ => Some("-OO"),
    };
    // PEP 810, from 3.15 on. Before that, an interpreter ignores it and the fast start does it.
    let lazy = settings.lazy_imports.then_some("-Xlazy_imports=all");
    let ours = isolated.into_iter().chain(optimize).chain(lazy).map(str::to_owned);
    ours.chain(settings.python_options.iter().cloned()).collect()
}

/// The optimization level that these options of the interpreter set.
pub(super) fn optimization_of(options: &[String]) -> u8 {
    let is_flags = |option: &&String| {
        option.starts_with('-') && !["-X", "-W", "--"].iter().any(|start| option.starts_with(start))
    };
    let flags = options.iter().filter(is_flags);
    let times: usize = flags.map(|option| option.matches('O').count()).sum();
    u8::try_from(times).unwrap_or(2).min(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(options: &[&str], optimize: u8) -> Settings {
        let python_options = options.iter().map(|&option| option.to_owned()).collect();
        Settings { optimize, python_options, ..Settings::resolve([]) }
    }

    #[test]
    fn bytecode_is_compiled_for_the_level_that_the_interpreter_starts_with() {
        let optimize = |options: &[&str], level| bytecode_form(&settings(options, level)).optimize;
        assert_eq!(optimize(&[], 0), 0);
        assert_eq!(optimize(&["-O", "-XOO", "-W", "OO"], 0), 1);
        assert_eq!(optimize(&["-sO", "-O"], 0), 2);
        assert_eq!(optimize(&["-OO"], 1), 2);
        assert_eq!(optimize(&[], 1), 1);
    }

    #[test]
    fn optimization_flags_are_added_only_where_they_are_missing() {
        assert_eq!(options(&settings(&[], 2)), ["-I", "-OO"]);
        assert_eq!(options(&settings(&["-O"], 1)), ["-I", "-O"]);
        assert_eq!(options(&settings(&["-O"], 2)), ["-I", "-O", "-O"]);
        let open = Settings { isolated: false, ..settings(&["-u"], 0) };
        assert_eq!(options(&open), ["-u"]);
        let lazy = Settings { lazy_imports: true, ..settings(&["-u"], 1) };
        assert_eq!(options(&lazy), ["-I", "-O", "-Xlazy_imports=all", "-u"]);
    }
}
