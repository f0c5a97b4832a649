//! Pages of the book that are made from declarations: the help of every command, and exit statuses.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory as _};

use super::Cli;
use crate::exit_status;
use crate::generated::{self, Generated};

const HELP: &str = "# Help of every command

Made from the declarations of the commands. `snakecrate COMMAND --help` prints the same.
";
const START: &str = "<!-- statuses: made from packer/cli/src/exit_status.rs and stub/format/src/exit_status.rs -->\n";
const END: &str = "<!-- statuses: end -->\n";

/// The help of `command` and of those below it, a section for each.
fn help(page: &mut String, command: &mut Command, name: &str) {
    if command.is_hide_set() {
        return;
    }
    let text = command.render_long_help().to_string();
    let lines: Vec<_> = text.trim_end().lines().map(str::trim_end).collect();
    let _ = write!(page, "\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n"));
    for below in command.get_subcommands_mut() {
        if below.get_name() != "help" {
            let name = format!("{name} {}", below.get_name());
            help(page, below, &name);
        }
    }
}

fn help_page() -> String {
    let mut page = HELP.to_owned();
    let mut command = Cli::command().term_width(100).disable_help_subcommand(true);
    command.build();
    help(&mut page, &mut command, "snakecrate");
    page
}

fn statuses() -> String {
    let of_the_command =
        exit_status::MEANINGS.map(|(status, meaning)| (i32::from(status), meaning));
    let table = |title: &str, rows: &[(i32, &str)]| {
        let mut table = format!("\n| {title} | when |\n|---|---|\n");
        for (status, meaning) in rows {
            let _ = writeln!(table, "| {status} | {meaning} |");
        }
        table
    };
    let of_archives = snakecrate_format::exit_status::MEANINGS;
    let text = table("`snakecrate`", &of_the_command) + &table("an archive", &of_archives);
    format!("{START}{text}\n{END}")
}

/// Files with text from declarations.
fn files() -> [Generated; 2] {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let (help, status) = (pages.join("help.md"), pages.join("exit-statuses.md"));
    let old_help = fs::read_to_string(&help).unwrap_or_default();
    let old_status = fs::read_to_string(&status).unwrap();
    let (before, rest) = old_status.split_once(START).expect("the start of the statuses");
    let (_, after) = rest.split_once(END).expect("the end of the statuses");
    let new_status = format!("{before}{}{after}", statuses());
    [(help, old_help, help_page()), (status, old_status, new_status)]
}

#[test]
fn pages_follow_the_declarations() {
    generated::assert_current(files(), "write_reference");
}

#[test]
#[ignore = "writes pages of the book"]
fn write_reference() {
    generated::write(files());
}
