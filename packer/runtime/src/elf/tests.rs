//! Surgery on files that this machine's compiler makes, and on damaged ones.

mod aarch64;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use goblin::elf::Elf;

use snakecrate_audit::Object;
use snakecrate_format::target::{TARGETS, Target};

use super::{Image, grow, loader, patch_area, search_path};

const RPATH: &[u8] = b"$ORIGIN/../lib";

/// Compiles C with the compiler that links Rust programs, too.
fn compile(dir: &Path, name: &str, source: &str, options: &[&str]) -> PathBuf {
    let (from, to) = (dir.join(format!("{name}.c")), dir.join(name));
    fs::write(&from, source).unwrap();
    let status = Command::new("cc").arg(&from).arg("-o").arg(&to).args(options).status().unwrap();
    assert!(status.success());
    to
}

fn program(bytes: &[u8], dir: &Path) -> PathBuf {
    fs::create_dir_all(dir.join("bin")).unwrap();
    let path = dir.join("bin/program");
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn runs(bytes: &[u8], dir: &Path) -> String {
    let mut command = Command::new(program(bytes, dir));
    // Another test's child may have the file open for writing until it executes something.
    let is_busy = |error: &io::Error| error.kind() == io::ErrorKind::ExecutableFileBusy;
    let output = loop {
        match command.output() {
            Err(error) if is_busy(&error) => thread::yield_now(),
            other => break other.unwrap(),
        }
    };
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn with_rpath(bytes: &[u8]) -> Vec<u8> {
    let mut image = Image::parse(bytes).unwrap();
    search_path::set(&mut image, RPATH).unwrap();
    image.into_bytes().unwrap()
}

/// A program that prints what a library in `lib` says.
fn program_and_library(options: &[&str]) -> (tempfile::TempDir, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let library = dir.path().join("lib");
    fs::create_dir(&library).unwrap();
    let says = "const char *says(void) { return \"hello\"; }";
    compile(&library, "libsays.so", says, &["-shared", "-fPIC", "-g"]);
    let path = format!("-L{}", library.display());
    let options = [options, &["-g", &path, "-lsays"]].concat();
    let source = "int puts(const char *); const char *says(void); int main(void) { puts(says()); return 0; }";
    let program = compile(dir.path(), "program", source, &options);
    let bytes = fs::read(program).unwrap();
    (dir, bytes)
}

fn read(bytes: &[u8]) -> Option<Object> {
    Object::read("file", bytes, Target::of_this_build().unwrap())
}

fn standard_loader() -> &'static str {
    Target::of_this_build().unwrap().glibc.as_ref().unwrap().loader
}

fn facts(bytes: &[u8]) -> Object {
    read(bytes).unwrap()
}

#[test]
fn an_executable_without_a_search_path_gets_one() {
    for kind in [&["-pie", "-fPIE"][..], &["-no-pie", "-fno-pie"]] {
        let (dir, bytes) = program_and_library(kind);
        let before = bytes.len();
        let bytes = with_rpath(&bytes);
        assert_eq!(runs(&bytes, dir.path()), "hello\n");
        let facts = facts(&bytes);
        assert_eq!((facts.rpath, facts.runpath), (vec!["$ORIGIN/../lib".to_owned()], vec![]));
        assert!(bytes.len() < before + 4096 + 512, "{before} -> {}", bytes.len());
        // Debug information is gone, and what is left still has its names.
        let elf = Elf::parse(&bytes).unwrap();
        assert!(elf.syms.is_empty() && !elf.dynsyms.is_empty());
        // A second time there is one to take the place of.
        assert_eq!(with_rpath(&bytes), bytes);
    }
}

/// Code that is to be found at the same addresses afterwards, whether it may be moved or not.
#[test]
fn a_patch_area_can_be_filled_in() {
    for kind in [&["-pie", "-fPIE"][..], &["-no-pie", "-fno-pie"]] {
        let (dir, bytes) = program_and_library(kind);
        let mut image = Image::parse(&bytes).unwrap();
        patch_area::reserve(&mut image, b"$ORIGIN/../lib").unwrap();
        let mut bytes = image.into_bytes().unwrap();
        assert_eq!(runs(&bytes, dir.path()), "hello\n", "as it is");
        let facts = facts(&bytes);
        assert_eq!((facts.rpath, facts.runpath), (vec!["$ORIGIN/../lib".to_owned()], vec![]));
        assert!(!facts.needed.contains(&"libm.so.6".to_owned()), "{:?}", facts.needed);

        let loader = dir.path().join("loader");
        fs::copy(standard_loader(), &loader).unwrap();
        let search = format!("/nowhere:{}", dir.path().join("lib").display());
        let first = ["libm.so.6".to_owned()];
        let loader = loader.to_str().unwrap();
        let fill = snakecrate_format::patch_area::fill;
        fill(&mut bytes, loader.as_bytes(), search.as_bytes(), &first).unwrap();
        assert_eq!(runs(&bytes, dir.path()), "hello\n", "filled in");
        let elf = Elf::parse(&bytes).unwrap();
        assert_eq!(elf.interpreter.map(|path| path.trim_end_matches('\0')), Some(loader));
        assert_eq!(elf.rpaths, [search.as_str()]);
        assert!(elf.libraries.contains(&"libm.so.6"), "{:?}", elf.libraries);
        fs::remove_file(loader).unwrap();
        let error = Command::new(program(&bytes, dir.path())).output().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "no other loader starts it");
    }
}

