//! What surrounds a proof: time, processes, network, environment, and the cache it uses.

use super::*;

#[test]
fn an_import_that_never_ends_is_killed() {
    let script = "\
import os, threading
if os.fork() == 0:
    pass
threading.Event().wait()
";
    let sandbox = Sandbox::new().file("tool.py", "import endless\n").file("endless.py", script);
    let since = Instant::now();
    let outcome = build(&sandbox, &["tool.py", "--proof-timeout", "3"]).output();
    fails(&sandbox, outcome, &["the entry `tool` took more than ", "--proof-timeout"]);
    assert!(since.elapsed().as_secs() < 120, "the default limit");
    assert_eq!(processes_of(&sandbox), [""; 0].map(PathBuf::from), "processes of the proof");
}

/// The directories in `/proc` of the processes that a proof has started.
fn processes_of(sandbox: &Sandbox) -> Vec<PathBuf> {
    let place = sandbox.root().as_os_str().as_encoded_bytes();
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|process| process.path());
    let is_proof = |process: &PathBuf| {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        let contains = |text: &[u8]| environment.windows(text.len()).any(|part| part == text);
        contains(b"TMPDIR=") && contains(b"/build/proof") && contains(place)
    };
    processes.filter(is_proof).collect()
}

#[test]
fn a_killed_build_leaves_no_proof_running() {
    let sandbox = Sandbox::new().file("tool.py", "import endless\n");
    let begun = sandbox.path("begun");
    let script =
        format!("open({begun:?}, 'w').close()\nimport threading\nthreading.Event().wait()");
    let sandbox = sandbox.file("endless.py", script);
    let mut running = build(&sandbox, &["tool.py"]).spawn();
    let until = Instant::now() + Duration::from_mins(1);
    while !begun.exists() {
        assert!(Instant::now() < until, "the proof does not begin");
        sleep(Duration::from_millis(20));
    }
    let processes = processes_of(&sandbox);
    assert!(!processes.is_empty());
    running.signal(Signal::KILL);
    running.finish().killed_by(Signal::KILL).any_stderr().done();
    while processes.iter().any(|process| process.exists()) {
        assert!(Instant::now() < until, "the proof is still running");
        sleep(Duration::from_millis(20));
    }
}

/// A cleaner may take files from any cache.
#[test]
fn a_damaged_proof_cache_is_repaired() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    let module = format!("module_{now}");
    let sandbox = Sandbox::new()
        .file("tool.py", format!("import {module}\n"))
        .file(&format!("{module}.py"), "");
    build(&sandbox, &["tool.py", "--quiet"]).expect(0, "", "");
    let proof = shared::packer_cache().join("build/proof");
    let is_module = |entry: &walkdir::DirEntry| {
        entry.file_name().as_encoded_bytes().starts_with(module.as_bytes())
    };
    let files = walkdir::WalkDir::new(proof).into_iter().filter_map(Result::ok).filter(is_module);
    let removed = files.filter(|file| fs::remove_file(file.path()).is_ok()).count();
    assert!(removed >= 2, "source and bytecode");
    build(&sandbox, &["tool.py", "--quiet"]).expect(0, "", "");
}

#[test]
fn a_crash_names_its_entry_and_signal() {
    let sandbox = Sandbox::new()
        .file("tool.py", "import crash\n")
        .file("crash.py", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n");
    let outcome = build(&sandbox, &["tool.py"]).output();
    fails(&sandbox, outcome, &["the entry `tool` was killed by signal 11"]);
}

#[test]
fn a_proof_has_no_network_but_loopback() {
    let script = "\
import socket
server = socket.create_server(('127.0.0.1', 0))
socket.create_connection(server.getsockname()).close()
assert [name for _, name in socket.if_nameindex()] == ['lo'], socket.if_nameindex()
";
    let sandbox = Sandbox::new().file("tool.py", "import net\n").file("net.py", script);
    let arguments = ["tool.py", "--report", "report.json"];
    let (status, _, stderr) = build(&sandbox, &arguments).output().parts();
    if report(&sandbox)["proof"]["network_isolated"] == false {
        snakecrate_base::skip!("this system does not allow network namespaces");
    }
    assert!(status.success(), "{stderr}");
}

#[test]
fn a_user_without_rights_proves_without_a_network() {
    needs!(Root);
    let script = "import socket\nassert len(socket.if_nameindex()) == 1\n";
    let sandbox = Sandbox::new().file("tool.py", "import net\n").file("net.py", script);
    let run = sandbox.packer(["build", "--quiet", "--level", "3", "tool.py"]).as_user(12345);
    let home = sandbox.root().join("user-12345");
    let (output, report) = (home.join("app"), home.join("report.json"));
    let outcome = run.arg("-o").arg(output).arg("--report").arg(&report).output();
    let found: Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    if found["proof"]["network_isolated"] == false {
        outcome.code(FAILURE).stdout("").any_stderr().done();
        snakecrate_base::skip!("this system does not allow user namespaces");
    }
    outcome.expect(0, "", "");
}

/// As pydub does, which gradio imports.
#[test]
fn a_module_that_reads_path_when_imported_failed_the_proof() {
    let sandbox = Sandbox::new()
        .file("tool.py", "import seen\n")
        .file("seen.py", "import os\nassert os.environ['PATH'] == os.defpath\n");
    build(&sandbox, &["tool.py", "--quiet"]).env("PATH", "/of/the/user").expect(0, "", "");
}

#[test]
fn nothing_of_the_users_environment_reaches_the_proof() {
    let script = "\
import os, sys
variables = sorted(os.environ)
# Python sets the last one itself, where there is no locale.
assert [name for name in variables if name != 'LC_CTYPE'] == [
    'GREETING', 'HOME', 'PATH', 'SNAKECRATE_ARCHIVE', 'SNAKECRATE_CACHE', 'TEST', 'TMPDIR'], variables
assert os.environ['GREETING'] == 'hello world'
assert os.listdir(os.environ['HOME']) == os.listdir('.') == [], 'an empty home and directory'
assert os.path.dirname(os.getcwd()) == os.path.dirname(os.environ['HOME'])
open('left', 'w').close()
print('output is not shown')
";
    let sandbox = Sandbox::new().file("tool.py", "import seen\n").file("seen.py", script);
    let run = build(&sandbox, &["tool.py", "--quiet", "--proof-env", "GREETING=hello world"]);
    run.env("SECRET", "token").env("HOME", sandbox.home()).expect(0, "", "");
    assert_eq!(sandbox.names(), ["app", "seen.py", "tool.py"]);
    assert_eq!(fs::read_dir(sandbox.home()).unwrap().count(), 0, "the home stays empty");
}

#[test]
fn a_directory_that_forbids_execution_is_no_obstacle() {
    needs!(Root, Mounts);
    let sandbox = Sandbox::new().file("tool.py", "import json\n").file("out/.keep", "");
    let mount = "mount -t tmpfs -o noexec none out && cd out";
    build(&sandbox, &["../tool.py", "--quiet"]).mounted(mount).expect(0, "", "");
}
