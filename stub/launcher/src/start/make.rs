//! Making an environment: missing components are extracted, then the environment is assembled.

use std::cell::Cell;
use std::env;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use snakecrate_cache::clean;
use snakecrate_cache::component::Cached;
use snakecrate_cache::environment::first_run;
use snakecrate_cache::environment::runtime::is_linked;
use snakecrate_cache::extract::{ExtractError, extract};
use snakecrate_cache::layout::{COMPONENTS, ENVS, MANIFEST, RUNTIME_MANIFEST, WORK};
use snakecrate_cache::listed::Listed;
use snakecrate_cache::places;
use snakecrate_cache::progress::{Phase, Progress};
use snakecrate_cache::publish::{Renamed, rename_tree};
use snakecrate_cache::root::Root;
use snakecrate_cache::signs_of_life::{PATIENCE, Pulse};
use snakecrate_cache::space;
use snakecrate_cache::staging::{Claimed, Staging};
use snakecrate_cache::sweep::{sweep, sweep_unfinished};
use snakecrate_cache::unusable::Unusable;
use snakecrate_format::entry_path::RESERVED;
use snakecrate_format::listing::Listing;
use snakecrate_format::manifest::{Component, Kind, Manifest, Need};
use snakecrate_format::payload::{BadPayload, Payload};
use snakecrate_platform::directory::OPEN;
use snakecrate_platform::error::is_full;
use snakecrate_platform::file::FileId;
use snakecrate_platform::{process, tree};

use super::attempt::NotStarted;
use super::warm::Env;
use crate::env::assemble::assemble;
use crate::env::link::LINKED;
use crate::error::Error;
use crate::progress::with_progress;
use snakecrate_cache::c_library::select::{is_bundled, newer_need};

/// How often an environment is made before giving up. A cleaner or another process's prune may
/// remove files while it is being made.
pub const ATTEMPTS: usize = 3;
/// The mask while the cache is written, so that files get the permissions that the format defines.
const MASK: u32 = 0o022;

/// Why an environment could not be made at one place.
enum MakeError {
    /// This place cannot be used; another may.
    Place(Unusable),
    /// No place can be used.
    Fatal(Error),
}

impl From<Unusable> for MakeError {
    fn from(why: Unusable) -> Self {
        Self::Place(why)
    }
}

impl From<io::Error> for MakeError {
    fn from(error: io::Error) -> Self {
        Self::Place(Unusable::System(error))
    }
}

impl From<BadPayload> for MakeError {
    fn from(error: BadPayload) -> Self {
        Self::Fatal(error.into())
    }
}

impl From<ExtractError> for MakeError {
    fn from(error: ExtractError) -> Self {
        match error {
            ExtractError::Payload(error) => error.into(),
            ExtractError::Write(error) => error.into(),
        }
    }
}

/// Makes the environment at the first usable one of `places`. Returns it, leased, with that place.
/// Each place comes with the reason why nothing was started there. If the reason is a suspect
/// environment, its components are compared with their listings, and it is replaced. `runtime` is the
/// path of the runtime file, if there is one; `has_window` says whether a window shows the progress.
pub fn make(
    payload: &Payload,
    manifest: &Manifest,
    runtime: Option<&Path>,
    places: Vec<(PathBuf, NotStarted)>,
    has_window: bool,
) -> Result<(Env, PathBuf), Error> {
    with_progress(&manifest.name, has_window, |progress| {
        // The application gets the user's mask again.
        let mask = process::set_mask(MASK);
        let made = make_at_first(payload, manifest, progress, places);
        process::set_mask(mask);
        made.map_err(|error| error.in_runtime_file(runtime))
    })
}

fn make_at_first(
    payload: &Payload,
    manifest: &Manifest,
    progress: &Progress,
    places: Vec<(PathBuf, NotStarted)>,
) -> Result<(Env, PathBuf), Error> {
    let mut refused = Vec::new();
    for (path, why) in places {
        let suspect = match why {
            NotStarted::Suspect(id) => Some(id),
            NotStarted::Root(_) | NotStarted::Absent => None,
        };
        let (suspect, doubt) = (Cell::new(suspect), Cell::new(suspect.is_some()));
        match (Maker { payload, manifest, progress, suspect, doubt }).make_at(&path) {
            Ok(env) => return Ok((env, path)),
            Err(MakeError::Fatal(error)) => return Err(error),
            Err(MakeError::Place(why)) => refused.push((path, why)),
        }
    }
    Err(Error::NoCache(refused))
}

