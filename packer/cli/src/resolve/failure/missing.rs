//! A compiler, header or library of the system that a build looked for in vain.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

/// Something that a build needs from the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    kind: Kind,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Program,
    Header,
    Library,
}

/// How builds report that something is missing. The group is its name; a pattern without a group has
/// the name beside it.
static PATTERNS: LazyLock<Vec<(Regex, Kind, &str)>> = LazyLock::new(|| {
    use Kind::{Header, Library, Program};
    [
        // setuptools and distutils
        (r"error: command '(?:[^']*/)?([^'/]+)' failed: (?:No such file|\[Errno 2\])", Program, ""),
        (r"unable to execute '(?:[^']*/)?([^'/]+)': No such file", Program, ""),
        (r"FileNotFoundError: \[Errno 2\] No such file or directory: '([^'/.]+)'", Program, ""),
        // shells and make
        (r"(?m)sh: (?:(?:line )?\d+: )?([\w.+-]+): (?:command )?not found", Program, ""),
        (r"make(?:\[\d+\])?: ([\w.+-]+): No such file or directory", Program, ""),
        // meson, CMake
        (r"Unknown compiler\(s\): \[\['([\w.+-]+)'", Program, ""),
        (r"No CMAKE_C_COMPILER could be found", Program, "gcc"),
        (r"No CMAKE_CXX_COMPILER could be found", Program, "g++"),
        (r"No CMAKE_Fortran_COMPILER could be found", Program, "gfortran"),
        (r"CMake must be installed to build|Problem with the CMake installation", Program, "cmake"),
        (r"Did not find pkg-config|Could not run pkg-config|pkg-config command could not be found", Program, "pkg-config"),
        // Rust
        (r"linker `([\w.+-]+)` not found", Program, ""),
        (r"can't find Rust compiler|Cargo, the Rust package manager, is not installed", Program, "cargo"),
        (r"`cargo metadata` (?:exited|failed).*\n?.*No such file", Program, "cargo"),
        // compilers and linkers
        (r"fatal error: '?([\w./+-]+\.(?:h|hh|hpp|H))'?(?:: No such file|\s+file not found)", Header, ""),
        (r"cannot find -l([\w.+-]+)", Library, ""),
        // programs that report where a library is
        (r"((?:pg|mysql|mariadb|curl|xml2|xslt|krb5|gdal|geos|freetype|sdl|sdl2|net-snmp|llvm)[-_]config)\b[^\n]*(?:not found|is required|No such file|could not be)", Program, ""),
        (r"(?i)can ?not find valid pkg-config name", Library, "mysqlclient"),
        // pkg-config
        (r"Package '?([\w.+-]+)'?(?:, required by '[^']*',)? (?:was )?not found", Library, ""),
        (r"No package '([\w.+-]+)' found", Library, ""),
        (r#"Dependency "?([\w.+-]+)"? (?:is required but )?not found"#, Library, ""),
        (r"The system library `([\w.+-]+)` required by crate", Library, ""),
        (r"Could not find directory of OpenSSL installation", Library, "openssl"),
        (r"Could NOT find (\w+) \(missing:", Library, ""),
    ]
    .map(|(pattern, kind, name)| (Regex::new(pattern).expect("a valid pattern"), kind, name))
    .into()
});

/// Debian's packages, by beginnings of headers.
const HEADERS: [(&str, &str); 68] = [
    ("Python.h", "python3-dev"),
    ("X11/", "libx11-dev"),
    ("GL/", "libgl-dev"),
    ("alsa/", "libasound2-dev"),
    ("boost/", "libboost-dev"),
    ("brotli/", "libbrotli-dev"),
    ("bzlib.h", "libbz2-dev"),
    ("cairo", "libcairo2-dev"),
    ("cblas.h", "libopenblas-dev"),
    ("cups/", "libcups2-dev"),
    ("curl/", "libcurl4-openssl-dev"),
    ("dbus/", "libdbus-1-dev"),
    ("ev.h", "libev-dev"),
    ("event2/", "libevent-dev"),
    ("event.h", "libevent-dev"),
    ("ffi.h", "libffi-dev"),
    ("ffi/", "libffi-dev"),
    ("freetype", "libfreetype-dev"),
    ("ft2build.h", "libfreetype-dev"),
    ("fuse.h", "libfuse-dev"),
    ("gdal", "libgdal-dev"),
    ("geos_c.h", "libgeos-dev"),
    ("glib.h", "libglib2.0-dev"),
    ("gmp.h", "libgmp-dev"),
    ("graphviz/", "libgraphviz-dev"),
    ("gssapi", "libkrb5-dev"),
    ("hdf5.h", "libhdf5-dev"),
    ("jpeglib.h", "libjpeg-dev"),
    ("krb5", "libkrb5-dev"),
    ("lapacke.h", "liblapack-dev"),
    ("lber.h", "libldap-dev"),
    ("lcms2.h", "liblcms2-dev"),
    ("ldap.h", "libldap-dev"),
    ("leveldb/", "libleveldb-dev"),
    ("libmemcached/", "libmemcached-dev"),
    ("libpq", "libpq-dev"),
    ("librdkafka/", "librdkafka-dev"),
    ("libusb", "libusb-1.0-0-dev"),
    ("libxml/", "libxml2-dev"),
    ("libxslt/", "libxslt1-dev"),
    ("lz4", "liblz4-dev"),
    ("lzma.h", "liblzma-dev"),
    ("magic.h", "libmagic-dev"),
    ("mpc.h", "libmpc-dev"),
    ("mpfr.h", "libmpfr-dev"),
    ("mysql", "default-libmysqlclient-dev"),
    ("ncurses", "libncurses-dev"),
    ("openjpeg", "libopenjp2-7-dev"),
    ("openssl/", "libssl-dev"),
    ("pcap", "libpcap-dev"),
    ("png.h", "libpng-dev"),
    ("portaudio.h", "portaudio19-dev"),
    ("proj.h", "libproj-dev"),
    ("readline/", "libreadline-dev"),
    ("sasl", "libsasl2-dev"),
    ("seccomp.h", "libseccomp-dev"),
    ("snappy", "libsnappy-dev"),
    ("sodium.h", "libsodium-dev"),
    ("sql", "unixodbc-dev"),
    ("sybdb.h", "freetds-dev"),
    ("systemd/", "libsystemd-dev"),
    ("tiff", "libtiff-dev"),
    ("uuid/", "uuid-dev"),
    ("webp/", "libwebp-dev"),
    ("xmlsec/", "libxmlsec1-dev"),
    ("yaml.h", "libyaml-dev"),
    ("zlib.h", "zlib1g-dev"),
    ("zmq.h", "libzmq3-dev"),
];

/// Debian's packages, by names of programs.
const PROGRAMS: [(&str, &str); 23] = [
    ("cc", "gcc"),
    ("gcc", "gcc"),
    ("c++", "g++"),
    ("g++", "g++"),
    ("clang", "clang"),
    ("clang++", "clang"),
    ("gfortran", "gfortran"),
    ("make", "make"),
    ("cmake", "cmake"),
    ("ninja", "ninja-build"),
    ("pkg-config", "pkg-config"),
    ("swig", "swig"),
    ("git", "git"),
    ("autoconf", "autoconf"),
    ("autoreconf", "autoconf"),
    ("automake", "automake"),
    ("libtoolize", "libtool"),
    ("nasm", "nasm"),
    ("flex", "flex"),
    ("bison", "bison"),
    ("patchelf", "patchelf"),
    ("pg_config", "libpq-dev"),
    ("mysql_config", "default-libmysqlclient-dev"),
];

/// Debian's packages, by names that pkg-config, linkers and `CMake` have for libraries, in lower case.
const LIBRARIES: [(&str, &str); 34] = [
    ("asound", "libasound2-dev"),
    ("bz2", "libbz2-dev"),
    ("cairo", "libcairo2-dev"),
    ("crypto", "libssl-dev"),
    ("curl", "libcurl4-openssl-dev"),
    ("dbus-1", "libdbus-1-dev"),
    ("ffi", "libffi-dev"),
    ("freetype", "libfreetype-dev"),
    ("gdal", "libgdal-dev"),
    ("geos", "libgeos-dev"),
    ("girepository-1.0", "libgirepository1.0-dev"),
    ("glib-2.0", "libglib2.0-dev"),
    ("gmp", "libgmp-dev"),
    ("gobject-introspection-1.0", "libgirepository1.0-dev"),
    ("hdf5", "libhdf5-dev"),
    ("jpeg", "libjpeg-dev"),
    ("krb5", "libkrb5-dev"),
    ("lapack", "liblapack-dev"),
    ("ldap", "libldap-dev"),
    ("lzma", "liblzma-dev"),
    ("mariadb", "default-libmysqlclient-dev"),
    ("mysqlclient", "default-libmysqlclient-dev"),
    ("openblas", "libopenblas-dev"),
    ("openssl", "libssl-dev"),
    ("png", "libpng-dev"),
    ("pq", "libpq-dev"),
    ("ssl", "libssl-dev"),
    ("systemd", "libsystemd-dev"),
    ("xml-2.0", "libxml2-dev"),
    ("xml2", "libxml2-dev"),
    ("xmlsec1", "libxmlsec1-dev"),
    ("xslt", "libxslt1-dev"),
    ("z", "zlib1g-dev"),
    ("zlib", "zlib1g-dev"),
];

impl Missing {
    /// The last thing that `output` reports as missing: earlier ones may be checks that a build
    /// makes and goes on without.
    pub(super) fn find(output: &str) -> Option<Self> {
        let last = PATTERNS.iter().filter_map(|(pattern, kind, name)| {
            let found = pattern.captures_iter(output).last()?;
            let name = found.get(1).map_or(*name, |name| name.as_str()).to_owned();
            Some((found.get(0)?.end(), Self { kind: *kind, name }))
        });
        last.max_by_key(|(end, _)| *end).map(|(_, missing)| missing)
    }

    /// The package that has it on Debian and its derivatives, if that is known.
    fn debian(&self) -> Option<&'static str> {
        let name = self.name.as_str();
        let exact = |table: &[(&str, &'static str)], name: &str| {
            table.iter().find(|(known, _)| *known == name).map(|(_, package)| *package)
        };
        match self.kind {
            Kind::Program => {
                // Such as `x86_64-linux-gnu-gcc`.
                let last = name.rsplit('-').next().unwrap_or(name);
                exact(&PROGRAMS, name).or_else(|| exact(&PROGRAMS, last))
            }
            Kind::Header => {
                let file = name.rsplit('/').next().unwrap_or(name);
                let known = |name: &str| {
                    let found = HEADERS.iter().find(|(start, _)| name.starts_with(start));
                    found.map(|(_, package)| *package)
                };
                known(name).or_else(|| known(file))
            }
            Kind::Library => {
                let name = name.to_ascii_lowercase();
                let short = name.strip_prefix("lib").unwrap_or(&name);
                exact(&LIBRARIES, &name).or_else(|| exact(&LIBRARIES, short))
            }
        }
    }

    /// What the user can do about it.
    pub(super) fn remedy(&self) -> String {
        let install = match (self.debian(), self.name.as_str()) {
            (_, "cargo" | "rustc") => "install Rust (https://rustup.rs)".to_owned(),
            (Some(package), _) => format!("install it (on Debian: apt install {package})"),
            (None, _) => "install the system package that has it".to_owned(),
        };
        format!("{install}, or choose a version that has a wheel")
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Program => "program",
            Kind::Header => "C header",
            Kind::Library => "library",
        };
        write!(f, "the {kind} `{}` is missing on this machine", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_things_are_recognised_and_named() {
        for (output, what, package) in [
            ("error: command 'gcc' failed: No such file or directory", "program `gcc`", "gcc"),
            (
                "error: command '/usr/bin/x86_64-linux-gnu-gcc' failed: No such file or directory: 'x'",
                "`x86_64-linux-gnu-gcc`",
                "gcc",
            ),
            ("unable to execute 'c++': No such file or directory\n", "`c++`", "g++"),
            ("error: linker `cc` not found\n  |\n  = note: No such file", "`cc`", "gcc"),
            ("error: can't find Rust compiler\n", "`cargo`", "rustup.rs"),
            (
                "FileNotFoundError: [Errno 2] No such file or directory: 'cargo'",
                "`cargo`",
                "rustup.rs",
            ),
            (
                "Cargo, the Rust package manager, is not installed or is not on PATH.",
                "`cargo`",
                "rustup.rs",
            ),
            (
                "_cffi.c:15:10: fatal error: ffi.h: No such file or directory",
                "C header `ffi.h`",
                "libffi-dev",
            ),
            (
                "x.c:1:10: fatal error: 'libxml/xmlversion.h' file not found",
                "`libxml/xmlversion.h`",
                "libxml2-dev",
            ),
            (
                "a.c:1:2: fatal error: Python.h: No such file or directory\ncompilation terminated.",
                "`Python.h`",
                "python3-dev",
            ),
            (
                "./psycopg.h:31:10: fatal error: libpq-fe.h: No such file",
                "`libpq-fe.h`",
                "libpq-dev",
            ),
            (
                "Error: pg_config executable not found.\n\npg_config is required to build",
                "`pg_config`",
                "libpq-dev",
            ),
            ("/bin/sh: 1: mysql_config: not found", "`mysql_config`", "default-libmysqlclient-dev"),
            (
                "Exception: Can not find valid pkg-config name.",
                "library `mysqlclient`",
                "default-libmysqlclient-dev",
            ),
            (
                "Package xmlsec1 was not found in the pkg-config search path.",
                "`xmlsec1`",
                "libxmlsec1-dev",
            ),
            (
                "Package 'libsystemd', required by 'virtual:world', not found",
                "`libsystemd`",
                "libsystemd-dev",
            ),
            (
                "../meson.build:5:0: ERROR: Dependency \"cairo\" not found, tried pkgconfig",
                "`cairo`",
                "libcairo2-dev",
            ),
            (
                "../meson.build:1:0: ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang']]",
                "`cc`",
                "gcc",
            ),
            ("CMake Error: No CMAKE_CXX_COMPILER could be found.", "`g++`", "g++"),
            ("/usr/bin/ld: cannot find -lcrypto: No such file", "`crypto`", "libssl-dev"),
            (
                "The system library `openssl` required by crate `openssl-sys` was not found.",
                "`openssl`",
                "libssl-dev",
            ),
            (
                "a: fatal error: sys/capability.h: No such file",
                "`sys/capability.h`",
                "the system package",
            ),
        ] {
            let missing = Missing::find(output).unwrap_or_else(|| panic!("{output}"));
            assert!(missing.to_string().contains(what), "{missing}: {output}");
            assert!(missing.remedy().contains(package), "{}: {output}", missing.remedy());
        }
        let probes =
            "x.c: fatal error: altivec.h: No such file\nz.c: fatal error: ffi.h: No such file\n";
        assert!(
            Missing::find(probes).unwrap().to_string().contains("ffi.h"),
            "the last one counts"
        );
    }

    #[test]
    fn other_failures_are_not_missing_things() {
        for output in [
            "error: command '/usr/bin/gcc' failed with exit code 1",
            "ModuleNotFoundError: No module named 'numpy'",
            "FileNotFoundError: [Errno 2] No such file or directory: 'README.md'",
            "ValueError: no",
        ] {
            assert_eq!(Missing::find(output), None, "{output}");
        }
    }
}
