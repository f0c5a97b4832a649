//! Boot scripts: what the interpreter of an archive runs first.
//!
//! The launcher executes `python3 OPTIONS boot/NAME.py ARGV0 ARGS…`. A boot script makes `ARGV0`
//! the `sys.argv[0]` and starts the entry as `__main__`, such that the start methods of
//! `multiprocessing` that import the main module again find it.
//!
//! An interpreter that is not isolated puts the boot script's directory first on its search path,
//! where `black.py` starts `black` and must not be what `import black` finds.
//!
//! The *fast start* is in `start.py`: while the entry point is imported, the garbage collector
//! waits, and modules of the cache are found with less ado.

mod leading;

use snakecrate_stub::entry_path::EntryPath;

use crate::source::APP;
use crate::tree::{Mode, Tree};
pub use leading::leading_imports;

/// The fast start, beside the boot scripts; its name is none that an entry can have.
pub const START: &str = "boot/lib/start.py";
const START_SOURCE: &str = include_str!("start.py");

/// How many places of `sys.path` are the boot script's directory.
const OWN: &str = "not (sys.flags.isolated or getattr(sys.flags, \"safe_path\", False))";

/// Puts the fast start into the application's tree.
pub fn insert_start(tree: &mut Tree) {
    if let Ok(path) = EntryPath::new(START) {
        tree.insert_file(path, Mode::Plain, START_SOURCE.as_bytes().to_vec());
    }
}

/// Defines `_fast()`, the context in which an entry point is imported.
fn fast_context() -> String {
    let place = START.strip_prefix("boot").unwrap_or(START);
    format!(
        "def _fast(path):\n    \
             from _frozen_importlib_external import SourceFileLoader\n    \
             name, path = \"snakecrate_start\", path.rpartition(\"/\")[0] + {place:?}\n    \
             scope = {{\"__name__\": name}}\n    \
             exec(SourceFileLoader(name, path).get_code(name), scope)\n    \
             return scope[\"Start\"]()\n"
    )
}

/// Calls `module:attr`, as the console script of an installer does.
pub fn call(module: &str, attr: &str, fast: bool) -> String {
    let import = attr.split('.').next().unwrap_or(attr);
    let import = format!("from {module} import {import}");
    let (define, import) = if fast {
        (fast_context(), format!("with _fast(__file__):\n        {import}\n    del _fast"))
    } else {
        (String::new(), import)
    };
    format!(
        "import sys\n\
         {define}\
         if __name__ == \"__main__\":\n    \
             del sys.argv[0]\n    \
             if {OWN}:\n        \
                 sys.path[0] = \"\"\n    \
             {import}\n    \
             sys.exit({attr}())\n"
    )
}

/// Runs `module` as `python -m` does.
pub fn module(module: &str) -> String {
    format!(
        "import sys\n\
         if __name__ == \"__main__\":\n    \
             import runpy\n    \
             del sys.argv[0]\n    \
             if {OWN}:\n        \
                 sys.path[0] = \"\"\n    \
             runpy._run_module_as_main({module:?}, alter_argv=False)\n"
    )
}

/// Runs the file at `path` in the environment as `python FILE` does; its bytecode, if it is there,
/// is used. The directory of a script source, which holds the modules beside it, is searched first.
///
/// `fast` has the imports that the file begins with: they are made before it runs.
pub fn file(path: &EntryPath, fast: Option<&str>) -> String {
    let code = if path.extension() == "py" {
        "loader.get_code(\"__main__\")"
    } else {
        "loader.source_to_code(loader.get_data(path), path)"
    };
    let search = if path.parent() == Some(APP) {
        format!("sys.path[:{OWN}] = [os.path.dirname(path)]")
    } else {
        format!("sys.path[:{OWN}] = []")
    };
    let (define, import) = match fast {
        Some(imports) if !imports.is_empty() => (
            fast_context(),
            // What cannot be imported is told of when the file itself imports it.
            format!(
                "try:\n        \
                     with _fast(boot): exec({imports:?}, {{\"__name__\": \"__main__\"}})\n    \
                 except Exception: pass\n    \
                 del globals()[\"_fast\"]\n    "
            ),
        ),
        _ => (String::new(), String::new()),
    };
    format!(
        "{define}\
         def _start():\n    \
             import os, sys\n    \
             from importlib.machinery import SourceFileLoader\n    \
             del sys.argv[0]\n    \
             boot = os.path.abspath(__file__)\n    \
             path = os.path.join(os.path.dirname(os.path.dirname(boot)), {path:?})\n    \
             {search}\n    \
             loader = SourceFileLoader(\"__main__\", path)\n    \
             globals().update(__file__=path, __loader__=loader)\n    \
             del globals()[\"_start\"]\n    \
             {import}\
             return {code}\n\
         exec(_start())\n",
        path = path.as_str(),
    )
}
