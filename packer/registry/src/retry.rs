//! Attempts, with growing pauses between them.

use std::thread;
use std::time::Duration;

use snakecrate_base::ui::Ui;

use crate::Error;

/// How often, and after which pauses, a request is repeated.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The number of attempts.
    pub attempts: u32,
    /// The pause before the second attempt. Each further one is twice as long.
    pub first_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempts: 5, first_pause: Duration::from_millis(500) }
    }
}

/// The longest pause that a registry may ask for.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

impl Patience {
    /// Makes attempts, which get their number from 1, until one succeeds, fails for good, or is the last.
    pub(crate) fn persist<T>(
        self,
        ui: Ui,
        mut attempt: impl FnMut(u32) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut number = 1;
        loop {
            match attempt(number) {
                Err(error) if error.is_transient() && number < self.attempts => {
                    let own = self.first_pause * 2_u32.saturating_pow(number - 1);
                    let asked = error.retry_after().unwrap_or_default().min(LONGEST_PAUSE);
                    ui.detail(format_args!("{error}; trying again"));
                    thread::sleep(own.max(asked));
                    number += 1;
                }
                outcome => return outcome,
            }
        }
    }
}
