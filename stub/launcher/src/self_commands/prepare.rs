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
        make(&invocation.payload, &invocation.manifest, invocation.runtime.path(), places)?.1
    };
    print(format!("{}\n", place.join(ENVS).join(key).display()))?;
    Ok(0)
}
