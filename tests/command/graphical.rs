//! Graphical entries: what makes an entry one, and what is packed for desktops.

use pretty_assertions::assert_eq;

use crate::launcher::desktop::built;
use crate::support::sandbox::{Sandbox, shared};

/// The names of the graphical entries of `app`.
fn graphical(sandbox: &Sandbox) -> Vec<String> {
    let report = sandbox.run(["inspect", "app", "--json"]).json();
    let entries = report["entries"].as_array().unwrap();
    let graphical = entries.iter().filter(|entry| entry["graphical"] == true);
    graphical.map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
}

fn project(more: &str) -> Sandbox {
    let scripts =
        "[project.scripts]\ncli = 'two:cli'\n[project.gui-scripts]\nwindow = 'two:window'\n";
    Sandbox::new()
        .bare_project("two", &format!("{scripts}{more}"))
        .file("two/two.py", "def cli(): print('cli')\ndef window(): print('window')\n")
}

#[test]
fn gui_scripts_are_graphical_unless_the_user_says_otherwise() {
    for (arguments, wanted) in [
        (&[][..], &["window"][..]),
        (&["--gui"], &["cli", "window"]),
        (&["-e", "cli"], &[]),
        (&["-e", "w=two:window", "-e", "c=two:cli"], &["w"]),
    ] {
        let sandbox = project("");
        sandbox.build(["two", "-o", "app"].iter().chain(arguments)).expect(0, "", "");
        assert_eq!(graphical(&sandbox), wanted, "{arguments:?}");
    }
    let sandbox = project("[tool.snakecrate]\ngui = false\n");
    sandbox.build(["two", "-o", "app"]).expect(0, "", "");
    assert!(graphical(&sandbox).is_empty());
}

#[test]
fn a_script_is_graphical_by_its_own_table() {
    let script = "# /// script\n# [tool.snakecrate]\n# gui = true\n# ///\nprint('window')\n";
    let sandbox = Sandbox::new().file("window.py", script);
    sandbox.build(["window.py", "-o", "app"]).expect(0, "", "");
    assert_eq!(graphical(&sandbox), ["window"]);
    let text = sandbox.run(["inspect", "app"]).success().text();
    assert!(text.contains("graphical"), "{text}");
}

#[test]
fn the_manifest_names_icon_and_types() {
    let sandbox = built("app");
    sandbox.run(["verify", "app"]).success().text();
    let manifest =
        sandbox.archive("app").env("SNAKECRATE", "inspect").arg("--json").output().json();
    assert_eq!(manifest["icon"], "attachments/icon.svg");
    assert_eq!(manifest["mime_types"], serde_json::json!(["application/x-note", "text/plain"]));
    assert_eq!(manifest["entries"][0]["graphical"], true);
    assert!(manifest["requires"].is_null(), "other readers ignore it");
}

#[test]
fn icons_of_other_formats_and_sizes_are_refused() {
    let refused = |icon: &[u8], what: &str| {
        let sandbox = project("").file("icon", icon);
        let path = sandbox.path("icon").display().to_string();
        sandbox.build(["two", "-o", "app", "--icon", &path]).refused(
            1,
            &format!("the icon [WORK]/icon is {what}"),
            "give a square PNG file of 16, 22, 24, 32, 48, 64, 96, 128, 256, 512 pixels, or an SVG file",
        );
    };
    refused(b"GIF89a", "neither PNG nor SVG");
    let png = |width: u8, height: u8| {
        [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0"[..], &[width], b"\0\0\0", &[height]].concat()
    };
    refused(&png(64, 48), "a PNG of 64×48 pixels");
    refused(&png(50, 50), "a PNG of 50×50 pixels");
}

#[test]
fn types_and_names_that_would_break_the_entry_are_refused() {
    for (flag, value, what) in [
        ("--mime-type", "text", "`text` isn't a MIME type such as text/csv"),
        ("--mime-type", "a/b=x/*", "`x/*` isn't a pattern of names such as *.note"),
        ("--desktop-id", "../x", "isn't the name of a desktop entry"),
    ] {
        let sandbox = project("");
        let run = sandbox.run(["build", "two", "-o", "app", flag, value]);
        run.code(2).stderr_contains(what).any_stderr().done();
    }
    let sandbox = project("");
    sandbox.build(["two", "-o", "app", "--category", "A;\nExec=x"]).refused(
        1,
        "`A;\\nExec=x` cannot be the value of `desktop.categories`",
        "use one line without `;`",
    );
}

#[test]
fn an_icon_without_a_graphical_entry_gives_a_warning() {
    let sandbox = project("").file("icon.svg", "<svg/>");
    let icon = sandbox.path("icon.svg").display().to_string();
    let build = ["build", "two", "-o", "app", "-e", "cli", "--level", "3", "--no-proof"];
    let run = sandbox.packer(build).args(["--icon", &icon]);
    run.env("SNAKECRATE_CACHE", shared::packer_cache())
        .output()
        .success()
        .stderr_contains("warning: two has an icon or types of documents, and no graphical entry")
        .any_stderr()
        .done();
}
