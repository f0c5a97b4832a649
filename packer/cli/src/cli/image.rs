//! The arguments of `image`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use snakecrate_format::target::Target;

use super::BuildArgs;
use crate::runtime_args::PackingArgs;
use crate::settings::{Options, PythonChoice};

/// The source or archives, and the form of `image`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_value_name = "rebase")]
pub struct ImageArgs {
    /// Something else to do than to make an image.
    #[command(subcommand)]
    pub command: Option<ImageCommand>,
    /// A source as for `build`, or archives: one for each target
    #[arg(default_value = ".", value_name = "SOURCE|ARCHIVE")]
    pub sources: Vec<String>,
    /// Only the archive of [tool.snakecrate.artifact.NAME]
    #[arg(long, value_name = "NAME")]
    pub artifact: Option<String>,
    /// Compression of layers; Docker before 23 requires gzip
    #[arg(long, value_name = "KIND", default_value = "zstd")]
    pub compression: LayerCompression,
    /// Put the image on top of this one: an OCI layout, or an image in a registry
    #[arg(long, value_name = "DIR|REF")]
    pub base: Option<String>,
    /// Send the image to this repository; without a tag the version is the tag. Writes no file without -o
    #[arg(long, value_name = "REF")]
    pub push: Option<String>,
    /// The registries.
    #[command(flatten)]
    pub registry: RegistryArgs,
    /// Add a label (may be repeated)
    #[arg(long = "label", value_name = "NAME=VALUE")]
    pub labels: Vec<String>,
    /// The options of the build.
    #[command(flatten)]
    pub options: Options,
}

/// The subcommands of `image`.
#[derive(Debug, Subcommand)]
pub enum ImageCommand {
    /// Replace the interpreter of a finished image by another patch release; all other layers stay
    #[command(after_help = "\
Examples:
  snakecrate image rebase ghcr.io/acme/app:1.4 --python 3.12.8 --retag
                                                the same tag gets the new interpreter
  snakecrate image rebase ghcr.io/acme/app:1.4 --python 3.12.8 --push ghcr.io/acme/app:1.4-1
  snakecrate image rebase app.oci --python debian:bookworm -o new.oci

The image has to be one of snakecrate. A registry gets the new layers only.")]
    Rebase(RebaseArgs),
}

/// The image and the interpreter of `image rebase`.
#[derive(Debug, Args)]
pub struct RebaseArgs {
    /// The image: an OCI layout, or one in a registry
    #[arg(value_name = "DIR|REF")]
    pub image: String,
    /// The interpreter: a version, an interpreter, or what else `build --python` accepts
    #[arg(long, value_name = "SPEC")]
    pub python: String,
    /// Directory to write an OCI layout to, or a file .tar for a docker-archive
    #[arg(short, long, value_name = "DIR|FILE.tar")]
    pub output: Option<PathBuf>,
    /// Send the image to this repository [default: where it comes from]
    #[arg(long, value_name = "REF")]
    pub push: Option<String>,
    /// The registries.
    #[command(flatten)]
    pub registry: RegistryArgs,
    /// Compression of new layers; Docker before 23 requires gzip
    #[arg(long, value_name = "KIND", default_value = "zstd")]
    pub compression: LayerCompression,
    /// How the new layers are made, and where the interpreter comes from.
    #[command(flatten)]
    pub packing: PackingArgs,
}

impl RebaseArgs {
    /// The options of `build` that they stand for, for this target.
    pub fn options(&self, target: &'static Target) -> Options {
        Options {
            target: Some(vec![target]),
            python: Some(vec![PythonChoice { target: None, spec: self.python.clone() }]),
            ..self.packing.options()
        }
    }
}

/// How registries are used.
#[derive(Debug, Clone, Args)]
pub struct RegistryArgs {
    /// Replace a tag that names another image
    #[arg(long)]
    pub retag: bool,
    /// Talk to the registry without encryption; one on this machine needs no flag
    #[arg(long)]
    pub plain_http: bool,
}

impl ImageArgs {
    /// The arguments for the build of `source`.
    pub fn build(&self, source: &str) -> BuildArgs {
        let options = Options { output: None, ..self.options.clone() };
        BuildArgs { source: source.to_owned(), artifact: self.artifact.clone(), options }
    }
}

/// The compression of layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LayerCompression {
    /// zstd, at the build's level.
    Zstd,
    /// gzip, for old engines.
    Gzip,
}
