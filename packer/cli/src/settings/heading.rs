//! The headings of options in help, and the options that short help has.

/// What is packed.
pub const SOURCE: &str = "Source";
/// The commands of the archive.
pub(super) const ENTRIES: &str = "Entries";
/// Distributions and their versions.
pub(super) const REQUIREMENTS: &str = "Requirements";
/// Where distributions come from.
pub(super) const INDEXES: &str = "Indexes";
/// The interpreter.
pub(super) const PYTHON: &str = "Python";
/// The C library and native code.
pub(super) const NATIVE: &str = "C library and native code";
/// Files that are packed or not.
pub(super) const CONTENTS: &str = "Contents";
/// How the application starts on the user's host.
pub(super) const START: &str = "Start of the application";
/// What the build writes.
pub(super) const OUTPUT: &str = "Output";
/// The trial of the archive.
pub(super) const PROOF: &str = "Proof";
/// What fails a build.
pub(super) const LIMITS: &str = "Limits";
/// Entries in menus of desktops.
pub(super) const DESKTOP: &str = "Desktop";
/// Debian and RPM packages.
pub(super) const PACKAGES: &str = "Packages";

/// The ids of the options that people use most: `-h` shows no others.
pub const USUAL: [&str; 12] = [
    "output",
    "target",
    "python",
    "entries",
    "default",
    "module",
    "with",
    "requirements",
    "extra",
    "group",
    "include",
    "level",
];

#[cfg(test)]
mod tests {
    use crate::settings::documents::Description;

    #[test]
    fn every_option_has_a_heading_and_usual_ones_exist() {
        let all = Description::all();
        for option in &all {
            assert!(option.arg.get_help_heading().is_some(), "{}", option.key);
        }
        for id in super::USUAL {
            assert!(all.iter().any(|option| option.arg.get_id() == id), "{id}");
        }
    }
}
