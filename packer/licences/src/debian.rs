//! The packages of a Debian system: which one a file belongs to, and its copyright file.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::host::HostPackage;

/// The directory with a list of files for each package.
const INFO: &str = "var/lib/dpkg/info";
/// The facts about all packages.
const STATUS: &str = "var/lib/dpkg/status";

/// Short names of licences in copyright files that are not SPDX's, in lower case.
/// (<https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/#license-short-name>)
const SHORT_NAMES: [(&str, &str); 22] = [
    ("agpl-3", "AGPL-3.0-only"),
    ("agpl-3+", "AGPL-3.0-or-later"),
    ("artistic", "Artistic-1.0-Perl"),
    ("bsd-2-clause", "BSD-2-Clause"),
    ("bsd-3-clause", "BSD-3-Clause"),
    ("expat", "MIT"),
    ("gpl-1+", "GPL-1.0-or-later"),
    ("gpl-2", "GPL-2.0-only"),
    ("gpl-2+", "GPL-2.0-or-later"),
    ("gpl-3", "GPL-3.0-only"),
    ("gpl-3+", "GPL-3.0-or-later"),
    ("lgpl-2", "LGPL-2.0-only"),
    ("lgpl-2+", "LGPL-2.0-or-later"),
    ("lgpl-2.1", "LGPL-2.1-only"),
    ("lgpl-2.1+", "LGPL-2.1-or-later"),
    ("lgpl-3", "LGPL-3.0-only"),
    ("lgpl-3+", "LGPL-3.0-or-later"),
    ("mit/x11", "MIT"),
    ("mpl-1.1", "MPL-1.1"),
    ("python", "PSF-2.0"),
    ("public-domain", "LicenseRef-public-domain"),
    ("zlib", "Zlib"),
];

/// The packages of a system, if it has a list of them.
#[derive(Debug)]
pub struct Packages {
    root: PathBuf,
    /// `ID` and `VERSION_ID` of the system.
    distribution: Option<(String, String)>,
    /// Versions and sources by name and architecture.
    status: HashMap<(String, String), (String, Option<String>)>,
}

