//! Audits of made-up units, and of files from this machine's compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pretty_assertions::assert_eq;

use snakecrate_base::error::Remedy as _;
use snakecrate_format::target::{AARCH64_LINUX, Target, X86_64_LINUX};

use super::*;

fn object(path: &str, needed: &[&str]) -> Object {
    Object {
        path: path.into(),
        soname: path.rsplit('/').next().map(Into::into),
        needed: needed.iter().map(|&name| name.into()).collect(),
        ..Object::default()
    }
}

fn module(path: &str, needed: &[&str]) -> Object {
    Object { is_module: true, ..object(path, needed) }
}

fn unit(name: &str, root: Root, objects: Vec<Object>) -> Unit {
    Unit { name: name.into(), root, tags: Vec::new(), objects }
}

fn check(units: &[Unit]) -> Report {
    audit("app", units, &any())
}

fn any() -> Options {
    Options::new(&X86_64_LINUX)
}

/// The target of this machine's compiler.
fn native() -> &'static Target {
    Target::of_this_build().unwrap()
}

fn provider<'r>(report: &'r Report, name: &str) -> &'r Provider {
    &report.libraries.iter().find(|library| library.name == name).unwrap().provider
}

/// Compiles C with the compiler that links Rust programs, too.
fn compile(dir: &Path, name: &str, source: &str, options: &[&str]) -> PathBuf {
    let (from, to) = (dir.join("source.c"), dir.join(name));
    fs::write(&from, source).unwrap();
    let status = Command::new("cc").arg(&from).arg("-o").arg(&to).args(options).status().unwrap();
    assert!(status.success());
    fs::remove_file(from).unwrap();
    to
}

#[test]
fn siblings_are_found_by_search_path_others_by_name() {
    let mut numpy = module("site/numpy/x.so", &["libblas.so.3", "libc.so.6"]);
    numpy.rpath = vec!["$ORIGIN/../numpy.libs".into()];
    let torch = module("site/torch/_C.so", &["libcudart.so.12"]);
    let units = [
        unit("numpy", Root::Env, vec![numpy, object("site/numpy.libs/libblas.so.3", &[])]),
        unit("torch", Root::Env, vec![torch]),
        unit("cudart", Root::Env, vec![object("site/nvidia/lib/libcudart.so.12", &[])]),
    ];
    let report = check(&units);
    let archive = |component: &str, path: &str, by_name| Provider::Archive {
        component: component.into(),
        path: path.into(),
        by_name,
    };
    let blas = archive("numpy", "site/numpy.libs/libblas.so.3", false);
    assert_eq!(provider(&report, "libblas.so.3"), &blas);
    let cudart = archive("cudart", "site/nvidia/lib/libcudart.so.12", true);
    assert_eq!(provider(&report, "libcudart.so.12"), &cudart);
    assert_eq!(provider(&report, "libc.so.6"), &Provider::CLibrary);
    assert_eq!((report.verdict.as_str(), report.is_well()), ("requires glibc", true));
}

#[test]
fn own_search_paths_exclude_the_runtimes_libraries() {
    let plain = module("site/a.so", &["libz.so.1"]);
    let own = Object {
        has_runpath: true,
        runpath: vec!["$ORIGIN".into()],
        ..module("site/b.so", &["libz.so.1"])
    };
    let runtime = || unit("cpython", Root::Runtime, vec![object("lib/libz.so.1", &[])]);
    let report = check(&[runtime(), unit("a", Root::Env, vec![plain])]);
    assert!(matches!(provider(&report, "libz.so.1"), Provider::Archive { by_name: false, .. }));
    let report = check(&[runtime(), unit("b", Root::Env, vec![own])]);
    assert_eq!(provider(&report, "libz.so.1"), &Provider::Host);
    assert_eq!(report.verdict, "requires no C library; from the host: libz.so.1");
}

#[test]
fn a_missing_library_is_an_error_with_wheel_and_remedy() {
    let units = [unit("psycopg2", Root::Env, vec![module("site/psycopg2.so", &["libpq.so.5"])])];
    let report = check(&units);
    assert_eq!(report.verdict, "requires no C library; missing: libpq.so.5");
    let error = Error::check(&report).unwrap_err();
    assert_eq!(error.to_string(), "libpq.so.5 is missing: psycopg2 needs it (site/psycopg2.so)");
    let remedy = error.remedy().unwrap();
    assert!(remedy.contains("--include-lib libpq.so.5"), "{remedy}");
    let allowed = Options { allow_missing: vec!["libpq.so.5".into()], ..any() };
    let report = audit("app", &units, &allowed);
    assert!(report.is_well());
    assert!(report.warnings.is_empty(), "the user knows: {:?}", report.warnings);
}

