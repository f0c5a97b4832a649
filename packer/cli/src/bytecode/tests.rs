mod foreign;
mod packs;

use super::*;
use crate::build_cache::BuildCache;
use snakecrate_base::ui::Verbosity;
use snakecrate_runtime::discover::{Request, Spec, find};
use std::path::Path;
use std::process::{Command, Stdio};

/// Interpreters to test as well, as `--python` takes them, separated by colons: newer ones than this
/// machine has, free-threaded ones. The suite and `ci/newest-pythons` read it, too.
const NAMED: &str = "SNAKECRATE_TEST_PYTHONS";

/// Every `CPython` of this machine that the format is known of, and those that [`NAMED`] names.
fn interpreters() -> Vec<Interpreter> {
    let mut found = named();
    for minor in 9..=15 {
        let name = format!("python3.{minor}");
        let pyenv = dirs::home_dir().unwrap_or_default().join(".pyenv/versions");
        let pyenv = std::fs::read_dir(pyenv).into_iter().flatten().flatten();
        let mut places: Vec<_> = pyenv.map(|entry| entry.path().join("bin").join(&name)).collect();
        places.extend(
            std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
                .map(|directory| directory.join(&name)),
        );
        found.extend(places.iter().filter(|path| path.is_file()).find_map(|path| ask(path)));
    }
    assert!(!found.is_empty(), "these tests need a Python");
    found
}

/// The interpreters in [`NAMED`]. Those of unpacked systems run by their own loaders.
fn named() -> Vec<Interpreter> {
    let specs = std::env::var(NAMED).unwrap_or_default();
    let cache = std::env::temp_dir().join("snakecrate-test-pythons");
    let find = |spec| {
        let target = snakecrate_base::host::target().unwrap();
        let request = Request {
            spec: Some(Spec::parse(spec).unwrap()),
            ..Request::offline(target, BuildCache::at(&cache).pythons())
        };
        find(&request, ui()).unwrap_or_else(|error| panic!("{NAMED}: {spec}: {error}"))
    };
    specs.split(':').filter(|spec| !spec.is_empty()).map(find).collect()
}

fn ask(executable: &Path) -> Option<Interpreter> {
    snakecrate_runtime::discover::probe::probe(executable, snakecrate_base::host::target()?).ok()
}

fn ui() -> Ui {
    Ui::new(Verbosity::Quiet)
}

fn path(text: &str) -> EntryPath {
    EntryPath::new(text).unwrap()
}

fn pyc(tree: &Tree, text: &str) -> Option<Vec<u8>> {
    match tree.get(&path(text)) {
        Some(Node::File { content, .. }) => Some(content.read().unwrap().to_vec()),
        _ => None,
    }
}

/// The standard library, or the part of it whose names begin with these letters.
fn stdlib(interpreter: &Interpreter, letters: &str) -> Tree {
    let mut tree = Tree::default();
    for entry in walkdir::WalkDir::new(&interpreter.stdlib).into_iter().flatten() {
        let relative = entry.path().strip_prefix(&interpreter.stdlib).unwrap();
        let text = relative.to_str().unwrap();
        if text.is_empty() {
            continue;
        }
        let skip = text.starts_with("site-packages") || text.starts_with("dist-packages");
        let wanted = entry.file_type().is_file() && path(text).extension() == "py" && !skip;
        if wanted && letters.contains(text.chars().next().unwrap()) {
            let path = path(&format!("{}/{text}", interpreter.lib()));
            tree.insert_file(path, Mode::Plain, Content::Disk(entry.path().to_owned()));
        }
    }
    tree
}

fn all(tree: &Tree) -> Vec<(&EntryPath, Vec<u8>)> {
    let bytes = |node: &Node| match node {
        Node::File { content, .. } => content.read().unwrap().to_vec(),
        Node::Link(_) => Vec::new(),
    };
    let compiled = |path: &EntryPath| path.extension() == "pyc";
    tree.iter().filter(|(path, _)| compiled(path)).map(|(path, node)| (path, bytes(node))).collect()
}

