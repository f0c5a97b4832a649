//! Directories that one wheel has alone: one link in an environment, unless something would notice.

use std::fs;
use std::path::PathBuf;

use pretty_assertions::assert_eq;

use crate::support::sandbox::{Sandbox, shared};
use crate::support::wheel::Wheel;

/// Prints the files in the packages, as `os.walk` finds them from their `__file__`.
const SCRIPT: &str =
    "# /// script\n# dependencies = ['whole-a', 'walked-b', 'spaced-c', 'spaced-d']\n# ///
import os, walked, whole, spaced.c, spaced.d
for package in walked, whole:
    top = os.path.dirname(package.__file__)
    files = [os.path.join(at, file)[len(top):] for at, _, files in os.walk(top) for file in files]
    print(package.__name__, sorted(file for file in files if file.endswith('.txt')))
print(spaced.c.NAME, spaced.d.NAME)
";
const SAYS: &str = "walked ['/data/deep/x.txt', '/data/y.txt']\nwhole ['/data/x.txt']\nc d\n";

fn built() -> Sandbox {
    let sandbox = Sandbox::new().file("tool.py", SCRIPT);
    let wheels = sandbox.path("wheels");
    let whole = "import os\nHERE = os.path.dirname(__file__)\n";
    Wheel::new("whole-a", "1")
        .file("whole/__init__.py", whole)
        .file("whole/data/x.txt", "")
        .write(&wheels);
    let walked = "import os\nHERE = os.path.dirname(os.path.realpath(__file__))\n";
    Wheel::new("walked-b", "1")
        .file("walked/__init__.py", walked)
        .file("walked/data/y.txt", "")
        .file("walked/data/deep/x.txt", "")
        .write(&wheels);
    for (name, module) in [("spaced-c", "c"), ("spaced-d", "d")] {
        let path = format!("spaced/{module}.py");
        Wheel::new(name, "1").file(&path, format!("NAME = '{module}'\n")).write(&wheels);
    }
    let packer = sandbox.packer(["build", "tool.py", "-o", "app"]).args(shared::OPTIONS);
    let packer = packer.env("SNAKECRATE_CACHE", shared::packer_cache());
    packer.args(["--wheelhouse", "wheels"]).output().expect(0, "", "");
    sandbox
}

fn site_packages(sandbox: &Sandbox) -> PathBuf {
    let env = sandbox.cache().join("v2/envs").join(&sandbox.cached("envs")[0]);
    let library = fs::read_dir(env.join("lib")).unwrap().next().unwrap().unwrap().path();
    library.join("site-packages")
}

#[test]
fn only_directories_of_one_wheel_that_stay_inside_are_links() {
    let sandbox = built();
    sandbox.archive("app").expect(0, SAYS, "");
    let site = site_packages(&sandbox);
    let is_link = |name: &str| site.join(name).symlink_metadata().unwrap().is_symlink();
    let found = ["whole", "whole_a-1.dist-info", "walked", "walked/data", "spaced"].map(is_link);
    assert_eq!(found, [true, true, false, false, false]);
    let _ = sandbox.run(["cache", "verify"]).success().any_stderr().text();
}

/// A part of `wagtail start`'s template was a link, where `os.walk` did not look.
#[test]
fn a_walk_through_a_package_missed_its_linked_directories() {
    built().archive("app").expect(0, SAYS, "");
}

#[test]
fn a_file_that_is_lost_behind_a_link_comes_back() {
    let sandbox = built();
    sandbox.archive("app").expect(0, SAYS, "");
    let lost = site_packages(&sandbox).join("whole/data/x.txt");
    fs::remove_file(&lost).unwrap();
    sandbox.run(["cache", "verify"]).code(1).stdout_contains("missing").any_stderr().done();
    sandbox.archive("app").env("SNAKECRATE", "repair").output().success().any_stderr().done();
    sandbox.archive("app").expect(0, SAYS, "");
    assert!(lost.exists());
}
