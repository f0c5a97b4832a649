//! A cold start: what the cache lacks is made from the archive.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode};
use rustix::io::Errno;

use crate::c_library::is_bundled;
use crate::cache::check::Cached;
use crate::cache::pulse::{PATIENCE, Pulse};
use crate::cache::remove::remove_tree;
use crate::cache::root::{Root, Unusable, open_directory};
use crate::cache::staging::{Staging, Turn, rename_tree, sweep};
use crate::cache::{COMPONENTS, ENVS, WORK};
use crate::error::Error;
use crate::extract::{self, Listed, extract};
use crate::progress::{Phase, Progress};
use crate::space::{Space, bytes};
use crate::warm::{Cold, Env};
use crate::{env, sys};
use snakecrate_format::entry_path::RESERVED;
use snakecrate_format::listing::Listing;
use snakecrate_format::manifest::{Component, Kind, Manifest};
use snakecrate_format::payload::{BadPayload, Payload};
use snakecrate_format::record::BootRecord;

/// How often an environment is made before giving up: a cleaner or another process's prune may
/// take away what was just there.
const ATTEMPTS: usize = 3;

/// Why an environment could not be made at one place.
enum Failure {
    /// This place will not do; another may.
    Place(Unusable),
    /// No place will do.
    Fatal(Error),
}

impl From<Unusable> for Failure {
    fn from(why: Unusable) -> Self {
        Self::Place(why)
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Place(Unusable::System(errno.into()))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Place(Unusable::System(error))
    }
}

impl From<BadPayload> for Failure {
    fn from(error: BadPayload) -> Self {
        Self::Fatal(error.into())
    }
}

impl From<extract::Failure> for Failure {
    fn from(failure: extract::Failure) -> Self {
        match failure {
            extract::Failure::Payload(error) => error.into(),
            extract::Failure::Write(errno) => errno.into(),
        }
    }
}

/// Makes the environment at the first of `places` that will do, and starts it. Returns why it did
/// not. Each place comes with what kept it from a warm start.
pub fn start(
    record: BootRecord,
    arguments: &[OsString],
    archive: &Path,
    places: Vec<(PathBuf, Cold)>,
) -> Error {
    let opened = |source| Error::Open { path: archive.to_owned(), source };
    match sys::open_own().map_err(opened) {
        Ok(file) => match start_from(file, record, arguments, archive, places) {
            Ok(error) | Err(error) => error,
        },
        Err(error) => error,
    }
}

/// All from one open file. What disappears between the making and the start, too, is made again.
fn start_from(
    file: File,
    record: BootRecord,
    arguments: &[OsString],
    archive: &Path,
    mut places: Vec<(PathBuf, Cold)>,
) -> Result<Error, Error> {
    let payload = Payload::new(crate::sys::SharedFile(file), record)?;
    let manifest = payload.manifest()?;
    let mut attempt = 1;
    loop {
        let (env, path) = make(&payload, &manifest, places)?;
        match env.start(arguments, archive) {
            (_, Some(cold)) if attempt < ATTEMPTS => places = vec![(path, cold)],
            (error, _) => return Ok(error),
        }
        attempt += 1;
    }
}

/// Makes the environment at the first of `places` that will do, and leases it. Each place comes
/// with what is wrong there; where that is a suspect environment its components are compared with
/// their listings, and it is replaced.
pub fn make(
    payload: &Payload,
    manifest: &Manifest,
    places: Vec<(PathBuf, Cold)>,
) -> Result<(Env, PathBuf), Error> {
    Progress::shown(&manifest.name, |progress| make_at(payload, manifest, progress, places))
}

fn make_at(
    payload: &Payload,
    manifest: &Manifest,
    progress: &Progress,
    places: Vec<(PathBuf, Cold)>,
) -> Result<(Env, PathBuf), Error> {
    // Permissions in the cache are what the format says; the application gets the user's mask.
    let mask = rustix::process::umask(Mode::from(0o022));
    let mut refused = Vec::new();
    let mut made = None;
    for (path, cold) in places {
        let suspect = match cold {
            Cold::Suspect(device, inode) => Some((device, inode)),
            Cold::Root(_) | Cold::Absent => None,
        };
        let (suspect, doubt) = (Cell::new(suspect), Cell::new(suspect.is_some()));
        match (Maker { payload, manifest, progress, suspect, doubt }).make_at(&path) {
            Ok(env) => made = Some(Ok((env, path))),
            Err(Failure::Fatal(error)) => made = Some(Err(error)),
            Err(Failure::Place(why)) => {
                refused.push((path, why));
                continue;
            }
        }
        break;
    }
    rustix::process::umask(mask);
    made.unwrap_or(Err(Error::NoCache(refused)))
}

struct Maker<'a> {
    payload: &'a Payload,
    manifest: &'a Manifest,
    progress: &'a Progress,
    /// The environment that was found wanting, and is replaced.
    suspect: Cell<Option<(u64, u64)>>,
    /// Whether stamps are not trusted: components are compared with their listings.
    doubt: Cell<bool>,
}

