//! Archives without a runtime: which runtime file they take, which they refuse, and what is in the cache.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::Value;

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::{self, EXTERNAL, PROBE, runtime_file};

const PROBED: &str = "probe 1.2.3 ['probe:main']\n";
const WHY: &str = "a runtime file is made for the tests' own target";
const RECORD: usize = 256;

/// The name of the runtime file.
fn name() -> String {
    runtime_file().file_name().unwrap().to_str().unwrap().to_owned()
}

/// The archive, and its runtime file in the directory `place`.
fn sandbox_with(place: &str) -> Sandbox {
    let bytes = fs::read(runtime_file()).unwrap();
    let path = Path::new(place).join(name());
    Sandbox::new().with(&EXTERNAL, "app").file(path.to_str().unwrap(), bytes)
}

/// Asserts that `app` starts nothing and writes nothing, for this reason and with this help.
#[track_caller]
fn refused(sandbox: &Sandbox, why: &str, help: &str) {
    let error = format!("snakecrate: {why}\nsnakecrate: {help}\n");
    sandbox.archive("app").expect(120, "", &error);
    assert_eq!(sandbox.cached("envs"), [""; 0]);
}

/// Changes the manifest of a runtime file. The new one comes at its end; the boot record says so.
fn changed(bytes: &mut Vec<u8>, change: impl FnOnce(&mut Value)) {
    let number = |at: usize| {
        let number = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        usize::try_from(number).unwrap()
    };
    let (offset, length) = (number(16), number(24));
    let mut manifest: Value = serde_json::from_slice(&bytes[offset..offset + length]).unwrap();
    change(&mut manifest);
    let text = serde_json::to_vec(&manifest).unwrap();
    let offset = bytes.len() as u64;
    bytes.extend(&text);
    let archive_length = bytes.len() as u64;
    for (at, number) in [(16, offset), (24, text.len() as u64), (32, archive_length)] {
        bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
    }
    bytes[40..72].copy_from_slice(blake3::hash(&text).as_bytes());
    let sum = blake3::hash(&bytes[..RECORD - 16]);
    bytes[RECORD - 16..RECORD].copy_from_slice(&sum.as_bytes()[..16]);
}

/// Rewrites the runtime file beside the archive.
fn rewrite(sandbox: &Sandbox, change: impl FnOnce(&mut Vec<u8>)) {
    let path = sandbox.path(name());
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

const GET_IT: &str =
    "put the file there, or name it in SNAKECRATE_RUNTIME (`snakecrate runtime` makes one)";
const OF_YOURS: &str =
    "set SNAKECRATE_RUNTIME to a runtime file of yours or root's, in a directory of the same";
const AGAIN: &str = "get this file again, or make it with `snakecrate runtime`";
const FITTING: &str = "set SNAKECRATE_RUNTIME to a file that has what is needed";

#[test]
fn it_starts_with_the_file_beside_it() {
    needs!(Native(WHY));
    let sandbox = sandbox_with("");
    for _ in ["cold", "warm"] {
        sandbox.archive("app").expect(0, PROBED, "");
    }
    assert_eq!(sandbox.cached("envs").len(), 1);
}

#[test]
fn without_a_file_the_places_are_named() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new().with(&EXTERNAL, "app");
    let places = "[WORK] or /usr/lib/snakecrate/runtimes";
    let why = format!("this archive needs a runtime file, {}, which is not in {places}", name());
    refused(&sandbox, &why, GET_IT);
}

#[test]
fn the_variable_names_a_file_or_its_directory() {
    needs!(Native(WHY));
    let sandbox = sandbox_with("elsewhere");
    fs::rename(sandbox.path("elsewhere").join(name()), sandbox.path("elsewhere/mine")).unwrap();
    let with = |value: &str| sandbox.archive("app").env("SNAKECRATE_RUNTIME", sandbox.path(value));
    with("elsewhere/mine").expect(0, PROBED, "");
    sandbox.archive("app").env("SNAKECRATE_RUNTIME", "elsewhere/mine").expect(0, PROBED, "");
    fs::rename(sandbox.path("elsewhere/mine"), sandbox.path("elsewhere").join(name())).unwrap();
    with("elsewhere").expect(0, PROBED, "");
    assert_eq!(sandbox.cached("envs").len(), 1, "the place is no part of the environment");
}

