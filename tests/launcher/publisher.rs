//! The publisher's name and contact in errors and in the help.

use serde_json::json;

use crate::support::forge::Forge;
use crate::support::sandbox::Sandbox;

const CALL: &str = "snakecrate: for help, contact Example Ltd (https://example.org/help)\n";

fn published() -> Forge {
    Forge::honest().manifest(|m| {
        m["vendor"] = "Example Ltd".into();
        m["contact"] = "https://example.org/help".into();
    })
}

#[test]
fn errors_name_the_publisher() {
    let sandbox = published().sandbox();
    let no_place = sandbox.archive("app").env("SNAKECRATE_CACHE", "/proc/none").output();
    let (status, _, stderr) = no_place.parts();
    assert_eq!(status.code(), Some(122));
    assert!(stderr.starts_with("snakecrate: no place to unpack to (/proc/none: "), "{stderr}");
    assert!(stderr.ends_with(CALL) && stderr.lines().count() == 3, "{stderr}");
    sandbox.archive("app").env("SNAKECRATE", "verify").arg("-x").expect(
        2,
        "",
        &format!(
            "snakecrate: `-x` is not an argument of this command\n\
             snakecrate: see SNAKECRATE=help\n{CALL}"
        ),
    );
}

#[test]
fn errors_of_a_warm_start_name_the_publisher() {
    let sandbox = published().second_entry().sandbox();
    sandbox.archive("app").env("SNAKECRATE", "prepare").output().success().text();
    let (status, _, stderr) = sandbox.archive("app").output().parts();
    assert_eq!(status.code(), Some(2));
    assert!(stderr.ends_with(CALL) && stderr.lines().count() == 3, "{stderr}");
}

#[test]
fn help_names_the_publisher() {
    let help = |forge: Forge| {
        let sandbox = forge.sandbox();
        sandbox.archive("app").env("SNAKECRATE", "help").output().success().text()
    };
    let text = help(published());
    let line = "\nFor help, contact Example Ltd (https://example.org/help)";
    assert!(text.contains(line), "{text}");
    assert!(!help(Forge::honest()).contains("contact"));
    let only = help(Forge::honest().manifest(|m| m["contact"] = "a@example.org".into()));
    assert!(only.contains("\nFor help, contact a@example.org"), "{only}");
}

#[test]
fn a_publisher_with_escape_sequences_is_refused_and_not_shown() {
    let long = "x".repeat(201);
    for text in ["\u{1b}[2J\u{1b}]0;owned\u{7}", "a\nsnakecrate: run this", "a\u{202e}b", &long] {
        for field in ["vendor", "contact"] {
            let text = text.to_owned();
            let sandbox = Forge::honest().manifest(move |m| m[field] = json!(text)).sandbox();
            let (status, stdout, stderr) = sandbox.archive("app").output().parts();
            assert_eq!((status.code(), stdout.as_str()), (Some(121), ""));
            let what = format!("snakecrate: the manifest makes no sense: a {field} \"");
            assert!(stderr.starts_with(&what) && stderr.lines().count() == 2, "{stderr}");
            let is_shown = |c: char| c == '\n' || c.is_ascii_graphic() || c == ' ';
            assert!(stderr.chars().all(is_shown) && stderr.len() < 600, "{stderr:?}");
        }
    }
}

#[test]
fn an_extracted_environment_names_the_publisher() {
    let sandbox =
        Sandbox::new().bare_project("shown", "[project.scripts]\na = 'shown:a'\nb = 'shown:b'\n");
    let sandbox = sandbox.file("shown/shown.py", "def a(): pass\nb = a\n");
    let build = ["shown", "-o", "app", "--vendor", "Example Ltd", "--contact", "a@example.org"];
    sandbox.build(build).done();
    let manifest =
        sandbox.archive("app").env("SNAKECRATE", "inspect").arg("--json").output().json();
    assert_eq!(
        (&manifest["vendor"], &manifest["contact"]),
        (&json!("Example Ltd"), &json!("a@example.org"))
    );
    sandbox.run(["extract", "app", "--env", "out"]).success().any_stderr().done();
    let (status, _, stderr) =
        sandbox.archive("out/bin/a").env("SNAKECRATE", "verify").output().parts();
    assert_eq!(status.code(), Some(2));
    assert!(stderr.ends_with("contact Example Ltd (a@example.org)\n"), "{stderr}");
}

#[test]
fn options_with_escape_sequences_are_refused() {
    let sandbox = Sandbox::new().bare_project("named", "");
    let (status, _, stderr) = sandbox.run(["build", "named", "--vendor", "a\u{1b}[2Jb"]).parts();
    assert_eq!(status.code(), Some(2));
    let why = r#""a\u{1b}[2Jb" cannot be shown to users: it has a control character"#;
    assert!(stderr.contains(why), "{stderr}");
    let key = "[tool.snakecrate]\ncontact = '\u{202e}moc.elpmaxe@a'\n";
    let sandbox = sandbox.bare_project("keyed", key);
    let (status, _, stderr) = sandbox.run(["build", "keyed"]).parts();
    assert!(!status.success());
    assert!(stderr.contains(r#""\u{202e}moc.elpmaxe@a" cannot be shown to users"#), "{stderr}");
}
