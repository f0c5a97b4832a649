//! `build --timings`: how long the stages of a build take.

use crate::support::sandbox::{Sandbox, shared};

#[test]
fn stages_have_times_shares_and_what_was_cached() {
    let sandbox = Sandbox::new().project("tiny");
    let build = || {
        let arguments = ["build", "tiny", "-o", "app", "-q", "--level", "3", "--timings"];
        let run = sandbox.packer(arguments).env("SNAKECRATE_CACHE", shared::packer_cache());
        run.output().text()
    };
    build();
    let text = build();
    let lines: Vec<Vec<&str>> =
        text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["stage", "seconds", "share", "cached"]);
    let names: Vec<&str> = lines[1..].iter().map(|line| line[0]).collect();
    let all = ["Python", "requirements", "unpack", "analyse", "pack", "write", "prove", "other"];
    assert_eq!(names, [&all[..], &["all"]].concat());
    let seconds: Vec<f64> = lines[1..].iter().map(|line| line[1].parse().unwrap()).collect();
    let (sum, stages) = seconds.split_last().unwrap();
    // Each is rounded.
    assert!((stages.iter().sum::<f64>() - sum).abs() < 0.1, "{text}");
    let cached = |name: &str| {
        let line = lines.iter().find(|line| line[0] == name).unwrap();
        line[4..].join(" ")
    };
    assert_eq!((&*cached("pack"), &*cached("prove")), ("runtime", "proof"), "{text}");
}
