//! Texts that tell where Python was built: `sysconfig`'s variables.
//!
//! They get the paths that python-build-standalone has in them: `/install` for the prefix,
//! `/build` for the directory of the build. `sysconfig` itself puts the real prefix in where it
//! matters to programs.

use std::fs;
use std::path::Path;

use crate::error::Error;
use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::Content;

/// The file at `path` of the tree, with the build machine's directories replaced if it has them.
pub fn text(path: &str, file: &Path, interpreter: &Interpreter) -> Result<Content, Error> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let tells = name.starts_with("_sysconfigdata")
        || name.starts_with("_sysconfig_vars")
        || name == "build-details.json";
    if !tells {
        return Ok(Content::Disk(file.to_owned()));
    }
    let text =
        fs::read_to_string(file).map_err(|source| Error::Read { path: file.to_owned(), source })?;
    Ok(Content::from(without_places(&text, &interpreter.prefix.to_string_lossy()).into_bytes()))
}

fn without_places(text: &str, prefix: &str) -> String {
    let built = value(text, "abs_builddir").unwrap_or_default().to_owned();
    let configured = value(text, "prefix").unwrap_or_default().to_owned();
    let mut text = text.to_owned();
    for (place, stands_for) in
        [(&*built, "/build"), (&*configured, "/install"), (prefix, "/install")]
    {
        // `/usr` is where every distribution has it, and is in many other paths as well.
        if place.starts_with('/') && place.len() > 1 && place != "/usr" {
            text = replace(&text, place, stands_for);
        }
    }
    text
}

/// Replaces the path `place` but not longer names that begin like it.
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
    fn the_prefix_and_the_place_of_the_build_are_gone() {
        let text = "{'BINDIR': '/root/py/3.12.1/bin',\n 'abs_builddir': '/tmp/b.1/Python-3.12.1',\n \
             'prefix': '/root/py/3.12.1',\n 'X': '-L/root/py/3.12.1 /root/py/3.12.10/x \
             /tmp/b.1/Python-3.12.1/lcov'}";
        assert_eq!(
            without_places(text, "/elsewhere"),
            "{'BINDIR': '/install/bin',\n 'abs_builddir': '/build',\n \
             'prefix': '/install',\n 'X': '-L/install /root/py/3.12.10/x /build/lcov'}"
        );
    }

    #[test]
    fn a_distributions_paths_are_no_secret() {
        let text = "{'BINDIR': '/usr/bin', 'prefix': '/usr'}";
        assert_eq!(without_places(text, "/usr"), text);
    }
}
