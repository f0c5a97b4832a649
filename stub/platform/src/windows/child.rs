use std::ffi::OsStr;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::types::Unsupported;

/// The pause between two looks at a child.
const PAUSE: Duration = Duration::from_millis(10);

pub(crate) fn set_name(_command: &mut Command, _name: &OsStr) -> io::Result<()> {
    Err(Unsupported("starting a program under another name").into())
}

/// Does nothing: see [`wait_for_group`].
pub(crate) fn lead_group(_command: &mut Command) {}

/// Kills only the child itself, until it gets a job object.
pub(crate) fn wait_for_group(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let until = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        sleep(PAUSE);
    }
}

pub(crate) fn without_network(_command: &mut Command) -> io::Result<()> {
    Err(Unsupported("running a program without a network").into())
}

/// Windows has no signals.
pub(crate) fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

pub(crate) fn is_emulated(_processor: &str) -> bool {
    false
}
