//! Archives with a real interpreter of another processor, Debian's for aarch64, under an emulator:
//! without a runtime and with its runtime file, and with swapped components.

use snakecrate_format::target::AARCH64_LINUX;

use crate::support::foreign_python::aarch64_root;
use crate::support::needs::needs;
use crate::support::sandbox::{Outcome, Sandbox, shared};
use crate::support::wheel::Wheel;

const SCRIPT: &str = "# /// script
# dependencies = ['armed']
# ///
import platform, sqlite3
import armed
armed.main()
print(platform.machine(), sqlite3.connect(':memory:').execute('select 41 + 1').fetchone())
";
const STARTED: &str = "armed 1\naarch64 (42,)\n";

/// Debian's root, if archives for it can be made and started here.
fn root() -> Option<String> {
    needs!(Native("this machine builds for another one"), Start(&AARCH64_LINUX));
    match aarch64_root() {
        Ok(root) => Some(root),
        Err(why) => snakecrate_base::skip!("{why}"),
    }
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().file("tool.py", SCRIPT);
    Wheel::new("armed", "1").write(&sandbox.path("wheels"));
    sandbox
}

/// Runs the packer with options that say which Python there is.
fn packer(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let run = sandbox.packer(arguments).args(["--quiet", "--level", "3", "--offline"]);
    run.env("SNAKECRATE_CACHE", shared::packer_cache()).output()
}

#[test]
fn a_runtime_file_for_aarch64_serves_an_archive_without_one() {
    let Some(root) = root() else { return };
    let sandbox = sandbox();
    let python = format!("aarch64-linux={root}");
    let target = ["--target", "aarch64-linux"];
    let build =
        ["build", "tool.py", "--runtime", "external", "-o", "app", "--wheelhouse", "wheels"];
    let build = [&build[..], &target, &["--python", &python]].concat();
    packer(&sandbox, &build).expect(0, "", "");
    let runtime = [&["runtime", &*root][..], &target].concat();
    packer(&sandbox, &runtime).expect(0, "", "");
    let names = sandbox.names();
    let file = names.iter().find(|name| name.ends_with("-aarch64-linux.runtime"));
    let file = file.unwrap_or_else(|| panic!("{names:?}"));
    assert!(file.starts_with("cpython-3."), "{file}");
    sandbox.run(["verify", file]).success().stdout_contains(": whole: ").stderr("").done();
    for _ in ["cold", "warm"] {
        sandbox.archive("app").expect(0, STARTED, "");
    }
    let needed = sandbox.run(["inspect", "--json", "app"]).json()["runtime"].clone();
    assert_eq!((&needed["file"], &needed["parts"][0]), (&(**file).into(), &"sqlite3".into()));
    Wheel::new("armed", "2").write(&sandbox.path("more"));
    let swap = ["swap", "app", "-o", "new", "--wheel", "more/armed-2-py3-none-any.whl"];
    packer(&sandbox, &swap).refused(
        1,
        "app takes its runtime from a file, and no Python for aarch64-linux is known",
        "build anew from the source",
    );
    // This machine's is another one.
    packer(&sandbox, &["runtime", "-o", "own"]).expect(0, "", "");
    let run = sandbox.archive("app").env("SNAKECRATE_RUNTIME", sandbox.path("own"));
    let refused = run.output().code(120).stdout("");
    refused.stderr_contains("and this archive needs cpython 3.").done();
}

#[test]
fn components_of_an_aarch64_archive_are_swapped() {
    let Some(root) = root() else { return };
    let sandbox = sandbox();
    let python = format!("aarch64-linux={root}");
    let build = ["build", "tool.py", "-o", "app", "--wheelhouse", "wheels", "--python", &python];
    packer(&sandbox, &[&build[..], &["--target", "aarch64-linux"]].concat()).expect(0, "", "");
    sandbox.archive("app").expect(0, STARTED, "");
    Wheel::new("armed", "2").write(&sandbox.path("more"));
    let wheel = "more/armed-2-py3-none-any.whl";
    packer(&sandbox, &["swap", "app", "-o", "new", "--wheel", wheel]).expect(0, "", "");
    sandbox.archive("new").expect(0, &STARTED.replace("armed 1", "armed 2"), "");
    let changed = |new: &str| {
        let difference = sandbox.run(["diff", "--json", "app", new]).json();
        let all = difference["components"].as_array().unwrap().clone();
        all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(changed("new"), ["armed"]);
    packer(&sandbox, &["swap", "app", "-o", "again", "--python", &python]).expect(0, "", "");
    assert_eq!(changed("again"), [""; 0]);
    let sandbox = sandbox.file("tool.py", SCRIPT.replace("41 + 1", "6 * 7 - 1"));
    packer(&sandbox, &["swap", "app", "-o", "other", "--app", "tool.py"]).expect(0, "", "");
    sandbox.archive("other").expect(0, &STARTED.replace("42", "41"), "");
    sandbox.archive("again").expect(0, STARTED, "");
}
