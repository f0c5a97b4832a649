use std::fs;

use snakecrate_format::entry_path::EntryPath;

use super::*;
use crate::discover::probe::probe;
use crate::tests::interpreter;
use crate::worker::Workers;
use snakecrate_base::skip;
use snakecrate_base::tree::{Mode, Tree};
use snakecrate_format::target::X86_64_LINUX;

const CLOSED: Launch<'_> = Launch { isolated: true, options: &[], modules: &[] };

/// The interpreters of pyenv on this host. Without any the test is skipped.
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

fn imports_of(scanner: &Scanner<'_>, source: &str) -> Imports {
    let mut tree = Tree::default();
    let path = EntryPath::new("a.py").unwrap();
    tree.insert_file(path, Mode::Plain, source.as_bytes().to_vec());
    Imports::of(&tree, scanner).unwrap()
}

fn need_of(scanner: &Scanner<'_>, list: &[(&str, &Imports)], launch: Launch<'_>) -> Need {
    need(scanner, list.iter().copied(), launch).unwrap()
}

fn needs(scanner: &Scanner<'_>, source: &str) -> (Vec<&'static str>, Option<String>) {
    let imports = imports_of(scanner, source);
    let need = need_of(scanner, &[("a", &imports)], CLOSED);
    println!("{}: {:?}", scanner.interpreter().full_version, need.kept);
    let kept = Part::all().filter(|part| !need.leave_out.contains(part)).map(Part::name);
    (kept.collect(), need.open)
}

#[test]
fn a_small_program_needs_no_part() {
    let source = "import argparse, os, platform, sys, random, tempfile, json, shutil, logging\n\
        import zipfile, email, csv, pathlib, datetime, dataclasses, tomllib, configparser, re";
    let Some(pythons) = pythons() else { return };
    for python in pythons {
        let workers = Workers::new(&python);
        let scanner = Scanner::new(&workers);
        let (kept, open) = needs(&scanner, source);
        assert!(kept.is_empty() && open.is_none(), "{}: {kept:?} {open:?}", python.full_version);
    }
}

#[test]
fn parts_are_reached_through_the_standard_library() {
    let Some(pythons) = pythons() else { return };
    for python in pythons {
        let workers = Workers::new(&python);
        let scanner = Scanner::new(&workers);
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
            let (kept, open) = needs(&scanner, source);
            let lacks = wanted.iter().any(|part| !kept.contains(part));
            assert!(!lacks && open.is_none(), "{} {source}: {kept:?}", python.full_version);
        }
        let (kept, _) = needs(&scanner, "import dbm");
        assert_eq!(kept.contains(&"sqlite3"), python.version.1 >= 13, "dbm.sqlite3");
        assert!(kept.contains(&"dbm"));
    }
}

#[test]
fn an_open_application_has_everything_but_tk() {
    let workers = Workers::new(&interpreter());
    let scanner = Scanner::new(&workers);
    let (kept, open) = needs(&scanner, "x = eval(y)");
    assert_eq!((kept.len(), open.unwrap()), (Part::all().count() - 1, "a: a.py: eval".to_owned()));
    assert_eq!(needs(&scanner, "eval(y); import turtle").0.len(), Part::all().count());
}

#[test]
fn an_interpreter_started_anew_can_run_anything() {
    let workers = Workers::new(&interpreter());
    let scanner = Scanner::new(&workers);
    let (one, other) =
        (imports_of(&scanner, "import subprocess"), imports_of(&scanner, "print(sys.executable)"));
    let open = |list: &[(&str, &Imports)]| need_of(&scanner, list, CLOSED).open;
    assert_eq!(open(&[("a", &one)]), None);
    assert_eq!(open(&[("b", &other)]), None);
    let both = open(&[("a", &one), ("b", &other)]).unwrap();
    assert_eq!(both, "a: a.py: subprocess; b: a.py: executable");
}

#[test]
fn so_can_options_and_modules() {
    let workers = Workers::new(&interpreter());
    let scanner = Scanner::new(&workers);
    let imports = imports_of(&scanner, "import os");
    let open = |isolated, options: &[&str], modules: &[&str]| {
        let own = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let (options, modules) = (own(options), own(modules));
        let launch = Launch { isolated, options: &options, modules: &modules };
        need_of(&scanner, &[("a", &imports)], launch).open
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
    let dir = tempfile::tempdir().unwrap();
    let bare = Interpreter { dynload: dir.path().to_owned(), ..interpreter() };
    let workers = Workers::new(&bare);
    let scanner = Scanner::new(&workers);
    assert_eq!(needs(&scanner, "import random").0, ["hashlib"]);
    fs::write(dir.path().join("_sha2.cpython-313-x86_64-linux-gnu.so"), "").unwrap();
    assert_eq!(needs(&scanner, "import random").0, [""; 0]);
}

#[test]
fn a_library_without_sources_stays_whole() {
    let python = Interpreter { stdlib: "/nonexistent".into(), ..interpreter() };
    let workers = Workers::new(&python);
    let scanner = Scanner::new(&workers);
    assert!(needs(&scanner, "import os").1.is_some());
}

#[test]
fn relative_names_are_of_the_package() {
    let name = |from, package, dots, module| absolute(from, package, dots, module);
    assert_eq!(name("a.b", false, 1, "c").unwrap(), "a.c");
    assert_eq!(name("a.b", true, 1, "c").unwrap(), "a.b.c");
    assert_eq!(name("a.b.c", false, 2, "").unwrap(), "a");
    assert_eq!(name("a", false, 1, "c"), None);
}
