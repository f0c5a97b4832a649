//! The files of distributions that a lock file chose. Nothing about them is resolved again.

use super::choose::{Files, choose};
use super::error::Error;
use super::job::Job;
use super::locked::{Locked, LockedSource};
use super::pin::Pin;
use super::uv;

/// The places of `locked`, in their order.
pub(super) fn pins(job: &Job, locked: &[Locked]) -> Result<Vec<Pin>, Error> {
    let mut looked_up = uv::look_up(job, locked)?;
    let mut place = |locked: &Locked| match &locked.source {
        LockedSource::Place(place) => Ok(place.clone()),
        LockedSource::Files { wheels, sdist } => {
            let files = Files { wheels: wheels.clone(), sdist: sdist.clone() };
            choose(&locked.name, files, |_| true, job)
        }
        LockedSource::Index { .. } => {
            let missing = || Error::Hash(locked.name.clone());
            looked_up.remove(&locked.name).ok_or_else(missing)
        }
    };
    locked.iter().map(|one| Ok(Pin { name: one.name.clone(), place: place(one)? })).collect()
}
