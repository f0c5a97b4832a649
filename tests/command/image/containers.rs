//! What a container runs, and what it finds there.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;

use pretty_assertions::assert_eq;

use super::*;

/// A command that tells about itself, and a distribution's script that starts it again.
const MODULE: &str = "\
import os, subprocess, sys
def main():
    print('main', sys.argv[1:], sys.prefix, sys.base_prefix, os.getuid())
    print(os.environ.get('PATH'), os.environ['SNAKECRATE_ARCHIVE'], sys.executable)
    if sys.argv[1:] == ['again']:
        sys.stdout.flush()
        for command in [os.environ['SNAKECRATE_ARCHIVE']], [sys.executable, '-c', 'print(1)']:
            print(subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.split()[0])
    if sys.argv[1:] == ['write']:
        open('/opt/snakecrate/x', 'w')
def other():
    print('other', sys.argv[1:])
";

fn sandbox(name: &str) -> Sandbox {
    let scripts = format!("[project.scripts]\n{name} = 'demo:main'\n{name}-other = 'demo:other'\n");
    Sandbox::new().bare_project(name, &scripts).file(&format!("{name}/demo.py"), MODULE)
}

#[test]
fn every_entry_runs_as_any_user_without_writing() {
    needs!(Root, Mounts);
    let sandbox = sandbox("imagerun");
    image(&sandbox, &["imagerun", "-o", "image"]).expect(0, "", "");
    let layout = Layout::read(&sandbox.path("image"));
    let before = layout.unpack(&sandbox.path("root"));
    let entrypoint = layout.configuration().config().as_ref().unwrap().entrypoint().clone();
    let entrypoint = entrypoint.unwrap();
    assert_eq!(entrypoint, ["/opt/snakecrate/bin/imagerun"]);
    let about = "main ['a', 'b'] /opt/snakecrate/env /opt/snakecrate/runtime 12345\n\
                 None /opt/snakecrate/env/bin/imagerun /opt/snakecrate/env/bin/python3\n";
    container(&sandbox, "root", &entrypoint[0]).args(["a", "b"]).expect(0, about, "");
    let other = container(&sandbox, "root", "/opt/snakecrate/bin/imagerun-other").arg("x");
    other.expect(0, "other ['x']\n", "");
    let script = container(&sandbox, "root", "/opt/snakecrate/env/bin/imagerun-other").arg("y");
    script.expect(0, "other ['y']\n", "");
    let again = container(&sandbox, "root", &entrypoint[0]).arg("again").output().success().text();
    assert!(again.ends_with("main\n1\n"), "{again}");
    let write = container(&sandbox, "root", &entrypoint[0]).arg("write").output();
    write.code(1).stderr_contains("PermissionError").any_stderr().stdout_contains("main").done();
    let mut after = BTreeSet::new();
    for entry in walkdir::WalkDir::new(sandbox.path("root")).min_depth(1) {
        let entry = entry.unwrap();
        if !entry.file_type().is_dir() {
            after.insert(entry.path().strip_prefix(sandbox.path("root")).unwrap().to_owned());
        }
    }
    assert!(after.iter().eq(before.keys()), "a start has written something");
}

#[test]
fn an_entry_is_chosen_by_the_first_argument_if_none_is_named_like_the_application() {
    needs!(Root, Mounts);
    let sandbox = Sandbox::new().with(&shared::PAIR, "pair");
    image_archive(&sandbox, &["./pair", "-o", "image"]).expect(0, "", "");
    Layout::read(&sandbox.path("image")).unpack(&sandbox.path("root"));
    let entrypoint = "/opt/snakecrate/bin/pair";
    container(&sandbox, "root", entrypoint).args(["right", "x"]).expect(0, "right ['x']\n", "");
    container(&sandbox, "root", "/opt/snakecrate/bin/left").arg("right").expect(
        0,
        "left ['right']\n",
        "",
    );
    let none = container(&sandbox, "root", entrypoint).arg("middle").output();
    none.code(2).stderr_contains("left").any_stderr().done();
}

#[test]
fn the_root_has_users_a_tmp_a_loader_and_no_shell() {
    let sandbox = sandbox("imageroot");
    image(&sandbox, &["imageroot", "-o", "image"]).expect(0, "", "");
    let layout = Layout::read(&sandbox.path("image"));
    let root = sandbox.path("root");
    let files = layout.unpack(&root);
    let outside: Vec<String> = files
        .keys()
        .filter(|path| !path.starts_with("opt/snakecrate"))
        .map(|path| path.display().to_string())
        .collect();
    let loader = target::target().glibc.as_ref().unwrap().loader.trim_start_matches('/');
    assert_eq!(outside, ["etc/group", "etc/passwd", loader]);
    let passwd = fs::read_to_string(root.join("etc/passwd")).unwrap();
    assert!(passwd.contains("\nnonroot:x:65532:65532:nonroot:/home/nonroot:"), "{passwd}");
    assert_eq!(fs::metadata(root.join("tmp")).unwrap().permissions().mode() & 0o7777, 0o1777);
    let shells = files.keys().filter(|path| path.ends_with("sh") || path.ends_with("busybox"));
    assert_eq!(shells.count(), 0);
    // The link leads to the loader, and the loader to its libraries.
    let target = fs::read_link(root.join(loader)).unwrap();
    let bytes = fs::read(root.join(target.strip_prefix("/").unwrap())).unwrap();
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(has(b"/opt/snakecrate/libc/lib/\0"), "the loader searches its own libraries");
    assert!(!has(b"\0/etc/ld.so.cache\0"));
}

#[test]
fn an_executable_of_a_distribution_finds_the_c_library() {
    needs!(Root, Mounts, Native("the compiler makes programs of this machine"));
    let sandbox = sandbox("imagenative");
    let source = sandbox.path("native.c");
    fs::write(
        &source,
        "#include <math.h>\n#include <stdio.h>\n#include <stdlib.h>\nint main(int n, char **v) \
        { printf(\"native %s %.1f\\n\", v[n - 1], sqrt(atof(v[n - 1]))); }\n",
    )
    .unwrap();
    let program = sandbox.path("tool");
    let made =
        std::process::Command::new("cc").arg("-o").args([&program, &source]).arg("-lm").status();
    assert!(made.unwrap().success());
    let module = "import subprocess\ndef main():\n    subprocess.run(['/tmp/tool', '4'], check=True)\n\
                  def other():\n    pass\n";
    fs::write(sandbox.path("imagenative/demo.py"), module).unwrap();
    image(&sandbox, &["imagenative", "-o", "image"]).any_stderr().done();
    Layout::read(&sandbox.path("image")).unpack(&sandbox.path("root"));
    fs::copy(&program, sandbox.path("root/tmp/tool")).unwrap();
    let run = container(&sandbox, "root", "/opt/snakecrate/bin/imagenative");
    run.expect(0, "native 4 2.0\n", "");
}