impl Maker<'_> {
    fn key(&self) -> String {
        self.payload.record().manifest_digest.key()
    }

    fn make_at(&self, path: &Path) -> Result<Env, Failure> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for _ in 0..ATTEMPTS {
            // Each time, since an `uninstall` may have taken away even that.
            let root = Root::create(path)?;
            let done = || self.is_made(&root);
            let made = match Staging::enter(&root, &self.key(), PATIENCE, self.progress, done) {
                Ok(Turn::Ours(staging)) => self.make(&root, staging),
                Ok(Turn::Done) => match Env::open(&root, &self.key()) {
                    Ok(env) => Ok(env),
                    Err(_) => continue,
                },
                Err(errno) => Err(errno.into()),
            };
            match made {
                Err(Failure::Place(Unusable::System(error))) if may_be_damage(&error) => {
                    self.doubt.set(true);
                    last = error;
                }
                Err(failure) => return Err(self.explain(&root, failure)),
                Ok(env) => return Ok(env),
            }
        }
        Err(Failure::Fatal(Error::Cache { path: path.to_owned(), source: last }))
    }

    /// Whether there is an environment, and not the one that was found wanting.
    fn is_made(&self, root: &Root) -> bool {
        let key = self.key();
        let path = format!("{ENVS}/{key}");
        let same = |(device, inode): (u64, u64)| {
            rustix::fs::statat(root.directory(), &path, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|stat| (stat.st_dev, stat.st_ino) == (device, inode))
        };
        !self.suspect.get().is_some_and(same) && Env::open(root, &key).is_ok()
    }

    fn make(&self, root: &Root, staging: Staging<'_>) -> Result<Env, Failure> {
        let pulse = Pulse::new(self.progress, Some(staging.directory().as_fd()));
        // What the dead left is no reason to fail.
        let _ = sweep(root);
        let own = self.manifest.c_library().filter(|(library, _)| is_bundled(library));
        let is_used = |c: &&Component| c.kind != Kind::CLibrary || own.is_some();
        let used: Vec<&Component> = self.manifest.components.iter().filter(is_used).collect();
        let listings = Listed::checked(self.payload, self.manifest, &used)?;
        self.progress.begin(Phase::Comparing, bytes(used.iter().copied()));
        let missing: Vec<&Listed<'_>> = listings
            .iter()
            .filter(|listed| !self.is_whole(root, listed.component, &listed.listing, &pulse))
            .collect();
        let missing_bytes = bytes(missing.iter().map(|listed| listed.component));
        let linked = used.iter().filter(|c| c.is_layer()).map(|c| c.files);
        let linked = linked.fold(0, u64::saturating_add).saturating_mul(env::LINKED);
        self.progress.begin(Phase::Unpacking, missing_bytes.saturating_add(linked));
        if !missing.is_empty() {
            root.check_space(Space::needed(&missing, &listings))?;
            self.extract(root, &staging, &missing, &pulse)?;
        }
        env::assemble(root, &staging, &self.key(), self.manifest, own, &listings, &pulse)?;
        let lease = staging.publish(&self.key(), self.suspect.get().is_some())?;
        match Env::confirm(root, &self.key(), lease) {
            Ok(env) => Ok(env),
            // Made of a component that was taken to be whole and is not: compared the next time.
            Err(Cold::Suspect(device, inode)) => {
                self.suspect.set(Some((device, inode)));
                Err(io::Error::from(io::ErrorKind::NotFound).into())
            }
            Err(_) => Err(io::Error::from(io::ErrorKind::NotFound).into()),
        }
    }

    /// Whether `component` is in the cache as it should be. Compared with its listing only when
    /// there is a reason to doubt it.
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
            // Unstamped it is compared again at the next cold start, and no more.
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
    ) -> Result<(), Failure> {
        for directory in [RESERVED, WORK] {
            rustix::fs::mkdirat(staging.directory(), directory, Mode::from(0o755))?;
        }
        let work = open_directory(staging.directory(), WORK)?;
        extract(self.payload, missing, &work, pulse)?;
        for listed in missing {
            let key = listed.component.digest.key();
            let from = format!("{}/{WORK}/{key}", staging.path());
            rename_tree(root, &from, &format!("{COMPONENTS}/{key}"), true)?;
        }
        Ok(remove_tree(staging.directory(), WORK)?)
    }

    /// A full disk is explained in bytes, or in files where these have run out.
    fn explain(&self, root: &Root, failure: Failure) -> Failure {
        let full = |error: &io::Error| {
            matches!(Errno::from_io_error(error), Some(Errno::NOSPC | Errno::DQUOT))
        };
        match failure {
            Failure::Place(Unusable::System(error)) if full(&error) => {
                let needed = Space::of(&self.manifest.components);
                // Unless there is enough again by now.
                Failure::Place(root.check_space(needed).err().unwrap_or_else(|| {
                    let free = root.free_space().map_or(0, |free| free.bytes);
                    Unusable::NoSpace { needed: needed.bytes, free }
                }))
            }
            other => other,
        }
    }
}

/// Whether it may come of a component that is not what its stamp says, or that has gone meanwhile.
fn may_be_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, IsADirectory, NotADirectory, NotFound, Other};
    matches!(error.kind(), NotFound | IsADirectory | NotADirectory | InvalidData | Other)
}
