//! The `snakecrate` command: flags in, exit status out.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use owo_colors::OwoColorize;
use snakecrate::cli::Cli;
use snakecrate::exit_status::FAILURE;
use snakecrate::{commands, proof};
use snakecrate_base::error::Remedy;
use snakecrate_base::interrupt;
use snakecrate_base::redact::redacted;

fn main() -> ExitCode {
    let cli = Cli::parse();
    interrupt::leave_nothing_behind(proof::sweep);
    let ended = commands::run(cli);
    interrupt::wait_if_pending();
    match ended {
        Ok(status) => status,
        Err(error) => {
            // If standard error is closed, the exit status is all that is left.
            let mut out = anstream::stderr().lock();
            let _ = writeln!(out, "{}: {}", "error".red().bold(), redacted(&error.to_string()));
            if let Some(remedy) = error.remedy() {
                let _ = writeln!(out, "{}: {}", " help".cyan().bold(), redacted(&remedy));
            }
            ExitCode::from(FAILURE)
        }
    }
}
