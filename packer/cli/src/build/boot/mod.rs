//! Boot scripts: the code that the interpreter of an archive runs first.
//!
//! The launcher executes `python3 OPTIONS boot/NAME.py ARGV0 ARGS…`, or the script's bytecode in its
//! place. A boot script makes `ARGV0` the `sys.argv[0]` and starts the entry as `__main__`, so that start
//! methods of `multiprocessing` that import the main module again find it.
//!
//! The scripts are the files beside this one, with placeholders. `call.py`, `module.py` and `file.py`
//! start an entry, `native.py` executes a program that isn't Python; these include the others:
//!
//! - `variables.py` restores the loader's variables, whose names the launcher had changed. It removes
//!   the variables that the launcher and [`REPAIR`] leave for each other. Variables that mislead
//!   Python are not restored: isolated children, such as workers of `multiprocessing`, would obey
//!   them.
//! - `source.py` gives a script that runs from its bytecode the names that it has as a file.
//! - `fast.py` loads [`START`], the *fast start*: while the entry point is imported, the garbage
//!   collector waits, and modules of the cache are found faster. `early.py` makes the imports that a
//!   script begins with before the script runs, and `early_module.py` that of a module's package; the script or
//!   the module reports those that fail. `freeze.py` leaves the objects of a started interpreter out of
//!   later garbage collections, where nothing is imported.
//! - `run_before.py` runs [`BEFORE`] where an entry has arguments, variables or a working directory of
//!   its own; for Django it runs [`WRITABLE`].
//! - `call_repair.py` runs [`REPAIR`] when an entry point cannot be imported, to check whether the
//!   cache is damaged, and raises the error again. It leaves no names behind, as it may stand in the
//!   namespace of a script.

mod before;
mod template;

use snakecrate_format::entry_path::EntryPath;

use crate::source::APP;
pub use before::Before;
use snakecrate_base::tree::{Mode, Tree};
use template::{fill, literal};

/// The fast start, beside the boot scripts. No entry can have this name.
pub const START: &str = "boot/lib/start.py";
/// The search for damage, beside it.
const REPAIR: &str = "boot/lib/repair.py";

/// The number of places that the boot script's directory has in `sys.path`, as Python code: an
/// interpreter that is not isolated puts it first, where `black.py` starts `black` and must not be
/// found by `import black`.
const OWN: &str = "not (sys.flags.isolated or getattr(sys.flags, \"safe_path\", False))";

/// The script of the first-run hook. Scripts of entries end in `.py`, so none has this name.
pub const FIRST_RUN: &str = "boot/first-run";

/// The preparation of the process for an entry, beside it.
const BEFORE: &str = "boot/lib/before.py";
/// The places where Django writes, beside it.
const WRITABLE: &str = "boot/lib/writable.py";

/// Makes modules of the application's directory importable in every interpreter of the environment,
/// as a line in a file of this name in `site-packages`.
pub const PATH_FILE: &str = "snakecrate-app.pth";

const VARIABLES: &str = include_str!("variables.py");

/// Defines `_source()` for the boot script of the entry `name`.
fn source(name: &str) -> String {
    fill(include_str!("source.py"), &[("NAME", &literal(&format!("/{name}.py")))])
}

/// How the boot script of an entry imports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imports {
    /// As plain Python does.
    Plain,
    /// With the fast start.
    Fast,
    /// With the fast start, which loads modules when they are used first.
    Lazy,
}

/// Adds the files that boot scripts share to the application's tree; the fast start only if scripts
/// use it, and the preparation only where there is any.
pub fn insert_shared(tree: &mut Tree, imports: Imports, before: &Before) {
    let is_fast = imports != Imports::Plain;
    let start = is_fast.then_some((START, include_str!("start.py")));
    let prepare = (!before.is_nothing()).then_some((BEFORE, include_str!("before.py")));
    let writable = before.django.as_ref().map(|_| (WRITABLE, include_str!("writable.py")));
    let repair = (REPAIR, include_str!("repair.py"));
    for (path, source) in [start, prepare, writable, Some(repair)].into_iter().flatten() {
        if let Ok(path) = EntryPath::new(path) {
            tree.insert_file(path, Mode::Plain, source.as_bytes().to_vec());
        }
    }
}

