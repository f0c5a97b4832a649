//! The fast start of entry points: the application notices nothing but the speed.

use crate::support::sandbox::Sandbox;

/// Compares every imported module with what `PathFinder` finds.
pub const COMPARE: &str = "
import asyncio, concurrent.futures, decimal, email.mime.text, json, sqlite3, xml.etree.ElementTree
import helper.inner
def main():
    import sys
    from importlib.machinery import PathFinder, SourceFileLoader
    facts = lambda spec: (
        spec.name, spec.origin, spec.cached, spec.parent, spec.has_location, spec.loader.name,
        spec.loader.path, spec.loader_state, spec.submodule_search_locations,
    )
    fast = 0
    for name, module in sorted(sys.modules.items()):
        spec = getattr(module, '__spec__', None)
        if not isinstance(getattr(spec, 'loader', None), SourceFileLoader):
            continue
        parent = name.rpartition('.')[0]
        path = sys.modules[parent].__path__ if parent else None
        ordinary = PathFinder.find_spec(spec.name, path)
        if name not in ('__main__', 'compare'):
            assert facts(spec) == facts(ordinary), (facts(spec), facts(ordinary))
            # 3.15 sets no __cached__.
            cached = getattr(module, '__cached__', spec.cached)
            assert (module.__file__, cached) == (spec.origin, spec.cached)
            code = spec.loader.get_code(spec.name)
            assert code == ordinary.loader.get_code(spec.name), name
            assert code.co_filename == spec.origin, (code.co_filename, spec.origin)
            assert spec.loader.get_source(name) == ordinary.loader.get_source(name), name
        fast += type(spec.loader) is not SourceFileLoader
    print('fast' if fast > 100 else f'only {fast}', [f.__name__ for f in sys.meta_path])
";

#[test]
fn fast_start_modules_equal_imported_modules() {
    let sandbox = Sandbox::new()
        .bare_project("compare", "[project.scripts]\ncompare = 'compare:main'\n")
        .file("compare/compare.py", COMPARE)
        .file("compare/helper/__init__.py", "")
        .file("compare/helper/inner.py", "X = 1\n");
    sandbox.build(["compare", "-o", "app"]).expect(0, "", "");
    let finders = "['BuiltinImporter', 'FrozenImporter', 'PathFinder']";
    sandbox.archive("app").expect(0, &format!("fast {finders}\n"), "");
    sandbox.build(["compare", "-o", "slow", "--no-fast-start"]).expect(0, "", "");
    sandbox.archive("slow").expect(0, &format!("only 0 {finders}\n"), "");
}

pub const COLLECTOR: &str = "
import gc, sys
during = gc.get_threshold()[0], gc.isenabled()
if 'own' in sys.argv: gc.set_threshold(5, 6, 7)
if 'off' in sys.argv: gc.disable()
if 'never' in sys.argv: gc.set_threshold(0)
def main():
    default = gc.get_threshold() in ((700, 10, 10), (2000, 10, 10), (2000, 10, 0))
    print(during[0] > 10**9, during[1], default or gc.get_threshold(), gc.isenabled(), gc.get_freeze_count() > 0)
";

