//! Reading an image: manifests and small blobs at once, layers on request.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use snakecrate_base::temporary;
use snakecrate_image::spec::Descriptor;
use snakecrate_image::{Blob, Content, Digest, Document, Image};
use ureq::http::Method;

use crate::Error;
use crate::reference::Reference;
use crate::session::{Access, Call, Right, Session};

/// The number of bytes that are read at a time.
const CHUNK: usize = 128 << 10;

/// Reads the image that `reference` names, for the manifests of an index that `wanted` picks.
/// Configurations and bills of materials are read; layers are [`Content::Elsewhere`].
///
/// # Errors
///
/// There is no such image, the registry refuses it or cannot be reached, or the image isn't one.
pub fn pull(
    reference: &Reference,
    wanted: impl Fn(&Descriptor) -> bool,
    access: &Access,
) -> Result<Image, Error> {
    let session = Session::open(access, reference, Right::Pull)?;
    let missing = |what: String| Error::Missing { registry: reference.registry().into(), what };
    let top = session
        .manifest(reference.version())?
        .ok_or_else(|| missing(format!("{}:{}", reference.repository(), reference.version())))?;
    let below = if top.is_index() {
        top.index().map_err(|source| session.malformed(source))?.manifests().clone()
    } else {
        Vec::new()
    };
    let mut manifests = Vec::new();
    for descriptor in below.iter().filter(|one| wanted(one)) {
        let digest = descriptor.digest().to_string();
        let found = session.manifest(&digest)?;
        manifests.push(found.ok_or_else(|| missing(format!("manifest {digest}")))?);
    }
    let is_tagged = reference.digest().is_none();
    let tag = reference.tag().or(is_tagged.then(|| reference.version())).map(str::to_owned);
    let mut image = Image { top, manifests, referrers: Vec::new(), blobs: BTreeMap::new(), tag };
    let hosts: Vec<_> = image.host_manifests().cloned().collect();
    for manifest in &hosts {
        let parsed = manifest.manifest().map_err(|source| session.malformed(source))?;
        image.add(small(&session, parsed.config())?);
        for layer in parsed.layers() {
            image.add(elsewhere(&session, layer)?);
        }
        for referrer in session.attached(&manifest.digest)? {
            add_referrer(&session, referrer, &mut image)?;
        }
    }
    Ok(image)
}

/// Adds a bill of materials, or another manifest about the image. Those that aren't manifests of OCI
/// are left where they are.
fn add_referrer(session: &Session<'_>, referrer: Document, image: &mut Image) -> Result<(), Error> {
    let Ok(parsed) = referrer.manifest() else { return Ok(()) };
    for descriptor in parsed.layers().iter().chain([parsed.config()]) {
        image.add(small(session, descriptor)?);
    }
    image.referrers.push(referrer);
    Ok(())
}

/// Downloads the layers of `image` that aren't here to `directory`, each under the hex digits of its
/// digest. Those that are there aren't downloaded again.
///
/// # Errors
///
/// The registry refuses one or cannot be reached, one is damaged, or the directory cannot be written.
pub fn pull_layers(
    image: &mut Image,
    reference: &Reference,
    directory: &Path,
    access: &Access,
) -> Result<(), Error> {
    let session = Session::open(access, reference, Right::Pull)?;
    for blob in image.blobs.values_mut().filter(|blob| matches!(blob.content, Content::Elsewhere)) {
        let path = directory.join(blob.digest.hex());
        let is_here = fs::metadata(&path).is_ok_and(|found| found.len() == blob.size);
        if !is_here {
            download(&session, blob, &path)?;
        }
        blob.content = Content::File(path);
    }
    Ok(())
}

fn digest_of(session: &Session<'_>, descriptor: &Descriptor) -> Result<Digest, Error> {
    let text = descriptor.digest().to_string();
    Digest::parse(&text).ok_or_else(|| session.protocol(format!("the digest {text} isn't SHA-256")))
}

fn elsewhere(session: &Session<'_>, descriptor: &Descriptor) -> Result<Blob, Error> {
    let digest = digest_of(session, descriptor)?;
    let media_type = descriptor.media_type().to_string();
    Ok(Blob { media_type, digest, size: descriptor.size(), content: Content::Elsewhere })
}

/// A blob that fits into memory.
fn small(session: &Session<'_>, descriptor: &Descriptor) -> Result<Blob, Error> {
    let blob = elsewhere(session, descriptor)?;
    let mut bytes = Vec::new();
    if blob.size > crate::http::MAX_DOCUMENT {
        return Ok(blob);
    }
    read(session, &blob, |chunk| {
        match chunk {
            Some(chunk) => bytes.extend_from_slice(chunk),
            None => bytes.clear(),
        }
        Ok(())
    })?;
    Ok(Blob { content: Content::Bytes(bytes.into()), ..blob })
}

/// Downloads a blob to `path`, which is complete whenever it is there.
pub(crate) fn download(session: &Session<'_>, blob: &Blob, path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(failed)?;
    let mut aside = temporary::file_in(directory).map_err(failed)?;
    let progress = session.access.ui.bytes("Pulling", blob.size);
    read(session, blob, |chunk| {
        let Some(chunk) = chunk else {
            io::Seek::rewind(aside.as_file_mut()).map_err(failed)?;
            return aside.as_file_mut().set_len(0).map_err(failed);
        };
        progress.advance(chunk.len() as u64);
        aside.write_all(chunk).map_err(failed)
    })?;
    aside.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Reads a blob and gives its bytes to `take`, which gets `None` before each attempt.
fn read(
    session: &Session<'_>,
    blob: &Blob,
    mut take: impl FnMut(Option<&[u8]>) -> Result<(), Error>,
) -> Result<(), Error> {
    let doing = format!("read {}", blob.digest);
    let call = Call::new(Method::GET, session.url(&format!("blobs/{}", blob.digest))?, &doing);
    let network = |error| session.network(&doing, ureq::Error::Io(error));
    session.access.persist(|_| {
        take(None)?;
        let answer = session.send(&call)?;
        match answer.status().as_u16() {
            200 => {}
            404 => {
                let what = format!("layer {}", blob.digest);
                return Err(Error::Missing { registry: session.registry().into(), what });
            }
            _ => return Err(session.refused(answer, &doing)),
        }
        let mut hasher = Sha256::new();
        // One byte more shows that there are too many.
        let mut reader = answer.reader().take(blob.size + 1);
        let mut buffer = vec![0; CHUNK];
        loop {
            let count = reader.read(&mut buffer).map_err(network)?;
            if count == 0 {
                break;
            }
            hasher.update(&buffer[..count]);
            take(Some(&buffer[..count]))?;
        }
        if Digest::finished(hasher) == blob.digest {
            return Ok(());
        }
        let what = format!("the layer {}", blob.digest);
        Err(Error::Damaged { registry: session.registry().into(), what })
    })
}
