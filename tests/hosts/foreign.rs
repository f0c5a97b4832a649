//! Archives for another processor: every command reads them here, and an emulator runs them.
//!
//! `ci/emulated` runs whole groups of the suite with a real interpreter of another processor.

use std::fs;

use snakecrate_format::target::{Processor, Target};

use crate::support::forge::{Forge, SAYS};
use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::target::{foreign, target};
use crate::support::wheel::{Wheel, library};

/// The offset of the machine in an ELF file: `e_machine`.
const MACHINE: usize = 18;

/// A file of this machine's compiler or packer, as if it were for `target`. Nothing that a reader
/// looks at depends on the machine.
fn as_if_for(target: &Target, mut elf: Vec<u8>) -> Vec<u8> {
    let machine = target.glibc.as_ref().unwrap().elf_machine;
    elf[MACHINE..MACHINE + 2].copy_from_slice(&machine.to_le_bytes());
    elf
}

/// A library that requires `libm.so.6`, as an extension module does.
fn module(sandbox: &Sandbox) -> Vec<u8> {
    let path = sandbox.path("it.so");
    let source = "double sqrt(double); void *PyInit_it(void) { return 0; }\n\
                  double root(double x) { return sqrt(x); }\n";
    library(&path, source, &["-lm", "-fno-builtin"]);
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(path).unwrap();
    bytes
}

/// The same archive for two targets: `native` and `foreign`. Their launchers differ in the machine
/// alone.
fn two() -> Sandbox {
    let sandbox = Sandbox::new().copy("/bin/true", "native").copy("/bin/true", "foreign");
    let module = module(&sandbox);
    let launcher = snakecrate::launchers::launcher(target()).unwrap().to_vec();
    for (name, target) in [("native", target()), ("foreign", foreign())] {
        let launcher = as_if_for(target, launcher.clone());
        let forge = Forge::honest().target(target);
        let forge = forge.file("wheel", "lib/it.so", &as_if_for(target, module.clone()));
        sandbox.rewrite(name, |bytes| *bytes = forge.bytes_on(&launcher));
    }
    sandbox
}

#[test]
fn a_foreign_archive_is_verified_and_extracted_like_a_native_one() {
    let sandbox = two();
    let verified = |name: &str| {
        let text = sandbox.run(["verify", name]).success().any_stderr().text();
        text.replace(name, "NAME")
    };
    assert_eq!(verified("foreign"), verified("native"));
    for name in ["native", "foreign"] {
        let out = format!("out-{name}");
        sandbox.run(["extract", name, &out]).success().any_stderr().done();
    }
    let files = |name: &str| {
        let tree = sandbox.path(format!("out-{name}"));
        let files =
            walkdir::WalkDir::new(&tree).sort_by_file_name().into_iter().map(Result::unwrap);
        let files = files.filter(|file| file.file_type().is_file());
        files
            .map(|file| {
                let path = file.path().strip_prefix(&tree).unwrap().to_owned();
                let bytes = fs::read(file.path()).unwrap();
                // The module names its machine.
                (path, if file.file_name() == "it.so" { vec![] } else { bytes })
            })
            .collect::<Vec<_>>()
    };
    let (ours, theirs) = (files("native"), files("foreign"));
    assert!(ours.len() > 4 && ours == theirs, "{ours:?}\n{theirs:?}");
    let damaged = |bytes: &mut Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    };
    sandbox.rewrite("foreign", damaged);
    sandbox.run(["verify", "foreign"]).refused(1, "damaged", "");
}

#[test]
fn a_foreign_archive_is_inspected_like_a_native_one() {
    let sandbox = two();
    let inspected = |name: &str| {
        let mut report = sandbox.run(["inspect", "--json", name]).json();
        let own = report["target"].as_str().unwrap().to_owned();
        // The digest covers the name of the target, and so does the size.
        for field in ["target", "digest", "size"] {
            report[field] = serde_json::Value::Null;
        }
        // The module is another one.
        report["components"][2]["digest"] = serde_json::Value::Null;
        report["components"][2]["stored"] = serde_json::Value::Null;
        report["stored"] = serde_json::Value::Null;
        (own, report)
    };
    let ((native, ours), (foreign_triple, theirs)) = (inspected("native"), inspected("foreign"));
    assert_eq!((native.as_str(), foreign_triple.as_str()), (target().triple, foreign().triple));
    pretty_assertions::assert_eq!(ours, theirs);
    sandbox.run(["inspect", "foreign"]).success().stdout_contains(foreign().triple).done();
}

