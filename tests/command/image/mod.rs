//! `snakecrate image`: images for containers. Their layers are unpacked as an engine does, and the
//! entry point runs in a root directory of its own.

/// What a container runs, and what it finds there.
mod containers;

/// Layers, digests, labels, and the forms that an image has on disk.
mod forms;

/// Images that are sent to registries.
mod registries;

/// Another interpreter under a finished image.
mod rebase;

/// Images for several targets, from archives of real interpreters.
mod several;

/// Registries with certificates of a private authority.
mod tls;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use snakecrate_image::spec::{ImageConfiguration, ImageManifest};
use snakecrate_image::{Digest, Image, Layer, Role, contents};

use crate::support::needs::needs;
use crate::support::sandbox::{Outcome, Run, Sandbox, shared};
use crate::support::target;

const FAILURE: i32 = 1;

/// Runs `snakecrate image ARGUMENTS…` of sources, quickly and quietly, with the suite's cache.
fn image(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    image_with(sandbox, arguments, &[])
}

fn image_with(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let packer = sandbox.packer(["image"]).env("SNAKECRATE_CACHE", shared::packer_cache());
    let packer = packer.args(arguments).args(shared::OPTIONS).args(target::options());
    variables.iter().fold(packer, |packer, (name, value)| packer.env(name, value)).output()
}

/// Runs `snakecrate image ARGUMENTS…` of archives.
fn image_archive(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let packer = sandbox.packer(["image", "--quiet", "--level", "3"]);
    packer.env("SNAKECRATE_CACHE", shared::packer_cache()).args(arguments).output()
}

/// An image for one target in an OCI layout.
struct Layout {
    image: Image,
}

impl Layout {
    fn read(path: &Path) -> Self {
        Self { image: Image::read_layout(path).unwrap() }
    }

    fn manifest(&self) -> ImageManifest {
        self.image.top.manifest().unwrap()
    }

    fn configuration(&self) -> ImageConfiguration {
        self.image.configuration(&self.image.top).unwrap()
    }

    fn layers(&self) -> Vec<Layer> {
        self.image.layers(&self.image.top).unwrap()
    }

    /// The digests of the layers with this role.
    fn digests(&self, role: Role) -> Vec<Digest> {
        let layers = self.layers();
        let found = layers.iter().filter(|layer| contents(layer).unwrap().0 == role);
        found.map(|layer| layer.blob.digest.clone()).collect()
    }

    /// Unpacks the layers to `root`, which gets a `proc`. Returns the files, with the numbers of the
    /// layers that have them.
    fn unpack(&self, root: &Path) -> BTreeMap<PathBuf, Vec<usize>> {
        let mut files: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
        fs::create_dir_all(root.join("proc")).unwrap();
        for (number, layer) in self.layers().iter().enumerate() {
            let mut archive = tar::Archive::new(tar_of(layer));
            archive.set_preserve_permissions(true);
            archive.set_preserve_ownerships(true);
            for entry in archive.entries().unwrap() {
                let mut entry = entry.unwrap();
                if !entry.header().entry_type().is_dir() {
                    let path = entry.path().unwrap().into_owned();
                    files.entry(path).or_default().push(number);
                }
                assert!(entry.unpack_in(root).unwrap());
            }
        }
        files
    }
}

/// The tar of a layer.
fn tar_of(layer: &Layer) -> Box<dyn Read> {
    let snakecrate_image::Content::File(path) = &layer.blob.content else { panic!("no file") };
    let file = File::open(path).unwrap();
    match layer.blob.media_type.rsplit_once('+').map(|(_, kind)| kind) {
        Some("zstd") => Box::new(zstd::stream::read::Decoder::new(file).unwrap()),
        Some("gzip") => Box::new(GzDecoder::new(file)),
        _ => Box::new(file),
    }
}

/// A command of the image whose files are in `root`, in a directory of the sandbox.
fn container<'a>(sandbox: &'a Sandbox, root: &str, command: &str) -> Run<'a> {
    sandbox.alone(root, command.trim_start_matches('/'), 12345)
}
