//! The `snakecrate` command: what it builds, and what it reports.

/// What native code needs: the command, and what a build makes of it.
mod audit;

/// From each kind of source to an archive that runs.
mod build;

/// What the packer says where something is wrong, and that it leaves nothing behind.
mod errors;

/// Looking into archives: `inspect`, `verify`, `extract`, and zip tools.
mod inspect;

/// Same inputs, same bytes.
mod reproducible;

/// What makes archives smaller.
mod size;