#[test]
fn the_variable_wins_even_if_its_file_is_missing() {
    needs!(Native(WHY));
    let sandbox = sandbox_with("");
    let run = sandbox.archive("app").env("SNAKECRATE_RUNTIME", "/srv/none");
    let error = format!(
        "snakecrate: this archive needs a runtime file, {}, which is not in /srv/none\nsnakecrate: {GET_IT}\n",
        name()
    );
    run.expect(120, "", &error);
    sandbox.archive("app").env("SNAKECRATE_RUNTIME", "").expect(0, PROBED, "");
}

#[test]
fn an_archive_with_a_runtime_ignores_all_places() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new().with(&PROBE, "app").file(&name(), "not trusted");
    set_mode(&sandbox.path(name()), 0o666);
    sandbox.archive("app").env("SNAKECRATE_RUNTIME", "/srv/none").expect(0, PROBED, "");
}

#[test]
fn what_others_can_write_to_is_refused() {
    needs!(Native(WHY));
    let file = format!("[WORK]/{}", name());
    for (path, mode, shown) in [(name(), 0o666, file.as_str()), (String::new(), 0o777, "[WORK]")] {
        for mode in [mode, mode & 0o775] {
            let sandbox = sandbox_with("");
            set_mode(&sandbox.path(&path), mode);
            let why =
                format!("refusing the runtime file {file}: {shown}: other users can write to it");
            let shown = shown.trim_end_matches('/');
            refused(
                &sandbox,
                &why,
                &format!("take the right to write from others: chmod go-w {shown}"),
            );
        }
    }
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    needs!(Native(WHY), Root);
    let file = format!("[WORK]/{}", name());
    for (path, shown) in [(name(), file.as_str()), (String::new(), "[WORK]")] {
        let sandbox = sandbox_with("");
        std::os::unix::fs::chown(sandbox.path(&path), Some(54321), Some(0)).unwrap();
        let why = format!("refusing the runtime file {file}: {shown}: it belongs to user 54321");
        refused(&sandbox, &why, OF_YOURS);
    }
}

#[test]
fn a_user_takes_their_own_file_and_roots_but_no_others() {
    needs!(Native(WHY), Root);
    let sandbox = sandbox_with("");
    sandbox.archive("app").as_user(12345).expect(0, PROBED, "");
    std::os::unix::fs::chown(sandbox.path(name()), Some(12345), Some(12345)).unwrap();
    sandbox.archive("app").as_user(12345).expect(0, PROBED, "");
    let file = format!("[WORK]/{}", name());
    let why = format!("refusing the runtime file {file}: {file}: it belongs to user 12345");
    let error = format!("snakecrate: {why}\nsnakecrate: {OF_YOURS}\n");
    sandbox.archive("app").expect(120, "", &error);
    sandbox.archive("app").as_user(54321).expect(120, "", &error);
}

#[test]
fn links_pipes_and_directories_are_no_runtime_files() {
    needs!(Native(WHY));
    let file = format!("[WORK]/{}", name());
    let why = format!("refusing the runtime file {file}: {file}: it is not a regular file");
    let plants: [fn(&Path); 3] = [
        |path| symlink(runtime_file(), path).unwrap(),
        |path| fs::create_dir(path).unwrap(),
        |path| {
            let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
            assert!(made.success());
        },
    ];
    for plant in plants {
        let sandbox = Sandbox::new().with(&EXTERNAL, "app");
        plant(&sandbox.path(name()));
        refused(&sandbox, &why, OF_YOURS);
    }
}

#[test]
fn a_directory_that_is_a_link_is_refused() {
    needs!(Native(WHY));
    let sandbox = sandbox_with("real");
    symlink("real", sandbox.path("link")).unwrap();
    let link = sandbox.path("link").join(name());
    let error = format!(
        "snakecrate: refusing the runtime file [WORK]/link/{}: [WORK]/link: it is not a directory\nsnakecrate: {OF_YOURS}\n",
        name()
    );
    sandbox.archive("app").env("SNAKECRATE_RUNTIME", link).expect(120, "", &error);
}

