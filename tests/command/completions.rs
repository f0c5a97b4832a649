//! `snakecrate completions`, `manual` and `--help`: all are made from the declaration of the command
//! line.

use std::fs;
use std::process::Command;

use crate::support::needs::needs;
use crate::support::sandbox::{PACKER, Sandbox};

/// Runs `code` in a shell whose `PATH` has the packer first, with the completions of `shell` in the
/// file `$1`. Returns its lines.
fn completed(shell: &str, code: &str) -> Vec<String> {
    let sandbox = Sandbox::new();
    let script = sandbox.run(["completions", shell]).text();
    let sandbox = sandbox.file("completions", script);
    let directory = std::path::Path::new(PACKER).parent().unwrap();
    let path = format!("{}:{}", directory.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(shell);
    command.args(["-c", code]);
    // bash calls the first argument $0.
    command.args((shell != "fish").then_some("shell")).arg(sandbox.path("completions"));
    let output = command.env("PATH", path).current_dir(sandbox.path("")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(str::to_owned).collect()
}

/// Completes the words of an array, as bash does when the user presses the tabulator.
const BASH: &str = r#"
source "$1"
complete -p snakecrate >&2
complete_words() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _snakecrate snakecrate "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf '%s\n' "${COMPREPLY[@]}"
}
"#;

#[test]
fn bash_completes_commands_and_options() {
    needs!(Program("bash"));
    let lines = |words: &str| completed("bash", &format!("{BASH}\ncomplete_words {words}"));
    assert_eq!(lines("snakecrate bui"), ["build"]);
    assert_eq!(lines("snakecrate build --dry"), ["--dry-run"]);
    assert_eq!(lines("snakecrate cache l"), ["list"]);
    assert_eq!(lines("snakecrate completions z"), ["zsh"]);
}

#[test]
fn fish_completes_commands_and_options() {
    needs!(Program("fish"));
    let lines = |line: &str| completed("fish", &format!("source $argv[1]; complete -C '{line}'"));
    let names = |line: &str| -> Vec<String> {
        lines(line).iter().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
    };
    assert_eq!(names("snakecrate bui"), ["build"]);
    assert_eq!(names("snakecrate build --dry"), ["--dry-run"]);
}

#[test]
fn zsh_loads_its_completions() {
    needs!(Program("zsh"));
    let code = "autoload -Uz compinit && compinit -u -D && source $1 && print $_comps[snakecrate]";
    assert_eq!(completed("zsh", code), ["_snakecrate"]);
}

#[test]
fn powershell_gets_a_script() {
    let script = Sandbox::new().run(["completions", "powershell"]).text();
    assert!(script.contains("Register-ArgumentCompleter"), "{script}");
    assert!(script.contains("'--dry-run'"), "{script}");
}

#[test]
fn an_unknown_shell_is_refused() {
    let outcome = Sandbox::new().run(["completions", "cmd"]).code(2);
    outcome.stderr_contains("[possible values: bash, elvish, fish, powershell, zsh]").done();
}

/// The names of all commands, as help has them.
fn commands(sandbox: &Sandbox, above: &[&str]) -> Vec<String> {
    let help = sandbox.run([above, &["--help"]].concat()).text();
    let Some((_, list)) = help.split_once("Commands:\n") else { return vec![] };
    let names = list.lines().take_while(|line| !line.is_empty());
    // A long description goes on in the next line, further to the right.
    let names = names.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_a_page() {
    let sandbox = Sandbox::new();
    let all = commands(&sandbox, &[]);
    assert!(all.len() > 15, "{all:?}");
    let mut pages = vec!["snakecrate.1".to_owned()];
    for name in &all {
        pages.push(format!("snakecrate-{name}.1"));
        let below = commands(&sandbox, &[name]);
        pages.extend(below.iter().map(|below| format!("snakecrate-{name}-{below}.1")));
    }
    pages.sort();
    let count = pages.len();
    sandbox.run(["manual", "man"]).expect(0, "", &format!("     Written {count} pages in man\n"));
    let found = fs::read_dir(sandbox.path("man")).unwrap();
    let mut found: Vec<_> =
        found.map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    assert_eq!(found, pages);
    let page = fs::read_to_string(sandbox.path("man/snakecrate-build.1")).unwrap();
    for part in [".SH NAME\nsnakecrate\\-build \\- Build one executable file\n", "\\-\\-dry\\-run"]
    {
        assert!(page.contains(part), "`{part}` in:\n{page}");
    }
}

#[test]
fn the_pages_are_without_fault() {
    needs!(Program("groff"));
    let sandbox = Sandbox::new();
    sandbox.run(["-q", "manual", "man"]).expect(0, "", "");
    for page in fs::read_dir(sandbox.path("man")).unwrap() {
        let page = page.unwrap().path();
        let output = Command::new("groff")
            .args(["-man", "-Tutf8", "-ww", "-z", "-k"])
            .arg(&page)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{}: {said}", page.display());
    }
}

#[test]
fn a_manual_that_cannot_be_written_is_an_error() {
    let sandbox = Sandbox::new().file("man", "");
    let outcome = sandbox.run(["manual", "man"]);
    let help = "name a directory that you can write to";
    outcome.refused(1, "cannot write man: File exists (os error 17)", help);
}

#[test]
fn short_help_has_the_usual_options_under_headings() {
    let sandbox = Sandbox::new();
    let short = sandbox.run(["build", "-h"]).text();
    let long = sandbox.run(["build", "--help"]).text();
    let headings = |text: &str| -> Vec<String> {
        let is_heading = |line: &&str| line.ends_with(':') && !line.starts_with(' ');
        text.lines().filter(is_heading).map(|line| line.trim_end_matches(':').to_owned()).collect()
    };
    let always =
        ["Arguments", "Options", "Output", "Python", "Entries", "Requirements", "Contents"];
    assert_eq!(headings(&short), [&always[..], &["Examples"]].concat());
    for heading in always.iter().copied().chain(["Indexes", "Proof", "Limits", "Source"]) {
        assert!(headings(&long).iter().any(|one| one == heading), "{heading}: {long}");
    }
    let options = |text: &str| text.lines().filter(|line| line.trim().starts_with('-')).count();
    assert!(options(&short) <= 18, "{short}");
    assert!(options(&long) > 60, "{long}");
    assert!(short.contains("(see more with '--help')") && !short.contains("--sourceless"));
}
