//! Boot scripts: what the interpreter of an archive runs first.
//!
//! The launcher executes `python3 OPTIONS boot/NAME.py ARGV0 ARGS…`. A boot script makes `ARGV0`
//! the `sys.argv[0]` and starts the entry as `__main__`, such that the start methods of
//! `multiprocessing` that import the main module again find it.
//!
//! An interpreter that is not isolated puts the boot script's directory first on its search path,
//! where `black.py` starts `black` and must not be what `import black` finds.

use snakecrate_stub::entry_path::EntryPath;

use crate::source::APP;

/// How many places of `sys.path` are the boot script's directory.
const OWN: &str = "not (sys.flags.isolated or getattr(sys.flags, \"safe_path\", False))";

/// Calls `module:attr`, as the console script of an installer does.
pub fn call(module: &str, attr: &str) -> String {
    let import = attr.split('.').next().unwrap_or(attr);
    format!(
        "import sys\n\
         if __name__ == \"__main__\":\n    \
             del sys.argv[0]\n    \
             if {OWN}:\n        \
                 sys.path[0] = \"\"\n    \
             from {module} import {import}\n    \
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
pub fn file(path: &EntryPath) -> String {
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
    format!(
        "def _start():\n    \
             import os, sys\n    \
             from importlib.machinery import SourceFileLoader\n    \
             del sys.argv[0]\n    \
             home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\n    \
             path = os.path.join(home, {path:?})\n    \
             {search}\n    \
             loader = SourceFileLoader(\"__main__\", path)\n    \
             globals().update(__file__=path, __loader__=loader)\n    \
             del globals()[\"_start\"]\n    \
             return {code}\n\
         exec(_start())\n",
        path = path.as_str(),
    )
}
