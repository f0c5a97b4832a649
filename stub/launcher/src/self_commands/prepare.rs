//! `prepare`: unpack without starting anything.

use std::path::PathBuf;

use snakecrate_cache::layout::ENVS;
use snakecrate_cache::root::Root;

use super::invocation::{ALL_USERS, Invocation, places, roots};
use super::report::print;
use crate::error::Error;
use crate::start::attempt::NotStarted;
use crate::start::make::make;
use crate::start::warm::Env;

/// Prints the path of the environment, as `PATH\n`, for scripts.
pub fn run(invocation: &Invocation<'_>) -> Result<i32, Error> {
    let all_users = invocation.flag(ALL_USERS)?;
    if all_users && invocation.manifest.entries.iter().any(|entry| entry.first_run.is_some()) {
        return Err(Error::FirstRunOfAll);
    }
    print(format!("{}\n", environment(invocation, all_users)?.display()))?;
    Ok(0)
}

/// The path of the environment, which is made if there is none.
pub fn environment(invocation: &Invocation<'_>, all_users: bool) -> Result<PathBuf, Error> {
    let key = invocation.key();
    let found = roots(all_users).find(|root| Env::open(root, &key).is_ok());
    let place = if let Some(root) = found {
        root.path().to_owned()
    } else {
        let state = |path: PathBuf| {
            let root = Root::open(&path).map_err(NotStarted::Root);
            let why = root.and_then(|root| Env::open(&root, &key)).err();
            (path, why.unwrap_or(NotStarted::Absent))
        };
        let places = places(all_users).into_iter().map(state).collect();
        let Invocation { payload, manifest, runtime, .. } = invocation;
        make(payload, manifest, runtime.path(), places, false)?.1
    };
    Ok(place.join(ENVS).join(key))
}
