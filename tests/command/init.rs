//! `snakecrate init`: the options that a project needs, as `[tool.snakecrate]`.

use std::fs;

use crate::support::needs::needs;
use crate::support::sandbox::{Outcome, PACKER, Sandbox, shared, uv};

fn init(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let run = sandbox.packer([&["init"], arguments].concat());
    run.env("SNAKECRATE_CACHE", shared::packer_cache()).output()
}

fn read(sandbox: &Sandbox, path: &str) -> String {
    fs::read_to_string(sandbox.path(path)).unwrap()
}

#[test]
fn a_project_that_needs_no_options_gets_none() {
    let sandbox = Sandbox::new().bare_project("demo", "[project.scripts]\ndemo = 'demo:main'\n");
    let sandbox = sandbox.file("demo/demo.py", "main = print\n");
    let before = read(&sandbox, "demo/pyproject.toml");
    let none = "no options are needed: `snakecrate build` packs it as it is";
    let outcome = init(&sandbox, &["demo", "--write"]).stdout("").code(0);
    outcome.stderr_contains("Found entries: demo\n").stderr_contains(none).done();
    assert_eq!(read(&sandbox, "demo/pyproject.toml"), before);
}

#[test]
fn the_table_is_shown_before_it_is_written() {
    let sandbox = Sandbox::new().bare_project(
        "demo",
        "# two commands\n[project.scripts]\na = 'demo:main'\nb = 'demo:main' # the other\n",
    );
    let sandbox = sandbox.file("demo/demo.py", "def main():\n    print('demo')\n");
    let before = read(&sandbox, "demo/pyproject.toml");
    let shown = "  a = 'demo:main'\n  b = 'demo:main' # the other\n+\n+ [tool.snakecrate]\n\
                 + default = \"a\"\n";
    let outcome = init(&sandbox, &["demo", "-q"]);
    outcome.expect(0, shown, "");
    assert_eq!(read(&sandbox, "demo/pyproject.toml"), before);
    init(&sandbox, &["demo", "-q", "--write"]).expect(0, shown, "");
    let after = read(&sandbox, "demo/pyproject.toml");
    assert_eq!(after, format!("{before}\n[tool.snakecrate]\ndefault = \"a\"\n"));
    sandbox.build(["demo", "-o", "app"]).done();
    sandbox.archive("app").expect(0, "demo\n", "");
}

#[test]
fn an_existing_table_stays_unless_forced() {
    let table = "[project.scripts]\na = 'demo:main'\nb = 'demo:main'\n[tool.snakecrate]\n# fast\nlevel = 3\n";
    let sandbox = Sandbox::new().bare_project("demo", table).file("demo/demo.py", "main = print\n");
    let before = read(&sandbox, "demo/pyproject.toml");
    let what = "[WORK]/demo/pyproject.toml has a [tool.snakecrate] already";
    let help = "see what is in force with `snakecrate config`, or add to the table with --force";
    init(&sandbox, &["demo", "--write"]).refused(1, what, help);
    assert_eq!(read(&sandbox, "demo/pyproject.toml"), before);
    let shown = "  # fast\n  level = 3\n+ default = \"a\"\n";
    init(&sandbox, &["demo", "-q", "--write", "--force"]).expect(0, shown, "");
    assert_eq!(read(&sandbox, "demo/pyproject.toml"), format!("{before}default = \"a\"\n"));
}

#[test]
fn a_script_gets_the_data_that_it_names() {
    let script = "#!/usr/bin/env python3\nfrom pathlib import Path\n\
                  print((Path(__file__).parent / 'data.txt').read_text())\n";
    let sandbox = Sandbox::new().file("show.py", script).file("data.txt", "data");
    let sandbox = sandbox.file("unnamed.txt", "");
    let block = "# /// script\n# [tool.snakecrate]\n# include = [\"data.txt\"]\n# ///\n";
    let (head, rest) = script.split_once('\n').unwrap();
    let after = format!("{head}\n{block}{rest}");
    let added = block.lines().map(|line| ["+ ", line, "\n"].concat()).collect::<String>();
    let context = rest.lines().take(2).map(|line| ["  ", line, "\n"].concat()).collect::<String>();
    let shown = format!("  {head}\n{added}{context}");
    init(&sandbox, &["show.py", "-q", "--write"]).expect(0, &shown, "");
    assert_eq!(read(&sandbox, "show.py"), after);
    sandbox.build(["show.py", "-o", "show"]).done();
    sandbox.archive("show").expect(0, "data\n", "");
}