/// The making of one environment in one cache.
struct Maker<'a> {
    payload: &'a Payload,
    manifest: &'a Manifest,
    progress: &'a Progress,
    /// The environment that failed its check and will be replaced.
    suspect: Cell<Option<FileId>>,
    /// Whether to distrust stamps and compare all components with their listings.
    doubt: Cell<bool>,
}

impl Maker<'_> {
    fn key(&self) -> String {
        self.payload.key()
    }

    fn make_at(&self, path: &Path) -> Result<Env, MakeError> {
        let mut last = io::Error::from(ErrorKind::NotFound);
        for _ in 0..ATTEMPTS {
            // In each attempt, since an `uninstall` may have removed the whole cache.
            let root = Root::create(path)?;
            let done = || self.is_made(&root);
            let made = match Staging::enter(&root, &self.key(), PATIENCE, self.progress, done) {
                Ok(Claimed::Ours(staging)) => self.make(&root, staging),
                Ok(Claimed::Done) => match Env::open(&root, &self.key()) {
                    Ok(env) => Ok(env),
                    Err(_) => continue,
                },
                Err(error) => Err(error.into()),
            };
            match made {
                Err(MakeError::Place(Unusable::System(error))) if may_be_damage(&error) => {
                    self.doubt.set(true);
                    last = error;
                }
                Err(error) => return Err(self.explain(&root, error)),
                Ok(env) => return Ok(env),
            }
        }
        Err(MakeError::Fatal(Error::Cache { path: path.to_owned(), source: last }))
    }

    /// Whether there is an environment other than the one that failed its check.
    fn is_made(&self, root: &Root) -> bool {
        let key = self.key();
        let is_suspect = |suspect: FileId| {
            let found = root.directory().metadata_of(format!("{ENVS}/{key}"));
            found.is_ok_and(|found| found.id() == suspect)
        };
        !self.suspect.get().is_some_and(is_suspect) && Env::open(root, &key).is_ok()
    }

    fn make(&self, root: &Root, staging: Staging<'_>) -> Result<Env, MakeError> {
        let pulse = Pulse::new(self.progress, Some(staging.directory()));
        // A sweep that fails only leaves files behind.
        let _ = sweep_unfinished(root);
        let own = self.manifest.c_library().filter(|(library, _)| is_bundled(library));
        if self.payload.runtime().is_some()
            && let Some((library, component)) = own
            && let Some(Need { prefix, version, .. }) = newer_need(library, &component.version)
        {
            let (needed, found) = (format!("{prefix}{version}"), component.version.clone());
            return Err(MakeError::Fatal(Error::CLibrary { needed, found }));
        }
        let is_used = |c: &&Component| c.kind != Kind::CLibrary || own.is_some();
        let used: Vec<&Component> = self.manifest.components.iter().filter(is_used).collect();
        let listings = Listed::checked(self.payload, self.manifest, &used)?;
        self.progress.begin(Phase::Comparing, space::bytes(used.iter().copied()), 0);
        let missing: Vec<&Listed<'_>> = listings
            .iter()
            .filter(|listed| !self.is_whole(root, listed.component, &listed.listing, &pulse))
            .collect();
        let missing_bytes = space::bytes(missing.iter().map(|listed| listed.component));
        let linked = used.iter().filter(|c| is_linked(self.manifest, c)).map(|c| c.files);
        let linked = linked.fold(0, u64::saturating_add).saturating_mul(LINKED);
        self.progress.begin(Phase::Unpacking, missing_bytes, linked);
        if !missing.is_empty() {
            let required = space::required(self.manifest, &missing, &listings);
            if space::check(root, required).is_err() {
                // What is left of trees that were pruned takes space, too.
                let _ = sweep(root);
                space::check(root, required)?;
            }
            self.extract(root, &staging, &missing, &pulse)?;
        }
        assemble(root, &staging, &self.key(), self.manifest, own, &listings, &pulse)?;
        // Byte for byte, since its digest is the environment's name.
        staging.directory().write_new(MANIFEST, &self.payload.manifest_bytes()?, 0o444)?;
        if let Some(runtime) = self.payload.runtime() {
            staging.directory().write_new(RUNTIME_MANIFEST, &runtime.manifest_bytes()?, 0o444)?;
        }
        if let Ok(old) = root.open_tree(ENVS, &self.key()) {
            first_run::keep(&old, staging.directory())?;
        }
        let lease = staging.publish(&self.key(), self.suspect.get().is_some(), PATIENCE)?;
        match Env::confirm(root, &self.key(), lease) {
            Ok(env) => {
                clean_up(root, &self.key());
                Ok(env)
            }
            Err(why) => {
                // A stamp vouched wrongly for a component; the next attempt compares them all.
                if let NotStarted::Suspect(id) = why {
                    self.suspect.set(Some(id));
                }
                Err(io::Error::from(ErrorKind::NotFound).into())
            }
        }
    }

    /// Whether `component` is in the cache and whole. It is compared with its listing only if there
    /// is a reason to doubt it.
    fn is_whole(
        &self,
        root: &Root,
        component: &Component,
        listing: &Listing,
        pulse: &Pulse<'_>,
    ) -> bool {
        let Ok(cached) = Cached::open(root, &component.digest.key()) else { return false };
        if !self.doubt.get() && cached.is_stamped() {
            pulse.add(component.bytes);
            return true;
        }
        let whole = cached.differences(listing, pulse).is_empty();
        if whole {
            // If the stamp cannot be written, the next cold start compares the component again.
            let _ = cached.stamp();
        }
        whole
    }

    fn extract(
        &self,
        root: &Root,
        staging: &Staging<'_>,
        missing: &[&Listed<'_>],
        pulse: &Pulse<'_>,
    ) -> Result<(), MakeError> {
        for directory in [RESERVED, WORK] {
            staging.directory().create(directory, OPEN)?;
        }
        let work = staging.directory().open_in(WORK)?;
        extract(self.payload, missing, &work, pulse)?;
        for listed in missing {
            let key = listed.component.digest.key();
            let (from, to) =
                (format!("{}/{WORK}/{key}", staging.path()), format!("{COMPONENTS}/{key}"));
            // One that another process made meanwhile stays: interpreters that are just starting look for
            // their library by the path that their file had.
            if rename_tree(root, &from, &to, false)? == Renamed::Lost
                && !self.is_whole(root, listed.component, &listed.listing, pulse)
            {
                rename_tree(root, &from, &to, true)?;
            }
        }
        Ok(tree::remove(staging.directory(), WORK)?)
    }

    /// Adds to the error of a full disk how many bytes or files are required and free.
    fn explain(&self, root: &Root, error: MakeError) -> MakeError {
        match error {
            MakeError::Place(Unusable::System(error)) if is_full(&error) => {
                let required = space::estimated(&self.manifest.components);
                // The disk may have enough space again by now; the start has still failed.
                MakeError::Place(space::check(root, required).err().unwrap_or_else(|| {
                    let free = space::free(root).map_or(0, |free| free.bytes);
                    Unusable::NoSpace { needed: required.bytes, free }
                }))
            }
            other => other,
        }
    }
}

/// Removes environments that nobody has used for long from the cache, where the environment `own` was
/// just made. A failure leaves them there. What all users share, the administrator removes.
fn clean_up(root: &Root, own: &str) {
    if places::is_of_all_users(root.path()) {
        return;
    }
    let deadline = Instant::now() + clean::TIME;
    let variable = env::var_os(clean::VARIABLE);
    let variable = variable.as_ref().map(|text| text.to_str().unwrap_or_default());
    let _ = clean::clean(root, own, variable, deadline);
}

/// Whether a component may be the cause that is damaged despite its stamp, or that another process
/// has removed.
fn may_be_damage(error: &io::Error) -> bool {
    use ErrorKind::{InvalidData, IsADirectory, NotADirectory, NotFound, Other};
    matches!(error.kind(), NotFound | IsADirectory | NotADirectory | InvalidData | Other)
}
