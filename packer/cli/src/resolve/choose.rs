//! The choice among the files of a distribution.

use super::error::Error;
use super::job::Job;
use super::pin::{Place, Remote};
use crate::wheel::{WheelName, normalize};

/// The files of one version of a distribution.
pub(super) struct Files {
    pub(super) wheels: Vec<Remote>,
    pub(super) sdist: Option<Remote>,
}

/// The file that an installer would choose among the allowed ones: the wheel that fits best, else
/// the source distribution.
///
/// For a foreign target, the source distribution is none to choose if there are wheels: these would be
/// for all platforms if a build were. Lock files list them; uv lists only those that fit, and then the
/// build shows whether the result is for all.
pub(super) fn choose(
    name: &str,
    files: Files,
    allowed: impl Fn(&Remote) -> bool,
    job: &Job,
) -> Result<Place, Error> {
    let found = !files.wheels.is_empty() || files.sdist.is_some();
    let chosen =
        |names: &[String]| names.iter().any(|one| one == ":all:" || normalize(one) == name);
    let wheels: Vec<Remote> = files.wheels.into_iter().filter(&allowed).collect();
    let has_wheels = !wheels.is_empty();
    let fitting = wheels.into_iter().filter_map(|remote| {
        let fit = WheelName::parse(&remote.file()).ok()?.fit(job.interpreter).ok()?;
        Some((fit, remote))
    });
    // The same wheel may be in several places; the first in the list wins.
    let best = fitting.reduce(|best, next| if next.0 > best.0 { next } else { best });
    let is_built = chosen(&job.options.no_binary);
    let best = best.filter(|_| !is_built);
    if let Some((_, wheel)) = best {
        return Ok(Place::Wheel(wheel));
    }
    let sdist = files.sdist.filter(allowed);
    let any_allowed = has_wheels || sdist.is_some();
    let (name, target) = (name.to_owned(), job.interpreter.target.name);
    match sdist.filter(|_| !chosen(&job.options.only_binary)) {
        Some(_) if job.is_foreign() && has_wheels && !is_built => {
            Err(Error::NoWheel { name, target, python: job.interpreter.minor() })
        }
        Some(sdist) => Ok(Place::Source(sdist)),
        None if found && !any_allowed => Err(Error::Hash(name)),
        None => Err(Error::NoFile { name, target, python: job.interpreter.minor() }),
    }
}
