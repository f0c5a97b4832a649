//! Walks of an archive's blobs, several at once, with the packer's errors and progress.

use std::io::{self, Read};

use rayon::prelude::*;
use snakecrate_format::listing::{Item, Listing};
use snakecrate_format::manifest::Component;
use snakecrate_format::payload::{BadPayload, Memory};
use snakecrate_format::walk::{Contents, Sink, Walk};

use super::{Archive, Error};
use snakecrate_base::ui::Progress;

/// Shows `read` every file of `component`, in any order and several at once, and checks them on the
/// way. `read` may see damaged contents, but then this returns an error.
///
/// # Errors
///
/// A damaged archive, and the errors of `read`.
pub fn visit(
    archive: &Archive,
    component: &Component,
    read: impl Fn(&str, &mut dyn Read) -> io::Result<()> + Sync,
) -> Result<(), Error> {
    let listing = archive.listing(component)?;
    let visitor = Visitor(|item: &Item, contents: &mut dyn Read| {
        // Offset 0: the whole file is to blame.
        read(item.path.as_str(), contents)
            .map_err(|error| archive.damaged_at(format!("`{}`: {error}", item.path), 0))
    });
    walk_all(archive, &[(Walk::new(component, &listing), visitor)])
}

/// Walks all blobs of `jobs` and checks that nothing is missing; each component has its own sink.
pub(super) fn walk_all<S: Sink<Error = Failure>>(
    archive: &Archive,
    jobs: &[(Walk<'_>, S)],
) -> Result<(), Error> {
    let blobs: Vec<_> = jobs
        .iter()
        .flat_map(|job| (0..job.0.component().blobs.len()).map(move |index| (job, index)))
        .collect();
    let walked = blobs.par_iter().try_for_each_init(Memory::default, |memory, (job, index)| {
        job.0.blob(archive.payload(), *index, memory, &job.1)
    });
    let walked = walked.and_then(|()| {
        jobs.iter().try_for_each(|(walk, _)| walk.finish().map_err(Failure::Archive))
    });
    walked.map_err(|failure| match failure {
        Failure::Archive(error) => archive.blamed(error),
        Failure::Other(error) => error,
    })
}

/// One walk for each of `components`, whose listings are given, with the sink that `sink` makes.
pub(super) fn jobs<'a, S>(
    components: &'a [Component],
    listings: &'a [Listing],
    mut sink: impl FnMut(&'a Component, &'a Listing) -> Result<S, Error>,
) -> Result<Vec<(Walk<'a>, S)>, Error> {
    let pairs = components.iter().zip(listings);
    pairs.map(|(one, listing)| Ok((Walk::new(one, listing), sink(one, listing)?))).collect()
}

/// Why a walk ended early.
pub(super) enum Failure {
    /// The archive is damaged, or cannot be read.
    Archive(BadPayload),
    /// Something else.
    Other(Error),
}

impl From<BadPayload> for Failure {
    fn from(error: BadPayload) -> Self {
        Self::Archive(error)
    }
}

/// Compares every digest, and advances a bar by the bytes.
pub(super) struct Verifier<'a>(pub(super) &'a Progress);

impl Sink for Verifier<'_> {
    type Error = Failure;

    fn file(&self, item: &Item, contents: &mut Contents<'_, '_>) -> Result<(), Failure> {
        take(item, contents, |bytes| {
            self.0.advance(bytes.len() as u64);
            Ok(())
        })
    }
}

/// Gives the contents of `item` to `take`, piece by piece, and compares their digest.
pub(super) fn take(
    item: &Item,
    contents: &mut Contents<'_, '_>,
    mut take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Failure> {
    let mut hasher = blake3::Hasher::new();
    contents.each(|bytes| {
        hasher.update(bytes);
        take(bytes).map_err(Failure::Other)
    })?;
    Ok(contents.compare(item, &hasher)?)
}

/// Shows a function every file. Contents that it does not read are compared, too.
struct Visitor<V>(V);

impl<V: Fn(&Item, &mut dyn Read) -> Result<(), Error> + Sync> Sink for Visitor<V> {
    type Error = Failure;

    fn file(&self, item: &Item, contents: &mut Contents<'_, '_>) -> Result<(), Failure> {
        let mut reader = Hashed { inner: contents, hasher: blake3::Hasher::new() };
        (self.0)(item, &mut reader).map_err(Failure::Other)?;
        let Hashed { inner, mut hasher } = reader;
        inner.each(|bytes| {
            hasher.update(bytes);
            Ok::<_, Failure>(())
        })?;
        Ok(inner.compare(item, &hasher)?)
    }
}

/// A reader that is hashed on the way.
struct Hashed<R> {
    inner: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..got]);
        Ok(got)
    }
}
