//! The scripts of Tcl and Tk, which `tkinter` needs to start.

mod found;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use snakecrate_format::entry_path::EntryPath;

use crate::error::Error;
use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::{Mode, Tree};

/// Asks Tcl for the directory of its scripts; Tk's, and the modules for all versions, are beside it.
const ASK: &str = "import tkinter
print(tkinter.Tcl().eval('info library'), tkinter.TclVersion, tkinter.TkVersion, sep='\\n')";

/// A module that `tkinter` imports, with placeholders for the names of the directories.
const OWN_TCL: &str = include_str!("own_tcl.py");
/// The statement of `tkinter/__init__.py` that starts Tcl, at the beginning of a line.
const IMPORT: &str = "\nimport _tkinter";

/// Tcl and Tk of the build machine.
#[derive(Debug)]
pub struct Tcl {
    /// Directories of scripts, with their names in the tree's `lib`.
    directories: Vec<(PathBuf, String)>,
    /// `tcl8.6`
    scripts: String,
    /// `tk8.6`
    tk: String,
}

impl Tcl {
    /// Asks the interpreter, or searches its system if this machine doesn't run it; `None` if its
    /// `tkinter` doesn't work.
    pub fn of(interpreter: &Interpreter) -> Option<Self> {
        if interpreter.runs_here() { Self::asked(interpreter) } else { found::tcl(interpreter) }
    }

    fn asked(interpreter: &Interpreter) -> Option<Self> {
        let mut command = Command::new(&interpreter.executable);
        command.args(["-I", "-B", "-c", ASK]).stdin(Stdio::null());
        let output = command.output().ok().filter(|output| output.status.success())?;
        let answer = String::from_utf8(output.stdout).ok()?;
        let [library, tcl_version, tk_version] = answer.lines().collect::<Vec<_>>()[..] else {
            return None;
        };
        let library = Path::new(library);
        if !library.is_dir() {
            return Some(Self::in_one_file());
        }
        let beside = library.parent()?;
        let (tcl, tk) = (format!("tcl{tcl_version}"), format!("tk{tk_version}"));
        let modules = format!("tcl{}", tcl_version.split('.').next()?);
        let directories = vec![
            (library.to_owned(), tcl.clone()),
            (beside.join(&tk), tk.clone()),
            (beside.join(&modules), modules),
        ];
        Some(Self { directories, scripts: tcl, tk })
    }

    /// Tcl 9, whose library contains its scripts.
    fn in_one_file() -> Self {
        Self { directories: Vec::new(), scripts: String::new(), tk: String::new() }
    }

    /// The directories to copy, with their paths in the tree.
    pub fn data(&self) -> impl Iterator<Item = (&Path, String)> {
        self.directories.iter().map(|(from, name)| (from.as_path(), format!("lib/{name}")))
    }

    /// Makes the tree's `tkinter`, in the standard library at `stdlib`, use the tree's Tcl.
    pub fn settle(&self, tree: &mut Tree, stdlib: &str, original: &Path) -> Result<(), Error> {
        if self.directories.is_empty() {
            return Ok(());
        }
        if tree.get(&EntryPath::new(&format!("{stdlib}/tkinter/__init__.py"))?).is_none() {
            return Ok(());
        }
        let init = original.join("tkinter/__init__.py");
        let text = fs::read_to_string(&init)
            .map_err(|source| Error::Read { path: init.clone(), source })?;
        // On the existing line, so that line numbers in tracebacks stay right.
        let text =
            text.replacen(IMPORT, &format!("\nimport tkinter._own_tcl; {}", &IMPORT[1..]), 1);
        let own = OWN_TCL.replace("@TCL@", &self.scripts).replace("@TK@", &self.tk);
        for (name, content) in [("__init__", text), ("_own_tcl", own)] {
            let path = EntryPath::new(&format!("{stdlib}/tkinter/{name}.py"))?;
            tree.insert_file(path, Mode::Plain, content.into_bytes());
        }
        Ok(())
    }
}