#[test]
fn several_missing_libraries_are_one_problem_with_one_flag() {
    let needed = ["libmpi.so.40", "libfabric.so.1"];
    let torch = module("site/torch.so", &needed);
    let units = [
        unit("torch", Root::Env, vec![torch]),
        unit("net", Root::Env, vec![module("site/net.so", &needed[..1])]),
    ];
    let report = check(&units);
    let error = Error::check(&report).unwrap_err();
    assert_eq!(
        error.to_string(),
        "2 libraries are missing, which torch needs: libfabric.so.1, libmpi.so.40"
    );
    let remedy = error.remedy().unwrap();
    let flag = "--allow-missing libfabric.so.1,libmpi.so.40";
    assert!(remedy.ends_with(&format!("build without them with {flag}")), "{remedy}");
    for allowed in [&["libfabric.so.1", "libmpi.so.40"][..], &["libmpi*", "libfa*"]] {
        let allow_missing = allowed.iter().map(|&name| name.to_owned()).collect();
        assert!(audit("app", &units, &Options { allow_missing, ..any() }).is_well(), "{allowed:?}");
    }
}

#[test]
fn before_a_trial_missing_libraries_are_one_counted_warning() {
    let tried = Options { is_tried: true, ..any() };
    let needs = |files: &[(&'static str, &[&'static str])]| {
        let objects = files.iter().map(|(path, needed)| module(path, needed)).collect();
        let report = audit("app", &[unit("torch", Root::Env, objects)], &tried);
        assert!(report.is_well());
        report.warnings
    };
    assert_eq!(
        needs(&[("site/a.so", &["libmpi.so.40", "libucp.so.0"]), ("site/b.so", &["libmpi.so.40"])]),
        ["torch: 2 libraries are missing for 2 files; `snakecrate audit` lists them"]
    );
    let warnings = needs(&[("site/a.so", &["libmpi.so.40"])]);
    assert_eq!(warnings, ["torch: libmpi.so.40 is missing for 1 file"]);
}

#[test]
fn only_plug_ins_may_lack_libraries() {
    let plugin = || object("site/qt/plugins/libqsqlpsql.so", &["libpq.so.5"]);
    let units = [unit("qt", Root::Env, vec![plugin(), module("site/qt/core.abi3.so", &[])])];
    assert!(check(&units).is_well());
    // With no module at all it is a library for `ctypes`.
    assert!(!check(&[unit("qt", Root::Env, vec![plugin()])]).is_well());
    // A library that a module needs isn't a plug-in.
    let core = module("site/qt/core.abi3.so", &["libqsqlpsql.so"]);
    assert!(!check(&[unit("qt", Root::Env, vec![plugin(), core])]).is_well());
}

#[test]
fn libraries_below_a_desktop_come_from_the_host() {
    let core = |needed: &[&str]| [unit("qt", Root::Env, vec![module("site/core.abi3.so", needed)])];
    assert!(!check(&core(&["libzstd.so.1"])).is_well());
    let report = check(&core(&["libzstd.so.1", "libGL.so.1"]));
    assert_eq!(report.verdict, "requires no C library; from the host: libGL.so.1, libzstd.so.1");
}

#[test]
fn too_new_a_glibc_is_blamed_on_its_component() {
    let wants = |path: &str, version: &str| Object {
        glibc: Version::parse(version),
        ..module(path, &["libc.so.6"])
    };
    let units = [
        unit("numpy", Root::Env, vec![wants("site/n.so", "2.17")]),
        unit("pandas", Root::Env, vec![wants("site/a.so", "2.29"), wants("site/p.so", "2.34")]),
    ];
    let options = Options { max_glibc: Some(Glibc(2, 28)), ..any() };
    let report = audit("app", &units, &options);
    assert_eq!(report.glibc(), Some((2, 34)));
    assert_eq!(report.line(), "requires glibc \u{2265} 2.34 (pandas)");
    assert_eq!(
        Error::check(&report).unwrap_err().to_string(),
        "pandas: site/p.so requires GLIBC_2.34, but at most 2.28 is allowed (1 more of its files)"
    );
    let options = Options { max_glibc: Some(Glibc(2, 34)), ..any() };
    assert!(audit("app", &units, &options).is_well());
}

