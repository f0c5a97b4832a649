//! Changes to a forged standard library.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::Policy;
use snakecrate_base::testing::python_at;
use snakecrate_base::ui::Verbosity;

const SSL: &str = "# first line\nclass SSLContext: pass\n";
const CURSES: &str = "'''curses'''\n\nfrom _curses import *\nimport os as _os\n";

/// A tree of these modules of the standard library after [`equip`]; `drop` is the user's.
fn equipped(modules: &[(&str, &str)], drop: &[&str]) -> Tree {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("share/terminfo/d/dumb");
    fs::create_dir_all(own.parent().unwrap()).unwrap();
    fs::write(own, "its own").unwrap();
    let interpreter = python_at(dir.path());
    let mut tree = Tree::default();
    for (path, text) in modules {
        let path = EntryPath::new(&format!("lib/python3.12/{path}")).unwrap();
        tree.insert_file(path, Mode::Plain, text.as_bytes().to_vec());
    }
    let drop = drop.iter().map(|&pattern| pattern.to_owned()).collect();
    let policy = Policy { drop, ..Policy::default() };
    let trim = Trim::new(&policy, &interpreter.lib()).unwrap();
    equip(&mut tree, &interpreter, &trim, Ui::new(Verbosity::Quiet)).unwrap();
    // Files on disk are removed at the end of this function.
    let paths: Vec<_> = tree.iter().map(|(path, _)| path.clone()).collect();
    for path in paths {
        if let Some(Node::File { mode, content }) = tree.get(&path) {
            let (mode, bytes) = (*mode, content.read().unwrap().to_vec());
            tree.insert_file(path, mode, bytes);
        }
    }
    tree
}

fn bytes(tree: &Tree, path: &str) -> Vec<u8> {
    match tree.get(&EntryPath::new(path).unwrap()) {
        Some(Node::File { content, .. }) => content.read().unwrap().to_vec(),
        _ => panic!("no {path}"),
    }
}

fn text(tree: &Tree, path: &str) -> String {
    String::from_utf8(bytes(tree, path)).unwrap()
}

#[test]
fn changed_modules_keep_their_line_numbers() {
    let zoneinfo = [("zoneinfo/_common.py", "a = 1\n"), ("zoneinfo/_tzpath.py", "b = 2\n")];
    let modules = [&[("ssl.py", SSL), ("curses/__init__.py", CURSES)], &zoneinfo[..]].concat();
    let tree = equipped(&modules, &[]);
    for (path, original) in &modules {
        let changed = text(&tree, &format!("lib/python3.12/{path}"));
        let number = |text: &str, line: &str| text.lines().position(|other| other.ends_with(line));
        for line in original.lines() {
            assert_eq!(number(&changed, line), number(original, line), "{path}: {line}");
        }
        assert_ne!(changed, *original, "{path}");
    }
    assert!(text(&tree, "lib/python3.12/ssl.py").ends_with("del _settle\n"));
    let curses = text(&tree, "lib/python3.12/curses/__init__.py");
    assert!(curses.contains("\nfrom . import _own_terminals; from _curses import *\n"));
    for own in ["_snakecrate_trust", "curses/_own_terminals", "zoneinfo/_own_zones"] {
        text(&tree, &format!("lib/python3.12/{own}.py"));
    }
}

#[test]
fn no_data_is_added_for_missing_modules() {
    let names = |tree: &Tree| -> BTreeSet<String> {
        let paths = tree.iter().map(|(path, _)| path.as_str().to_owned());
        paths
            .filter(|path| !path.starts_with("share/terminfo/") || path.ends_with("dumb"))
            .collect()
    };
    assert_eq!(names(&equipped(&[("os.py", "")], &[])), ["lib/python3.12/os.py".to_owned()].into());
    for (module, source, data) in [
        ("ssl.py", SSL, "share/cacert.pem"),
        ("curses/__init__.py", CURSES, "share/terminfo/d/dumb"),
    ] {
        let with = names(&equipped(&[(module, source)], &[]));
        assert_eq!((with.len(), with.contains(data)), (3, true), "{with:?}");
        let without = names(&equipped(&[(module, source)], &[data]));
        assert_eq!((without.len(), without.contains(data)), (2, false), "{without:?}");
    }
}

#[test]
fn the_interpreters_own_descriptions_of_terminals_come_first() {
    let tree = equipped(&[("curses/__init__.py", CURSES)], &[]);
    assert_eq!(text(&tree, "share/terminfo/d/dumb"), "its own");
}

#[test]
fn the_bundle_is_pem_of_every_certificate() {
    let bundle = text(&equipped(&[("ssl.py", SSL)], &[]), "share/cacert.pem");
    let certificates: Vec<Vec<u8>> = bundle
        .split("-----BEGIN CERTIFICATE-----\n")
        .skip(1)
        .map(|part| part.strip_suffix("-----END CERTIFICATE-----\n").unwrap().replace('\n', ""))
        .map(|encoded| STANDARD.decode(encoded).unwrap())
        .collect();
    let wanted = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|der| der.to_vec());
    assert_eq!(certificates, wanted.collect::<Vec<_>>());
    assert!(certificates.len() > 100 && bundle.lines().all(|line| line.len() <= 80));
}

#[test]
fn the_zones_are_stored_sorted_and_without_a_clock() {
    let modules = [("zoneinfo/_common.py", ""), ("zoneinfo/_tzpath.py", "")];
    let zones = bytes(&equipped(&modules, &[]), "share/tzdata.zip");
    assert_eq!(zones, bytes(&equipped(&modules, &[]), "share/tzdata.zip"));
    let mut archive = zip::ZipArchive::new(Cursor::new(zones)).unwrap();
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).unwrap();
        let mut start = Vec::new();
        std::io::copy(&mut member, &mut start).unwrap();
        assert_eq!(member.compression(), zip::CompressionMethod::Stored);
        assert_eq!(member.last_modified().unwrap().year(), 1980);
        let name = member.name().unwrap().into_owned();
        if name == "zones" {
            assert_eq!(String::from_utf8(start).unwrap().lines().collect::<Vec<_>>(), names);
            continue;
        }
        assert!(start.starts_with(b"TZif"), "{name}");
        names.push(name);
    }
    assert!(names.is_sorted() && names.iter().any(|name| name == "America/Argentina/Ushuaia"));
}
