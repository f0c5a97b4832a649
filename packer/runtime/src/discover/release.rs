//! The Pythons of a release of python-build-standalone, from its `SHA256SUMS`.

use std::str::FromStr;

use pep440_rs::Version;
use snakecrate_format::target::Target;

/// The URL of the releases; each is in a directory named by its tag.
pub const MIRROR: &str = "https://github.com/astral-sh/python-build-standalone/releases/download";
/// The release that is downloaded from. It has Python 3.10 to 3.15.
pub const TAG: &str = "20261110";
/// The end of the names of archives that are optimised and without debug information.
const KIND: &str = "-install_only_stripped.tar.gz";

/// An archive that can be downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The version of Python in it.
    pub version: Version,
    /// Its name in the release's directory.
    pub file: String,
    /// Its SHA-256 in hex.
    pub sha256: String,
}

/// The archives for `target` in a `SHA256SUMS`: `<digest>  cpython-3.12.7+20261110-….tar.gz`.
pub fn offers(sums: &str, target: &Target) -> Vec<Offer> {
    let suffix = format!("-{}{KIND}", target.triple);
    let mut offers: Vec<Offer> = sums.lines().filter_map(|line| offer(line, &suffix)).collect();
    offers.sort_by(|one, other| other.version.cmp(&one.version));
    offers
}

fn offer(line: &str, suffix: &str) -> Option<Offer> {
    let (sha256, file) = line.split_once(char::is_whitespace)?;
    let file = file.trim_start().trim_start_matches('*').trim_end();
    let version = file.strip_prefix("cpython-")?.strip_suffix(suffix)?.split_once('+')?.0;
    let hex = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    let plain = !file.contains('/');
    (hex && plain).then_some(())?;
    let version = Version::from_str(version).ok()?;
    Some(Offer { version, file: file.to_owned(), sha256: sha256.to_ascii_lowercase() })
}

/// The address of a file of the release [`TAG`].
pub fn address(mirror: Option<&str>, file: &str) -> String {
    let mirror = mirror.unwrap_or(MIRROR).trim_end_matches('/');
    format!("{mirror}/{TAG}/{}", file.replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakecrate_format::target::{AARCH64_LINUX, X86_64_LINUX};

    #[test]
    fn archives_for_the_target_are_read_newest_first() {
        let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let sums = [
            "cpython-3.9.25+20261110-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz",
            "cpython-3.12.16+20261110-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz",
            "cpython-3.12.16+20261110-x86_64-unknown-linux-gnu-install_only.tar.gz",
            "cpython-3.12.16+20261110-x86_64_v3-unknown-linux-gnu-install_only_stripped.tar.gz",
            "cpython-3.12.16+20261110-aarch64-unknown-linux-gnu-install_only_stripped.tar.gz",
            "../cpython-3.12.16+2-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz",
        ]
        .map(|name| format!("{digest}  {name}\n"))
        .concat();
        let suffix = format!("-x86_64-unknown-linux-gnu{KIND}");
        let sums = format!("{sums}nonsense\n12  cpython-3.13.0+1{suffix}\n");
        let arm: Vec<_> = super::offers(&sums, &AARCH64_LINUX);
        assert_eq!(arm.len(), 1);
        let offers = super::offers(&sums, &X86_64_LINUX);
        let versions: Vec<_> = offers.iter().map(|offer| offer.version.to_string()).collect();
        assert_eq!(versions, ["3.12.16", "3.9.25"]);
        assert_eq!(offers[0].sha256, digest);
        assert!(address(None, &offers[0].file).ends_with(
            "/20261110/cpython-3.12.16%2B20261110-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"
        ));
        assert_eq!(address(Some("http://m/x/"), "SHA256SUMS"), "http://m/x/20261110/SHA256SUMS");
    }
}
