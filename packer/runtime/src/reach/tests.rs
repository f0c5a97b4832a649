use std::fs;
use std::path::Path;

use snakecrate_format::entry_path::EntryPath;

use super::*;
use crate::probe::probe;
use snakecrate_base::skip;
use snakecrate_base::tree::{Mode, Tree};
use snakecrate_format::target::X86_64_LINUX;

const CLOSED: Launch<'_> = Launch { isolated: true, options: &[], modules: &[] };

/// pyenv's interpreters on this machine; none if there is none, and the test is skipped.
fn pythons() -> Option<Vec<Interpreter>> {
    let versions = dirs::home_dir().unwrap().join(".pyenv/versions");
    let found: Vec<_> = ["3.9", "3.10", "3.11", "3.12", "3.13"]
        .iter()
        .flat_map(|minor| glob::glob(&format!("{}/{minor}.*", versions.display())).unwrap())
        .map(|prefix| probe(&prefix.unwrap().join("bin/python3"), &X86_64_LINUX).unwrap())
        .collect();
    if found.is_empty() {
        skip!("no Python 3.9 to 3.13 of pyenv's is installed");
    }
    Some(found)
}

fn imports_of(source: &str) -> Imports {
    let mut tree = Tree::default();
    let path = EntryPath::new("a.py").unwrap();
    tree.insert_file(path, Mode::Plain, source.as_bytes().to_vec());
    Imports::of(&tree).unwrap()
}

fn needs(python: &Interpreter, source: &str) -> (Vec<&'static str>, Option<String>) {
    let imports = imports_of(source);
    let need = need(python, std::iter::once(("a", &imports)), CLOSED);
    println!("{}: {:?}", python.full_version, need.kept);
    let kept = Part::all().filter(|part| !need.leave_out.contains(part)).map(Part::name);
    (kept.collect(), need.open)
}

#[test]
fn a_small_program_needs_no_part() {
    let Some(pythons) = pythons() else { return };
    let source = "import argparse, os, platform, sys, random, tempfile, json, shutil, logging\n\
        import zipfile, email, csv, pathlib, datetime, dataclasses, tomllib, configparser, re";
    for python in pythons {
        let (kept, open) = needs(&python, source);
        assert!(kept.is_empty() && open.is_none(), "{}: {kept:?} {open:?}", python.full_version);
    }
}

#[test]
fn parts_are_reached_through_the_standard_library() {
    let Some(pythons) = pythons() else { return };
    for python in pythons {
        for (source, wanted) in [
            ("def f():\n    import sqlite3", &["sqlite3"][..]),
            ("import uuid", &["hashlib"]),
            ("import secrets", &["hashlib"]),
            ("from hmac import compare_digest", &["hashlib"]),
            ("try: import ssl\nexcept ImportError: ssl = None", &["ssl"]),
            ("import asyncio", &["ssl"]),
            ("import imaplib", &["hashlib", "ssl"]),
            ("from urllib import request", &["hashlib", "ssl"]),
            ("import urllib . request", &["hashlib", "ssl"]),
            ("import xml.sax", &["hashlib", "ssl"]),
            ("from http.client import HTTPConnection", &["ssl"]),
            ("import cmd", &["readline"]),
            ("from curses.textpad import Textbox", &["curses"]),
            ("import _hashlib, readline", &["hashlib", "readline"]),
            ("import tkinter", &["tkinter"]),
        ] {
            let (kept, open) = needs(&python, source);
            let lacks = wanted.iter().any(|part| !kept.contains(part));
            assert!(!lacks && open.is_none(), "{} {source}: {kept:?}", python.full_version);
        }
        let (kept, _) = needs(&python, "import dbm");
        assert_eq!(kept.contains(&"sqlite3"), python.version.1 >= 13, "dbm.sqlite3");
        assert!(kept.contains(&"dbm"));
    }
}

#[test]
fn an_open_application_has_everything_but_tk() {
    let Some(mut pythons) = pythons() else { return };
    let python = pythons.pop().unwrap();
    let (kept, open) = needs(&python, "x = eval(y)");
    assert_eq!((kept.len(), open.unwrap()), (Part::all().count() - 1, "a: a.py: eval".to_owned()));
    assert_eq!(needs(&python, "eval(y); import turtle").0.len(), Part::all().count());
}

#[test]
fn an_interpreter_started_anew_can_run_anything() {
    let Some(mut pythons) = pythons() else { return };
    let python = pythons.pop().unwrap();
    let (one, other) = (imports_of("import subprocess"), imports_of("print(sys.executable)"));
    let open = |list: &[(&str, &Imports)]| need(&python, list.iter().copied(), CLOSED).open;
    assert_eq!(open(&[("a", &one)]), None);
    assert_eq!(open(&[("b", &other)]), None);
    let both = open(&[("a", &one), ("b", &other)]).unwrap();
    assert_eq!(both, "a: a.py: subprocess; b: a.py: executable");
}

#[test]
fn so_can_options_and_modules() {
    let Some(mut pythons) = pythons() else { return };
    let python = pythons.pop().unwrap();
    let imports = imports_of("import os");
    let open = |isolated, options: &[&str], modules: &[&str]| {
        let own = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let (options, modules) = (own(options), own(modules));
        let launch = Launch { isolated, options: &options, modules: &modules };
        need(&python, std::iter::once(("a", &imports)), launch).open
    };
    assert_eq!(
        open(true, &["-X", "dev", "-Ximporttime", "-Bu", "-W", "error"], &["own.cli"]),
        None
    );
    assert_eq!(open(true, &[], &["http.server"]).unwrap(), "it starts http.server");
    assert!(open(false, &[], &[]).is_some());
    for options in
        [&["-i"][..], &["-Bi"], &["-m", "x"], &["-W", "error::a.B"], &["-X", "presite=x"]]
    {
        assert!(open(true, options, &[]).is_some(), "{options:?}");
    }
}

#[test]
fn random_needs_openssl_only_where_pythons_own_hash_is_missing() {
    let Some(mut pythons) = pythons() else { return };
    let dir = tempfile::tempdir().unwrap();
    let python = pythons.pop().unwrap();
    let bare = Interpreter { dynload: dir.path().to_owned(), ..python };
    assert_eq!(needs(&bare, "import random").0, ["hashlib"]);
    fs::write(dir.path().join("_sha2.cpython-313-x86_64-linux-gnu.so"), "").unwrap();
    assert_eq!(needs(&bare, "import random").0, [""; 0]);
}

#[test]
fn a_library_without_sources_stays_whole() {
    let Some(mut pythons) = pythons() else { return };
    let mut python = pythons.pop().unwrap();
    python.stdlib = Path::new("/nonexistent").to_owned();
    assert!(needs(&python, "import os").1.is_some());
}

#[test]
fn relative_names_are_of_the_package() {
    let name = |from, package, dots, module| absolute(from, package, dots, module);
    assert_eq!(name("a.b", false, 1, "c").unwrap(), "a.c");
    assert_eq!(name("a.b", true, 1, "c").unwrap(), "a.b.c");
    assert_eq!(name("a.b.c", false, 2, "").unwrap(), "a");
    assert_eq!(name("a", false, 1, "c"), None);
}
