//! Package URLs (<https://github.com/package-url/purl-spec>).

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters that package URLs encode.
const PURL: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~').remove(b':');

fn percent(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, PURL)
}

/// Something that no registry has.
pub fn generic(name: &str, version: &str) -> String {
    let name = name.to_lowercase().replace('_', "-");
    format!("pkg:generic/{}@{}", percent(&name), percent(version))
}

/// A distribution. `index` is the address of its index, unless that is `PyPI`.
pub fn pypi(name: &str, version: &str, index: Option<&str>) -> String {
    let name = name.to_lowercase().replace('_', "-");
    let index = index.map(|url| format!("?repository_url={}", percent(url))).unwrap_or_default();
    format!("pkg:pypi/{}@{}{index}", percent(&name), percent(version))
}

/// A package of Debian or a derivative, with qualifiers: `[("arch", "arm64")]`.
pub fn debian(
    distribution: &str,
    name: &str,
    version: &str,
    qualifiers: &[(&str, &str)],
) -> String {
    let distribution = distribution.to_lowercase();
    let mut url =
        format!("pkg:deb/{}/{}@{}", percent(&distribution), percent(name), percent(version));
    let given = qualifiers.iter().filter(|(_, value)| !value.is_empty());
    for (at, (key, value)) in given.enumerate() {
        let sign = if at == 0 { '?' } else { '&' };
        let _ = write!(url, "{sign}{key}={}", percent(value));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls_are_encoded() {
        assert_eq!(pypi("Typing_Ext", "4.9+x", None), "pkg:pypi/typing-ext@4.9%2Bx");
        assert_eq!(
            pypi("a", "1", Some("https://i.example/simple")),
            "pkg:pypi/a@1?repository_url=https:%2F%2Fi.example%2Fsimple"
        );
        assert_eq!(
            debian(
                "Debian",
                "libstdc++6",
                "12-1",
                &[("arch", "amd64"), ("upstream", ""), ("distro", "debian-12")]
            ),
            "pkg:deb/debian/libstdc%2B%2B6@12-1?arch=amd64&distro=debian-12"
        );
        assert_eq!(generic("CPython", "3.12.1"), "pkg:generic/cpython@3.12.1");
    }
}
