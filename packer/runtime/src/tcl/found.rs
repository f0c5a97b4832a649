//! The scripts of Tcl and Tk of an interpreter that isn't run.

use std::fs;
use std::path::{Path, PathBuf};

use snakecrate_base::python::Interpreter;

use super::Tcl;
use crate::libraries::{self, Host};
use crate::root::Root;

/// The directories in which distributions keep the scripts: Debian, Fedora, Arch.
const PLACES: [&str; 4] = ["/usr/share/tcltk", "/usr/share", "/usr/lib64", "/usr/lib"];

/// The scripts that the interpreter's `_tkinter` needs; `None` if it has no `_tkinter` that
/// can be imported, or they are missing.
pub(super) fn tcl(interpreter: &Interpreter) -> Option<Tcl> {
    let root = Root::new(&interpreter.root);
    root.has_file(&interpreter.stdlib.join("tkinter/__init__.py")).then_some(())?;
    let mut places = vec![interpreter.prefix.join("lib")];
    if !root.is_own() {
        places.extend(PLACES.iter().map(|place| root.place(place)));
    }
    let version = match module(interpreter, &root) {
        Some(file) => {
            let system = Host::of(interpreter);
            let closure = libraries::closure(&file, &[], &system).ok()?;
            // Such a module cannot be imported.
            closure.missing.is_empty().then_some(())?;
            closure.libraries.keys().find_map(|name| version(name))
        }
        None => None,
    };
    let exists = |place: &PathBuf, name: &str| root.has_file(&place.join(name).join("init.tcl"));
    // Without a library, Tcl is linked into the module or the interpreter.
    let scripts = match version {
        Some(version) => format!("tcl{version}"),
        None => places.iter().find_map(|place| {
            let names = names(place);
            names.into_iter().find(|name| is_versioned(name) && exists(place, name))
        })?,
    };
    let Some(place) = places.iter().find(|place| exists(place, &scripts)) else {
        return scripts.starts_with("tcl9").then(Tcl::in_one_file);
    };
    let number = scripts.trim_start_matches("tcl");
    let (tk, modules) = (format!("tk{number}"), format!("tcl{}", number.split('.').next()?));
    let tk_place = places.iter().find(|place| root.has_file(&place.join(&tk).join("tk.tcl")));
    let directories = vec![
        (place.join(&scripts), scripts.clone()),
        (tk_place.unwrap_or(place).join(&tk), tk.clone()),
        (place.join(&modules), modules),
    ];
    Some(Tcl { directories, scripts, tk })
}

/// The file of `_tkinter`, unless it is built in.
fn module(interpreter: &Interpreter, root: &Root) -> Option<PathBuf> {
    let is_module = |name: &String| {
        name.starts_with("_tkinter.") && Path::new(name).extension().is_some_and(|end| end == "so")
    };
    let name = names(&interpreter.dynload).into_iter().find(is_module)?;
    root.resolve(&interpreter.dynload.join(name)).ok()
}

/// `8.6` of `libtcl8.6.so.0` and `libtcl8.6.so`.
fn version(library: &str) -> Option<String> {
    let rest = library.strip_prefix("libtcl")?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let version = rest[..end].trim_end_matches('.');
    version.contains('.').then(|| version.to_owned())
}

/// Whether this is the name of Tcl's scripts: `tcl8.6`.
fn is_versioned(name: &str) -> bool {
    let version = name.strip_prefix("tcl").and_then(|version| version.split_once('.'));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    version.is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

/// The names in a directory, sorted; empty if it cannot be read.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{forged, interpreter};
    use snakecrate_format::target::AARCH64_LINUX;

    #[test]
    fn the_scripts_are_found_without_running_tcl() {
        assert_eq!(version("libtcl8.6.so.0").unwrap(), "8.6");
        assert_eq!(version("libtcl9.0.so").unwrap(), "9.0");
        assert_eq!(version("libtclstub.so"), None);
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        let (own, prefix) = (interpreter(), root.join("usr"));
        forged(&prefix, &AARCH64_LINUX, &own);
        let stdlib = prefix.join(own.lib());
        let python = |root: &Path| Interpreter {
            root: root.to_owned(),
            prefix: prefix.clone(),
            dynload: stdlib.join("lib-dynload"),
            stdlib: stdlib.clone(),
            target: &AARCH64_LINUX,
            executable: prefix.join(own.program()),
            ..own.clone()
        };
        let write = |path: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        write("usr/share/tcltk/tcl8.6/init.tcl");
        write("usr/share/tcltk/tk8.6/tk.tcl");
        assert!(Tcl::of(&python(&root)).is_none(), "there is no tkinter");
        write(&format!("usr/{}/tkinter/__init__.py", own.lib()));
        let found = Tcl::of(&python(&root)).unwrap();
        let names: Vec<_> = found.data().map(|(_, to)| to).collect();
        assert_eq!(names, ["lib/tcl8.6", "lib/tk8.6", "lib/tcl8"]);
        assert_eq!(found.data().next().unwrap().0, root.join("usr/share/tcltk/tcl8.6"));
        // A standalone Python does not use this machine's.
        assert!(Tcl::of(&python(Path::new("/"))).is_none());
        write("usr/lib/tcl8.6/init.tcl");
        let found = Tcl::of(&python(Path::new("/"))).unwrap();
        assert_eq!(found.data().next().unwrap().0, prefix.join("lib/tcl8.6"));
    }
}
