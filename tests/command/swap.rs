//! `swap`: other components in a finished archive.

use std::fs;

use serde_json::Value;
use snakecrate_format::record::{BootRecord, LENGTH, MAX_MANIFEST, Signature};

use crate::support::needs::needs;
use crate::support::sandbox::{Outcome, Sandbox, shared};
use crate::support::wheel::Wheel;

const FAILURE: i32 = 1;

/// Swaps quickly and quietly, where there is no uv.
pub(super) fn swap(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let packer = sandbox.packer(["swap", "app", "-o", "new"]).args(shared::OPTIONS).args(arguments);
    let packer = packer.env("SNAKECRATE_CACHE", shared::packer_cache());
    packer.env("UV", sandbox.path("no-uv")).arg("--offline").output()
}

/// Builds `output` of the wheels in a directory.
fn build(sandbox: &Sandbox, source: &str, wheels: &str, output: &str) {
    sandbox.build([source, "-o", output, "--wheelhouse", wheels, "--offline"]).done();
}

/// `caller` requires `callee`, which has version 1.5. The archive is `app`.
fn called() -> Sandbox {
    let sandbox = Sandbox::new();
    let directory = sandbox.path("wheels");
    caller().write(&directory);
    Wheel::new("callee", "1.5").write(&directory);
    build(&sandbox, "caller", "wheels", "app");
    sandbox
}

pub(super) fn caller() -> Wheel {
    let module = "import callee\ndef main():\n    callee.main()\n";
    Wheel::new("caller", "1").file("caller.py", module).requires("callee>=1,<3")
}

/// Writes a wheel into `more`, and returns its path.
pub(super) fn more(sandbox: &Sandbox, wheel: Wheel) -> String {
    let path = wheel.write(&sandbox.path("more"));
    path.strip_prefix(sandbox.path("")).unwrap().to_str().unwrap().to_owned()
}

fn components(sandbox: &Sandbox, archive: &str) -> Vec<Value> {
    sandbox.run(["inspect", "--json", archive]).json()["components"].as_array().unwrap().clone()
}