#[test]
fn a_foreign_archive_is_audited_for_its_own_target() {
    let sandbox = two();
    let audited = |name: &str| {
        let mut report = sandbox.run(["audit", "--json", name]).success().json();
        let own = report["target"].as_str().unwrap().to_owned();
        for field in ["target", "subject"] {
            report[field] = serde_json::Value::Null;
        }
        // The oldest policy is another one.
        report["components"][2]["policy"] = serde_json::Value::Null;
        (own, report)
    };
    let ((native, mut ours), (other, mut theirs)) = (audited("native"), audited("foreign"));
    assert_eq!((native.as_str(), other.as_str()), (target().name, foreign().name));
    assert_eq!(theirs["libraries"][0]["name"], "libm.so.6");
    // This machine's linker aligns to its own pages, which may be too small for the other.
    for report in [&mut ours, &mut theirs] {
        report["pages"] = serde_json::Value::Null;
        report["verdict"] = serde_json::Value::Null;
    }
    pretty_assertions::assert_eq!(ours, theirs);
}

/// Nothing but an archive names its target, so the native code decides.
#[test]
fn foreign_wheels_and_directories_are_audited_for_their_target() {
    let sandbox = Sandbox::new();
    let module = as_if_for(foreign(), module(&sandbox));
    let tags = match foreign().processor {
        Processor::X86_64 => "py3-none-manylinux2014_x86_64",
        Processor::Aarch64 => "py3-none-manylinux2014_aarch64",
    };
    let wheel = Wheel::new("foreign-audit", "1.0")
        .tags(tags)
        .file("it/it.so", &module)
        .write(&sandbox.path(""));
    fs::create_dir(sandbox.path("tree")).unwrap();
    fs::write(sandbox.path("tree/it.so"), &module).unwrap();
    let wheel = wheel.file_name().unwrap().to_str().unwrap();
    for subject in [wheel, "tree", "tree/it.so"] {
        let report = sandbox.run(["audit", "--json", subject]).success().json();
        assert_eq!(report["target"], foreign().name, "{subject}");
        assert_eq!(report["libraries"][0]["provider"]["by"], "c-library", "{subject}");
        // Its tag names the right machine.
        assert!(!report["warnings"].to_string().contains("another machine"), "{report}");
    }
}

/// A launcher of another processor runs under an emulator; the honest archive's interpreter is a
/// shell script.
fn emulated() -> Option<Sandbox> {
    needs!(Start(foreign()));
    Some(Forge::honest().target(foreign()).sandbox())
}

#[test]
fn a_foreign_launcher_starts_cold_and_warm_under_an_emulator() {
    let Some(sandbox) = emulated() else { return };
    for _ in ["cold", "warm"] {
        sandbox.archive("app").expect(0, SAYS, "");
    }
    assert_eq!(sandbox.cached("components").len(), 3);
    assert_eq!(sandbox.cached("envs").len(), 1);
    assert!(sandbox.cached("staging").is_empty());
    let run = sandbox.archive("app").env("SNAKECRATE", "info");
    run.output().success().stdout_contains(foreign().triple).done();
}

#[test]
fn a_foreign_launcher_repairs_what_was_damaged() {
    let Some(sandbox) = emulated() else { return };
    sandbox.archive("app").expect(0, SAYS, "");
    let env = &sandbox.cached("envs")[0];
    let script = fs::canonicalize(sandbox.cache().join("v2/envs").join(env).join("bin/python3"));
    let script = script.unwrap();
    fs::remove_file(&script).unwrap();
    sandbox.archive("app").expect(0, SAYS, "");
    fs::remove_file(&script).unwrap();
    fs::write(&script, "#!/bin/sh\necho damaged\n").unwrap();
    let run = sandbox.archive("app").env("SNAKECRATE", "verify");
    run.output().code(1).any_stderr().stdout_contains("bin/python3.12").done();
    let run = sandbox.archive("app").env("SNAKECRATE", "repair").arg("--exit-code");
    run.output().code(10).any_stderr().done();
    sandbox.archive("app").expect(0, SAYS, "");
}

/// Archives of several targets share a cache. Their listings name the same files for both, so they
/// share components, too.
#[test]
fn targets_share_a_cache_and_are_pruned_together() {
    needs!(Native("both archives would be for one target"));
    let Some(sandbox) = emulated() else { return };
    let sandbox = sandbox.copy("/bin/true", "native");
    sandbox.rewrite("native", |bytes| *bytes = Forge::honest().target(target()).bytes());
    for name in ["app", "native", "app"] {
        sandbox.archive(name).expect(0, SAYS, "");
    }
    assert_eq!(sandbox.cached("envs").len(), 2);
    assert_eq!(sandbox.cached("components").len(), 3);
    let _ = sandbox.run(["cache", "verify"]).success().any_stderr().text();
    let _ = sandbox.run(["cache", "prune", "--unused", "0"]).success().any_stderr().text();
    assert!(sandbox.cached("envs").is_empty() && sandbox.cached("components").is_empty());
    sandbox.archive("app").expect(0, SAYS, "");
}