#[test]
fn a_search_path_replaces_an_older_one_in_place() {
    let (dir, bytes) = program_and_library(&["-Wl,-rpath,/opt/somewhere/on/the/build/machine"]);
    let bytes = with_rpath(&bytes);
    assert_eq!(runs(&bytes, dir.path()), "hello\n");
    assert!(memchr::memmem::find(&bytes, b"machine").is_none());
    let elf = Elf::parse(&bytes).unwrap();
    assert_eq!((elf.rpaths, elf.runpaths), (vec!["$ORIGIN/../lib"], vec![]));
}

#[test]
fn a_name_that_is_the_tail_of_a_search_path_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = "-Wl,-rpath,/opt/my_symbol";
    let source = "int my_symbol = 1; int other_symbol = 2;";
    let library = compile(dir.path(), "lib.so", source, &["-shared", "-fPIC", path]);
    let mut image = Image::parse(&fs::read(library).unwrap()).unwrap();
    assert!(search_path::is_in_the_way(&image).unwrap());
    assert!(search_path::remove(&mut image).unwrap());
    assert!(!search_path::remove(&mut image).unwrap());
    let bytes = image.into_bytes().unwrap();
    assert!(memchr::memmem::find(&bytes, b"/opt").is_none());
    let elf = Elf::parse(&bytes).unwrap();
    let names: Vec<_> =
        elf.dynsyms.iter().filter_map(|symbol| elf.dynstrtab.get_at(symbol.st_name)).collect();
    assert!(names.contains(&"my_symbol") && names.contains(&"other_symbol"), "{names:?}");
    assert!(elf.rpaths.is_empty() && elf.runpaths.is_empty());
}

#[test]
fn a_relative_rpath_stays_and_a_runpath_is_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let in_the_way = |path: &str, kind: &str| {
        let options = ["-shared", "-fPIC", &format!("-Wl,-rpath,{path}"), kind];
        let library = compile(dir.path(), "lib.so", "int x;", &options);
        search_path::is_in_the_way(&Image::parse(&fs::read(library).unwrap()).unwrap()).unwrap()
    };
    assert!(!in_the_way("$ORIGIN/../lib", "-Wl,--disable-new-dtags"));
    assert!(in_the_way("$ORIGIN/../lib", "-Wl,--enable-new-dtags"));
    assert!(in_the_way("$ORIGIN:/opt/lib", "-Wl,--disable-new-dtags"));
}

#[test]
fn data_behind_the_elf_part_stays_in_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = "-Wl,-rpath,/opt/place";
    let library = compile(dir.path(), "lib.so", "int x;", &["-shared", "-fPIC", "-g", path]);
    let mut bytes = fs::read(library).unwrap();
    bytes.extend_from_slice(b"PK: scripts");
    let mut image = Image::parse(&bytes).unwrap();
    assert!(!image.has_ballast());
    assert!(search_path::remove(&mut image).unwrap());
    let changed = image.into_bytes().unwrap();
    assert_eq!(changed.len(), bytes.len());
    assert!(changed.ends_with(b"PK: scripts"));
    let facts = facts(&changed);
    assert!(facts.rpath.is_empty() && facts.runpath.is_empty());
    let mut image = Image::parse(&bytes).unwrap();
    assert!(search_path::set(&mut image, &[b'x'; 200]).is_err());
}

#[test]
fn a_loader_of_the_build_host_is_replaced() {
    let elsewhere =
        "-Wl,--dynamic-linker=/nix/store/a-long-name-of-a-glibc/lib/ld-linux-x86-64.so.2";
    for options in [&[elsewhere][..], &[]] {
        let (dir, bytes) = program_and_library(options);
        let mut image = Image::parse(&bytes).unwrap();
        loader::standardise(&mut image).unwrap();
        assert_eq!(loader::loader(&image).unwrap().as_deref(), Some(standard_loader()));
        search_path::set(&mut image, RPATH).unwrap();
        assert_eq!(runs(&image.into_bytes().unwrap(), dir.path()), "hello\n");
    }
    let (_dir, bytes) = program_and_library(&["-Wl,--dynamic-linker=/lib/ld.so.1"]);
    assert!(loader::standardise(&mut Image::parse(&bytes).unwrap()).is_err());
}

#[test]
fn new_segments_are_aligned_to_the_targets_pages() {
    let (_dir, mut bytes) = program_and_library(&[]);
    for target in TARGETS {
        let machine = target.glibc.as_ref().unwrap().elf_machine;
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        let mut image = Image::parse(&bytes).unwrap();
        grow::add_string(&mut image, &[b'x'; 100], 0).unwrap();
        let changed = image.into_bytes().unwrap();
        let elf = Elf::parse(&changed).unwrap();
        let last = elf.program_headers.last().unwrap();
        assert_eq!(last.p_align, target.page_size);
        assert_eq!((last.p_offset % last.p_align, last.p_vaddr % last.p_align), (0, 0));
    }
}

#[test]
fn damaged_files_cause_no_panic() {
    let (_dir, bytes) = program_and_library(&[]);
    let whole = Image::parse(&bytes).unwrap().into_bytes().unwrap();
    let operate = |bytes: Vec<u8>| {
        let Ok(mut image) = Image::parse(&bytes) else { return };
        let _ = loader::standardise(&mut image);
        let _ = search_path::is_in_the_way(&image);
        let _ = search_path::set(&mut image, RPATH);
        let _ = search_path::remove(&mut image);
        let _ = image.into_bytes();
    };
    for length in (0..whole.len()).step_by(97) {
        let _ = read(&whole[..length]);
        operate(whole[..length].to_vec());
    }
    for at in (0..2048).chain((2048..whole.len()).step_by(7)) {
        for value in [0x00, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = value;
            operate(damaged);
        }
    }
}