/// Calls `module:attr`, as an installer's console script does.
pub fn call(name: &str, module: &str, attr: &str, imports: Imports, before: &Before) -> String {
    let import = format!("from {module} import {}", attr.split('.').next().unwrap_or(attr));
    let (define, import, defined) = if imports == Imports::Plain {
        (String::new(), import, "_source, _variables")
    } else {
        let import = format!("with _fast(__file__):\n    {import}");
        (fast_context(imports), import, "_fast, _source, _variables")
    };
    fill(
        include_str!("call.py"),
        &[
            ("VARIABLES", VARIABLES),
            ("SOURCE", &source(name)),
            ("FAST", &define),
            ("OWN", OWN),
            ("BEFORE", &run_before(before)),
            ("IMPORT", &import),
            ("REPAIR", &call_repair()),
            ("DEFINED", defined),
            ("ATTR", attr),
        ],
    )
}

/// Runs `module` as `python -m` does.
pub fn module(name: &str, module: &str, imports: Imports, before: &Before) -> String {
    let package = module.rsplit_once('.').map_or("", |(package, _)| package);
    let (define, early) = if imports == Imports::Plain {
        (String::new(), String::new())
    } else {
        let values = [("PARENT", &*literal(package)), ("MODULE", &*literal(module))];
        (fast_context(imports), fill(include_str!("early_module.py"), &values))
    };
    fill(
        include_str!("module.py"),
        &[
            ("VARIABLES", VARIABLES),
            ("SOURCE", &source(name)),
            ("FAST", &define),
            ("OWN", OWN),
            ("BEFORE", &run_before(before)),
            ("EARLY", &early),
            ("MODULE", &literal(module)),
            ("REPAIR", &call_repair()),
        ],
    )
}

/// Runs the file at `path` in the environment as `python FILE` does, with its bytecode if there is
/// any. The directory of a script source, which holds the modules beside it, is searched first.
///
/// `leading` is the code of the imports that the file begins with, if it is known; they are made before it runs.
pub fn file(
    name: &str,
    path: &EntryPath,
    imports: Imports,
    leading: Option<&str>,
    before: &Before,
) -> String {
    let code = if path.extension() == "py" {
        "loader.get_code(\"__main__\")"
    } else {
        "loader.source_to_code(loader.get_data(path), path)"
    };
    let search = if path.parent() == Some(APP) { "[home + \"/app\"]" } else { "[]" };
    let (define, early) = match leading.filter(|_| imports != Imports::Plain) {
        Some(leading) if !leading.is_empty() => {
            let early = fill(include_str!("early.py"), &[("IMPORTS", &literal(leading))]);
            (fast_context(imports), early)
        }
        Some(_) => (String::new(), include_str!("freeze.py").to_owned()),
        None => (String::new(), String::new()),
    };
    fill(
        include_str!("file.py"),
        &[
            ("VARIABLES", VARIABLES),
            ("SOURCE", &source(name)),
            ("FAST", &define),
            ("PATH", &literal(path.as_str())),
            ("OWN", OWN),
            ("SEARCH", search),
            ("BEFORE", &run_before(before)),
            ("EARLY", &early),
            ("CODE", code),
            ("REPAIR", &call_repair()),
        ],
    )
}

/// Executes the file at `path` in the environment, which isn't Python.
pub fn native(path: &EntryPath, before: &Before) -> String {
    fill(
        include_str!("native.py"),
        &[
            ("VARIABLES", VARIABLES),
            ("BEFORE", &run_before(before)),
            ("PATH", &literal(path.as_str())),
        ],
    )
}

/// Runs [`BEFORE`], if there is anything to prepare. It leaves no names behind.
fn run_before(before: &Before) -> String {
    if before.is_nothing() {
        return String::new();
    }
    let script = literal(&format!("/{BEFORE}"));
    fill(include_str!("run_before.py"), &[("SCRIPT", &script), ("PLAN", &before.plan())])
}

/// Defines `_fast()`, the context in which an entry point is imported.
fn fast_context(imports: Imports) -> String {
    let place = START.strip_prefix("boot").unwrap_or(START);
    let lazy = if imports == Imports::Lazy { "True" } else { "False" };
    fill(include_str!("fast.py"), &[("START", &literal(place)), ("LAZY", lazy)])
}

/// Code for an `except` clause.
fn call_repair() -> String {
    fill(include_str!("call_repair.py"), &[("SCRIPT", &literal(REPAIR))])
}