#[test]
fn a_damaged_file_is_named_and_nothing_is_published() {
    needs!(Native(WHY));
    let file = format!("[WORK]/{}", name());
    let cannot = |why: &str| format!("the runtime file {file} cannot be used: {why}");
    let with = |change: fn(&mut Vec<u8>)| {
        let sandbox = sandbox_with("");
        rewrite(&sandbox, change);
        sandbox
    };
    let sandbox = with(|bytes| bytes[50] ^= 1);
    refused(&sandbox, &format!("{file} is not a runtime file: the boot record is damaged"), AGAIN);
    let sandbox = with(|bytes| bytes.truncate(100));
    refused(&sandbox, &format!("{file} is not a runtime file: the boot record is damaged"), AGAIN);
    let sandbox = with(Vec::clear);
    refused(&sandbox, &format!("{file} is not a runtime file: no boot record"), AGAIN);
    let sandbox = with(|bytes| {
        let at = bytes.windows(10).rposition(|w| w == b"\"format\": ").unwrap();
        bytes[at] ^= 1;
    });
    let why = "this file is damaged: its manifest is not what was packed";
    refused(&sandbox, &cannot(why), AGAIN);
    let sandbox = with(|bytes| changed(bytes, |m| m["python"]["version"] = "x".repeat(70).into()));
    rewrite(&sandbox, |bytes| bytes.truncate(bytes.len() - 1));
    let error =
        format!("snakecrate: the runtime file {file} cannot be used: this file is incomplete: ");
    sandbox.archive("app").output().code(120).stderr_contains(&error).stdout("").done();
}

#[test]
fn a_flipped_bit_in_a_blob_is_blamed_on_the_runtime_file() {
    needs!(Native(WHY));
    let sandbox = sandbox_with("");
    rewrite(&sandbox, |bytes| {
        let at = bytes.windows(10).position(|w| w == b"00.tar.zst").unwrap();
        bytes[at + 100] ^= 1;
    });
    let output = sandbox.archive("app").output().code(120).stdout("");
    let file = format!("[WORK]/{}", name());
    output
        .stderr_contains(&format!("the runtime file {file} cannot be used: this file is damaged: components/runtime-cpython-"))
        .done();
    assert_eq!(sandbox.cached("envs"), [""; 0]);
}

#[test]
fn an_application_is_no_runtime_file() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new().with(&EXTERNAL, "app");
    fs::copy(PROBE.path(), sandbox.path(name())).unwrap();
    set_mode(&sandbox.path(name()), 0o755);
    let why = format!("[WORK]/{} is not a runtime file: no boot record", name());
    refused(&sandbox, &why, AGAIN);
}

#[test]
fn another_role_is_refused() {
    needs!(Native(WHY));
    let sandbox = sandbox_with("");
    rewrite(&sandbox, |bytes| {
        changed(bytes, |m| {
            m.as_object_mut().unwrap().remove("role");
            m["entries"] = serde_json::json!([
                { "name": "x", "runs": "x", "start": { "native": "bin/python3" } }
            ]);
        });
    });
    let why = format!("the runtime file [WORK]/{} does not fit: it is not a runtime file", name());
    refused(&sandbox, &why, FITTING);
}

