//! The keys of `[tool.snakecrate.service.NAME]`: a systemd unit of a package.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::lists::OneOrMany;

/// The services of a project by their names.
pub type Services = BTreeMap<String, Service>;

/// A program that systemd starts: when the system starts, or at the times of a timer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(inline)]
pub struct Service {
    /// Entry to start [default: the entry of the service's name, else the default entry]
    pub entry: Option<String>,
    /// Arguments: a list, or one text that is split as shells do
    #[serde(default)]
    args: Option<OneOrMany<String>>,
    /// Description of the unit [default: the package's summary]
    pub description: Option<String>,
    /// User that runs it; it has to exist [default: one that systemd makes up, see `DynamicUser=`]
    pub user: Option<String>,
    /// Times to start it at, as `OnCalendar=` has them, such as 'Mon *-*-* 04:00'; without it the
    /// service runs all the time
    pub timer: Option<String>,
    /// Variables of its environment
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Target that starts it [default: multi-user.target; with a timer, timers.target]
    pub wanted_by: Option<String>,
    /// When systemd starts it again [default: on-failure; with a timer, never]
    #[schemars(with = "Option<String>", extend("enum" = Restart::ALL.map(Restart::as_str)))]
    pub restart: Option<Restart>,
}

/// When systemd starts a service again after its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// Never.
    No,
    /// After every end.
    Always,
    /// After an end without failure.
    OnSuccess,
    /// After a failure.
    OnFailure,
    /// After a signal, a timeout or a watchdog's alarm.
    OnAbnormal,
    /// After an uncaught signal.
    OnAbort,
    /// After a watchdog's alarm.
    OnWatchdog,
}

impl Restart {
    /// All values.
    pub const ALL: [Self; 7] = [
        Self::No,
        Self::Always,
        Self::OnSuccess,
        Self::OnFailure,
        Self::OnAbnormal,
        Self::OnAbort,
        Self::OnWatchdog,
    ];

    /// The value of `Restart=`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Always => "always",
            Self::OnSuccess => "on-success",
            Self::OnFailure => "on-failure",
            Self::OnAbnormal => "on-abnormal",
            Self::OnAbort => "on-abort",
            Self::OnWatchdog => "on-watchdog",
        }
    }
}

impl Service {
    /// The arguments; `None` if the text has a quotation mark without its partner.
    pub fn arguments(&self) -> Option<Vec<String>> {
        match &self.args {
            None => Some(vec![]),
            Some(OneOrMany::One(text)) => shell_words::split(text).ok(),
            Some(OneOrMany::Many(words)) => Some(words.clone()),
        }
    }
}
