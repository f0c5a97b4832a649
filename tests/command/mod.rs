//! The `snakecrate` command: what it builds, and what it reports.

/// Several archives of one project.
mod artifacts;

/// Requirements of native code: the `audit` command, and the audit of a build.
mod audit;

/// Build back ends, and what they require.
mod backends;

/// From each kind of source to an archive that runs.
mod build;

/// Nothing is lost: requirements, files of wheels, entries.
mod contents;

/// The options in force, where each is from, and keys that no option has.
mod config;

/// Scripts for shells, the manual, and help.
mod completions;

/// Passwords of package indexes.
mod credentials;

/// The differences between two archives.
mod diff;

/// Django projects and their `manage.py`.
mod django;

/// What this machine has and lacks for builds.
mod doctor;

/// What a build would pack.
mod dry_run;

/// Which entries are offered, and what the application gets.
mod entries;

/// Errors of the packer, and that it leaves nothing behind.
mod errors;

/// `extract --env`: environments outside of the cache.
mod extract_env;

/// Everything that a build needs, for a build without a network.
mod fetch;

/// Images for containers.
mod image;

/// Lock files, and the part of them that is packed.
mod locks;

/// The table of options that a project needs.
mod init;

/// Ctrl-C leaves nothing behind.
mod interrupts;

/// Graphical entries, and what is packed for desktops.
mod graphical;

/// Reading archives: `inspect`, `verify`, `extract`, and zip tools.
mod inspect;
mod json;

/// Licences of everything in an archive.
mod licences;

/// Lock files of Poetry and PDM, and lists of requirements with hashes.
mod lock_formats;

/// The same output as in the source's own environment.
mod own_environment;

/// Debian and RPM packages.
mod package;

/// The proof: a build succeeds only if its archive starts.
mod proof;

/// The statement about a build.
mod provenance;

/// Attestations of indexes, and required publishers.
mod publishers;

/// Same inputs, same bytes.
mod reproducible;

/// Runtime files, and builds of archives without a runtime.
mod runtime_file;

/// Bills of materials.
mod sbom;

/// Options that make archives smaller.
mod size;

/// What a build says, with and without a terminal.
mod stages;

/// Other components in a finished archive.
mod swap;

/// `swap` on archives without a runtime.
mod swap_external;

/// Targets: what can be built here, what is missing, and builds for several.
mod targets;

/// How long the stages of a build take.
mod timings;

/// Tests of a project, run on its archive.
mod testing;

/// Exactly the wheels in a directory.
mod wheelhouse;

/// `run --watch`: the application starts again when a file changes.
mod watch;

/// Where the bytes of an archive go: the `size` command, and budgets.
mod measured;

/// Directories, zip applications, source distributions and environments.
mod sources;

/// Known vulnerabilities of what is in archives.
mod vulnerabilities;
