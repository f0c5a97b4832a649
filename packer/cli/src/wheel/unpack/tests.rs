use std::fs;

use super::*;
use crate::wheel::testing::{Forge, interpreter};

fn unpack_forged(forge: &Forge) -> Result<Distribution, Kind> {
    let directory = tempfile::tempdir().unwrap();
    let path = forge.write(directory.path());
    attempt(&path)
}

fn attempt(path: &Path) -> Result<Distribution, Kind> {
    let scratch = tempfile::tempdir().unwrap();
    unpack(path, &interpreter(), &Store::new(scratch.path()), &Slim::default())
        .map_err(|error| error.kind)
}

fn text(distribution: &Distribution, path: &str) -> String {
    let path = EntryPath::new(path).unwrap();
    let Some(Node::File { content, .. }) = distribution.tree.get(&path) else {
        panic!("no {path} in {:?}", distribution.tree);
    };
    String::from_utf8(content.read().unwrap().to_vec()).unwrap()
}

fn mode(distribution: &Distribution, path: &str) -> Mode {
    match distribution.tree.get(&EntryPath::new(path).unwrap()) {
        Some(Node::File { mode, .. }) => *mode,
        other => panic!("{path}: {other:?}"),
    }
}

const SITE: &str = "lib/python3.12/site-packages";

#[test]
fn a_wheel_becomes_the_files_of_an_environment() {
    let mut forge = Forge::new();
    forge
        .add("demo-1.0.dist-info/entry_points.txt", b"[console_scripts]\ndemo = demo:main\n")
        .add("demo-1.0.data/scripts/tool", b"#!python -E\nprint(1)\n")
        .add("demo-1.0.data/scripts/native", b"\x7fELF...")
        .add("demo-1.0.data/data/share/man/man1/demo.1", b"man")
        .add("demo-1.0.data/purelib/extra.py", b"")
        .add("demo.pth", b"import demo\n")
        .add("demo-1.0.dist-info/licenses/LICENSE", b"MIT")
        .add_mode("demo/run.so", b"\x7fELF", 0o755);
    let demo = unpack_forged(&forge).unwrap();
    assert_eq!((demo.name.as_str(), demo.version.as_str()), ("demo", "1.0"));
    assert_eq!(demo.top_level, ["demo", "extra"]);
    let file = |name: &str, native| Script {
        name: name.into(),
        target: Target::File { path: EntryPath::new(&format!("bin/{name}")).unwrap(), native },
        graphical: false,
        extras: Vec::new(),
    };
    let call = Target::Call { module: "demo".into(), attr: "main".into() };
    let demo_script =
        Script { name: "demo".into(), target: call, graphical: false, extras: Vec::new() };
    assert_eq!(demo.scripts, [demo_script, file("native", true), file("tool", false)]);
    assert_eq!(text(&demo, "bin/tool"), "#!python\nprint(1)\n");
    assert!(text(&demo, "bin/demo").contains("from demo import main"));
    assert_eq!(mode(&demo, "bin/demo"), Mode::Script);
    assert_eq!(mode(&demo, "bin/native"), Mode::Executable);
    assert_eq!(mode(&demo, &format!("{SITE}/demo/run.so")), Mode::Executable);
    assert_eq!(mode(&demo, &format!("{SITE}/demo/__init__.py")), Mode::Plain);
    assert_eq!(text(&demo, "share/man/man1/demo.1"), "man");
    assert_eq!(text(&demo, &format!("{SITE}/demo.pth")), "import demo\n");
    assert_eq!(text(&demo, &format!("{SITE}/demo-1.0.dist-info/INSTALLER")), "snakecrate\n");
    let record = text(&demo, &format!("{SITE}/demo-1.0.dist-info/RECORD"));
    for path in ["../../../bin/demo,sha256=", "../../../share/man/man1/demo.1,", "extra.py,"] {
        assert!(record.contains(path), "{record}");
    }
    assert!(record.contains("\ndemo-1.0.dist-info/RECORD,,\n"), "{record}");
    // One line for each file, and no others.
    assert_eq!(record.lines().count(), demo.tree.len());
}