#[test]
fn an_older_libstdcxx_in_the_archive_is_an_error() {
    let mut tensor = module("site/t.so", &["libstdc++.so.6"]);
    tensor.glibcxx = Version::parse("3.4.32");
    let mut runtime = object("lib/libstdc++.so.6", &[]);
    runtime.defines = Version::parse("3.4.30");
    let units = [
        unit("cpython", Root::Runtime, vec![runtime]),
        unit("tensor", Root::Env, vec![tensor.clone()]),
    ];
    let error = Error::check(&check(&units)).unwrap_err().to_string();
    assert!(error.contains("GLIBCXX_3.4.32") && error.contains("3.4.30"), "{error}");
    // The host's may be new enough.
    let report = check(&[unit("tensor", Root::Env, vec![tensor])]);
    assert!(report.is_well());
    assert_eq!(report.compiler_libraries().count(), 1);
}

#[test]
fn tags_that_promise_too_much_are_reported() {
    let wants = Object { glibc: Version::parse("2.28"), ..module("x.so", &["libc.so.6"]) };
    let tags = |tags: &[&str]| {
        let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        let objects = vec![wants.clone()];
        check(&[Unit { tags, ..unit("x", Root::Env, objects) }]).warnings
    };
    assert_eq!(
        tags(&["manylinux_2_17_x86_64", "manylinux_2_28_x86_64"]),
        ["x: its tag manylinux_2_17_x86_64 promises glibc 2.17, but x.so requires GLIBC_2.28"]
    );
    assert_eq!(tags(&["linux_x86_64"]), Vec::<String>::new());
    assert_eq!(
        tags(&["musllinux_1_2_x86_64"]),
        ["x: its tag musllinux_1_2_x86_64 promises musl, but x.so requires glibc"]
    );
    assert_eq!(
        tags(&["manylinux_2_28_aarch64"]),
        ["x: its tag manylinux_2_28_aarch64 is for another machine"]
    );
}

#[test]
fn the_target_decides_which_tags_and_policies_count() {
    let wants = Object { glibc: Version::parse("2.17"), ..module("x.so", &["libc.so.6"]) };
    let tags = vec!["manylinux_2_17_aarch64".to_owned(), "manylinux_2_17_x86_64".to_owned()];
    let unit = Unit { tags, ..unit("x", Root::Env, vec![wants]) };
    let report = audit("app", &[unit], &Options::new(&AARCH64_LINUX));
    assert_eq!(report.warnings, ["x: its tag manylinux_2_17_x86_64 is for another machine"]);
    assert_eq!((report.target, report.components[0].policy), ("aarch64-linux", Some(Glibc(2, 17))));
    assert!(!report.text().contains("x86-64 level"));
}

#[test]
fn the_smallest_pages_of_all_files_are_reported_where_a_kernel_may_have_larger_ones() {
    let linked_for = |path: &str, page| Object { page: Some(page), ..module(path, &[]) };
    let units = |pages: &[u64]| {
        let name = |(number, page): (usize, &u64)| linked_for(&format!("site/{number}.so"), *page);
        [unit("wheel", Root::Env, pages.iter().enumerate().map(name).collect())]
    };
    let arm = Options::new(&AARCH64_LINUX);
    let report = audit("app", &units(&[64 << 10, 16 << 10, 4 << 10, 4 << 10]), &arm);
    let pages = report.pages.as_ref().unwrap();
    assert_eq!((pages.largest, pages.files), (4 << 10, 2));
    assert_eq!(pages.place.to_string(), "wheel: site/2.so");
    assert!(report.is_well());
    assert_eq!(report.verdict, "requires a kernel with pages of at most 4 KiB");
    assert_eq!(audit("app", &units(&[64 << 10, 128 << 10]), &arm).pages, None);
    assert_eq!(check(&units(&[4 << 10])).pages, None, "no kernel for x86-64 has larger ones");
}

#[test]
fn another_machine_is_an_error_unless_it_is_data() {
    let foreign = |path: &str| {
        Object { defect: Some(Defect::Machine("aarch64".into())), ..Object::default() }.at(path)
    };
    let report = check(&[unit("x", Root::Env, vec![foreign("x/_x.so")])]);
    assert_eq!(report.problems[0].to_string(), "x: x/_x.so is for aarch64, not for x86-64");
    assert_eq!(report.verdict, "does not run on x86-64");
    let debugger = [unit("d", Root::Env, vec![module("d.so", &[]), foreign("attach_arm.so")])];
    let report = check(&debugger);
    assert_eq!((report.is_well(), report.warnings.len()), (true, 1));
}

