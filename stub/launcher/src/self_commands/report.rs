//! The output of a command.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};

use snakecrate_cache::root::Root;
use snakecrate_cache::verify::Finding;

use super::invocation::Runtime;
use crate::error::Error;

/// Status of `verify` if something differs from what was packed, and of `uninstall` if the
/// application is running.
pub const NOT_WELL: i32 = 1;

/// The lines of a command's output.
#[derive(Default)]
pub struct Text(pub String);

impl Text {
    /// Adds a line.
    pub fn line(&mut self, line: fmt::Arguments<'_>) {
        let written = writeln!(self.0, "{line}");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }

    /// Adds a line with a label.
    pub fn field(&mut self, label: &str, value: fmt::Arguments<'_>) {
        self.line(format_args!("{label:<11}{value}"));
    }

    /// Adds a line about the runtime file, if there has to be one.
    pub fn runtime(&mut self, runtime: &Runtime) {
        match runtime {
            Runtime::Inside => {}
            Runtime::File(path) => self.field("runtime in", format_args!("{}", path.display())),
            Runtime::Missing(why) => self.field("runtime in", format_args!("no file: {why}")),
        }
    }

    /// Adds a line for each difference in a cache, or one line if there is none.
    pub fn findings(&mut self, root: &Root, findings: &[Finding]) {
        if findings.is_empty() {
            self.line(format_args!("{}: as it was packed", root.path().display()));
        }
        for finding in findings {
            let tree = root.path().join(&finding.tree);
            for difference in &finding.differences {
                let path = if difference.path.is_empty() { "the tree" } else { &difference.path };
                let (tree, what) = (tree.display(), &finding.what);
                self.line(format_args!("{tree} ({what}): {path}: {}", difference.what));
            }
        }
    }
}

/// Writes to standard output.
pub fn print(bytes: impl AsRef<[u8]>) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(bytes.as_ref()).and_then(|()| out.flush()).map_err(Error::Output)
}

/// Turns an error of a command that works in a cache into one that names the cache.
pub fn in_cache(root: &Root) -> impl Fn(io::Error) -> Error {
    let path = root.path().to_owned();
    move |source| Error::Cache { path: path.clone(), source }
}
