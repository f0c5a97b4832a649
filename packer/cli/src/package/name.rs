//! Names of packages, commands and units, and those that are taken.

use super::Error;
use crate::wheel::normalize;

/// The commands of Debian's essential and required packages, and of systemd, sudo and ssh. They are in
/// `/bin`, `/sbin` or below `/usr`. dpkg takes `/bin/ls` and `/usr/bin/ls` for different files although
/// they are one, and overwrites it.
const COMMANDS: &str = include_str!("commands.txt");

/// Packages that a system doesn't work without, in Debian and where rpm is used. A package of such a
/// name would replace them.
const PACKAGES: &[&str] = &[
    "adduser",
    "apt",
    "base-files",
    "base-passwd",
    "bash",
    "bsdutils",
    "coreutils",
    "cpp",
    "dash",
    "dbus",
    "debconf",
    "debianutils",
    "diffutils",
    "dnf",
    "dpkg",
    "e2fsprogs",
    "filesystem",
    "findutils",
    "gawk",
    "gcc",
    "glibc",
    "gpgv",
    "grep",
    "gzip",
    "hostname",
    "init",
    "init-system-helpers",
    "kernel",
    "kmod",
    "libc-bin",
    "libc6",
    "libgcc",
    "libpam-modules",
    "libpam-runtime",
    "libstdc++6",
    "login",
    "logsave",
    "mawk",
    "mount",
    "ncurses-base",
    "ncurses-bin",
    "openssh-client",
    "openssh-server",
    "openssl",
    "pam",
    "passwd",
    "perl",
    "perl-base",
    "polkit",
    "procps",
    "python",
    "python3",
    "python3-minimal",
    "rpm",
    "sed",
    "sensible-utils",
    "setup",
    "shadow-utils",
    "sudo",
    "systemd",
    "systemd-sysv",
    "sysvinit-utils",
    "tar",
    "tzdata",
    "udev",
    "util-linux",
    "xz",
    "xz-utils",
    "yum",
    "zlib",
    "zlib1g",
];

/// The name of the package of the application `name`. The rule is Debian's, which is the narrower one:
/// lower case, digits, `+`, `-` and `.`, two characters at least, the first one a letter or a digit.
pub(super) fn package(name: &str) -> Result<String, Error> {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '+';
    let name = name.to_lowercase().replace(|c| !is_allowed(c), "-");
    let name = normalize(&name);
    let name = name.trim_matches(['-', '.', '+']);
    if name.len() < 2 {
        return Err(Error::Name(name.to_owned()));
    }
    named(name)
}

/// A name that the user gives. It has to be one already.
pub(super) fn named(name: &str) -> Result<String, Error> {
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
    if !starts || name.len() < 2 || name.len() > 100 || !name.chars().all(is_allowed) {
        return Err(Error::Name(name.to_owned()));
    }
    if PACKAGES.contains(&name) {
        return Err(Error::Essential(name.to_owned()));
    }
    Ok(name.to_owned())
}

/// Checks that an entry can have a link in `/usr/bin`.
pub(super) fn command(entry: &str) -> Result<(), Error> {
    if !is_plain(entry) {
        return Err(Error::Entry(entry.to_owned()));
    }
    if COMMANDS.lines().any(|command| command == entry) {
        return Err(Error::Command(entry.to_owned()));
    }
    Ok(())
}

/// Whether a file of this name needs no quotes anywhere and hides no path.
pub(super) fn is_plain(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().all(is_allowed)
        && name.len() <= 200
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_projects_become_names_of_packages() {
        for (project, wanted) in [
            ("deployctl", "deployctl"),
            ("My_Tool", "my-tool"),
            ("zope.interface", "zope-interface"),
            ("A.._b--c", "a-b-c"),
            ("größe tool", "gr-e-tool"),
            ("7zip", "7zip"),
        ] {
            assert_eq!(package(project).unwrap(), wanted, "{project}");
        }
    }

    #[test]
    fn names_that_no_package_can_have_are_refused() {
        for name in ["x", "", "-", "é", "../../etc", "..."] {
            let refused = named(name).is_err();
            assert!(refused, "{name}");
        }
        assert!(package("x").is_err() && package("é").is_err());
        assert!(matches!(package("Bash"), Err(Error::Essential(_))));
        assert!(matches!(named("dpkg"), Err(Error::Essential(_))));
        assert!(named("Upper").is_err() && named("a\nb").is_err());
    }

    #[test]
    fn commands_of_the_system_are_not_replaced() {
        for taken in ["ls", "login", "[", "systemctl", "apt", "sh"] {
            assert!(command(taken).is_err(), "{taken}");
        }
        for odd in ["..", "", "-x", "a b", "a/b", "a\nb", "a%b", "$x", "é"] {
            assert!(matches!(command(odd), Err(Error::Entry(_))), "{odd}");
        }
        for free in ["deployctl", "http", "py.test", "x+y", "_tool"] {
            assert!(command(free).is_ok(), "{free}");
        }
    }
}
