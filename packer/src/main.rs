//! The `snakecrate` command: flags in, exit status out.

use std::process::ExitCode;

use anstream::eprintln;
use clap::Parser;
use owo_colors::OwoColorize;
use snakecrate::cli::Cli;
use snakecrate::commands;
use snakecrate::error::Remedy;

/// Failed, in distinction from 2: used wrongly.
const FAILURE: u8 = 1;

fn main() -> ExitCode {
    match commands::run(Cli::parse()) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("{}: {error}", "error".red().bold());
            if let Some(remedy) = error.remedy() {
                eprintln!("{}: {remedy}", " help".cyan().bold());
            }
            ExitCode::from(FAILURE)
        }
    }
}
