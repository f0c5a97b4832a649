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
/// First runs that die, or in which something fails.
mod crash;
/// Archives cut, or with a bit flipped, anywhere.
mod cuts;
/// Archives that did not arrive whole.
mod damage;
/// Which entry an archive with several of them starts.
mod entries;
/// Entry points that could not be imported, mended and started.
mod entry_mended;
/// Entry points that cannot be imported.
mod entry_repair;
/// Variables: what they change, and what children see of them.
mod environment;
/// What the packer says where something is wrong, and that it leaves nothing behind.
mod errors;
/// The fast start of entry points.
mod fast_start;
/// File systems unlike a local disk, and files of any date.
mod file_systems;
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
/// When an environment was used last.
mod last_use;
/// What a running application sees: arguments, environment, streams, signals, children.
mod launch;
/// `LD_*` variables.
mod loader_variables;
/// Long names, deep places, and names that are no text.
mod names;
/// Whose the cache is.
mod owners;
/// Machines on which little can be written or executed.
mod places;
/// Code in the way of the application's.
mod planted;
/// Setuid, setgid, capabilities.
mod privileges;
/// The bar of a first start, as a person at a terminal sees it.
mod progress;
/// What SECURITY.md says of tests.
mod promises;
/// What leaves the cache, by which rule, and what stays.
mod prune;
/// Many at once on one cache.
mod races;
/// What the system says when the interpreter is to be executed.
mod refusals;
/// Files that a cleaner deleted or cut, and how they come back.
mod repair;
/// Same inputs, same bytes.
mod reproducible;
/// Signals and what else a process inherits.
mod signals;
/// What makes archives smaller.
mod size;
/// What the launcher does instead of starting the application.
mod switch;
