//! Failures of programs: what is shown of their output.

mod git;
mod missing;
mod output;

use std::fmt;

pub(super) use git::remedy as git_remedy;

use missing::Missing;
use output::{exception, tail};

/// Lines of another program's output, which are shown indented below our own line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines(Vec<String>);

impl Lines {
    /// The lines of `text`, without empty ones at either end and without credentials.
    pub(super) fn of(text: &str) -> Self {
        let text = snakecrate_base::redact::redacted(text);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let is_text = |line: &&str| !line.is_empty();
        let start = lines.iter().position(is_text).unwrap_or(lines.len());
        let end = lines.iter().rposition(is_text).map_or(start, |last| last + 1);
        Self(lines[start..end].iter().map(|line| (*line).to_owned()).collect())
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.0 {
            match line.as_str() {
                "" => writeln!(f)?,
                line => write!(f, "\n    {line}")?,
            }
        }
        Ok(())
    }
}

/// Why a build back end failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildFailure {
    /// Something of the system that is missing.
    missing: Option<Missing>,
    /// The last line of the exception that ended it: `ValueError: no`.
    exception: Option<String>,
    /// Its last lines of output.
    output: Lines,
}

impl BuildFailure {
    /// The failure that `output` ends with. `exception` is known better from elsewhere, or is found
    /// in the output.
    pub(super) fn of(output: &str, exception: Option<String>) -> Self {
        let exception = exception.or_else(|| self::exception(output));
        let all = format!("{output}\n{}", exception.as_deref().unwrap_or_default());
        Self {
            missing: Missing::find(&all),
            output: Lines::of(&tail(output, exception.as_deref())),
            exception: exception.map(|text| snakecrate_base::redact::redacted(&text).into_owned()),
        }
    }

    /// Adds lines after the output.
    pub(super) fn and(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.output.0.extend(lines);
        self
    }

    /// A failure with a reason and no output.
    pub(super) fn because(reason: &str) -> Self {
        Self { exception: Some(reason.to_owned()), ..Self::default() }
    }

    /// What the user can do.
    pub(super) fn remedy(&self) -> String {
        let whole = || "run it again with -v to see the whole output".to_owned();
        self.missing.as_ref().map_or_else(whole, Missing::remedy)
    }
}

impl fmt::Display for BuildFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exception = self.exception.as_deref();
        match (&self.missing, exception) {
            (Some(missing), Some(exception)) => {
                write!(f, "{missing}{}\n    {exception}", self.output)
            }
            (Some(missing), None) => write!(f, "{missing}{}", self.output),
            (None, Some(exception)) => write!(f, "{exception}{}", self.output),
            (None, None) if self.output.0.is_empty() => {
                f.write_str("its build back end failed without a message")
            }
            (None, None) => write!(f, "its build back end failed{}", self.output),
        }
    }
}
