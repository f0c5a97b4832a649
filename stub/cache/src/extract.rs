//! Extracting components from the archive into staging. They are verified, decoded and written in
//! parallel.

use std::io::{self, Write};

use snakecrate_format::entry_path::RESERVED;
use snakecrate_format::listing::{Item, Node};
use snakecrate_format::order::sort_by;
use snakecrate_format::payload::{BadPayload, Payload};
use snakecrate_format::walk::{Contents, Sink, Walk};
use snakecrate_platform::directory::{Directory, OPEN};
use snakecrate_platform::error::ignore_existing;
use snakecrate_platform::workers::{map_all, run_all};
use snakecrate_platform::{file, host};

use crate::layout::{COMPONENT, STAMP, TREE};
use crate::listed::Listed;
use crate::signs_of_life::Pulse;

/// The length in bytes from which on a file gets its place on the disk before it is written. Two files that grow
/// at once would be in pieces otherwise.
const LONG: u64 = 4 << 20;

/// Why a component could not be extracted.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The archive is damaged or cannot be read.
    #[error(transparent)]
    Payload(#[from] BadPayload),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// A component that is being extracted.
struct Job<'a> {
    walk: Walk<'a>,
    tree: NewTree<'a>,
}

/// The directory where a component's files are made.
struct NewTree<'a> {
    directory: Directory,
    pulse: &'a Pulse<'a>,
}

/// Extracts `components` to directories in `into`, each named by the component's key.
///
/// Each tree is exactly what its listing says: names, kinds and sizes are compared here, and the
/// blobs' digests vouch for the contents. Links are made last, so nothing is written through one.
/// Nothing outside `into` is touched. `pulse` counts the bytes that are written.
pub fn extract(
    payload: &Payload,
    components: &[&Listed<'_>],
    into: &Directory,
    pulse: &Pulse<'_>,
) -> Result<(), ExtractError> {
    let jobs = map_all(components, |listed| Job::prepare(listed, into, pulse))?;
    let mut blobs: Vec<(&Job, usize)> = jobs
        .iter()
        .flat_map(|job| (0..job.walk.component().blobs.len()).map(move |index| (job, index)))
        .collect();
    let length = |(job, index): &(&Job, usize)| job.walk.component().blobs[*index].unpacked;
    sort_by(&mut blobs, |a, b| length(a) > length(b));
    run_all(&blobs, |memory, (job, index)| job.walk.blob(payload, *index, memory, &job.tree))?;
    jobs.iter().try_for_each(Job::finish)
}

impl<'a> Job<'a> {
    /// Makes all directories of the component, and writes its listing and record.
    fn prepare(
        listed: &'a Listed<'_>,
        into: &Directory,
        pulse: &'a Pulse<'a>,
    ) -> Result<Self, ExtractError> {
        let Listed { component, listing, packed } = listed;
        let key = component.digest.key();
        into.create(&key, OPEN)?;
        let directory = into.open_in(&key)?;
        for path in std::iter::once(RESERVED).chain(listing.directories()) {
            ignore_existing(directory.create(path, OPEN))?;
        }
        directory.write_new(TREE, packed, 0o444)?;
        let record = serde_json::to_vec(component).unwrap_or_default();
        directory.write_new(COMPONENT, &record, 0o444)?;
        Ok(Self { walk: Walk::new(component, listing), tree: NewTree { directory, pulse } })
    }

    /// Makes the links and the stamp, after all blobs.
    fn finish(&self) -> Result<(), ExtractError> {
        self.walk.finish()?;
        let directory = &self.tree.directory;
        for item in self.walk.listing().items() {
            if let Node::Link(target) = &item.node {
                directory.symlink(target.as_str(), item.path.as_str())?;
            }
        }
        let boot = host::boot_id().unwrap_or_default();
        Ok(directory.write_new(STAMP, boot.as_bytes(), 0o644)?)
    }
}

impl Sink for NewTree<'_> {
    type Error = ExtractError;

    /// Writes without copying: a file of a blob in memory takes one system call, a longer one a call for each 512 KiB.
    fn file(&self, item: &Item, contents: &mut Contents<'_, '_>) -> Result<(), ExtractError> {
        let mode = if item.is_executable() { 0o555 } else { 0o444 };
        let mut file = self.directory.create_file(item.path.as_str(), mode)?;
        if let Node::File { size: size @ LONG.., .. } = item.node {
            file::preallocate(&file, size)?;
        }
        contents.each(|bytes| {
            file.write_all(bytes)?;
            self.pulse.add(bytes.len() as u64);
            Ok::<_, ExtractError>(())
        })?;
        Ok(file::close(file)?)
    }
}
