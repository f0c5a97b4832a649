//! Flags without a value that set an option to `true` or `false`.

use clap::{Arg, ArgAction};

/// An attribute for options that are switched on or off.
pub(super) trait Switch {
    /// Sets the option to `value` when the flag is given, and leaves it unset otherwise.
    fn switch(self, value: &'static str) -> Self;
}

impl Switch for Arg {
    fn switch(self, value: &'static str) -> Self {
        self.action(ArgAction::Set).num_args(0).default_missing_value(value)
    }
}
