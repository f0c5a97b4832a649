//! `snakecrate config`: the options in force and where each is from; keys that no option has.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;

const FAILURE: i32 = 1;

/// A directory with options in pyproject.toml.
fn shop(options: &str) -> Sandbox {
    Sandbox::new()
        .file("shop/pyproject.toml", format!("[project]\nname = 'shop'\nversion = '1'\n{options}"))
        .file("shop/shop.py", "print('shop')\n")
}

/// The lines of `config` that aren't defaults.
fn chosen(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.contains(" default"));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn json_of(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let text = sandbox.run(["config", "--json"].iter().chain(arguments)).success().text();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn flags_variables_and_files_are_named_as_origins() {
    let sandbox = shop(
        "[tool.snakecrate]\nlevel = 3\nentry = 'shop'\nlibc = 'bundled'\n\
         [tool.snakecrate.proof]\ntimeout = 5\n[tool.snakecrate.env.set]\nA = '{home}'\n",
    );
    let packer = sandbox.packer(["config", "shop", "--libc", "host"]);
    let text = packer.env("SNAKECRATE_PYTHON_MIRROR", "https://m.test").output().success().text();
    assert_eq!(
        chosen(&text),
        [
            "source [WORK]/shop (directory)",
            "",
            "option value from",
            "python-mirror \"https://m.test\" SNAKECRATE_PYTHON_MIRROR",
            "entries [\"shop\"] shop/pyproject.toml:6",
            "level 3 shop/pyproject.toml:5",
            "libc \"host\" --libc",
            "env.set { A = \"{home}\" } shop/pyproject.toml:10",
            "proof.timeout 5 shop/pyproject.toml:9",
        ]
        .map(
            |line| line.replace("[WORK]", sandbox.path("").to_str().unwrap().trim_end_matches('/'))
        )
    );
    let strip = text.lines().find(|line| line.starts_with("strip ")).unwrap();
    assert!(strip.split_whitespace().eq(["strip", "\"debug\"", "default"]), "{strip}");
}

#[test]
fn scripts_name_the_lines_of_their_blocks() {
    let script = "#!/usr/bin/env python3\n# /// script\n# [tool.snakecrate]\n# level = 5\n# ///\n";
    let sandbox = Sandbox::new().file("tool.py", script).file("tool.py.lock", "");
    let json = json_of(&sandbox, &["tool.py"]);
    let path = sandbox.path("tool.py");
    let artifact = &json["artifacts"][0];
    let origin = json!({ "kind": "file", "path": path, "line": 4, "table": "tool.snakecrate" });
    assert_eq!(artifact["options"]["level"], json!({ "value": 5, "origin": origin }));
    assert_eq!(json["source"], json!({ "kind": "script", "name": path }));
    let lock = json!([{ "path": sandbox.path("tool.py.lock"), "format": "uv" }]);
    assert_eq!(artifact["locks"], lock);
    let ignored = json_of(&sandbox, &["tool.py", "--no-lock"]);
    assert_eq!(ignored["artifacts"][0]["locks"], json!([]));
}

#[test]
fn each_artifact_shows_its_own_table() {
    let sandbox = shop(
        "[tool.snakecrate]\nlevel = 3\noutput = 'x'\n[tool.snakecrate.artifact.web]\nlevel = 4\n\
         [tool.snakecrate.artifact.work]\n",
    );
    let json = json_of(&sandbox, &["shop"]);
    let levels: Vec<_> = json["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|artifact| {
            let (level, output) = (&artifact["options"]["level"], &artifact["options"]["output"]);
            assert_eq!(output["value"], Value::Null, "each archive has a file of its own");
            json!([artifact["name"], level["value"], level["origin"]["table"]])
        })
        .collect();
    let own = json!(["web", 4, "tool.snakecrate.artifact.web"]);
    assert_eq!(levels, [own, json!(["work", 3, "tool.snakecrate"])]);
    let text = sandbox.run(["config", "shop", "--artifact", "web"]).success().text();
    assert!(text.contains("artifact web\n"), "{text}");
    assert!(text.contains("shop/pyproject.toml:8 [tool.snakecrate.artifact.web]\n"), "{text}");
    let unknown = sandbox.run(["config", "shop", "--artifact", "x"]);
    unknown.refused(FAILURE, "no artifact named `x`", "web, work");
}