#[test]
fn a_file_that_does_not_fit_is_refused_with_needed_and_found() {
    needs!(Native(WHY));
    let changes: [fn(&mut Value); 5] = [
        |m| m["python"]["abi"] = "cp399".into(),
        |m| m["python"]["version"] = "3.99.1".into(),
        |m| m["python"]["implementation"] = "pypy".into(),
        |m| m["python"]["executable"] = "bin/python".into(),
        |m| m["target"] = "m68k-unknown-linux-gnu".into(),
    ];
    for change in changes {
        let sandbox = sandbox_with("");
        let mut found = Value::Null;
        rewrite(&sandbox, |bytes| {
            changed(bytes, |m| {
                change(m);
                found = m.clone();
            });
        });
        let python = &found["python"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let has = format!(
            "does not fit: it has {} {} ({}, {}) for {}, and this archive needs cpython 3.",
            text(&python["implementation"]),
            text(&python["version"]),
            text(&python["abi"]),
            text(&python["executable"]),
            text(&found["target"])
        );
        let output = sandbox.archive("app").output().code(120).stdout("");
        output.stderr_contains(&has).done();
        assert_eq!(sandbox.cached("envs"), [""; 0]);
    }
}

#[test]
fn a_pre_release_of_the_lowest_version_is_too_old() {
    needs!(Native(WHY));
    let sandbox = sandbox_with("");
    rewrite(&sandbox, |bytes| {
        changed(bytes, |m| {
            let version = m["python"]["version"].as_str().unwrap();
            let minor = version.rsplit_once('.').unwrap().0.to_owned();
            m["python"]["version"] = format!("{minor}.0rc1").into();
        });
    });
    sandbox.archive("app").output().code(120).stdout("").stderr_contains(".0rc1 (cp3").done();
}

#[test]
fn each_pair_has_an_environment_and_uninstall_removes_all() {
    needs!(Native(WHY));
    let sandbox = sandbox_with("");
    let before = fs::read(sandbox.path("app")).unwrap();
    sandbox.archive("app").expect(0, PROBED, "");
    rewrite(&sandbox, |bytes| changed(bytes, |m| m["version"] = "later".into()));
    sandbox.archive("app").expect(0, PROBED, "");
    assert_eq!(sandbox.cached("envs").len(), 2);
    assert!(before == fs::read(sandbox.path("app")).unwrap());
    fs::remove_file(sandbox.path(name())).unwrap();
    let removed = sandbox.archive("app").env("SNAKECRATE", "uninstall").output().success();
    removed.stdout_contains("[CACHE]: removed ").stderr("").done();
    assert!(!sandbox.cache().join("v2").exists());
}

#[test]
fn the_cache_knows_what_both_files_brought() {
    needs!(Native(WHY));
    let sandbox = sandbox_with("");
    sandbox.archive("app").expect(0, PROBED, "");
    let components = sandbox.cached("components").len();
    let verified = sandbox.run(["cache", "verify"]).success().stderr("");
    verified.stdout("[CACHE]: every file is as it was packed\n").done();
    sandbox.run(["--quiet", "cache", "prune", "--unused", "1"]).expect(0, "", "");
    assert_eq!(sandbox.cached("components").len(), components, "the runtime is in use");
    let pruned = sandbox.run(["--quiet", "cache", "prune", "--max-size", "0"]).success().stderr("");
    pruned.stdout_contains("environment probe 1.2.3\nruntime cpython 3.").done();
    assert_eq!(sandbox.cached("components"), [""; 0]);
}

#[test]
fn verify_and_repair_look_at_both_files() {
    needs!(Native(WHY));
    let sandbox = sandbox_with("");
    sandbox.archive("app").expect(0, PROBED, "");
    let with = |command: &str| sandbox.archive("app").env("SNAKECRATE", command);
    let verified = with("verify").output().success().stderr("");
    verified.stdout_contains("components, [SIZE]\n[CACHE]: as it was packed\n").done();
    let lost = walkdir::WalkDir::new(sandbox.cache().join("v2/components")).into_iter().flatten();
    let lost =
        lost.map(walkdir::DirEntry::into_path).find(|path| path.ends_with("encodings/ascii.py"));
    fs::remove_file(lost.unwrap()).unwrap();
    with("verify")
        .output()
        .code(1)
        .stdout_contains("encodings/ascii.py: missing\n")
        .stderr("")
        .done();
    with("repair")
        .arg("--exit-code")
        .output()
        .code(10)
        .stdout("")
        .stderr_contains(": repaired\n")
        .done();
    with("verify").output().success().stderr("").stdout_contains("as it was packed").done();
    rewrite(&sandbox, |bytes| {
        let at = bytes.windows(10).position(|w| w == b"00.tar.zst").unwrap();
        bytes[at + 100] ^= 1;
    });
    let damaged = with("verify").output().code(120).stdout("");
    damaged.stderr_contains("cannot be used: this file is damaged: components/runtime-").done();
}

#[test]
fn commands_that_only_read_work_without_a_runtime_file() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new().with(&EXTERNAL, "app");
    let with = |command: &str| sandbox.archive("app").env("SNAKECRATE", command);
    let missing = format!("runtime in no file: this archive needs a runtime file, {}, ", name());
    for command in ["inspect", "info"] {
        with(command).output().success().stdout_contains(&missing).stderr("").done();
    }
    with("verify")
        .output()
        .success()
        .stdout_contains("[WORK]/app: whole: 1 components, ")
        .stderr("")
        .done();
    with("extract").arg("out").output().success().stdout_contains("1 components").stderr("").done();
    for command in ["prepare", "repair", "python"] {
        let refused = with(command).output().code(120).stdout("");
        refused.stderr_contains("snakecrate: this archive needs a runtime file, ").done();
    }
}