#[test]
fn the_collector_is_off_while_the_entry_is_imported() {
    let sandbox = Sandbox::new()
        .bare_project("collect", "[project.scripts]\ncollect = 'collect:main'\n")
        .file("collect/collect.py", COLLECTOR);
    sandbox.build(["collect", "-o", "app"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "True True True True True\n", "");
    sandbox.archive("app").arg("off").expect(0, "True True True False True\n", "");
    sandbox.archive("app").arg("own").expect(0, "True True (5, 6, 7) True False\n", "");
    sandbox.archive("app").arg("never").expect(0, "True True (0, 10, 10) True False\n", "");
    sandbox.build(["collect", "-o", "slow", "--no-fast-start"]).expect(0, "", "");
    sandbox.archive("slow").expect(0, "False True True True False\n", "");
}

#[test]
fn leading_imports_of_a_script_run_once_before_it() {
    let script = "\
'''Its text.'''
from __future__ import annotations
import gc, helper
from helper import (  # a name
    X,
)
print(X, gc.get_freeze_count() > 0, __file__.endswith('/app/tool.py'), __doc__, sorted(globals()))
";
    let helper =
        "import __main__\nprint('once', __main__.__file__.endswith('/app/tool.py'))\nX = 1\n";
    let sandbox = Sandbox::new().file("tool.py", script).file("helper.py", helper);
    sandbox.build(["tool.py", "-o", "app"]).expect(0, "", "");
    let names = "['X', '__annotations__', '__builtins__', '__cached__', '__doc__', '__file__', \
                 '__loader__', '__name__', '__package__', '__spec__', 'annotations', 'gc', 'helper']";
    sandbox.archive("app").expect(0, &format!("once True\n1 True True Its text. {names}\n"), "");
}

#[test]
fn a_failing_import_is_reported_unchanged() {
    let sandbox = Sandbox::new()
        .bare_project("broken", "[project.scripts]\nbroken = 'broken:main'\n")
        .file("broken/broken.py", "import no_such_module\n")
        .file("tool.py", "import json, no_such_module\n");
    sandbox.build(["broken", "-o", "app"]).expect(0, "", "");
    sandbox.build(["tool.py", "-o", "tool"]).expect(0, "", "");
    for app in ["app", "tool"] {
        sandbox
            .archive(app)
            .output()
            .code(1)
            .stderr_contains("ModuleNotFoundError: No module named 'no_such_module'\n")
            .done();
    }
}

/// A user's directory that comes first on the path, a path hook, and a namespace package all keep
/// their effect.
#[test]
fn caller_paths_stay_ahead_of_the_cache() {
    let main = "\
import json
import spread.one
import hooked
def main():
    print(json.X, spread.one.X, hooked.X)
";
    let hooked = "\
import sys
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == 'hooked':
            from importlib.util import spec_from_loader
            return spec_from_loader(name, Finder)
    create_module = staticmethod(lambda spec: None)
    exec_module = staticmethod(lambda module: setattr(module, 'X', 'from the hook'))
sys.meta_path.insert(0, Finder)
X = 'ours'
";
    let sandbox = Sandbox::new()
        .bare_project("first", "[project.scripts]\nfirst = 'first:main'\n")
        .file("first/first.py", main)
        .file("first/hooked.py", "X = 'from the cache'\n")
        .file("first/spread/one.py", "X = 'of a namespace'\n")
        .file("users/json.py", hooked);
    sandbox.build(["first", "-o", "app", "--no-isolated"]).expect(0, "", "");
    sandbox.archive("app").env("PYTHONPATH", sandbox.path("users")).expect(
        0,
        "ours of a namespace from the hook\n",
        "",
    );
}

const LAZY: &str = "
import sys
import eager.used, waits, waits.inner
from eager import never
from eager.names import NAME
def loaded(): return [name for name in ('eager.used', 'waits', 'eager.never', 'eager.names')
    if 'X' in object.__getattribute__(sys.modules[name], '__dict__')]
def main():
    print(loaded(), NAME)
    print(eager.used.X, never.X, loaded(), waits.X, loaded() == ['eager.used', 'waits', 'eager.never', 'eager.names'])
    import unknown
";

#[test]
fn lazy_imports_load_modules_when_they_are_used() {
    let module = "X = __name__\nNAME = 'name'\n";
    let sandbox = [
        "eager/__init__",
        "eager/used",
        "eager/never",
        "eager/names",
        "waits/__init__",
        "waits/inner",
    ]
    .iter()
    .fold(Sandbox::new(), |sandbox, name| sandbox.file(&format!("lazy/{name}.py"), module))
    .bare_project("lazy", "[project.scripts]\nlazy = 'lazy:main'\n")
    .file("lazy/lazy.py", LAZY);
    sandbox.build(["lazy", "-o", "app", "--lazy-imports"]).expect(0, "", "");
    // A package is used where a module in it is imported.
    let out = "['waits', 'eager.names'] name\n\
               eager.used eager.never ['eager.used', 'waits', 'eager.never', 'eager.names'] waits True\n";
    let error = "ModuleNotFoundError: No module named 'unknown'";
    sandbox.archive("app").output().code(1).stdout(out).stderr_contains(error).any_stderr().done();
}