#[test]
fn python_loads_the_bytecode_without_the_source() {
    for interpreter in interpreters() {
        let mut tree = Tree::default();
        let source = b"print(__file__, __spec__.cached != None, answer := 6 * 7)\n".to_vec();
        tree.insert_file(path("app/hello.py"), Mode::Plain, source);
        let report =
            compile(&mut tree, &Workers::new(&interpreter), Form::default(), ui()).unwrap();
        assert_eq!(report, Report { compiled: 1, replaced: vec![], refused: vec![] });
        let cached = format!("app/__pycache__/hello.{}.pyc", interpreter.cache_tag);
        let bytes = pyc(&tree, &cached).unwrap();
        assert_eq!(bytes[4..8], [1, 0, 0, 0]);
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("__pycache__")).unwrap();
        // Another source than the one that was compiled: an unchecked .pyc wins all the same.
        std::fs::write(directory.path().join("hello.py"), "print('from source')").unwrap();
        let cached = cached.strip_prefix("app/").unwrap();
        std::fs::write(directory.path().join(cached), bytes).unwrap();
        let output = Command::new(&interpreter.host)
            .args(["-c", "import hello"])
            .current_dir(directory.path())
            .env("PYTHONPATH", directory.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.trim_end().ends_with("hello.py True 42"), "{output:?}");
        assert!(text.starts_with(directory.path().to_str().unwrap()), "{text}");
    }
}

#[test]
fn modules_are_compiled_and_scripts_and_data_are_not() {
    let interpreter = &interpreters()[0];
    let mut tree = Tree::default();
    for name in ["bin/a.py", "lib/b.py", "app/c.d.py", "share/e.py", "lib/f.pyi", "lib/g.txt"] {
        tree.insert_file(path(name), Mode::Plain, b"x = 1\n".to_vec());
    }
    let bad = [("lib/py2.py", "print 'x'\n"), ("lib/nul.py", "\0"), ("lib/utf.py", "x = '\u{fc}'")];
    for (name, source) in bad {
        let bytes: Vec<u8> = source.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        tree.insert_file(path(name), Mode::Plain, bytes);
    }
    let before = tree.len();
    let report = compile(&mut tree, &Workers::new(interpreter), Form::default(), ui()).unwrap();
    let tag = &interpreter.cache_tag;
    assert_eq!(report.compiled, 2);
    assert_eq!(tree.len(), before + 2);
    assert!(pyc(&tree, &format!("lib/__pycache__/b.{tag}.pyc")).is_some());
    assert!(pyc(&tree, &format!("app/__pycache__/c.d.{tag}.pyc")).is_some());
    let names: Vec<_> = report.refused.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(names, ["lib/nul.py", "lib/py2.py", "lib/utf.py"]);
    assert!(report.refused[1].1.starts_with("SyntaxError: "), "{:?}", report.refused[1]);
}

#[test]
fn a_missing_or_different_interpreter_is_named() {
    let interpreter = interpreters().pop().unwrap();
    let gone = Interpreter { host: "/nonexistent/python3".into(), ..interpreter.clone() };
    let mut tree = Tree::default();
    tree.insert_file(path("lib/a.py"), Mode::Plain, b"".to_vec());
    let error = compile(&mut tree, &Workers::new(&gone), Form::default(), ui()).unwrap_err();
    assert!(error.to_string().starts_with("cannot compile with `/nonexistent/python3`"), "{error}");
    let other = Interpreter { magic: "00000d0a".into(), ..interpreter };
    let error = compile(&mut tree, &Workers::new(&other), Form::default(), ui()).unwrap_err();
    assert!(error.to_string().contains("its bytecode is not that"), "{error}");
}

#[test]
fn the_same_source_becomes_the_same_bytes_in_any_company() {
    for interpreter in interpreters() {
        // Some packages first together, then each file by itself, the last one first.
        let mut together = stdlib(&interpreter, "acejx");
        compile(&mut together, &Workers::new(&interpreter), Form::default(), ui()).unwrap();
        let sources = stdlib(&interpreter, "acejx");
        let layout = Layout::of(interpreter.version).unwrap();
        let workers = Workers::new(&interpreter);
        let mut sources: Vec<_> = sources.iter().collect();
        sources.reverse();
        let mut compared = 0;
        for (source, node) in sources {
            let Node::File { content, .. } = node else { panic!() };
            let Answer::Done(code) =
                workers.compile(source.as_str(), &content.read().unwrap(), 0).unwrap()
            else {
                continue;
            };
            let stem = source.file_name().strip_suffix(".py").unwrap();
            let cached = format!(
                "{}/__pycache__/{stem}.{}.pyc",
                source.parent().unwrap(),
                interpreter.cache_tag
            );
            let alone = marshal::canonical(&code[8..], layout).unwrap();
            assert!(pyc(&together, &cached).unwrap()[16..] == alone, "{source}");
            assert!(marshal::canonical(&alone, layout).unwrap() == alone, "{source}");
            compared += 1;
        }
        assert!(compared > 30, "{compared}");
    }
}

