//! Trees of interpreters that this machine cannot run.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use snakecrate_base::python::Interpreter;
use snakecrate_format::target::AARCH64_LINUX;

use crate::discover::{Error, PythonDirectories, Request, Spec, find};
use crate::tests::{forged, interpreter, python_directories, quiet};

fn request(path: &Path, directories: PythonDirectories) -> Request {
    Request {
        spec: Some(Spec::Path(path.to_owned())),
        ..Request::offline(&AARCH64_LINUX, directories)
    }
}

fn found(path: &Path) -> Result<Interpreter, Error> {
    find(&request(path, python_directories("/proc/nonexistent".as_ref())), quiet())
}

/// A directory with the tree of an `AArch64` interpreter like this machine's newest.
fn tree(prefix: &str) -> (tempfile::TempDir, PathBuf, Interpreter) {
    let own = interpreter();
    let dir = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(dir.path()).unwrap();
    forged(&root.join(prefix), &AARCH64_LINUX, &own);
    (dir, root, own)
}

#[test]
fn a_foreign_interpreter_is_described_by_its_tree() {
    let (_dir, root, own) = tree("python");
    let found = found(&root).unwrap();
    assert_eq!(found.executable, root.join("python").join(own.program()));
    assert_eq!((found.version, &found.full_version), (own.version, &own.full_version));
    assert_eq!((&found.magic, &found.cache_tag), (&own.magic, &own.cache_tag));
    assert_eq!((found.target, &*found.root), (&AARCH64_LINUX, Path::new("/")));
    assert_eq!(found.stdlib, root.join("python").join(own.lib()));
    // It isn't this machine's.
    assert_ne!(found.host, found.executable);
    let host = crate::discover::probe::probe(&found.host, own.target).unwrap();
    assert_eq!((host.minor(), host.magic), (own.minor(), own.magic));
}

#[test]
fn an_unpacked_system_is_the_root_of_its_interpreter() {
    let (_dir, root, own) = tree("usr");
    symlink(format!("/usr/{}", own.program()), root.join("usr/bin/python3")).unwrap();
    for path in [root.clone(), root.join("usr/bin/python3"), root.join("usr").join(own.program())] {
        let found = found(&path).unwrap();
        assert_eq!((&found.root, &found.prefix), (&root, &root.join("usr")));
        assert_eq!(found.executable, root.join("usr").join(own.program()));
    }
    // A prefix elsewhere in a system with a loader.
    let (_dir, root, own) = tree("opt/python");
    fs::create_dir(root.join("lib")).unwrap();
    fs::write(root.join("lib/ld-linux-aarch64.so.1"), "").unwrap();
    assert_eq!(found(&root.join("opt/python").join(own.program())).unwrap().root, root);
}

#[test]
fn the_version_comes_from_details_a_header_or_the_binary() {
    let (_dir, root, own) = tree("python");
    let include = root.join(format!("python/include/python{}", own.minor()));
    fs::create_dir_all(&include).unwrap();
    let text = format!("#define PY_VERSION      \t\"{}.77+\"\n", own.minor());
    fs::write(include.join("patchlevel.h"), text).unwrap();
    assert_eq!(found(&root).unwrap().full_version, format!("{}.77", own.minor()));

    let details = serde_json::json!({
        "implementation": {
            "name": "cpython",
            "cache_tag": own.cache_tag,
            "version": {
                "major": own.version.0, "minor": own.version.1, "micro": 78,
                "releaselevel": "candidate", "serial": 2,
            },
        },
        "abi": { "flags": [] },
    });
    let file = root.join("python").join(own.lib()).join("build-details.json");
    fs::write(&file, details.to_string()).unwrap();
    // Bytecode changes between pre-releases, so the magic number has to be known.
    assert!(matches!(found(&root).unwrap_err(), Error::NoHost { magic: None, .. }));
    let magic = own.magic_bytes().unwrap();
    let magic = u16::from_le_bytes([magic[0], magic[1]]);
    let importer = root.join("python").join(own.lib()).join("importlib/_bootstrap_external.py");
    fs::create_dir_all(importer.parent().unwrap()).unwrap();
    fs::write(&importer, format!("\nMAGIC_NUMBER = ({magic}).to_bytes(2, 'little')\n")).unwrap();
    assert_eq!(found(&root).unwrap().full_version, format!("{}.78rc2", own.minor()));

    let free = details.to_string().replace("\"flags\":[]", "\"flags\":[\"t\"]");
    fs::write(&file, free).unwrap();
    // The usual build resolves for another ABI.
    let error = found(&root).unwrap_err();
    let minor_t = format!("{}t", own.minor());
    assert!(matches!(&error, Error::NoHost { minor, .. } if *minor == minor_t), "{error}");
}

#[test]
fn a_tree_without_a_version_is_refused() {
    let (_dir, root, own) = tree("python");
    let executable = root.join("python").join(own.program());
    let text = String::from_utf8_lossy(&fs::read(&executable).unwrap()).into_owned();
    assert!(text.contains(&own.full_version));
    let mut bytes = fs::read(&executable).unwrap();
    let at = memchr::memmem::find(&bytes, own.full_version.as_bytes()).unwrap();
    bytes[at] = b'x';
    fs::write(&executable, bytes).unwrap();
    let error = found(&root).unwrap_err();
    assert!(matches!(&error, Error::Unknowable { what: "version", .. }), "{error}");
}

#[test]
fn another_bytecode_format_needs_another_host() {
    let (_dir, root, own) = tree("python");
    let importer = root.join("python").join(own.lib()).join("importlib/_bootstrap_external.py");
    fs::create_dir_all(importer.parent().unwrap()).unwrap();
    fs::write(&importer, "import x\nMAGIC_NUMBER = (3000).to_bytes(2, 'little')\n").unwrap();
    let error = found(&root).unwrap_err();
    assert!(error.to_string().contains(&format!("CPython {}", own.minor())), "{error}");
    assert!(error.to_string().contains("magic b80b0d0a"), "{error}");
}

#[test]
fn a_version_that_this_machine_lacks_needs_a_host() {
    let own = interpreter();
    let never = Interpreter { version: (3, 99, 1), full_version: "3.99.1".into(), ..own };
    let never = Interpreter { cache_tag: "cpython-399".into(), ..never };
    let dir = tempfile::tempdir().unwrap();
    forged(dir.path(), &AARCH64_LINUX, &never);
    let error = found(dir.path()).unwrap_err();
    assert!(matches!(&error, Error::NoHost { minor, .. } if minor == "3.99"), "{error}");
}

#[test]
fn an_interpreter_for_a_third_machine_is_refused() {
    let (_dir, root, own) = tree("python");
    fs::copy("/bin/true", root.join("python").join(own.program())).unwrap();
    let error = found(&root).unwrap_err();
    assert!(matches!(&error, Error::Machine { machine, .. } if machine == "x86_64"), "{error}");
}