#[test]
fn bytecode_is_dropped_only_where_its_source_is() {
    let mut forge = Forge::new();
    forge
        .add("demo/__pycache__/__init__.cpython-312.pyc", b"pyc")
        .add("demo/sourceless.pyc", b"pyc");
    let demo = unpack_forged(&forge).unwrap();
    let has = |path: &str| demo.tree.get(&EntryPath::new(&format!("{SITE}/{path}")).unwrap());
    assert!(has("demo/__pycache__/__init__.cpython-312.pyc").is_none());
    assert!(has("demo/sourceless.pyc").is_some());
    let dropped = Dropped::new(BYTECODE, "demo/__pycache__/__init__.cpython-312.pyc");
    assert_eq!(demo.dropped, [dropped]);
}

#[test]
fn files_and_record_must_agree() {
    let mut altered = Forge::new();
    altered.record = Some(altered.true_record());
    altered.add("demo/__init__.py", b"def main():\n    return 4\n");
    let error = unpack_forged(&altered).unwrap_err();
    assert!(matches!(&error, Kind::Altered(path, "hash") if path == "demo/__init__.py"));

    let mut longer = Forge::new();
    longer.record = Some(longer.true_record());
    longer.add("demo/__init__.py", b"def main():\n    return 40\n");
    assert!(matches!(unpack_forged(&longer), Err(Kind::Altered(_, "size"))));

    let mut unlisted = Forge::new();
    unlisted.record = Some(unlisted.true_record());
    unlisted.add("demo/evil.py", b"");
    let error = unpack_forged(&unlisted).unwrap_err();
    assert_eq!(error.to_string(), "`demo/evil.py` is not listed in RECORD");

    let mut missing = Forge::new();
    missing.record = Some(missing.true_record() + "demo/lost.py,sha256=abc,3\n");
    assert_eq!(unpack_forged(&missing).unwrap().missing, ["demo/lost.py"]);

    let mut signed = Forge::new();
    signed.record = Some(signed.true_record());
    signed.add("demo-1.0.dist-info/RECORD.jws", b"signature");
    let signature = Dropped::new(SIGNATURE, "demo-1.0.dist-info/RECORD.jws");
    assert_eq!(unpack_forged(&signed).unwrap().dropped, [signature]);
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    for path in [
        "../evil.py",
        "/etc/passwd",
        "demo/../../evil.py",
        "demo//x",
        "demo/./x",
        "demo\\x.py",
        "demo/\nx",
        "demo-1.0.data/data/../../x",
        "demo-1.0.data/scripts/../x",
        "demo-1.0.data/data/.snakecrate/x",
    ] {
        let mut forge = Forge::new();
        forge.add(path, b"");
        let error = unpack_forged(&forge).unwrap_err();
        assert!(matches!(error, Kind::Path(_)), "{path}: {error}");
    }
    let mut forge = Forge::new();
    forge.add("demo-1.0.data/purelib/demo/__init__.py", b"");
    assert!(matches!(unpack_forged(&forge), Err(Kind::Duplicate(_))), "two files for one place");
    let mut forge = Forge::new();
    forge.add_mode("demo/link", b"/etc/passwd", 0o120_777);
    let directory = tempfile::tempdir().unwrap();
    let path = forge.write(directory.path());
    // The writer makes regular files only: turn the type bits in the directory entry.
    let mut bytes = fs::read(&path).unwrap();
    let regular = (0o100_777_u32 << 16).to_le_bytes();
    let at = bytes.windows(4).rposition(|window| window == regular).unwrap();
    bytes[at..at + 4].copy_from_slice(&(0o120_777_u32 << 16).to_le_bytes());
    fs::write(&path, bytes).unwrap();
    assert!(matches!(attempt(&path), Err(Kind::Link(_))));
}

