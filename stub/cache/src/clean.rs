//! Removing environments that nobody uses any more, by the start that has just made another one.
//!
//! Each version of an application leaves its environment behind. A cold start, and nothing else,
//! removes those that were unused for a long time, by the rules of [`crate::prune`]. It stops after
//! [`TIME`]; the next cold start goes on.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant, SystemTime};

use crate::inventory::{EnvInfo, names};
use crate::layout::{COMPONENTS, ENVS};
use crate::prune::{remove_component, remove_env};
use crate::root::Root;
use crate::sweep::sweep_pruned;

/// The variable with the days that unused environments stay in the cache; `0`: for ever.
pub const VARIABLE: &str = "SNAKECRATE_KEEP";
/// The longest time that a cold start spends on it.
pub const TIME: Duration = Duration::from_millis(50);
/// The days that unused environments stay if neither the user nor the archive says otherwise.
const DAYS: u32 = 90;
const DAY: Duration = Duration::from_hours(24);

/// How long an unused environment stays; `None`: for ever. The user's variable wins over the days
/// that its archive asks for. A variable that is no number keeps everything.
fn keep(variable: Option<&str>, archive: Option<u32>) -> Option<Duration> {
    let days = match variable {
        Some(text) => text.parse().unwrap_or(0),
        None => archive.unwrap_or(DAYS),
    };
    (days > 0).then(|| DAY.saturating_mul(days))
}

/// Removes environments that were unused for longer than the user's `variable` or their archives
/// say, and then components that no environment is made of. The environment `own` stays.
///
/// If all environments but `own` look that old, nothing is removed: the clock may be wrong. At the
/// `deadline` it fails with [`ErrorKind::TimedOut`].
pub fn clean(root: &Root, own: &str, variable: Option<&str>, deadline: Instant) -> io::Result<()> {
    sweep_pruned(root, deadline)?;
    let now = SystemTime::now();
    let mut envs = Vec::new();
    for key in names(root, ENVS)? {
        check(deadline)?;
        envs.extend(EnvInfo::read_unlocked(root, &key)?);
    }
    let is_old = |env: &EnvInfo| {
        let days = env.manifest.as_ref().and_then(|manifest| manifest.launch.keep_days);
        let limit = keep(variable, days).and_then(|time| now.checked_sub(time));
        limit.is_some_and(|limit| env.last_used < limit)
    };
    let mut others = envs.iter().filter(|env| env.key != own).peekable();
    if others.peek().is_some() && others.all(is_old) {
        return Ok(());
    }
    let mut kept = BTreeSet::new();
    let mut unused = names(root, COMPONENTS)?;
    for env in envs {
        check(deadline)?;
        if env.key == own || !is_old(&env) || !remove_env(root, &env.key, Some(deadline))? {
            unused.retain(|component| !env.uses(component));
            kept.insert(env.key);
        }
    }
    // Each stays if another process is making an environment, or has made one that is not `kept`.
    for key in unused {
        check(deadline)?;
        remove_component(root, &key, &kept, Some(deadline))?;
    }
    Ok(())
}

fn check(deadline: Instant) -> io::Result<()> {
    if Instant::now() < deadline { Ok(()) } else { Err(ErrorKind::TimedOut.into()) }
}

#[cfg(test)]
mod tests;
