//! The packer's progress, warnings and details, all on standard error.
//!
//! On a terminal, a step has a spinner or a bar that disappears; elsewhere it is a plain line.

use std::fmt::Display;
use std::io::{IsTerminal, Write as _};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use comfy_table::{Table, presets};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use owo_colors::OwoColorize;
use snakecrate_platform::interrupt::is_interrupted;

use crate::redact::redacted;

/// All bars of the process, so that they are drawn below each other, and messages above them.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// The warnings of the process so far, printed or not.
static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The warnings so far, for the build report.
pub fn warnings() -> Vec<String> {
    WARNINGS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The amount of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Steps and warnings.
    Normal,
    /// Also details, and the commands that are run.
    Verbose,
}

/// The output of a command.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    verbosity: Verbosity,
    terminal: bool,
    /// Whether only bars are shown.
    is_mute: bool,
}

/// A running step; it disappears from the terminal when dropped.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Ui {
    /// Output to standard error.
    pub fn new(verbosity: Verbosity) -> Self {
        Self { verbosity, terminal: std::io::stderr().is_terminal(), is_mute: false }
    }

    /// The same without messages, for work that is done again: its warnings aren't counted either.
    #[must_use]
    pub fn mute(self) -> Self {
        Self { is_mute: true, ..self }
    }

    /// Whether the user wants details.
    pub fn is_verbose(self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    /// Whether the user wants only errors.
    pub fn is_quiet(self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    /// Reports a finished step: `   Resolved 34 distributions`.
    pub fn step(self, verb: &str, what: impl Display) {
        if self.verbosity >= Verbosity::Normal && !self.is_mute {
            write_line(format_args!("{} {what}", format_args!("{verb:>12}").green().bold()));
        }
    }

    /// Reports a detail, for `--verbose`.
    pub fn detail(self, what: impl Display) {
        if self.verbosity == Verbosity::Verbose && !self.is_mute {
            write_line(format_args!("{:>12} {}", "", what.dimmed()));
        }
    }

    /// Warns the user; the build goes on.
    pub fn warn(self, what: impl Display) {
        self.warn_and_add(what, format_args!(""));
    }

    /// A warning, and what the user can do about it.
    pub fn warn_with_help(self, what: impl Display, help: impl Display) {
        self.warn_and_add(what, format_args!("\n{}: {help}", "   help".cyan().bold()));
    }

    /// Reports an error after which the command goes on.
    pub fn error(self, what: impl Display, help: Option<String>) {
        let help = help.map(|help| format!("\n{}: {help}", " help".cyan().bold()));
        write_line(format_args!("{}: {what}{}", "error".red().bold(), help.unwrap_or_default()));
    }

    fn warn_and_add(self, what: impl Display, more: std::fmt::Arguments<'_>) {
        if self.is_mute {
            return;
        }
        let what = what.to_string();
        if self.verbosity >= Verbosity::Normal {
            write_line(format_args!("{}: {what}{more}", "warning".yellow().bold()));
        }
        WARNINGS.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// Starts a step of unknown length.
    pub fn spinner(self, verb: &str, what: impl Display) -> Progress {
        let bar = self.bar("{prefix:>12.cyan.bold} {spinner} {wide_msg}", 0);
        bar.set_prefix(verb.to_owned());
        bar.set_message(redacted(&what.to_string()).into_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(bar)
    }

    /// Starts a step over `total` bytes.
    pub fn bytes(self, verb: &str, total: u64) -> Progress {
        let bar = self.bar(
            "{prefix:>12.cyan.bold} {wide_bar:.cyan/dim} {decimal_bytes}/{decimal_total_bytes} {eta}",
            total,
        );
        bar.set_prefix(verb.to_owned());
        Progress(bar)
    }

    fn bar(self, template: &str, total: u64) -> ProgressBar {
        let hidden = !self.terminal || self.verbosity == Verbosity::Quiet;
        let target =
            if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let bar = if hidden { bar } else { BARS.add(bar) };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    }
}

/// Clears the bars, for a process that a signal ends. Nothing is written any more.
pub(crate) fn end() {
    let _ = BARS.clear();
    BARS.set_draw_target(ProgressDrawTarget::hidden());
}

/// Writes a line to standard error, without the credentials of URLs. Failing to isn't a reason to stop.
fn write_line(line: std::fmt::Arguments<'_>) {
    if is_interrupted() {
        return;
    }
    let line = line.to_string();
    BARS.suspend(|| {
        let _ = writeln!(anstream::stderr(), "{}", redacted(&line));
    });
}

impl Progress {
    /// Adds `amount` to what is done.
    pub fn advance(&self, amount: u64) {
        self.0.inc(amount);
    }

    /// Adds `amount` to what there is to do.
    pub fn expect(&self, amount: u64) {
        self.0.inc_length(amount);
    }

    /// Shows what is being done now.
    pub fn message(&self, what: impl Display) {
        self.0.set_message(redacted(&what.to_string()).into_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A number and a noun: `1 distribution`, `2 distributions`.
pub struct Count(pub usize, pub &'static str);

impl Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}{}", self.0, self.1, if self.0 == 1 { "" } else { "s" })
    }
}

/// A table without lines; its columns are two blanks apart.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}