#[test]
fn zip_files_that_lie_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut forge = Forge::new();
    forge.add("demo/aaaa.py", b"1").add("demo/bbbb.py", b"2");
    let path = forge.write_changed(directory.path(), b"demo/bbbb.py", b"demo/aaaa.py");
    assert!(matches!(attempt(&path), Err(Kind::Metadata(_))));

    // A megabyte of zeros that is declared as one byte, in both headers.
    let mut forge = Forge::new();
    forge.record = Some(forge.true_record() + "demo/bomb,sha256=abc,1\n");
    forge.add("demo/bomb", &vec![0; 0x0012_3457]);
    let size = 0x0012_3457_u32.to_le_bytes();
    let path = forge.write_changed(directory.path(), &size, &1_u32.to_le_bytes());
    assert!(attempt(&path).is_err());

    let path = Forge::new().write(directory.path());
    let whole = fs::read(&path).unwrap();
    for length in [0, 10, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(matches!(attempt(&path), Err(Kind::Zip(_) | Kind::Read(_))), "{length}");
    }
}

#[test]
fn unknown_formats_and_invalid_documents_are_refused() {
    let with = |path: &str, content: &[u8]| {
        let mut forge = Forge::new();
        forge.add(path, content);
        unpack_forged(&forge).unwrap_err()
    };
    let newer = with("demo-1.0.dist-info/WHEEL", b"Wheel-Version: 2.0\n");
    assert!(matches!(newer, Kind::Version(version) if version == "2.0"));
    assert!(matches!(with("demo-1.0.dist-info/WHEEL", b""), Kind::Metadata(_)));
    assert!(matches!(with("demo-1.0.data/weird/x", b""), Kind::Metadata(_)));
    let scripts = with("demo-1.0.dist-info/entry_points.txt", b"[console_scripts]\nx = y\n");
    assert!(scripts.to_string().contains("`x = y`"), "{scripts}");
    let mut forge = Forge::new();
    forge.file = "demo-1.0-cp39-cp39-linux_x86_64.whl".into();
    assert!(matches!(unpack_forged(&forge), Err(Kind::Python(..))));
    forge.file = "demo-1.0-py3-none-macosx_11_0_arm64.whl".into();
    assert!(matches!(unpack_forged(&forge), Err(Kind::Platform(..))));
}

#[test]
fn metadata_can_be_read_without_unpacking() {
    let directory = tempfile::tempdir().unwrap();
    let metadata = read_metadata(&Forge::new().write(directory.path())).unwrap();
    assert_eq!((metadata.name.as_str(), metadata.version.as_str()), ("Demo", "1.0"));
}

#[test]
fn record_lists_neither_excluded_files_nor_replaced_sources() {
    let mut forge = Forge::new();
    forge.add("demo/tests/test_a.py", b"").add("demo/a.pyi", b"").add("demo/b.py", b"");
    let directory = tempfile::tempdir().unwrap();
    let path = forge.write(directory.path());
    let scratch = tempfile::tempdir().unwrap();
    let exclude = ["tests".to_owned(), "stubs".to_owned()];
    let slim = Slim::new(&exclude, &[], snakecrate_runtime::Strip::None).unwrap();
    let mut demo = unpack(&path, &interpreter(), &Store::new(scratch.path()), &slim).unwrap();
    let record = format!("{SITE}/demo-1.0.dist-info/RECORD");
    let paths: Vec<_> = demo.tree.iter().map(|(path, _)| path.to_string()).collect();
    for gone in ["demo/tests/test_a.py", "demo/a.pyi"] {
        assert!(!paths.contains(&format!("{SITE}/{gone}")) && !text(&demo, &record).contains(gone));
    }
    let source = EntryPath::new(&format!("{SITE}/demo/b.py")).unwrap();
    demo.tree.remove(&source);
    let code = EntryPath::new(&format!("{SITE}/demo/b.pyc")).unwrap();
    demo.tree.insert_file(code, Mode::Plain, b"code".to_vec());
    crate::wheel::follow_bytecode(&mut demo.tree).unwrap();
    let after = text(&demo, &record);
    assert!(after.contains("demo/b.pyc,,\n") && after.contains("demo/__init__.py,sha256="));
}
