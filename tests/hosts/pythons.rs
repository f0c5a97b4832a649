//! Interpreters that a variable names, as `--python` takes them, separated by colons: newer ones than
//! this machine has, those of unpacked systems, free-threaded ones. `ci/newest-pythons` gets some.

use snakecrate_base::skip;

use crate::launcher::fast_start::{COLLECTOR, COMPARE};
use crate::support::sandbox::Sandbox;

const NAMED: &str = "SNAKECRATE_TEST_PYTHONS";

/// What an application sees of its interpreter.
const LOOK: &str = r#"
import multiprocessing, subprocess, sys, sysconfig
from concurrent.futures import ThreadPoolExecutor
def square(x): return x * x
if __name__ == '__main__':
    name = 'python%d.%d' % sys.version_info[:2] + sys.abiflags
    assert sysconfig.get_path('purelib') == f'{sys.prefix}/lib/{name}/site-packages'
    ask = [f'{sys.prefix}/bin/{name}', '-c', 'import sys, json; print(sys.prefix)']
    child = subprocess.run(ask, capture_output=True, text=True)
    assert child.stdout == sys.prefix + '\n', child
    is_free = bool(sysconfig.get_config_var('Py_GIL_DISABLED'))
    assert getattr(sys, '_is_gil_enabled', lambda: True)() is not is_free
    if sys.version_info >= (3, 14):
        import annotationlib, compression.zstd, string.templatelib
        assert compression.zstd.decompress(compression.zstd.compress(b'z')) == b'z'
        assert eval("t'a{1}'").values == (1,)
    if sys.version_info >= (3, 15):
        exec('lazy import colorsys')
        assert 'colorsys' not in sys.modules and sys.flags.utf8_mode == 1
    with ThreadPoolExecutor(2) as pool:
        print(sum(pool.map(square, range(4))), end=' ')
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        print(pool.map(square, [3]))
"#;

/// Calls `check` with each of the interpreters.
fn each(check: impl Fn(&str)) {
    let named = std::env::var(NAMED).unwrap_or_default();
    if named.is_empty() {
        skip!("{NAMED} names no interpreters");
    }
    named.split(':').for_each(check);
}

#[test]
fn named_interpreters_are_whole_in_an_archive() {
    each(|python| {
        let sandbox = Sandbox::new().file("look.py", LOOK);
        sandbox.build(["look.py", "-o", "app", "--python", python]).expect(0, "", "");
        for _ in 0..2 {
            sandbox.archive("app").expect(0, "14 [9]\n", "");
        }
        sandbox.build(["look.py", "-o", "again", "--python", python]).expect(0, "", "");
        assert!(
            std::fs::read(sandbox.path("app")).unwrap()
                == std::fs::read(sandbox.path("again")).unwrap()
        );
    });
}

#[test]
fn lazy_imports_of_a_script_stay_lazy() {
    let script = "\
lazy import colorsys
lazy from email.message import Message
import sys
print([name in sys.modules for name in ('colorsys', 'email.message')], colorsys.rgb_to_hls(0, 0, 0))
";
    each(|python| {
        if python.contains("3.15") {
            let sandbox = Sandbox::new().file("lazy.py", script);
            sandbox.build(["lazy.py", "-o", "app", "--python", python]).expect(0, "", "");
            sandbox.archive("app").expect(0, "[False, False] (0.0, 0.0, 0.0)\n", "");
        }
    });
}

#[test]
fn named_interpreters_start_fast_and_unnoticed() {
    each(|python| {
        let sandbox = Sandbox::new()
            .bare_project("compare", "[project.scripts]\ncompare = 'compare:main'\n")
            .file("compare/compare.py", COMPARE)
            .file("compare/helper/__init__.py", "")
            .file("compare/helper/inner.py", "X = 1\n")
            .bare_project("collect", "[project.scripts]\ncollect = 'collect:main'\n")
            .file("collect/collect.py", COLLECTOR);
        sandbox.build(["compare", "-o", "app", "--python", python]).expect(0, "", "");
        let finders = "['BuiltinImporter', 'FrozenImporter', 'PathFinder']";
        sandbox.archive("app").expect(0, &format!("fast {finders}\n"), "");
        sandbox.build(["collect", "-o", "gc", "--python", python]).expect(0, "", "");
        sandbox.archive("gc").expect(0, "True True True True True\n", "");
    });
}

/// With Python 3.15, the fast start's own import was lazy, too, and a start failed.
#[test]
fn the_key_for_lazy_imports_broke_starts_of_python_3_15() {
    let module =
        "import late\ndef main():\n    import sys\n    print(late.NAME, 'gc' in sys.modules)\n";
    each(|python| {
        let sandbox = Sandbox::new()
            .bare_project("lazily", "[project.scripts]\nlazily = 'lazily:main'\n")
            .file("lazily/lazily.py", module)
            .file("lazily/late.py", "NAME = __name__\n");
        let options = ["lazily", "-o", "app", "--lazy-imports", "--python", python];
        sandbox.build(options).expect(0, "", "");
        sandbox.archive("app").expect(0, "late False\n", "");
    });
}
