//! Components out of the archive into staging: verified, decoded and written in parallel.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::cache::pulse::Pulse;
use crate::cache::root::{ignore_existing, open_directory, write_all, write_new};
use crate::cache::{COMPONENT, STAMP, TREE};
use crate::sys;
use snakecrate_format::entry_path::RESERVED;
use snakecrate_format::listing::{Item, Listing, Node};
use snakecrate_format::manifest::{Component, Manifest};
use snakecrate_format::payload::{BadPayload, Payload, unpack_listing};
use snakecrate_format::walk::{Contents, Sink, Walk};

/// Each worker takes about 6 MiB at most; 64 MiB are the limit for all of the launcher.
const MAX_WORKERS: usize = 6;

/// Why a component could not be extracted.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The archive is to blame.
    #[error(transparent)]
    Payload(#[from] BadPayload),
    /// The file system is to blame.
    #[error("{0}")]
    Write(Errno),
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Write(errno)
    }
}

/// A component, its listing, and that as it is in the archive: read once for a whole cold start.
#[derive(Debug)]
pub struct Listed<'a> {
    /// The component.
    pub component: &'a Component,
    /// Its listing.
    pub listing: Listing,
    packed: Vec<u8>,
}

impl<'a> Listed<'a> {
    /// Reads the listings of all `components`.
    pub fn all(payload: &Payload, components: &[&'a Component]) -> Result<Vec<Self>, BadPayload> {
        each(components, |component| Self::read(payload, component))
    }

    /// Likewise, of those components of `manifest` that are used: what is to run is among them.
    pub fn checked(
        payload: &Payload,
        manifest: &Manifest,
        components: &[&'a Component],
    ) -> Result<Vec<Self>, BadPayload> {
        let all = Self::all(payload, components)?;
        let pairs: Vec<_> = all.iter().map(|one| (one.component, &one.listing)).collect();
        manifest.check_paths(&pairs)?;
        Ok(all)
    }

    /// Reads the listing of `component`.
    fn read(payload: &Payload, component: &'a Component) -> Result<Self, BadPayload> {
        let packed = payload.packed_listing(component)?;
        let listing = unpack_listing(component, &packed)?;
        Ok(Self { component, listing, packed })
    }
}

/// A component on its way to the cache.
struct Job<'a> {
    walk: Walk<'a>,
    tree: NewTree<'a>,
}

/// Its directory, where files are made.
struct NewTree<'a> {
    directory: OwnedFd,
    pulse: &'a Pulse<'a>,
}

/// Extracts `components` to directories of `into` that are called by their keys.
///
/// Each tree is exactly what its listing says: names, kinds and sizes are compared here, contents
/// are what the blobs' digests vouch for. Links are made last, so that nothing is written through
/// one. Nothing outside `into` is touched. `pulse` is told of every byte that is written.
pub fn extract(
    payload: &Payload,
    components: &[&Listed<'_>],
    into: impl AsFd,
    pulse: &Pulse<'_>,
) -> Result<(), Failure> {
    let into = into.as_fd();
    let jobs = each(components, |listed| Job::prepare(listed, into, pulse))?;
    let mut blobs: Vec<(&Job, usize)> = jobs
        .iter()
        .flat_map(|job| (0..job.walk.component().blobs.len()).map(move |index| (job, index)))
        .collect();
    blobs.sort_unstable_by_key(|(job, index)| {
        std::cmp::Reverse(job.walk.component().blobs[*index].unpacked)
    });
    run_all(&blobs, |memory, (job, index)| job.walk.blob(payload, *index, memory, &job.tree))?;
    jobs.iter().try_for_each(Job::finish)
}

/// What `work` makes of each item, in their order; on several threads.
fn each<T: Sync, R: Send + Sync, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let slots: Vec<_> = items.iter().map(|item| (item, OnceLock::new())).collect();
    run_all(&slots, |(), (item, slot)| {
        let _ = slot.set(work(item)?);
        Ok(())
    })?;
    Ok(slots.into_iter().filter_map(|(_, slot)| slot.into_inner()).collect())
}

/// Runs `work` on every item, on several threads; the first error ends it. Each thread has a
/// state of its own.
pub(crate) fn run_all<T: Sync, S: Default, E: Send>(
    items: &[T],
    work: impl Fn(&mut S, &T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    let worker = || {
        let mut state = S::default();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = work(&mut state, item) {
                next.store(items.len(), Ordering::Relaxed);
                failure
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .get_or_insert(error);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..sys::processors().min(MAX_WORKERS).min(items.len()) {
            // Without a further thread (a limit of the system's), this one does it all.
            if std::thread::Builder::new().spawn_scoped(scope, worker).is_err() {
                break;
            }
        }
        worker();
    });
    match failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

impl<'a> Job<'a> {
    /// Makes the component's directories, all at once.
    fn prepare(
        listed: &'a Listed<'_>,
        into: impl AsFd,
        pulse: &'a Pulse<'a>,
    ) -> Result<Self, Failure> {
        let Listed { component, listing, packed } = listed;
        let key = component.digest.key();
        rustix::fs::mkdirat(&into, &key, Mode::from(0o755))?;
        let directory = open_directory(&into, &key)?;
        for path in std::iter::once(RESERVED).chain(listing.directories()) {
            ignore_existing(rustix::fs::mkdirat(&directory, path, Mode::from(0o755)))?;
        }
        write_new(&directory, TREE, packed, 0o444)?;
        let record = serde_json::to_vec(component).unwrap_or_default();
        write_new(&directory, COMPONENT, &record, 0o444)?;
        Ok(Self { walk: Walk::new(component, listing), tree: NewTree { directory, pulse } })
    }

    /// Links and the stamp, when all blobs are there.
    fn finish(&self) -> Result<(), Failure> {
        self.walk.finish()?;
        let directory = &self.tree.directory;
        for item in self.walk.listing().items() {
            if let Node::Link(target) = &item.node {
                rustix::fs::symlinkat(target.as_str(), directory, item.path.as_str())?;
            }
        }
        write_new(directory, STAMP, sys::boot_id().unwrap_or_default().as_bytes(), 0o644)?;
        Ok(())
    }
}

impl Sink for NewTree<'_> {
    type Error = Failure;

    /// Writes from where the contents lie: a file of a blob in memory takes one call.
    fn file(&self, item: &Item, contents: &mut Contents<'_, '_>) -> Result<(), Failure> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = if item.is_executable() { 0o555 } else { 0o444 };
        let file =
            rustix::fs::openat(&self.directory, item.path.as_str(), flags, Mode::from(mode))?;
        let file = File::from(file);
        contents.each(|bytes| {
            write_all(&file, bytes)?;
            self.pulse.add(bytes.len() as u64);
            Ok::<_, Failure>(())
        })?;
        Ok(sys::close(file)?)
    }
}
