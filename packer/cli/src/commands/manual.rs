//! `completions` and `manual`: both are made from the declaration of the command line.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;
use snakecrate_base::ui::{Count, Ui};

use super::{Error, print};
use crate::cli::Cli;

/// `snakecrate completions`
pub(super) fn completions(shell: Shell) -> Result<(), Error> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// `snakecrate manual`
pub(super) fn manual(directory: &Path, ui: Ui) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Manual { path, source }
    };
    fs::create_dir_all(directory).map_err(failed(directory))?;
    let mut root = Cli::command();
    root.build();
    let mut commands = Vec::new();
    collect(&root, &mut commands);
    for command in &commands {
        let page = Man::new(command.clone()).manual("Snakecrate");
        let path = directory.join(page.get_filename());
        let mut text = Vec::new();
        page.render(&mut text).and_then(|()| fs::write(&path, text)).map_err(failed(&path))?;
    }
    ui.step(
        "Written",
        format_args!("{} in {}", Count(commands.len(), "page"), directory.display()),
    );
    Ok(())
}

/// `command` and those below it, apart from `help`, each of which has a page.
fn collect(command: &Command, found: &mut Vec<Command>) {
    // The page's name is the display name, such as `snakecrate-cache-list`.
    found.push(command.clone());
    for one in command.get_subcommands().filter(|one| one.get_name() != "help") {
        collect(one, found);
    }
}