#[test]
fn a_wheel_with_code_for_several_machines_was_refused() {
    let foreign = Object { defect: Some(Defect::Machine("aarch64".into())), ..Object::default() };
    let foreign = foreign.at("dist/aarch64/_rust.abi3.so");
    let musl = module("dist/musl/_rust.abi3.so", &["libc.musl-x86_64.so.1"]);
    let own = module("dist/x86_64/_rust.abi3.so", &["libc.so.6"]);
    let tried = Options { is_tried: true, ..Options::new(native()) };
    let runtime = || unit("cpython", Root::Runtime, vec![]);

    let several = [runtime(), unit("kolibri", Root::Env, vec![foreign.clone(), musl.clone(), own])];
    let report = audit("kolibri", &several, &tried);
    assert!(report.is_well(), "{:?}", report.problems);
    assert_eq!(report.warnings.len(), 2, "{:?}", report.warnings);
    assert_eq!(check(&several).problems.len(), 2, "nothing shows what is loaded");

    for only in [foreign, musl] {
        let report = audit("x", &[runtime(), unit("x", Root::Env, vec![only])], &tried);
        assert_eq!(report.problems.len(), 1);
    }
}

impl Object {
    fn at(mut self, path: &str) -> Self {
        self.path = path.into();
        self
    }
}

#[test]
fn real_files_of_a_directory_are_audited() {
    let dir = tempfile::tempdir().unwrap();
    let libs = dir.path().join("x.libs");
    fs::create_dir(&libs).unwrap();
    compile(
        &libs,
        "libsays.so.1",
        "int says(void) { return 1; }",
        &["-shared", "-fPIC", "-Wl,-soname,libsays.so.1"],
    );
    let library = libs.join("libsays.so.1").display().to_string();
    let source = "int says(void); int PyInit_x(void) { return says(); }";
    let options = ["-shared", "-fPIC", "-Wl,-rpath,$ORIGIN/x.libs", &library];
    compile(dir.path(), "x.abi3.so", source, &options);
    fs::write(dir.path().join("notes.so"), "no ELF file").unwrap();
    let mut foreign = fs::read(dir.path().join("x.abi3.so")).unwrap();
    foreign[18] = 183; // EM_AARCH64
    fs::write(dir.path().join("y.abi3.so"), &foreign).unwrap();
    fs::write(dir.path().join("z.so"), &foreign[..100]).unwrap();

    let units = [directory(dir.path(), "dir", native()).unwrap()];
    let paths: Vec<_> = units[0].objects.iter().map(|object| object.path.as_str()).collect();
    assert_eq!(paths, ["x.abi3.so", "x.libs/libsays.so.1", "y.abi3.so", "z.so"]);
    assert!(units[0].objects[0].is_module && !units[0].objects[1].is_module);
    let report = audit("dir", &units, &Options::new(native()));
    assert!(matches!(provider(&report, "libsays.so.1"), Provider::Archive { by_name: false, .. }));
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    assert!(report.problems[0].to_string().contains("y.abi3.so is for aarch64"));
    assert_eq!(report.warnings.len(), 1, "the truncated one: {:?}", report.warnings);

    let alone = file(&dir.path().join("x.abi3.so"), "x", native()).unwrap().unwrap();
    assert!(!audit("x", &[alone], &Options::new(native())).is_well());
    assert!(file(&dir.path().join("notes.so"), "notes", native()).unwrap().is_none());
    let nothing = file(&dir.path().join("nothing"), "nothing", native());
    assert!(matches!(nothing, Err(Error::Read { .. })));
}

#[test]
fn packed_relocations_need_a_loader_that_knows_them() {
    let dir = tempfile::tempdir().unwrap();
    let source = "#include <stdio.h>\nstatic int (*says)(const char *) = puts;\nint x; int *p = &x, *q = &x;\nint main(void) { return says(\"\"); }\n";
    let file = compile(dir.path(), "program", source, &["-pie", "-fPIE"]);
    let plain = Object::read("program", &fs::read(&file).unwrap(), native()).unwrap();
    assert!(plain.glibc() < Some(Glibc(2, 36)));
    let options = ["-pie", "-fPIE", "-Wl,-z,pack-relative-relocs"];
    let file = compile(dir.path(), "program", source, &options);
    let packed = Object::read("program", &fs::read(&file).unwrap(), native()).unwrap();
    // An old linker passes the option over.
    if memchr::memmem::find(&fs::read(&file).unwrap(), b"GLIBC_ABI_DT_RELR").is_some() {
        assert_eq!(packed.glibc(), Some(Glibc(2, 36)));
    }
}

#[test]
fn damaged_files_never_panic() {
    let bytes = fs::read("/bin/sh").unwrap();
    for length in (0..4096.min(bytes.len())).step_by(61) {
        let _ = Object::read("x", &bytes[..length], native());
    }
    for at in (0..bytes.len()).step_by(251) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0xff;
        let _ = Object::read("x", &damaged, native());
    }
}
