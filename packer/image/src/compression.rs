//! The compression of layers.

use std::io::{self, Read, Write};

use flate2::GzBuilder;
use flate2::read::MultiGzDecoder;
use zstd::stream::raw::CParameter;

use crate::Error;
use crate::copy::copy;

/// The largest window of a layer as a power of two: 8 MiB. Every decoder has to support it
/// (RFC 8878, 3.1.1.1.2).
const WINDOW: u32 = 23;

const TAR: &str = "application/vnd.oci.image.layer.v1.tar";
const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
/// Docker's own type for the same bytes as [`GZIP`].
const DOCKER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// The compression of layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// None.
    None,
    /// gzip, for Docker before 23 and other engines that don't know zstd.
    Gzip,
    /// zstd with this level.
    Zstd(i32),
}

impl Compression {
    /// The media type of such layers.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::None => TAR,
            Self::Gzip => GZIP,
            Self::Zstd(_) => ZSTD,
        }
    }

    /// Compresses `length` bytes.
    pub(crate) fn compress(
        self,
        tar: &mut impl Read,
        length: u64,
        out: &mut impl Write,
    ) -> io::Result<()> {
        match self {
            Self::None => copy(tar, out),
            Self::Gzip => {
                let level = flate2::Compression::new(9);
                let mut encoder = GzBuilder::new().write(out, level);
                copy(tar, &mut encoder)?;
                encoder.finish().map(drop)
            }
            Self::Zstd(level) => {
                let mut encoder = zstd::stream::write::Encoder::new(out, level)?;
                encoder.set_pledged_src_size(Some(length))?;
                // Only the highest levels would take a larger one.
                if level > 19 {
                    encoder.set_parameter(CParameter::WindowLog(WINDOW))?;
                }
                copy(tar, &mut encoder)?;
                encoder.finish().map(drop)
            }
        }
    }
}

/// The OCI type for a layer of the media type `name`, which may be Docker's own.
///
/// # Errors
///
/// It is no tar, or one that may not be sent elsewhere.
pub(crate) fn oci_type(name: &str) -> Result<&'static str, Error> {
    match name {
        DOCKER_GZIP => Ok(GZIP),
        _ => [TAR, GZIP, ZSTD]
            .into_iter()
            .find(|known| *known == name)
            .ok_or_else(|| Error::LayerType(name.to_owned())),
    }
}

/// A reader of the tar in a layer of this media type.
///
/// # Errors
///
/// The type isn't one of tars.
pub(crate) fn decompressed<'a>(
    media_type: &str,
    reader: Box<dyn Read + Send + Sync + 'a>,
) -> Result<Box<dyn Read + 'a>, Error> {
    let failed = |source| Error::Read { path: media_type.into(), source };
    Ok(match oci_type(media_type)? {
        GZIP => Box::new(MultiGzDecoder::new(reader)),
        ZSTD => Box::new(zstd::stream::read::Decoder::new(reader).map_err(failed)?),
        _ => reader,
    })
}
