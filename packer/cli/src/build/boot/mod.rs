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
//!
//! Where the entry point cannot be imported, `repair.py` looks whether the cache is to blame.

use snakecrate_format::entry_path::EntryPath;

use crate::source::APP;
use snakecrate_base::tree::{Mode, Tree};

/// The fast start, beside the boot scripts; its name is none that an entry can have.
pub const START: &str = "boot/lib/start.py";
const START_SOURCE: &str = include_str!("start.py");

/// How many places of `sys.path` are the boot script's directory.
const OWN: &str = "not (sys.flags.isolated or getattr(sys.flags, \"safe_path\", False))";

/// What is done when an entry point cannot be imported, beside it.
const REPAIR: &str = "boot/lib/repair.py";
const REPAIR_SOURCE: &str = include_str!("repair.py");

/// Defines `_variables()`, which gives the loader's variables the names back that the launcher took
/// from them, and takes away what [`REPAIR`] told the launcher. Those that mislead Python do not come
/// back: isolated children, such as workers of `multiprocessing`, would believe them, too.
const VARIABLES: &str = "\
def _variables():
    from posix import environ, putenv, unsetenv
    for name in list(environ):
        if name[:11] == b\"SNAKECRATE_\" and name[11:].startswith(
            (b\"LD_\", b\"PYTHONEXECUTABLE\", b\"__PYVENV_LAUNCHER__\", b\"REPAIRED\")
        ):
            value = environ.pop(name)
            unsetenv(name)
            if name[11:14] == b\"LD_\":
                environ[name[11:]] = value
                putenv(name[11:], value)
";

/// Puts what boot scripts share into the application's tree: the fast start only where they are
/// `fast`.
pub fn insert_shared(tree: &mut Tree, fast: bool) {
    let start = fast.then_some((START, START_SOURCE));
    for (path, source) in start.into_iter().chain([(REPAIR, REPAIR_SOURCE)]) {
        if let Ok(path) = EntryPath::new(path) {
            tree.insert_file(path, Mode::Plain, source.as_bytes().to_vec());
        }
    }
}

/// Python code for where an error is handled, indented by `depth` blocks: looks for damage and goes
/// on with the error as it is. It is to leave no names, as it may stand in a script's own.
fn repair(depth: usize) -> String {
    let space = "    ".repeat(depth);
    format!(
        "{space}try: exec(__import__(\"_frozen_importlib_external\").SourceFileLoader(\
             \"snakecrate_repair\", __import__(\"sys\").prefix + \"/{REPAIR}\")\
             .get_code(\"snakecrate_repair\"), {{\"__name__\": \"snakecrate_repair\"}})\n\
         {space}except Exception: pass\n\
         {space}raise\n"
    )
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
    let (define, import, defined) = if fast {
        (fast_context(), format!("with _fast(__file__):\n            {import}"), "_fast, ")
    } else {
        (String::new(), import, "")
    };
    let repair = repair(2);
    format!(
        "import sys\n\
         {VARIABLES}\
         {define}\
         if __name__ == \"__main__\":\n    \
             del sys.argv[0]\n    \
             if {OWN}:\n        \
                 sys.path[0] = \"\"\n    \
             _variables()\n    \
             try:\n        \
                 {import}\n    \
             except Exception:\n\
                 {repair}    \
             del {defined}_variables\n    \
             sys.exit({attr}())\n"
    )
}

/// Runs `module` as `python -m` does.
pub fn module(module: &str) -> String {
    let repair = repair(2);
    format!(
        "import sys\n\
         {VARIABLES}\
         if __name__ == \"__main__\":\n    \
             _variables()\n    \
             del sys.argv[0], _variables\n    \
             if {OWN}:\n        \
                 sys.path[0] = \"\"\n    \
             try:\n        \
                 import runpy\n        \
                 runpy._run_module_as_main({module:?}, alter_argv=False)\n    \
             except Exception:\n\
                 {repair}    \
             except SystemExit:\n        \
                 # That of runpy itself: there is no such module.\n        \
                 if __import__(\"sys\").exc_info()[2].tb_next.tb_next: raise\n\
                 {repair}"
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
    let repair = repair(1);
    format!(
        "{VARIABLES}\
         {define}\
         def _start():\n    \
             import os, sys\n    \
             _variables()\n    \
             from importlib.machinery import SourceFileLoader\n    \
             del sys.argv[0]\n    \
             boot = os.path.abspath(__file__)\n    \
             path = os.path.join(os.path.dirname(os.path.dirname(boot)), {path:?})\n    \
             {search}\n    \
             loader = SourceFileLoader(\"__main__\", path)\n    \
             globals().update(__file__=path, __loader__=loader)\n    \
             del globals()[\"_start\"], globals()[\"_variables\"]\n    \
             {import}\
             return {code}\n\
         try: exec(_start())\n\
         except Exception:\n\
         {repair}",
        path = path.as_str(),
    )
}
