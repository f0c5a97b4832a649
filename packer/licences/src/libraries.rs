//! Libraries by the names of their files.

/// Licences of libraries that interpreters and wheels bring, by the beginning of their files' names.
/// From the libraries' own COPYING files, as SPDX names them. The longest beginning counts.
const LICENCES: [(&str, &str); 96] = [
    ("libQt5", "LGPL-3.0-only"),
    ("libQt6", "LGPL-3.0-only"),
    ("libX11", "MIT"),
    ("libXau", "MIT"),
    ("libXext", "MIT"),
    ("libXft", "HPND-sell-variant"),
    ("libXrender", "HPND-sell-variant"),
    ("libXss", "MIT"),
    ("libaom", "BSD-2-Clause"),
    ("libarchive", "BSD-2-Clause"),
    ("libasan", "Apache-2.0 WITH LLVM-exception"),
    ("libatomic", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    ("libavcodec", "LGPL-2.1-or-later"),
    ("libavdevice", "LGPL-2.1-or-later"),
    ("libavfilter", "LGPL-2.1-or-later"),
    ("libavformat", "LGPL-2.1-or-later"),
    ("libavif", "BSD-2-Clause"),
    ("libavutil", "LGPL-2.1-or-later"),
    ("libblas", "BSD-3-Clause"),
    ("libblosc", "BSD-3-Clause"),
    ("libbrotli", "MIT"),
    ("libbsd", "BSD-3-Clause"),
    ("libbz2", "bzip2-1.0.6"),
    ("libcom_err", "MIT"),
    ("libcrypt.", "LGPL-2.1-or-later"),
    ("libcrypto", "Apache-2.0"),
    ("libcurl", "curl"),
    ("libdav1d", "BSD-2-Clause"),
    ("libdb-", "Sleepycat"),
    ("libedit", "BSD-3-Clause"),
    ("libexpat", "MIT"),
    ("libffi", "MIT"),
    ("libfontconfig", "HPND-sell-variant"),
    ("libfreetype", "FTL OR GPL-2.0-or-later"),
    ("libgcc_s", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    ("libgdbm", "GPL-3.0-or-later"),
    ("libgdal", "MIT"),
    ("libgeos", "LGPL-2.1-or-later"),
    ("libgfortran", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    ("libglib-2.0", "LGPL-2.1-or-later"),
    ("libgmp", "LGPL-3.0-or-later OR GPL-2.0-or-later"),
    ("libgomp", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    ("libgssapi_krb5", "MIT"),
    ("libharfbuzz", "MIT"),
    ("libhdf5", "BSD-3-Clause"),
    ("libicu", "Unicode-3.0"),
    ("libjpeg", "IJG AND BSD-3-Clause AND Zlib"),
    ("libk5crypto", "MIT"),
    ("libkeyutils", "LGPL-2.1-or-later"),
    ("libkrb5", "MIT"),
    ("liblapack", "BSD-3-Clause"),
    ("liblcms2", "MIT"),
    ("libldap", "OLDAP-2.8"),
    ("liblz4", "BSD-2-Clause"),
    ("liblzma", "0BSD"),
    ("libmd.", "BSD-3-Clause"),
    ("libmpdec", "BSD-2-Clause"),
    ("libncurses", "X11-distribute-modifications-variant"),
    ("libnghttp2", "MIT"),
    ("libnsl", "LGPL-2.1-or-later"),
    ("libomp", "Apache-2.0 WITH LLVM-exception"),
    ("libopenblas", "BSD-3-Clause"),
    ("libopenjp2", "BSD-2-Clause"),
    ("libpanel", "X11-distribute-modifications-variant"),
    ("libpcre2", "BSD-3-Clause"),
    ("libpng", "libpng-2.0"),
    ("libpq", "PostgreSQL"),
    ("libproj", "MIT"),
    ("libquadmath", "LGPL-2.1-or-later"),
    ("libreadline", "GPL-3.0-or-later"),
    ("libsasl2", "BSD-3-Clause-Attribution"),
    ("libscipy_openblas", "BSD-3-Clause"),
    ("libsharpyuv", "BSD-3-Clause"),
    ("libsodium", "ISC"),
    ("libsqlite3", "blessing"),
    ("libssh2", "BSD-3-Clause"),
    ("libssl", "Apache-2.0"),
    ("libstdc++", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    ("libswresample", "LGPL-2.1-or-later"),
    ("libswscale", "LGPL-2.1-or-later"),
    ("libtcl", "TCL"),
    ("libtiff", "libtiff"),
    ("libtinfo", "X11-distribute-modifications-variant"),
    ("libtirpc", "BSD-3-Clause"),
    ("libtk", "TCL"),
    ("libuuid", "BSD-3-Clause"),
    ("libvpx", "BSD-3-Clause"),
    ("libwebp", "BSD-3-Clause"),
    ("libx264", "GPL-2.0-or-later"),
    ("libx265", "GPL-2.0-or-later"),
    ("libxcb", "MIT"),
    ("libxml2", "MIT"),
    ("libxslt", "MIT"),
    ("libz.", "Zlib"),
    ("libzmq", "MPL-2.0"),
    ("libzstd", "BSD-3-Clause OR GPL-2.0-only"),
];

/// A library by its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Its name: `libssl`.
    pub name: String,
    /// The version in the file's name.
    pub version: Option<String>,
    /// Its licence.
    pub expression: Option<&'static str>,
}

/// The library in the file at `path`, if that is one and no extension module.
pub fn library(path: &str) -> Option<Library> {
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    let is_vendored = directory
        .rsplit('/')
        .next()
        .and_then(|last| last.rsplit_once('.'))
        .is_some_and(|(_, end)| end == "libs");
    let (stem, version) = file.split_once(".so")?;
    if !(version.is_empty() || version.starts_with('.'))
        || !(file.starts_with("lib") || is_vendored)
    {
        return None;
    }
    // An extension module such as `libtorch_python.cpython-312-x86_64-linux-gnu.so`.
    if stem.contains(".cpython-") || stem.rsplit_once('.').is_some_and(|(_, tag)| tag == "abi3") {
        return None;
    }
    let name = without_digests(stem);
    let version = version.trim_start_matches('.');
    // Files are compared as they were named before a tool added a digest.
    let file = format!("{name}.so");
    let known = LICENCES.iter().filter(|(start, _)| file.starts_with(start));
    let expression = known.max_by_key(|(start, _)| start.len()).map(|(_, spdx)| *spdx);
    let expression = if name == "libcrypto" || name == "libssl" {
        // Since 3.0; before, OpenSSL had a licence of its own.
        Some(if version.starts_with("1.") { "OpenSSL" } else { "Apache-2.0" })
    } else {
        expression
    };
    let version = (!version.is_empty()).then(|| version.to_owned());
    Some(Library { name: name.to_owned(), version, expression })
}

/// `libssl` for `libssl-6b7d4cd0`: tools that vendor libraries add a part of their digest.
fn without_digests(stem: &str) -> &str {
    let mut name = stem;
    while let Some((front, last)) = name.rsplit_once('-') {
        let is_digest = last.len() >= 8 && last.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_digest {
            break;
        }
        name = front;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_known_by_their_files() {
        let of = |path| {
            let Library { name, version, expression } = library(path)?;
            Some(format!("{name} {} {}", version.unwrap_or_default(), expression.unwrap_or("?")))
        };
        let path = "lib/python3.12/site-packages/x.libs/libgfortran-040039e1-0352e75f.so.5.0.0";
        let expected = "libgfortran 5.0.0 GPL-3.0-or-later WITH GCC-exception-3.1";
        assert_eq!(of(path).unwrap(), expected);
        assert_eq!(of("lib/libssl.so.1.1").unwrap(), "libssl 1.1 OpenSSL");
        assert_eq!(of("lib/libcrypto.so.3").unwrap(), "libcrypto 3 Apache-2.0");
        assert_eq!(of("lib/libz.so.1").unwrap(), "libz 1 Zlib");
        assert_eq!(of("lib/libzstd.so.1").unwrap(), "libzstd 1 BSD-3-Clause OR GPL-2.0-only");
        assert_eq!(of("a.libs/odd-12345678.so").unwrap(), "odd  ?");
        for other in [
            "lib/python3.12/lib-dynload/_ssl.cpython-312-x86_64-linux-gnu.so",
            "a/libx.abi3.so",
            "a/libx.sources",
            "a/_speedups.so",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn licences_are_of_spdx_s_list_and_sorted() {
        for (name, spdx) in LICENCES {
            spdx::Expression::parse(spdx).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}