#[test]
fn a_file_in_the_systems_directory_serves_all_users() {
    needs!(Native(WHY), Root, Mounts);
    let sandbox = sandbox_with("file");
    let mounts = format!(
        "mkdir /srv/upper /srv/work
         mount -t overlay none -o lowerdir=/usr/lib,upperdir=/srv/upper,workdir=/srv/work /usr/lib || exit 77
         mkdir -p /usr/lib/snakecrate/runtimes; cp /mnt/work/file/* /usr/lib/snakecrate/runtimes
         for user in 12345 54321; do
             setpriv --reuid $user --regid $user --clear-groups -- /mnt/work/app
         done
         chown 12345 /usr/lib/snakecrate/runtimes/{}
         setpriv --reuid 54321 --regid 54321 --clear-groups -- /mnt/work/app || echo $?
         exit 0",
        name()
    );
    let output = sandbox.place("app", &mounts).output();
    let file = format!("/usr/lib/snakecrate/runtimes/{}", name());
    let why = format!("refusing the runtime file {file}: {file}: it belongs to user 12345");
    output.expect(
        0,
        &format!("{PROBED}{PROBED}120\n"),
        &format!("snakecrate: {why}\nsnakecrate: {OF_YOURS}\n"),
    );
}

/// A runtime file for the tests' interpreter, without `sqlite3`.
fn without_sqlite3(sandbox: &Sandbox, path: &str) {
    let arguments = ["--quiet", "runtime", "--level", "3", "--runtime-drop", "sqlite3", "-o", path];
    let packer = sandbox.packer(arguments).env("SNAKECRATE_CACHE", shared::packer_cache());
    packer.expect(0, "", "");
}

const LACKS: &str = "it lacks the part `sqlite3` of the standard library, which this archive needs";

#[test]
fn a_part_that_the_file_lacks_is_named_before_the_start() {
    needs!(Native(WHY));
    // `exec` opens it, so only the script's own statements count.
    let script = "exec('x = 1')\nprint('started')\nimport sqlite3\nprint(sqlite3.__name__)\n";
    let sandbox = sandbox_with("whole").file("parted.py", script);
    sandbox.build(["parted.py", "--runtime", "external", "-o", "app"]).done();
    without_sqlite3(&sandbox, &name());
    let file = format!("[WORK]/{}", name());
    refused(&sandbox, &format!("the runtime file {file} does not fit: {LACKS}"), FITTING);
    assert_eq!(sandbox.cached("components"), [""; 0]);
    let whole = sandbox.archive("app").env("SNAKECRATE_RUNTIME", sandbox.path("whole"));
    whole.expect(0, "started\nsqlite3\n", "");
    // The environment with the other file is no excuse.
    let error = format!("snakecrate: the runtime file {file} does not fit: {LACKS}\n");
    sandbox.archive("app").output().code(120).stdout("").stderr_contains(&error).done();
}

#[test]
fn a_part_that_nothing_imports_may_be_missing() {
    needs!(Native(WHY));
    let sandbox = Sandbox::new().file("partless.py", "print('started')\n");
    sandbox.build(["partless.py", "--runtime", "external", "-o", "app"]).done();
    without_sqlite3(&sandbox, &name());
    sandbox.archive("app").expect(0, "started\n", "");
}