#[test]
fn earlier_work_of_a_worker_leaves_no_trace() {
    // pycparser's parser was other bytes in one run of ten: equal sets were one constant or two,
    // as their strings were interned by another module or not.
    let source = b"
def f(x): return x in {'_PRAGMA', 'PPPRAGMA', None, ('_PRAGMA', 'a.b')}, '', '.', 'a.b', ('', 'b')
def g(x): return x in {'_PRAGMA', 'PPPRAGMA', None, ('_PRAGMA', 'a.b')}, '', '.', 'a.b', ('', 'b')
class C:
    def __init__(self): self.x, self.y, self.w, self.zz = '', '.', b'', 'PPPRAGMA'
";
    let before = b"
from . import _PRAGMA, PPPRAGMA
import a.b
x = y = zz = g = f = _PRAGMA in {'PPPRAGMA', 'b'}
";
    for interpreter in interpreters() {
        let layout = Layout::of(interpreter.version).unwrap();
        let code = |sources: &[&[u8]]| {
            let workers = Workers::new(&interpreter);
            let mut last = Vec::new();
            for source in sources {
                let Answer::Done(code) = workers.compile("lib/m.py", source, 0).unwrap() else {
                    panic!()
                };
                last = marshal::canonical(&code[8..], layout).unwrap();
            }
            last
        };
        let alone = code(&[source]);
        assert!(code(&[before, source]) == alone, "{}", interpreter.cache_tag);
        assert!(code(&[source, before, source]) == alone, "{}", interpreter.cache_tag);
    }
}

/// Takes minutes in a debug build: every module of every standard library here.
#[test]
#[ignore = "slow; run it when marshal.rs changes"]
fn canonical_standard_libraries_equal_what_python_wrote() {
    let every = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for interpreter in interpreters() {
        let mut tree = stdlib(&interpreter, every);
        let report =
            compile(&mut tree, &Workers::new(&interpreter), Form::default(), ui()).unwrap();
        let mut again = stdlib(&interpreter, every);
        compile(&mut again, &Workers::new(&interpreter), Form::default(), ui()).unwrap();
        let runs = all(&tree).into_iter().zip(all(&again));
        let differ: Vec<_> = runs.filter(|(a, b)| a != b).map(|(a, _)| a.0).collect();
        assert!(differ.is_empty(), "two runs differ: {differ:?}");
        let layout = Layout::of(interpreter.version).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let compiled = all(&tree);
        for (path, bytes) in &compiled {
            assert!(
                marshal::canonical(&bytes[16..], layout).as_deref() == Some(&bytes[16..]),
                "{path}"
            );
            let name = path.as_str().replace('/', "+");
            std::fs::write(directory.path().join(name), bytes).unwrap();
        }
        let output = Command::new(&interpreter.host)
            .args(["-I", "-W", "ignore", "-c", include_str!("compare.py")])
            .arg(directory.path())
            .arg(&interpreter.stdlib)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        let counted = String::from_utf8_lossy(&output.stdout);
        assert_eq!(counted.trim(), format!("{} equal", report.compiled));
        eprintln!(
            "{}: {} compiled and equal, {} refused",
            interpreter.cache_tag,
            report.compiled,
            report.refused.len()
        );
    }
}

#[test]
fn unknown_pythons_are_not_reproducible_and_say_so() {
    for interpreter in interpreters() {
        check_reproducible(&interpreter).unwrap();
        let new = Interpreter {
            version: (3, 16, 0),
            full_version: "3.16.0a2".into(),
            ..interpreter.clone()
        };
        let warning = check_reproducible(&new).unwrap_err();
        let text = "the bytecode of CPython 3.16.0a2 may differ from one build to the next";
        assert_eq!(warning.to_string(), text);
        assert!(warning.remedy().unwrap().contains("CPython 3.8 to 3.15"), "{warning}");
        let other = Interpreter { implementation: "pypy".into(), ..interpreter };
        check_reproducible(&other).unwrap_err();
    }
}