#[test]
fn a_project_without_commands_gets_the_module_that_runs() {
    let sandbox = Sandbox::new().bare_project("demo", "");
    let sandbox =
        sandbox.file("demo/demo/__init__.py", "").file("demo/demo/__main__.py", "print(1)\n");
    let outcome = init(&sandbox, &["demo", "-q", "--write"]).code(0);
    outcome.stdout_contains("+ [tool.snakecrate]\n+ module = \"demo\"\n").stderr("").done();
    sandbox.build(["demo", "-o", "app"]).done();
    sandbox.archive("app").expect(0, "1\n", "");
}

/// Nothing that is left out of a folder was ever proposed.
#[test]
fn a_folder_gets_the_build_output_that_its_code_names() {
    let app = "if __name__ == '__main__':\n    print(open(__file__[:-8] + 'dist/a.html').read())\n";
    let sandbox = Sandbox::new().file("web/start.py", app).file("web/dist/a.html", "<p>");
    let sandbox = sandbox.file("web/build/unnamed.html", "");
    let table = "[tool.snakecrate]\ninclude = [\"dist/a.html\"]\n";
    let shown: String = table.lines().map(|line| ["+ ", line, "\n"].concat()).collect();
    init(&sandbox, &["web", "-q", "--write"]).expect(0, &shown, "");
    assert_eq!(read(&sandbox, "web/pyproject.toml"), table);
    sandbox.build(["web", "-o", "app"]).done();
    sandbox.archive("app").expect(0, "<p>\n", "");
}

#[test]
fn windows_need_no_options() {
    let sandbox =
        Sandbox::new().bare_project("demo", "[project.gui-scripts]\ndemo = 'demo:main'\n");
    let sandbox = sandbox.file("demo/demo.py", "main = print\n");
    let outcome = init(&sandbox, &["demo"]).stdout("").code(0);
    outcome.stderr_contains("Found entries: demo\n").stderr_contains("no options").done();
}

#[test]
fn on_a_terminal_it_asks() {
    needs!(Program("script"));
    for (keys, is_written) in [("y\n", true), ("Yes\n", true), ("\n", false), ("", false)] {
        let sandbox = Sandbox::new()
            .bare_project("demo", "[project.scripts]\na = 'demo:main'\nb = 'demo:main'\n");
        let sandbox = sandbox.file("demo/demo.py", "main = print\n");
        let before = read(&sandbox, "demo/pyproject.toml");
        let screen = sandbox.typing("xterm", 80, &format!("{} init -q demo", packer()), keys);
        screen.code(0).wrote("/demo/pyproject.toml? [y/N] ");
        let table = if is_written { "\n[tool.snakecrate]\ndefault = \"a\"\n" } else { "" };
        assert_eq!(read(&sandbox, "demo/pyproject.toml"), format!("{before}{table}"), "{keys:?}");
    }
}

/// A command line that starts the packer with what it needs.
fn packer() -> String {
    let variable =
        |name: &str, value: &std::ffi::OsStr| format!("{name}='{}'", value.to_str().unwrap());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let cache = shared::packer_cache();
    let variables = [
        variable("PATH", &path),
        variable("UV", &uv()),
        variable("SNAKECRATE_CACHE", cache.as_os_str()),
    ];
    format!("{} {PACKER}", variables.join(" "))
}

#[test]
fn a_requirement_has_no_file_for_options() {
    let what = "black has no file for options: it isn't a project's directory or a script";
    let help = "give options as flags: see snakecrate build --help";
    init(&Sandbox::new(), &["black"]).refused(1, what, help);
}
