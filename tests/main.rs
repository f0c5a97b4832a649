//! The suite: the `snakecrate` command and the archives it makes, run as their users run them.
//!
//! Every test gets a [`sandbox::Sandbox`] with a home, a cache and a working directory of its own,
//! and looks at the whole output of what it runs. Archives that only have to be *run* are built
//! once for the whole suite, see [`sandbox::shared`].

/// Temporary places, commands in them, and what became of the commands.
mod sandbox;

/// What native code needs: the command, and what a build makes of it.
mod audit;
/// Root file systems with and without a C library.
mod beds;
/// From each kind of source to an archive that runs.
mod build;
/// The C library: the host's, or the one that came along.
mod c_library;
/// The cache on the user's machine: sharing, listing, verifying, pruning.
mod cache;
/// Archives cut, or with a bit flipped, anywhere.
mod cuts;
/// Archives that did not arrive whole.
mod damage;
/// Which entry an archive with several of them starts.
mod entries;
/// What the packer says where something is wrong, and that it leaves nothing behind.
mod errors;
/// The fast start of entry points.
mod fast_start;
/// Archives made by hand, so that they can lie.
mod forge;
/// What reads untrusted bytes, with what fuzzing began with and found.
mod fuzzed;
/// Archives that were made to deceive.
mod hostile;
/// Hosts that lack certificates, time zones, descriptions of terminals, locales, users, names.
mod hosts;
/// Looking into archives: `inspect`, `verify`, `extract`, and zip tools.
mod inspect;
/// What a running application sees: arguments, environment, streams, signals, children.
mod launch;
/// Machines on which little can be written or executed.
mod places;
/// The bar of a first start, as a person at a terminal sees it.
mod progress;
/// Same inputs, same bytes.
mod reproducible;
/// What makes archives smaller.
mod size;
/// What the launcher does instead of starting the application.
mod switch;