/// The names of components that differ.
fn changed(sandbox: &Sandbox) -> Vec<String> {
    let difference = sandbox.run(["diff", "--json", "app", "new"]).json();
    let all = difference["components"].as_array().unwrap().clone();
    all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

pub(super) fn is_there(sandbox: &Sandbox, file: &str) -> bool {
    sandbox.path(file).exists()
}

#[test]
fn swapping_a_wheel_gives_the_bytes_of_a_build_with_it() {
    let sandbox = called();
    let wheel = more(&sandbox, Wheel::new("callee", "1.6"));
    swap(&sandbox, &["--wheel", &wheel]).expect(0, "", "");
    sandbox.archive("new").expect(0, "callee 1.6\n", "");
    sandbox.archive("app").expect(0, "callee 1.5\n", "");
    assert_eq!(changed(&sandbox), ["callee"]);
    sandbox.run(["verify", "new"]).stdout_contains("new: whole").done();

    let caller = "caller-1-py3-none-any.whl";
    fs::copy(sandbox.path("wheels").join(caller), sandbox.path("more").join(caller)).unwrap();
    build(&sandbox, "caller", "more", "built");
    assert!(fs::read(sandbox.path("new")).unwrap() == fs::read(sandbox.path("built")).unwrap());
}

#[test]
fn components_that_stay_keep_their_bytes() {
    let sandbox = called();
    let stored = |archive: &str, name: &str| {
        let bytes = fs::read(sandbox.path(archive)).unwrap();
        let all = manifest(&bytes)["components"].as_array().unwrap().clone();
        let one = all.iter().find(|one| one["name"] == name).unwrap().clone();
        let members = one["blobs"].as_array().unwrap().iter().chain([&one["tree"]]);
        let number =
            |member: &Value, field: &str| usize::try_from(member[field].as_u64().unwrap()).unwrap();
        let bytes = members.flat_map(|member| {
            let start = number(member, "offset");
            bytes[start..start + number(member, "length")].to_vec()
        });
        bytes.collect::<Vec<u8>>()
    };
    let wheel = more(&sandbox, Wheel::new("callee", "1.6").file("more.txt", "x".repeat(5000)));
    swap(&sandbox, &["--wheel", &wheel]).expect(0, "", "");
    for name in ["cpython", "caller", "glibc"] {
        assert!(stored("app", name) == stored("new", name), "{name}");
    }
    assert!(stored("app", "callee") != stored("new", "callee"));
}

#[test]
fn the_same_python_again_changes_nothing() {
    let sandbox = called();
    let python = components(&sandbox, "app")[0]["version"].as_str().unwrap().to_owned();
    swap(&sandbox, &["--python", &python]).expect(0, "", "");
    assert!(fs::read(sandbox.path("app")).unwrap() == fs::read(sandbox.path("new")).unwrap());
}

#[test]
fn the_version_of_an_application_that_is_a_wheel_follows_it() {
    let sandbox = called();
    let module = "import callee\ndef main():\n    print('two')\n";
    let wheel = Wheel::new("caller", "2").file("caller.py", module).requires("callee");
    let wheel = more(&sandbox, wheel);
    swap(&sandbox, &["--wheel", &wheel]).expect(0, "", "");
    sandbox.archive("new").expect(0, "two\n", "");
    assert_eq!(sandbox.run(["inspect", "--json", "new"]).json()["version"], "2");
}

#[test]
fn a_wheel_can_be_added_with_what_another_one_requires() {
    let sandbox = called();
    let module = "import addition\ndef main():\n    addition.main()\n";
    let wheel = Wheel::new("callee", "2").file("callee.py", module).requires("addition>=2");
    let callee = more(&sandbox, wheel);
    let error = "unmet requirement: addition>=2, declared by callee (addition is not packed)";
    swap(&sandbox, &["--wheel", &callee]).refused(FAILURE, error, "--allow-unmet addition");
    let old = more(&sandbox, Wheel::new("addition", "1"));
    let error = "addition>=2, declared by callee (addition 1 is packed)";
    swap(&sandbox, &["--wheel", &callee, "--wheel", &old]).refused(FAILURE, error, "");
    assert!(!is_there(&sandbox, "new"));
    let addition = more(&sandbox, Wheel::new("addition", "2"));
    swap(&sandbox, &["--wheel", &callee, "--wheel", &addition]).expect(0, "", "");
    sandbox.archive("new").expect(0, "addition 2\n", "");
    assert_eq!(changed(&sandbox), ["addition", "callee"]);
}

#[test]
fn other_distributions_have_to_accept_a_wheel() {
    let sandbox = called();
    let wheel = more(&sandbox, Wheel::new("callee", "3"));
    let error = "unmet requirement: callee>=1,<3, declared by caller (callee 3 is packed)";
    let refused = swap(&sandbox, &["--wheel", &wheel]);
    refused.refused(FAILURE, error, "--allow-unmet callee");
    swap(&sandbox, &["--wheel", &wheel, "--allow-unmet", "callee"]).expect(0, "", "");
    sandbox.archive("new").expect(0, "callee 3\n", "");
}

#[test]
fn wheels_for_others_are_refused() {
    let sandbox = called();
    let foreign = more(&sandbox, Wheel::new("callee", "1.7").tags("cp37-cp37m-win_amd64"));
    let refused = swap(&sandbox, &["--wheel", &foreign]);
    refused.refused(FAILURE, "wrong architecture: the wheel is for win_amd64", "");
    let newer = Wheel::new("callee", "1.8").metadata("Requires-Python: >=4\n");
    let newer = more(&sandbox, newer);
    let error = "callee 1.8 requires Python >=4, and the archive would have 3.";
    swap(&sandbox, &["--wheel", &newer]).refused(FAILURE, error, "--python");
    let twice = more(&sandbox, Wheel::new("callee", "1.9"));
    let error = "there are two wheels of callee";
    let other = more(&sandbox, Wheel::new("callee", "2.0"));
    swap(&sandbox, &["--wheel", &twice, "--wheel", &other]).refused(FAILURE, error, "leave");
    assert!(!is_there(&sandbox, "new"));
}

#[test]
fn native_code_for_another_machine_is_refused() {
    let sandbox = called();
    let mut code = fs::read("/bin/true").unwrap();
    // e_machine: RISC-V.
    code[18..20].copy_from_slice(&243u16.to_le_bytes());
    let wheel = Wheel::new("callee", "1.7").file("_speed.abi3.so", code);
    let wheel = more(&sandbox, wheel);
    let refused = swap(&sandbox, &["--wheel", &wheel]);
    refused.refused(FAILURE, "callee: lib/python3.", "");
    assert!(!is_there(&sandbox, "new"));
}

#[test]
fn an_entry_that_would_disappear_is_refused() {
    let sandbox = called();
    let without = Wheel::new("caller", "2").info("entry_points.txt", "[console_scripts]\n");
    let without = more(&sandbox, without.requires("callee"));
    let error = "the entry caller disappears: caller 2 has no script of this name";
    swap(&sandbox, &["--wheel", &without]).refused(FAILURE, error, "--app");
    let moved = "[console_scripts]\ncaller = caller:start\n";
    let moved = Wheel::new("caller", "3").info("entry_points.txt", moved).requires("callee");
    let moved = more(&sandbox, moved);
    let error = "the entry caller disappears: caller 3 starts caller:start for it";
    swap(&sandbox, &["--wheel", &moved]).refused(FAILURE, error, "--app");
    assert!(!is_there(&sandbox, "new"));
}

#[test]
fn the_proof_finds_a_function_that_is_gone_and_the_output_stays() {
    let sandbox = called().file("new", "before");
    let wheel = Wheel::new("caller", "2").file("caller.py", "def other(): pass\n");
    let wheel = more(&sandbox, wheel.requires("callee"));
    let packer = sandbox.packer(["swap", "app", "-o", "new", "--level", "3", "--wheel", &wheel]);
    let outcome = packer.env("SNAKECRATE_CACHE", shared::packer_cache()).arg("--quiet").output();
    let outcome = outcome.code(FAILURE).stderr_contains("the entry `caller` cannot be started");
    outcome.stderr_contains(" help: look into new.failed").done();
    assert_eq!(fs::read_to_string(sandbox.path("new")).unwrap(), "before");
}

#[test]
fn another_minor_version_is_refused_and_says_why() {
    let sandbox = called();
    let error = "Python 3.9 is another minor version: its bytecode and the ABI of its extension \
                 modules differ";
    swap(&sandbox, &["--python", "3.9"]).refused(FAILURE, error, "choose a Python 3.");
    assert!(!is_there(&sandbox, "new"));
}

#[test]
fn a_damaged_archive_is_refused() {
    let sandbox = called();
    let bytes = fs::read(sandbox.path("app")).unwrap();
    let all = manifest(&bytes)["components"].as_array().unwrap().clone();
    let kept = all.iter().find(|one| one["name"] == "cpython").unwrap();
    let at = usize::try_from(kept["blobs"][0]["offset"].as_u64().unwrap()).unwrap() + 100;
    sandbox.rewrite("app", |bytes| bytes[at] ^= 1);
    let wheel = more(&sandbox, Wheel::new("callee", "1.6"));
    let refused = swap(&sandbox, &["--wheel", &wheel]);
    refused.refused(FAILURE, "`app` is damaged: components/runtime-cpython-", "");
    assert!(!is_there(&sandbox, "new"));
}

#[test]
fn the_archive_itself_is_no_output() {
    let sandbox = called();
    let wheel = more(&sandbox, Wheel::new("callee", "1.6"));
    std::os::unix::fs::symlink("app", sandbox.path("new")).unwrap();
    let before = fs::read(sandbox.path("app")).unwrap();
    swap(&sandbox, &["--wheel", &wheel]).refused(FAILURE, "new is the archive itself", "-o");
    assert!(before == fs::read(sandbox.path("app")).unwrap());
}

#[test]
fn options_of_a_build_are_refused() {
    let sandbox = called();
    let wheel = more(&sandbox, Wheel::new("callee", "1.6"));
    for options in [&["--optimize", "1"][..], &["--with", "x"], &["--runtime-keep", "ssl"]] {
        let arguments = [options, &["--wheel", &wheel]].concat();
        let option = options[0].trim_start_matches('-');
        let error = format!("`{option}` is an option of the build of an archive");
        swap(&sandbox, &arguments).refused(FAILURE, &error, "build anew");
    }
    let nothing = swap(&sandbox, &[]);
    nothing.code(2).stderr_contains("--wheel").done();
}

#[test]
fn a_signature_and_appended_bytes_are_missed_aloud() {
    let sandbox = called();
    let wheel = more(&sandbox, Wheel::new("callee", "1.6"));
    sandbox.rewrite("app", |bytes| {
        let at = record_at(bytes);
        let record = BootRecord::parse(bytes[at..at + LENGTH].try_into().unwrap()).unwrap();
        let signature = Some(Signature { key_id: [1; 16], bytes: [2; 64] });
        bytes[at..at + LENGTH].copy_from_slice(&BootRecord { signature, ..record }.encode());
        bytes.extend(b"notes");
    });
    let packer = sandbox.packer(["swap", "app", "-o", "new", "--level", "3", "--no-proof"]);
    let packer = packer.args(["--wheel", &wheel]).env("SNAKECRATE_CACHE", shared::packer_cache());
    let outcome = packer.output().success();
    let outcome = outcome.stderr_contains("warning: app is signed, and the new archive is not");
    outcome.stderr_contains("the new archive lacks [SIZE] that were appended to app").done();
    sandbox.archive("new").expect(0, "callee 1.6\n", "");
}

#[test]
fn the_c_library_is_left_out_and_comes_back() {
    let sandbox = called();
    swap(&sandbox, &["--libc", "host"]).expect(0, "", "");
    assert_eq!(changed(&sandbox), ["glibc"]);
    let c_library =
        |archive: &str| manifest(&fs::read(sandbox.path(archive)).unwrap())["c_library"].clone();
    assert_eq!(c_library("new"), Value::Null);
    sandbox.archive("new").expect(0, "callee 1.5\n", "");
    let packer = sandbox.packer(["swap", "new", "-o", "back", "--libc", "auto"]);
    let packer = packer.args(shared::OPTIONS).env("SNAKECRATE_CACHE", shared::packer_cache());
    packer.expect(0, "", "");
    assert!(fs::read(sandbox.path("app")).unwrap() == fs::read(sandbox.path("back")).unwrap());
}

/// Debian's libc6 is the package behind the bundled C library.
#[test]
fn packages_of_the_host_follow_the_c_library() {
    needs!(Program("dpkg-query"));
    let sandbox = called();
    let packages = |archive: &str| {
        let document = sandbox.run(["inspect", archive, "--licenses", "--json"]).json();
        document.to_string().matches("libc6").count()
    };
    assert!(packages("app") > 0);
    swap(&sandbox, &["--libc", "host"]).expect(0, "", "");
    assert_eq!(packages("new"), 0);
    let packer = sandbox.packer(["swap", "new", "-o", "back", "--libc", "auto"]);
    let packer = packer.args(shared::OPTIONS).env("SNAKECRATE_CACHE", shared::packer_cache());
    packer.expect(0, "", "");
    assert_eq!(packages("back"), packages("app"));
}

#[test]
fn a_vex_document_stays() {
    let sandbox = Sandbox::new();
    caller().write(&sandbox.path("wheels"));
    Wheel::new("callee", "1.5").write(&sandbox.path("wheels"));
    let vex = r#"{"@context":"https://openvex.dev/ns/v0.2.0","statements":[]}"#;
    let sandbox = sandbox.file("vex.json", vex);
    let arguments = ["caller", "-o", "app", "--wheelhouse", "wheels", "--offline"];
    sandbox.build([&arguments[..], &["--vex", "vex.json"]].concat()).expect(0, "", "");
    let wheel = more(&sandbox, Wheel::new("callee", "1.6"));
    swap(&sandbox, &["--wheel", &wheel]).expect(0, "", "");
    let kept = |archive: &str| sandbox.run(["inspect", archive, "--vex"]).json();
    assert_eq!(kept("new"), kept("app"));
    assert_eq!(kept("new"), serde_json::from_str::<Value>(vex).unwrap());
}

#[test]
fn a_part_of_the_standard_library_that_a_wheel_needs_is_not_guessed() {
    let sandbox = called();
    let module =
        "import sqlite3\ndef main():\n    print(sqlite3.connect(':memory:') is not None)\n";
    let wheel = more(&sandbox, Wheel::new("callee", "1.6").file("callee.py", module));
    let error = "the runtime in the archive lacks sqlite3 (sqlite3 > ";
    swap(&sandbox, &["--wheel", &wheel]).refused(FAILURE, error, "--python 3.");
    let python = components(&sandbox, "app")[0]["version"].as_str().unwrap().to_owned();
    swap(&sandbox, &["--wheel", &wheel, "--python", &python]).expect(0, "", "");
    sandbox.archive("new").expect(0, "True\n", "");
}

#[test]
fn a_script_is_replaced_from_its_source_and_its_requirements_count() {
    let script = "# /// script\n# dependencies = ['scripted']\n# ///\nimport scripted\n";
    let sandbox = Sandbox::new().file("tool.py", format!("{script}print('one')\n"));
    Wheel::new("scripted", "1").write(&sandbox.path("wheels"));
    build(&sandbox, "tool.py", "wheels", "app");
    let sandbox = sandbox.file("tool.py", format!("{script}print('two')\n"));
    swap(&sandbox, &["--app", "tool.py"]).expect(0, "", "");
    sandbox.archive("new").expect(0, "two\n", "");
    build(&sandbox, "tool.py", "wheels", "built");
    assert!(fs::read(sandbox.path("new")).unwrap() == fs::read(sandbox.path("built")).unwrap());

    let wheel = more(&sandbox, Wheel::new("scripted", "9").metadata("Provides-Extra: x\n"));
    swap(&sandbox, &["--wheel", &wheel]).expect(0, "", "");
    let narrow = script.replace("['scripted']", "['scripted<9']");
    let sandbox = sandbox.file("tool.py", format!("{narrow}print('three')\n"));
    build(&sandbox, "tool.py", "wheels", "app");
    let error = "unmet requirement: scripted<9, declared by tool.py (scripted 9 is packed)";
    swap(&sandbox, &["--wheel", &wheel]).refused(FAILURE, error, "--wheel FILE");

    let lacking = script.replace("['scripted']", "['scripted', 'absent']");
    let sandbox = sandbox.file("tool.py", lacking);
    let error = "unmet requirement: absent, declared by tool.py (absent is not packed)";
    swap(&sandbox, &["--app", "tool.py"]).refused(FAILURE, error, "");
    let sandbox = sandbox.file("other.py", "print()\n");
    let error = "the archive is of the application tool, and other is another one";
    swap(&sandbox, &["--app", "other.py"]).refused(FAILURE, error, "snakecrate build");
}

#[test]
fn a_wheel_that_is_the_application_is_replaced_with_its_entries() {
    let sandbox = called();
    let points = "[console_scripts]\ncaller = caller:start\n";
    let wheel = Wheel::new("caller", "3").info("entry_points.txt", points).requires("callee");
    let wheel = more(&sandbox, wheel.file("caller.py", "def start():\n    print('three')\n"));
    swap(&sandbox, &["--app", &wheel]).expect(0, "", "");
    sandbox.archive("new").expect(0, "three\n", "");
    let points = "[console_scripts]\nanother = caller:start\n";
    let wheel = Wheel::new("caller", "4").info("entry_points.txt", points).requires("callee");
    let wheel = more(&sandbox, wheel);
    let error = "the entry caller disappears: the new application does not offer it";
    swap(&sandbox, &["--app", &wheel]).refused(FAILURE, error, "-e");
}

#[test]
fn a_projects_files_are_no_wheel() {
    let sandbox = Sandbox::new().project("probe").with(&shared::PROBE, "app");
    let wheel = more(&sandbox, Wheel::new("probe", "9"));
    let error = "probe is the application of the archive, and not one of its wheels";
    swap(&sandbox, &["--wheel", &wheel]).refused(FAILURE, error, "give --app more/probe-9");
}

#[test]
fn the_report_has_the_changes() {
    let sandbox = called();
    let wheel = more(&sandbox, Wheel::new("callee", "1.6"));
    swap(&sandbox, &["--wheel", &wheel, "--report", "report.json"]).expect(0, "", "");
    let report: Value =
        serde_json::from_str(&fs::read_to_string(sandbox.path("report.json")).unwrap()).unwrap();
    let changes = &report["changes"]["components"];
    assert_eq!(changes.as_array().unwrap().len(), 1);
    assert_eq!(
        (&changes[0]["old"]["version"], &changes[0]["new"]["version"]),
        (&"1.5".into(), &"1.6".into())
    );
}

/// The offset of the boot record.
fn record_at(bytes: &[u8]) -> usize {
    let is_record = |record: &[u8]| {
        record.starts_with(b"\x89SNAKE") && BootRecord::parse(record.try_into().unwrap()).is_ok()
    };
    bytes.windows(LENGTH).position(is_record).unwrap()
}

/// The manifest of an archive.
fn manifest(bytes: &[u8]) -> Value {
    let at = record_at(bytes);
    let record = BootRecord::parse(bytes[at..at + LENGTH].try_into().unwrap()).unwrap();
    assert!(record.manifest_length < MAX_MANIFEST);
    let start = usize::try_from(record.manifest_offset).unwrap();
    serde_json::from_slice(&bytes[start..start + usize::try_from(record.manifest_length).unwrap()])
        .unwrap()
}
