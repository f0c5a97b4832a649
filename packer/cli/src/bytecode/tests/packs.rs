//! Packs, read by real interpreters.

use std::path::Path;

use super::super::pack::is_of_packs;
use super::*;

/// A package with enough modules for a pack. Python imports other files in the place of two of them.
fn large(site: &str) -> Tree {
    let mut tree = Tree::default();
    let mut put = |name: &str, text: &str| {
        let place = path(&format!("{site}/{name}"));
        tree.insert_file(place, Mode::Plain, text.as_bytes().to_vec());
    };
    for number in 0..60 {
        put(&format!("large/sub/m{number}.py"), &format!("VALUE = {number}\n"));
    }
    for name in ["__init__", "sub/__init__", "näme", "sub/m1/__init__", "native", "x.y"] {
        put(&format!("large/{name}.py"), "VALUE = __name__\n");
    }
    put("large/native.so", "");
    put("large/broken.py", "print 'x'\n");
    put("small/__init__.py", "VALUE = 'small'\n");
    tree
}

/// Writes the tree, with other sources than those that were compiled.
fn write(tree: &Tree, to: &Path) {
    for (path, node) in tree.iter() {
        let Node::File { content, .. } = node else { continue };
        let target = to.join(path.as_path());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        let is_module = path.extension() == "py" && path.file_name() != "broken.py";
        let text = content.read().unwrap();
        let other = b"VALUE = 'source'\n".to_vec();
        std::fs::write(target, if is_module { other } else { text.to_vec() }).unwrap();
    }
}

fn run(interpreter: &Interpreter, site: &Path, script: &str) -> String {
    let script = format!("import site, sys; site.addsitedir(sys.argv[1])\n{script}");
    let output = Command::new(&interpreter.host)
        .args(["-I", "-B", "-c", &script])
        .arg(site)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_interpreter_reads_bytecode_from_packs() {
    for interpreter in interpreters() {
        let (tag, site) = (&interpreter.cache_tag, format!("{}/site-packages", interpreter.lib()));
        let mut tree = large(&site);
        compile(&mut tree, &Workers::new(&interpreter), Form::default(), ui()).unwrap();
        let names: Vec<_> = all(&tree).into_iter().map(|(path, _)| path.to_string()).collect();
        // The reader, and modules in whose place Python imports something else.
        let files = [
            "__pycache__/snakecrate-bytecode",
            "large/__pycache__/native",
            "large/sub/__pycache__/m1",
            "small/__pycache__/__init__",
        ];
        let files = files.map(|name| format!("{site}/{name}.{tag}.pyc"));
        assert_eq!(names, files);
        let packs = tree.iter().filter(|(path, _)| is_of_packs(path.as_str())).count();
        assert_eq!(packs, 3, "the pack, its reader, and what loads it");

        let directory = tempfile::tempdir().unwrap();
        write(&tree, directory.path());
        let site = directory.path().join(&site);
        let script = "
import importlib, large, large.sub, large.sub.m1, large.sub.m59, small
named = importlib.import_module('large.n\u{e4}me')
for module in large, large.sub, large.sub.m1, large.sub.m59, small, named:
    print(ascii(module.VALUE), type(module.__loader__).__name__)
try:
    import large.broken
except SyntaxError as error:
    print(type(error).__name__)
";
        let loader = "SourceFileLoader";
        let expected = format!(
            "'large' {loader}\n'large.sub' {loader}\n'large.sub.m1' {loader}\n59 {loader}\n\
             'small' {loader}\n'large.n\\xe4me' {loader}\nSyntaxError\n"
        );
        assert_eq!(run(&interpreter, &site, script), expected, "{}", interpreter.full_version);
    }
}

#[test]
fn a_module_with_two_bytecodes_gets_that_of_its_source() {
    let interpreter = &interpreters()[0];
    let site = format!("{}/site-packages", interpreter.lib());
    let mut tree = large(&site);
    compile(&mut tree, &Workers::new(interpreter), Form::default(), ui()).unwrap();
    // Another distribution comes first, and has one module of the same name.
    let mut other = Tree::default();
    let place = path(&format!("{site}/large/sub/m7.py"));
    let text = b"VALUE = 'other'\n".to_vec();
    other.insert_file(place.clone(), Mode::Plain, text.clone());
    compile(&mut other, &Workers::new(interpreter), Form::default(), ui()).unwrap();
    let script = "import large.sub.m7, large.sub.m8; print(large.sub.m7.VALUE, large.sub.m8.VALUE)";
    for is_first in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        write(&tree, directory.path());
        let (m7, text) =
            if is_first { (&other, text.clone()) } else { (&tree, b"VALUE = 7\n".to_vec()) };
        write(&other, directory.path());
        assert!(m7.get(&place).is_some());
        std::fs::write(directory.path().join(place.as_path()), text).unwrap();
        let expected = if is_first { "other 8\n" } else { "7 8\n" };
        assert_eq!(run(interpreter, &directory.path().join(&site), script), expected);
    }
}

#[test]
fn sourceless_and_small_packages_have_no_packs() {
    let interpreter = &interpreters()[0];
    let site = format!("{}/site-packages", interpreter.lib());
    let has_packs = |tree: &Tree| tree.iter().any(|(path, _)| is_of_packs(path.as_str()));
    let mut tree = large(&site);
    let form = Form { optimize: 0, sourceless: true };
    compile(&mut tree, &Workers::new(interpreter), form, ui()).unwrap();
    assert!(!has_packs(&tree));
    let mut tree = large(&site);
    tree.retain(|path, _| !path.as_str().contains("/m5"));
    compile(&mut tree, &Workers::new(interpreter), Form::default(), ui()).unwrap();
    assert!(!has_packs(&tree));
    // The same modules outside of `site-packages`.
    let mut tree = large("lib/python3");
    compile(&mut tree, &Workers::new(interpreter), Form::default(), ui()).unwrap();
    assert!(!has_packs(&tree));
}