impl Packages {
    /// Those of the system in `root`; `None` if it has no list of packages.
    ///
    /// # Errors
    ///
    /// The list cannot be read.
    pub fn of(root: &Path) -> io::Result<Option<Self>> {
        match fs::read_to_string(root.join(STATUS)) {
            Ok(text) => Ok(Some(Self {
                root: root.to_owned(),
                distribution: distribution(root),
                status: parsed(&text),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The packages that the files `wanted` belong to, with the files: absolute paths of this machine,
    /// below the root, links resolved. Each comes with the label and path that the archive has it at.
    ///
    /// # Errors
    ///
    /// A list cannot be read.
    pub fn owners(
        &self,
        wanted: &[(PathBuf, (String, String))],
    ) -> io::Result<Vec<(HostPackage, Option<Vec<u8>>)>> {
        let mut places: HashMap<Vec<u8>, Vec<&(String, String)>> = HashMap::new();
        for (path, taken) in wanted {
            let Ok(inner) = path.strip_prefix(&self.root) else { continue };
            let inner = format!("/{}", inner.to_string_lossy());
            // Packages name files as they did before `/lib` became a link to `/usr/lib`.
            let before = inner.strip_prefix("/usr").map(str::to_owned);
            for name in [Some(inner), before].into_iter().flatten() {
                places.entry(name.into_bytes()).or_default().push(taken);
            }
        }
        let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        if places.is_empty() {
            return Ok(Vec::new());
        }
        for entry in fs::read_dir(self.root.join(INFO))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(package) = name.strip_suffix(".list") else { continue };
            let list = fs::read(entry.path())?;
            let owned = list.split(|byte| *byte == b'\n').filter_map(|line| places.get(line));
            let owned: Vec<(String, String)> = owned.flatten().copied().cloned().collect();
            if !owned.is_empty() {
                found.entry(package.to_owned()).or_default().extend(owned);
            }
        }
        found.into_iter().map(|(package, files)| self.package(&package, files)).collect()
    }

    /// The package in a list's name: `libssl3:amd64`, `tzdata`.
    fn package(
        &self,
        listed: &str,
        mut files: Vec<(String, String)>,
    ) -> io::Result<(HostPackage, Option<Vec<u8>>)> {
        files.sort();
        files.dedup();
        let (name, architecture) = listed.split_once(':').unwrap_or((listed, ""));
        let facts = self.status.iter().find(|((known, of), _)| {
            known == name && (architecture.is_empty() || of == architecture)
        });
        let text = self.root.join("usr/share/doc").join(name).join("copyright");
        let text = match fs::read(text) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let expression =
            text.as_ref().and_then(|text| main_licence(&String::from_utf8_lossy(text)));
        let package = HostPackage {
            name: name.to_owned(),
            version: facts.map_or_else(String::new, |(_, (version, _))| version.clone()),
            architecture: facts.map_or(architecture, |((_, of), _)| of).to_owned(),
            source: facts.and_then(|(_, (_, source))| source.clone()),
            distribution: self.distribution.clone(),
            expression,
            files,
            text: None,
        };
        Ok((package, text))
    }
}

/// The system in `root` by the file that distributions have for this. The standard's second place for it
/// comes second (os-release(5)).
fn distribution(root: &Path) -> Option<(String, String)> {
    let mut places = ["etc/os-release", "usr/lib/os-release"].into_iter();
    let text = places.find_map(|place| fs::read_to_string(root.join(place)).ok())?;
    let field = |key: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(value.trim_matches(['"', '\'']).to_owned())
    };
    Some((field("ID")?, field("VERSION_ID").unwrap_or_default()))
}

/// Versions and source packages by name and architecture.
fn parsed(status: &str) -> HashMap<(String, String), (String, Option<String>)> {
    let field = |paragraph: &str, name: &str| {
        let lines = paragraph.lines();
        let mut values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        values.next().map(|value| value.trim().to_owned())
    };
    status
        .split("\n\n")
        .filter_map(|paragraph| {
            let name = field(paragraph, "Package")?;
            let source = field(paragraph, "Source");
            let source = source.and_then(|text| Some(text.split(' ').next()?.to_owned()));
            let facts = (field(paragraph, "Version")?, source);
            Some(((name, field(paragraph, "Architecture")?), facts))
        })
        .collect()
}

/// The licence of `Files: *` in a machine-readable copyright file, as an SPDX expression.
fn main_licence(copyright: &str) -> Option<String> {
    if !copyright.lines().next()?.starts_with("Format:") {
        return None;
    }
    let of_all = copyright
        .split("\n\n")
        .find(|paragraph| paragraph.lines().any(|line| line.trim_end() == "Files: *"))?;
    let words = of_all.lines().find_map(|line| line.strip_prefix("License:"))?;
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut expression = Vec::new();
    for word in &words {
        let operator = word.trim_end_matches(',');
        if operator.eq_ignore_ascii_case("and") || operator.eq_ignore_ascii_case("or") {
            expression.push(operator.to_ascii_uppercase());
            continue;
        }
        let name = word.trim_end_matches(',').to_lowercase();
        let known = SHORT_NAMES.iter().find(|(short, _)| *short == name);
        let spdx = known.map(|(_, spdx)| (*spdx).to_owned());
        expression.push(spdx.or_else(|| crate::expression::normalized(word))?);
    }
    crate::expression::normalized(&expression.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_licence_of_most_files_counts() {
        let of = |licence: &str| {
            main_licence(&format!(
                "Format: https://x/1.0/\nSource: y\n\nFiles: *\nCopyright: A\nLicense: {licence}\n text\n\n\
                 Files: debian/*\nLicense: GPL-3+\n"
            ))
        };
        assert_eq!(of("Apache-2.0").unwrap(), "Apache-2.0");
        assert_eq!(of("Expat").unwrap(), "MIT");
        assert_eq!(of("GPL-2+ or LGPL-3+").unwrap(), "GPL-2.0-or-later OR LGPL-3.0-or-later");
        assert_eq!(of("public-domain").unwrap(), "LicenseRef-public-domain");
        assert_eq!(of("odd-one"), None);
        assert_eq!(main_licence("This package was debianized by A"), None);
    }

    #[test]
    fn files_belong_to_the_package_that_lists_them() {
        let dir = std::env::temp_dir().join(format!("snakecrate-licences-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = dir.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "var/lib/dpkg/status",
            "Package: zlib1g\nArchitecture: amd64\nSource: zlib\nVersion: 1:1.2\n\nPackage: x\n\
             Architecture: all\nVersion: 2\n",
        );
        write("var/lib/dpkg/info/zlib1g:amd64.list", "/.\n/lib\n/lib/libz.so.1.2\n");
        write("var/lib/dpkg/info/x.list", "/usr/share/x\n");
        write("usr/share/doc/zlib1g/copyright", "Format: x\n\nFiles: *\nLicense: Zlib\n");
        let packages = Packages::of(&dir).unwrap().unwrap();
        let taken = ("runtime-cpython-3".to_owned(), "lib/libz.so.1".to_owned());
        let wanted = [
            (dir.join("usr/lib/libz.so.1.2"), taken.clone()),
            (dir.join("usr/lib/other"), ("a".into(), "b".into())),
        ];
        let found = packages.owners(&wanted).unwrap();
        fs::remove_dir_all(&dir).unwrap();
        let [(package, text)] = &found[..] else { panic!("{found:?}") };
        assert_eq!((&*package.name, &*package.version), ("zlib1g", "1:1.2"));
        assert_eq!(package.source.as_deref(), Some("zlib"));
        assert_eq!(package.expression.as_deref(), Some("Zlib"));
        assert_eq!(package.files, [taken]);
        assert!(text.is_some());
    }
}
