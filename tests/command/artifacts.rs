//! Several archives of one project: `[tool.snakecrate.artifact.NAME]`.

use crate::support::sandbox::{Sandbox, shared};

const FAILURE: i32 = 1;

fn pair() -> Sandbox {
    let project = std::fs::read_to_string(shared::projects().join("pair/pyproject.toml")).unwrap();
    let artifacts = "\n[tool.snakecrate]\noutput = 'common'\n[tool.snakecrate.artifact.one]\n\
        entries = 'left'\n[tool.snakecrate.artifact.two]\nentries = 'right'\noutput = 'second'\n";
    Sandbox::new().project("pair").file("pair/pyproject.toml", project + artifacts)
}

#[test]
fn a_build_makes_all_artifacts() {
    let sandbox = pair();
    sandbox.build(["pair"]).expect(0, "", "");
    assert_eq!(sandbox.names(), ["one", "pair"]);
    sandbox.archive("one").expect(0, "left []\n", "");
    sandbox.archive("pair/second").expect(0, "right []\n", "");
}

#[test]
fn one_artifact_is_chosen_by_name() {
    let sandbox = pair();
    sandbox.build(["pair", "--artifact", "two", "-o", "chosen"]).expect(0, "", "");
    assert_eq!(sandbox.names(), ["chosen", "pair"]);
    sandbox.archive("chosen").expect(0, "right []\n", "");
    let packer = sandbox.packer(["run", "-q", "--level", "3", "pair", "--artifact", "one"]);
    packer.env("SNAKECRATE_CACHE", shared::packer_cache()).expect(0, "left []\n", "");
}

#[test]
fn artifacts_that_cannot_be_chosen_are_named() {
    let sandbox = pair();
    let unknown = sandbox.build(["pair", "--artifact", "three"]);
    unknown.refused(FAILURE, "no artifact named `three`", "one, two");
    let several = sandbox.build(["pair", "-o", "app"]);
    several.refused(FAILURE, "each needs a file of its own", "--artifact: one, two");
    let run = sandbox.packer(["run", "-q", "pair"]);
    run.output().refused(FAILURE, "one command runs one of them", "--artifact: one, two");
    assert_eq!(sandbox.names(), ["pair"]);
}
