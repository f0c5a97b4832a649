//! Surgery on files for 64-bit Arm, whose pages have up to 64 KiB. The cross compiler makes them, and
//! qemu-user runs the results, with pages of both sizes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use goblin::elf::Elf;
use goblin::elf::program_header::PT_LOAD;
use snakecrate_format::target::AARCH64_LINUX;

use super::super::strip::{Strip, stripped};
use super::super::{Image, loader, patch_area, search_path};

const COMPILER: &str = "aarch64-linux-gnu-gcc";
const EMULATOR: &str = "qemu-aarch64-static";
/// The root of the cross compiler's C library.
const ROOT: &str = "/usr/aarch64-linux-gnu";
const PAGE: u64 = 64 << 10;

const SOURCE: &str = "#include <stdio.h>\n#include <unistd.h>\nconst char *says(void);\n\
    int main(void) { printf(\"%s %ld\\n\", says(), sysconf(_SC_PAGESIZE)); return 0; }";

/// Ends the test as skipped where one of the programs is missing.
macro_rules! needs_cross {
    () => {
        for program in [COMPILER, EMULATOR] {
            if Command::new(program).arg("--version").output().is_err() {
                snakecrate_base::skip!("{program} is missing");
            }
        }
    };
}

fn compile(to: &Path, source: &str, options: &[&str]) -> Vec<u8> {
    let from = to.with_extension("c");
    fs::write(&from, source).unwrap();
    let mut compiler = Command::new(COMPILER);
    let status = compiler.arg(&from).arg("-o").arg(to).args(options).status().unwrap();
    assert!(status.success());
    fs::read(to).unwrap()
}

/// A program that prints what a library in `lib` says, and the size of pages.
fn program_and_library(options: &[&str]) -> (tempfile::TempDir, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let library = dir.path().join("lib");
    fs::create_dir(&library).unwrap();
    let says = "const char *says(void) { return \"hello\"; }";
    compile(&library.join("libsays.so"), says, &["-shared", "-fPIC", "-g", options[0]]);
    let path = format!("-L{}", library.display());
    let options = [options, &["-g", &path, "-lsays"]].concat();
    let bytes = compile(&dir.path().join("program"), SOURCE, &options);
    (dir, bytes)
}

