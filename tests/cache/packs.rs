//! The bytecode of a large package: one file in an environment, and nobody notices.

use std::fs;
use std::path::PathBuf;

use pretty_assertions::assert_eq;

use crate::support::sandbox::{Sandbox, shared};
use crate::support::wheel::Wheel;

/// Prints how modules were loaded here, in a child and in a process that `multiprocessing` starts.
const SCRIPT: &str = "# /// script\n# dependencies = ['packed-large']\n# ///
import multiprocessing, os, subprocess, sys
import packed.sub.m5
CHILD = 'import sys; sys.dont_write_bytecode = True; import packed.sub.m6 as m; print(m.VALUE, m.WHERE())'
def work(number):
    return __import__(f'packed.sub.m{number}', fromlist=['x']).VALUE
if __name__ == '__main__':
    print(packed.sub.m5.VALUE, packed.sub.m5.WHERE())
    import packed.sub.m8
    print(subprocess.run([sys.executable, '-c', CHILD], capture_output=True, text=True).stdout, end='')
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        print(pool.map(work, [7]))
    site = os.path.dirname(os.path.dirname(packed.__file__))
    print(sorted(name for name in sys.modules if 'snakecrate' in name))
    try:
        packed.sub.m5.fail()
    except ZeroDivisionError as error:
        import traceback
        print(traceback.format_exc().splitlines()[-3].strip())
";
const SAYS: &str = "5 m5.py\n6 m6.py\n[7]\n[]\ndef fail(): return 1 / 0\n";

/// The files with bytecode in the directories of these modules.
const HAS: [&str; 3] = ["packed pack", "packed_large pyc", "snakecrate-bytecode pyc"];

fn built(options: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new().file("tool.py", SCRIPT);
    let mut wheel = Wheel::new("packed-large", "1")
        .file("packed/__init__.py", "")
        .file("packed/sub/__init__.py", "");
    for number in 0..70 {
        let text = format!(
            "import os\nVALUE = {number}\ndef WHERE(): return os.path.basename(WHERE.__code__.co_filename)\n\
             def fail(): return 1 / 0\n"
        );
        wheel = wheel.file(&format!("packed/sub/m{number}.py"), text);
    }
    wheel.write(&sandbox.path("wheels"));
    let packer = sandbox.packer(["build", "tool.py", "-o", "app"]).args(shared::OPTIONS);
    let packer = packer.env("SNAKECRATE_CACHE", shared::packer_cache());
    packer.args(["--wheelhouse", "wheels"]).args(options).output().expect(0, "", "");
    sandbox
}

fn site_packages(sandbox: &Sandbox) -> PathBuf {
    let env = sandbox.cache().join("v2/envs").join(&sandbox.cached("envs")[0]);
    let library = fs::read_dir(env.join("lib")).unwrap().next().unwrap().unwrap().path();
    library.join("site-packages")
}

/// The files with bytecode below the directory, without the version in their names.
fn bytecode(sandbox: &Sandbox) -> Vec<String> {
    let site = site_packages(sandbox);
    let files =
        ["", "packed", "packed/sub"].map(|directory| site.join(directory).join("__pycache__"));
    let names = files.iter().flat_map(|directory| fs::read_dir(directory).into_iter().flatten());
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        format!("{} {}", name.split('.').next().unwrap(), name.rsplit('.').next().unwrap())
    };
    let mut names: Vec<_> = names.map(name).collect();
    names.sort();
    names
}

#[test]
fn processes_of_the_environment_read_one_file_of_bytecode() {
    let sandbox = built(&[]);
    sandbox.archive("app").expect(0, SAYS, "");
    sandbox.archive("app").expect(0, SAYS, "");
    assert_eq!(bytecode(&sandbox), HAS);
    sandbox.run(["cache", "verify"]).success().stdout_contains("every file").any_stderr().done();
}

#[test]
fn a_damaged_pack_is_repaired_and_a_lost_one_is_not_needed() {
    let sandbox = built(&[]);
    sandbox.archive("app").expect(0, SAYS, "");
    let directory = site_packages(&sandbox).join("__pycache__");
    let entry = fs::read_dir(&directory).unwrap().flatten();
    let pack =
        entry.map(|entry| entry.path()).find(|path| path.extension().unwrap() == "pack").unwrap();
    let whole = fs::read(&pack).unwrap();
    let damage = |bytes: &[u8]| {
        // The component's file is the same one by a hard link.
        let mut permissions = fs::metadata(&pack).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
        fs::set_permissions(&pack, permissions).unwrap();
        fs::write(&pack, bytes).unwrap();
    };
    for bytes in [&whole[..whole.len() / 2], b"", &vec![0; whole.len()]] {
        damage(bytes);
        sandbox.archive("app").output().stdout(SAYS).any_stderr().success().done();
        assert_eq!(fs::read(&pack).unwrap(), whole);
    }
    fs::remove_file(&pack).unwrap();
    sandbox.archive("app").expect(0, SAYS, "");
}

#[test]
fn optimized_bytecode_has_a_pack_and_sourceless_has_none() {
    let sandbox = built(&["--optimize", "1"]);
    sandbox.archive("app").expect(0, SAYS, "");
    assert_eq!(bytecode(&sandbox), HAS);
    let sandbox = built(&["--sourceless"]);
    sandbox.archive("app").output().success().stdout_contains("5 m5.py").any_stderr().done();
    assert!(bytecode(&sandbox).is_empty());
}
