//! `snakecrate targets`: what can be built here, and what is missing for the rest.

use serde_json::Value;

use super::*;

fn rows(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.run(["targets", "--json"]).json()["targets"].as_array().unwrap().clone()
}

#[test]
fn this_machine_builds_its_own_target() {
    let rows = rows(&Sandbox::new());
    let own: Vec<_> = rows.iter().filter(|row| row["host"] == true).collect();
    let [own] = own[..] else { panic!("{rows:#?}") };
    assert!(own["launcher"].as_u64().unwrap() > 100_000);
    assert_eq!(own["starts"], "native");
    assert_eq!(own["installed"], own["compilers"]);
    assert_eq!(own["missing"].as_array().unwrap().len(), 0, "{own:#?}");
}

#[test]
fn targets_lists_every_target_with_what_is_missing() {
    let sandbox = Sandbox::new();
    let text = sandbox.run(["targets"]).text();
    let rows = rows(&sandbox);
    let names: Vec<_> = rows.iter().map(|row| row["target"].as_str().unwrap()).collect();
    assert_eq!(names, ["x86_64-linux", "aarch64-linux"]);
    for row in rows {
        let name = row["target"].as_str().unwrap();
        assert!(text.lines().any(|line| line.starts_with(name)), "{text}");
        let missing = row["missing"].as_array().unwrap();
        for one in missing {
            let (what, help) = (one["what"].as_str().unwrap(), one["help"].as_str().unwrap());
            let line = format!("\n{name}: {what}\n  help: {help}\n");
            assert!(text.contains(&line), "`{line}` in:\n{text}");
        }
        let is_named =
            |word: &str| missing.iter().any(|one| one["help"].to_string().contains(word));
        assert_eq!(row["launcher"].is_null(), is_named("ci/launchers"), "{row:#?}");
        assert_eq!(row["starts"] == "no", is_named("qemu-user-static"), "{row:#?}");
    }
}

#[test]
fn a_target_without_launcher_is_refused_with_the_command_that_explains() {
    let sandbox = Sandbox::new().file("hello.py", "print('hello')\n");
    let Some(row) = rows(&sandbox).into_iter().find(|row| row["launcher"].is_null()) else {
        snakecrate_base::skip!("this packer embeds the launchers of all targets");
    };
    let name = row["target"].as_str().unwrap();
    let text = format!("this snakecrate has no launcher for {name}");
    let help = format!("see `snakecrate targets`, or use a snakecrate built on {name}");
    sandbox.packer(["build", "hello.py", "--target", name]).output().refused(1, &text, &help);
}