fn program(dir: &Path, bytes: &[u8]) -> PathBuf {
    fs::create_dir_all(dir.join("bin")).unwrap();
    let path = dir.join("bin/program");
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The output of the program on pages of this size. Its loader and its libraries are looked for below
/// `root` first.
fn runs(dir: &Path, bytes: &[u8], page: u64, root: &str) -> String {
    let mut emulator = Command::new(EMULATOR);
    emulator.args(["-p", &page.to_string(), "-L", root]).arg(program(dir, bytes));
    let output = emulator.output().unwrap();
    assert!(output.status.success(), "pages of {page}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every loaded segment lies on pages of its own, of the target's largest size.
#[track_caller]
fn is_aligned(bytes: &[u8]) {
    assert_eq!(AARCH64_LINUX.page_size, PAGE);
    let elf = Elf::parse(bytes).unwrap();
    let loaded = elf.program_headers.iter().filter(|header| header.p_type == PT_LOAD);
    let mut end = 0;
    for segment in loaded {
        assert_eq!(segment.p_align, PAGE);
        assert_eq!(segment.p_offset % PAGE, segment.p_vaddr % PAGE);
        assert!(segment.p_vaddr / PAGE >= end, "two segments share a page");
        end = (segment.p_vaddr + segment.p_memsz).div_ceil(PAGE);
    }
}

const KINDS: [&[&str]; 3] = [
    &["-Wl,-z,max-page-size=65536", "-pie", "-fPIE"],
    &["-Wl,-z,max-page-size=65536", "-no-pie", "-fno-pie"],
    &["-Wl,-z,max-page-size=65536", "-Wl,-z,separate-code"],
];

#[test]
fn a_patch_area_on_large_pages_can_be_filled_in() {
    needs_cross!();
    for kind in KINDS {
        let (dir, bytes) = program_and_library(kind);
        let mut image = Image::parse(&bytes).unwrap();
        patch_area::reserve(&mut image, b"$ORIGIN/../lib").unwrap();
        let mut bytes = image.into_bytes().unwrap();
        is_aligned(&bytes);
        for page in [4096, PAGE] {
            let text = runs(dir.path(), &bytes, page, ROOT);
            assert_eq!(text, format!("hello {page}\n"), "{kind:?}, as it is");
        }
        // No root: the loader and the C library are those that the patch area names.
        let loader = dir.path().join("loader");
        fs::copy(format!("{ROOT}/lib/ld-linux-aarch64.so.1"), &loader).unwrap();
        let search = format!("{ROOT}/lib:{}", dir.path().join("lib").display());
        let (loader, first) = (loader.to_str().unwrap(), ["libm.so.6".to_owned()]);
        let fill = snakecrate_format::patch_area::fill;
        fill(&mut bytes, loader.as_bytes(), search.as_bytes(), &first).unwrap();
        for page in [4096, PAGE] {
            let text = runs(dir.path(), &bytes, page, "/nowhere");
            assert_eq!(text, format!("hello {page}\n"), "{kind:?}, filled in");
        }
        let elf = Elf::parse(&bytes).unwrap();
        assert!(elf.libraries.contains(&"libm.so.6"), "{:?}", elf.libraries);
    }
}

#[test]
fn a_search_path_on_large_pages_is_found() {
    needs_cross!();
    for kind in KINDS {
        let (dir, bytes) = program_and_library(kind);
        let mut image = Image::parse(&bytes).unwrap();
        search_path::set(&mut image, b"$ORIGIN/../lib").unwrap();
        let bytes = image.into_bytes().unwrap();
        is_aligned(&bytes);
        assert_eq!(runs(dir.path(), &bytes, PAGE, ROOT), format!("hello {PAGE}\n"));
    }
}

/// Distributions link with pages of 64 KiB, but some builders of wheels with less.
#[test]
fn files_linked_for_small_pages_keep_running_on_them() {
    needs_cross!();
    let (dir, bytes) = program_and_library(&["-Wl,-z,max-page-size=4096", "-pie"]);
    let mut image = Image::parse(&bytes).unwrap();
    patch_area::reserve(&mut image, b"$ORIGIN/../lib").unwrap();
    let bytes = image.into_bytes().unwrap();
    assert_eq!(runs(dir.path(), &bytes, 4096, ROOT), "hello 4096\n");
}

#[test]
fn stripped_libraries_keep_their_large_pages() {
    needs_cross!();
    let (dir, bytes) = program_and_library(KINDS[0]);
    let mut image = Image::parse(&bytes).unwrap();
    search_path::set(&mut image, b"$ORIGIN/../lib").unwrap();
    let bytes = image.into_bytes().unwrap();
    let library = dir.path().join("lib/libsays.so");
    let whole = fs::read(&library).unwrap();
    let bare = stripped(&whole, Strip::All).unwrap().unwrap();
    assert!(bare.len() < whole.len());
    is_aligned(&bare);
    fs::write(library, bare).unwrap();
    assert_eq!(runs(dir.path(), &bytes, PAGE, ROOT), format!("hello {PAGE}\n"));
}

#[test]
fn a_foreign_loader_of_the_build_host_is_replaced() {
    needs_cross!();
    let elsewhere =
        "-Wl,--dynamic-linker=/nix/store/a-long-name-of-a-glibc/lib/ld-linux-aarch64.so.1";
    let (dir, bytes) = program_and_library(&[KINDS[0][0], elsewhere]);
    let mut image = Image::parse(&bytes).unwrap();
    loader::standardise(&mut image).unwrap();
    let standard = AARCH64_LINUX.glibc.as_ref().unwrap().loader;
    assert_eq!(loader::loader(&image).unwrap().as_deref(), Some(standard));
    search_path::set(&mut image, b"$ORIGIN/../lib").unwrap();
    let text = runs(dir.path(), &image.into_bytes().unwrap(), 4096, ROOT);
    assert_eq!(text, "hello 4096\n");
}