#[test]
fn a_member_that_the_workspace_names_has_its_origin_there() {
    let root = "[tool.uv.workspace]\nmembers = ['shop']\n[tool.snakecrate]\npackage = 'shop'\n";
    let sandbox = shop("[tool.snakecrate]\nlevel = 7\n").file("pyproject.toml", root);
    let options = &json_of(&sandbox, &["."])["artifacts"][0]["options"];
    let package = json!({ "kind": "file", "path": "./pyproject.toml", "line": 4, "table": "tool.snakecrate" });
    assert_eq!(options["package"], json!({ "value": "shop", "origin": package }));
    assert_eq!(options["level"]["origin"]["path"], json!(sandbox.path("shop/pyproject.toml")));
}

#[test]
fn passwords_of_urls_are_not_shown() {
    let sandbox = shop(
        "[[tool.uv.index]]\nname = 'own'\nurl = 'https://me:secret@index.test/simple'\n\
         [tool.snakecrate]\nfind-links = 'https://me:secret@links.test'\n\
         [tool.snakecrate.env.set]\nDATABASE = 'postgres://me:secret@db.test/x'\n",
    );
    for arguments in [&["shop"][..], &["shop", "--json"]] {
        let run = sandbox.packer(["config"].iter().chain(arguments)).args(["--index-url"]);
        let run =
            run.arg("https://me:secret@flag.test").env("UV_INDEX", "a=https://t:secret@env.test");
        let text = run.output().success().text();
        for host in ["index.test/simple", "links.test", "db.test/x", "flag.test", "env.test"] {
            assert!(text.contains(&format!("://{host}")), "{host}: {text}");
        }
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn a_value_of_several_lines_is_one_row() {
    let sandbox = shop("[tool.snakecrate.env.set]\nA = \"one\\ntwo\"\n");
    let text = sandbox.run(["config", "shop"]).success().text();
    let row = text.lines().find(|line| line.starts_with("env.set ")).unwrap();
    assert!(row.contains(r#"{"A":"one\ntwo"}"#) && row.ends_with("shop/pyproject.toml:4"), "{row}");
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("packaging.") && last.ends_with(" default"), "{last}");
}

#[test]
fn the_schema_is_printed() {
    let text = Sandbox::new().run(["config", "--schema"]).success().text();
    assert_eq!(text, include_str!("../../packer/cli/tool.snakecrate.schema.json"));
}

#[test]
fn a_misspelt_key_is_an_error_with_the_nearest_one() {
    let build = ["build", "shop"];
    for (options, line, what, help) in [
        ("levle = 3", 5, "unknown key `levle` in [tool.snakecrate]", "did you mean `level`?"),
        (
            "proof = { time-out = 3 }",
            5,
            "unknown key `time-out` in [tool.snakecrate.proof]",
            "did you mean `proof.timeout`?",
        ),
        (
            "[tool.snakecrate.artifact.web]\nentires = 'x'",
            6,
            "unknown key `entires` in [tool.snakecrate.artifact.web]",
            "did you mean `entries`?",
        ),
        (
            "no-lock = true",
            5,
            "unknown key `no-lock` in [tool.snakecrate]",
            "did you mean `use-lock = false`?",
        ),
        (
            "release = true",
            5,
            "unknown key `release` in [tool.snakecrate]",
            "did you mean `packaging.release`?",
        ),
        (
            "quick = true",
            5,
            "unknown key `quick` in [tool.snakecrate]",
            "list all keys with `snakecrate config`; they are named like flags",
        ),
        (
            "python = 3.12",
            5,
            "`python` in [tool.snakecrate]: expected a string or a list of strings",
            "see snakecrate build --help: keys are named like flags",
        ),
        (
            "env.set = { A = 1 }",
            5,
            "`env.set.A` in [tool.snakecrate]: invalid type: integer `1`, expected a string",
            "see snakecrate build --help: keys are named like flags",
        ),
    ] {
        let sandbox = shop(&format!("[tool.snakecrate]\n{options}\n"));
        let error = format!("error: shop/pyproject.toml: line {line}: {what}\n help: {help}\n");
        for command in [&build[..], &["config", "shop"]] {
            sandbox.run(command).expect(FAILURE, "", &error);
        }
    }
}