#[test]
fn a_class_that_another_module_has_too_leaves_no_trace() {
    // Its qualified name is a constant. CPython 3.13 interned that one in the first module only, as the second
    // had found the string of the first, so vendored copies were other bytes in one build of some.
    let source = b"def outer():\n    class Inner:\n        pass\n";
    for interpreter in interpreters() {
        let layout = Layout::of(interpreter.version).unwrap();
        let workers = Workers::new(&interpreter);
        let compile = || {
            let Answer::Done(code) = workers.compile("a.py", source, 0).unwrap() else { panic!() };
            marshal::canonical(&code[8..], layout).unwrap()
        };
        assert!(compile() == compile(), "{}", interpreter.full_version);
    }
}

#[test]
fn optimized_bytecode_has_the_name_that_python_looks_for() {
    for interpreter in interpreters() {
        for (optimize, option) in [(1, "-O"), (2, "-OO")] {
            let mut tree = Tree::default();
            let source = b"'doc'\nassert False\nprint(__spec__.cached, __doc__)\n".to_vec();
            tree.insert_file(path("lib/hello.py"), Mode::Plain, source);
            let form = Form { optimize, sourceless: false };
            compile(&mut tree, &Workers::new(&interpreter), form, ui()).unwrap();
            let cached = format!("__pycache__/hello.{}.opt-{optimize}.pyc", interpreter.cache_tag);
            let code = pyc(&tree, &format!("lib/{cached}")).unwrap();
            let directory = tempfile::tempdir().unwrap();
            std::fs::create_dir(directory.path().join("__pycache__")).unwrap();
            std::fs::write(directory.path().join("hello.py"), "print('the source')").unwrap();
            std::fs::write(directory.path().join(&cached), code).unwrap();
            let script = "import sys; sys.path.insert(0, sys.argv[1]); import hello";
            let output = Command::new(&interpreter.host)
                .args(["-I", option, "-c", script])
                .arg(directory.path())
                .output()
                .unwrap();
            let doc = if optimize == 2 { "None" } else { "doc" };
            let wanted = format!("{}/{cached} {doc}\n", directory.path().display());
            assert_eq!(String::from_utf8(output.stdout).unwrap(), wanted);
        }
    }
}

#[test]
fn bytecode_that_replaces_its_source_has_the_same_lines_and_no_columns() {
    let sourceless = Form { optimize: 0, sourceless: true };
    for interpreter in interpreters() {
        let workers = Workers::new(&interpreter);
        let mut tree = stdlib(&interpreter, "acj");
        compile(&mut tree, &workers, Form::default(), ui()).unwrap();
        let mut bare = stdlib(&interpreter, "acj");
        compile(&mut bare, &workers, sourceless, ui()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let (mut compared, mut lengths) = (0, (0, 0));
        for (place, bytes) in all(&tree) {
            let (parent, name) = place.as_str().rsplit_once("/__pycache__/").unwrap();
            let stem = name.split_once('.').unwrap().0;
            let without = pyc(&bare, &format!("{parent}/{stem}.pyc")).unwrap();
            let version = &interpreter.full_version;
            let replacing = replacing_source(version, &bytes).unwrap();
            assert!(replacing == without, "{place}");
            std::fs::write(directory.path().join(format!("{compared}.full")), &bytes).unwrap();
            std::fs::write(directory.path().join(format!("{compared}.bare")), &without).unwrap();
            compared += 1;
            lengths = (lengths.0 + bytes.len(), lengths.1 + without.len());
        }
        assert!(compared > 30, "{compared}");
        let has_columns = interpreter.version >= (3, 11, 0);
        let is_smaller = lengths.1 * 100 < lengths.0 * 95;
        assert_eq!(is_smaller, has_columns, "{}: {lengths:?}", interpreter.full_version);
        let output = Command::new(&interpreter.host)
            .args(["-I", "-c", include_str!("tests/lines.py")])
            .arg(directory.path())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{compared} pairs\n"));
    }
}

#[test]
fn sourceless_bytecode_replaces_modules_but_not_scripts() {
    let interpreter = &interpreters()[0];
    let mut tree = Tree::default();
    for (name, text) in [("lib/p/__init__.py", "x = 1"), ("lib/t.py", "{{ x }}:"), ("app/s.py", "")]
    {
        tree.insert_file(path(name), Mode::Plain, text.as_bytes().to_vec());
    }
    let form = Form { optimize: 0, sourceless: true };
    compile(&mut tree, &Workers::new(interpreter), form, ui()).unwrap();
    let names: Vec<_> = tree.iter().map(|(path, _)| path.to_string()).collect();
    let script = format!("app/__pycache__/s.{}.pyc", interpreter.cache_tag);
    assert_eq!(names, [&script, "app/s.py", "lib/p/__init__.pyc", "lib/t.py"]);
}
