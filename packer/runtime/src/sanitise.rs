//! Paths of the build machine in the texts of a runtime, `sysconfig`'s variables.
//!
//! They are replaced by the paths of python-build-standalone: `/install` for the prefix, `/build` for
//! the directory of the build. `sysconfig` itself inserts the real prefix where programs need it.

use std::fs;
use std::path::Path;

use crate::error::Error;
use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::Content;

/// The file for `path` of the tree, with the build machine's directories replaced if it names them.
pub fn text(path: &str, file: &Path, interpreter: &Interpreter) -> Result<Content, Error> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let names_paths = name.starts_with("_sysconfigdata")
        || name.starts_with("_sysconfig_vars")
        || name == "build-details.json";
    if !names_paths {
        return Ok(Content::Disk(file.to_owned()));
    }
    let text =
        fs::read_to_string(file).map_err(|source| Error::Read { path: file.to_owned(), source })?;
    Ok(Content::from(without_paths(&text, &interpreter.prefix.to_string_lossy()).into_bytes()))
}

fn without_paths(text: &str, prefix: &str) -> String {
    let built = value(text, "abs_builddir").unwrap_or_default().to_owned();
    let configured = value(text, "prefix").unwrap_or_default().to_owned();
    let mut text = text.to_owned();
    for (place, placeholder) in
        [(&*built, "/build"), (&*configured, "/install"), (prefix, "/install")]
    {
        // `/usr` says nothing about the build machine, and is part of many other paths.
        if place.starts_with('/') && place.len() > 1 && place != "/usr" {
            text = replace(&text, place, placeholder);
        }
    }
    text
}

/// Replaces the path `place`, but not longer names that begin with it.
fn replace(text: &str, place: &str, by: &str) -> String {
    let mut parts = text.split(place);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let goes_on = part.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
        replaced.push_str(if goes_on { place } else { by });
        replaced.push_str(part);
    }
    replaced
}

/// The value of a variable in `{'name': 'value', …}`, with either kind of quotes.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    ['\'', '"'].into_iter().find_map(|quote| {
        let (_, rest) = text.split_once(&format!("{quote}{name}{quote}: {quote}"))?;
        rest.split(quote).next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_and_the_build_directory_are_replaced() {
        let text = "{'BINDIR': '/root/py/3.12.1/bin',\n 'abs_builddir': '/tmp/b.1/Python-3.12.1',\n \
             'prefix': '/root/py/3.12.1',\n 'X': '-L/root/py/3.12.1 /root/py/3.12.10/x \
             /tmp/b.1/Python-3.12.1/lcov'}";
        assert_eq!(
            without_paths(text, "/elsewhere"),
            "{'BINDIR': '/install/bin',\n 'abs_builddir': '/build',\n \
             'prefix': '/install',\n 'X': '-L/install /root/py/3.12.10/x /build/lcov'}"
        );
    }

    #[test]
    fn a_distributions_paths_stay() {
        let text = "{'BINDIR': '/usr/bin', 'prefix': '/usr'}";
        assert_eq!(without_paths(text, "/usr"), text);
    }
}
