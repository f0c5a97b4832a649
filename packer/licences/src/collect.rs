//! Collects the subjects of an archive from its files.

use std::collections::BTreeMap;
use std::sync::Mutex;

use snakecrate_format::manifest::{Component, Kind};

use crate::declared::Declared;
use crate::host::HostPackage;
use crate::libraries::library;
use crate::shipped;
use crate::subject::{Known, Subject, SubjectKind, Text};

/// The licences of the C library component: glibc, and the empty libraries beside it.
const GLIBC: &str = "LGPL-2.1-or-later";
/// The licence of the interpreter.
const CPYTHON: &str = "Python-2.0.1";

/// Beginnings of the names of files that are licence texts or notices, in upper case.
const NAMES: [&str; 7] =
    ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE", "THIRD_PARTY"];
/// Names of such files that end in one of these are something else.
const OTHERS: [&str; 9] = ["py", "pyc", "pyi", "so", "js", "css", "json", "html", "h"];

/// Whether [`Collector::add`] takes the file at `path`.
pub fn is_wanted(path: &str) -> bool {
    is_metadata(path) || is_text(path)
}

fn is_metadata(path: &str) -> bool {
    path.ends_with(".dist-info/METADATA")
}

fn is_text(path: &str) -> bool {
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    if directory.contains(".dist-info/licenses") || directory.ends_with(".dist-info/license_files")
    {
        return true;
    }
    let upper = file.to_uppercase();
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_named = NAMES.iter().any(|name| {
        upper.starts_with(name)
            || upper.split_once(['.', '-', '_']).is_some_and(|(_, rest)| rest == *name)
    });
    is_named && !OTHERS.contains(&extension)
}

/// Takes the files of components, in any order and from several threads.
#[derive(Debug)]
pub struct Collector<'a> {
    components: &'a [Component],
    metadata: Mutex<BTreeMap<usize, Declared>>,
    texts: Mutex<Vec<(usize, Text)>>,
    /// Files of components that are libraries: the component's place, and paths.
    libraries: Vec<(usize, String)>,
}

/// All subjects of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    /// Sorted by kind and name.
    pub subjects: Vec<Subject>,
}

impl<'a> Collector<'a> {
    /// A collector for `components`, whose files have these paths.
    pub fn new<'p>(
        components: &'a [Component],
        paths: impl Iterator<Item = (usize, &'p str)>,
    ) -> Self {
        let libraries = paths.filter(|(_, path)| library(path).is_some());
        Self {
            components,
            metadata: Mutex::default(),
            texts: Mutex::default(),
            libraries: libraries.map(|(at, path)| (at, path.to_owned())).collect(),
        }
    }

    /// Takes a file of the component at `index` that [`is_wanted`]. `parse` reads `METADATA`.
    pub fn add(&self, index: usize, path: &str, bytes: &[u8], parse: fn(&str) -> Declared) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        if is_metadata(path) {
            if let Ok(mut metadata) = self.metadata.lock() {
                metadata.insert(index, parse(&text));
            }
        } else if let Ok(mut texts) = self.texts.lock() {
            texts.push((index, Text { name: path.to_owned(), text }));
        }
    }

    /// The subjects. `packages` are those of the host, and the texts of their copyright files.
    pub fn finish(self, packages: &[(HostPackage, Option<String>)]) -> Collected {
        let mut texts = self.texts.into_inner().unwrap_or_default();
        texts.sort();
        let metadata = self.metadata.into_inner().unwrap_or_default();
        let mut subjects = Vec::new();
        for (index, component) in self.components.iter().enumerate() {
            let texts: Vec<Text> =
                texts.iter().filter(|(of, _)| *of == index).map(|(_, text)| text.clone()).collect();
            subjects.extend(subject(component, metadata.get(&index), &texts));
        }
        for (index, path) in &self.libraries {
            let component = &self.components[*index];
            if is_of_component(component, path) {
                continue;
            }
            subjects.extend(library_subject(component, path, packages));
        }
        add_package_texts(&mut subjects, packages);
        subjects.extend(shipped::launcher());
        for subject in subjects.iter_mut().filter(|one| one.texts.is_empty()) {
            if let Some(expression) = &subject.expression {
                subject.texts = shipped::standard_texts(expression);
            }
        }
        subjects.sort_by(|a, b| {
            (a.kind, &a.name, &a.version, &a.component).cmp(&(
                b.kind,
                &b.name,
                &b.version,
                &b.component,
            ))
        });
        subjects.dedup();
        Collected { subjects }
    }
}

/// The subject that a component is; none for parts of the runtime, which are the runtime's.
fn subject(component: &Component, declared: Option<&Declared>, texts: &[Text]) -> Option<Subject> {
    let new = |kind| {
        let subject = Subject::new(kind, &component.name, Some(&component.version));
        Subject { component: Some(component.label()), texts: texts.to_vec(), ..subject }
    };
    let of_distribution = |kind| {
        let subject = new(kind);
        let Some(declared) = declared else { return subject };
        let (expression, known) = declared.expression(&subject.texts);
        let words = if expression.is_none() { declared.words() } else { Vec::new() };
        Subject { declared: words, ..subject.with(expression, known) }
    };
    Some(match component.kind {
        Kind::App => of_distribution(SubjectKind::Application),
        Kind::Wheel => of_distribution(SubjectKind::Wheel),
        Kind::Runtime => {
            let mut subject = new(SubjectKind::Runtime).with(Some(CPYTHON.into()), Known::Name);
            if component.name == "cpython" {
                if subject.texts.is_empty() {
                    subject.texts = shipped::standard_texts(CPYTHON);
                }
                subject.texts.push(shipped::incorporated());
            }
            subject
        }
        Kind::CLibrary => new(SubjectKind::CLibrary).with(Some(GLIBC.into()), Known::Name),
        Kind::Part => return None,
    })
}

/// Whether the library at `path` is what its component is licensed as: the interpreter's own library,
/// those of the C library.
fn is_of_component(component: &Component, path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    match component.kind {
        Kind::Runtime | Kind::Part => {
            file.starts_with("libpython") || path.starts_with("lib/python")
        }
        Kind::CLibrary => {
            !file.starts_with("libgcc_s")
                && !file.starts_with("libstdc++")
                && library(path).is_none_or(|known| known.expression.is_none())
        }
        Kind::App | Kind::Wheel => false,
    }
}

/// A library inside of a component.
fn library_subject(
    component: &Component,
    path: &str,
    packages: &[(HostPackage, Option<String>)],
) -> Option<Subject> {
    let found = library(path)?;
    let label = component.label();
    let mut subject = Subject::new(SubjectKind::Library, &found.name, found.version.as_deref());
    let owner = packages
        .iter()
        .find(|(package, _)| package.files.iter().any(|(of, taken)| *of == label && taken == path));
    if let Some((package, text)) = owner {
        subject.package = Some(format!("{} {}", package.name, package.version));
        subject.texts = text
            .iter()
            .map(|text| Text {
                name: format!("the copyright file of {} {}", package.name, package.version),
                text: text.clone(),
            })
            .collect();
    }
    subject.component = Some(label);
    let by_name = found.expression.map(str::to_owned);
    let by_package = owner.and_then(|(package, _)| package.expression.clone());
    // A package's file is about all of its source; the table is about the library.
    Some(match (by_name, by_package) {
        (Some(name), _) => subject.with(Some(name), Known::Name),
        (None, package) => subject.with(package, Known::Package),
    })
}

/// Adds the copyright files of packages to the components that other files than libraries were taken
/// for: the interpreter, the C library.
fn add_package_texts(subjects: &mut [Subject], packages: &[(HostPackage, Option<String>)]) {
    let wholes = subjects
        .iter_mut()
        .filter(|one| matches!(one.kind, SubjectKind::Runtime | SubjectKind::CLibrary));
    for subject in wholes {
        for (package, text) in packages {
            let is_of = |(label, path): &(String, String)| {
                Some(label) == subject.component.as_ref()
                    && library(path).is_none_or(|known| known.expression.is_none())
            };
            if let Some(text) = text.as_ref().filter(|_| package.files.iter().any(is_of)) {
                let title = format!("{} {}", package.name, package.version);
                subject.texts.push(Text {
                    name: format!("the copyright file of {title}"),
                    text: text.clone(),
                });
                subject.package.get_or_insert(title);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakecrate_format::digest::Digest;
    use snakecrate_format::manifest::Member;

    fn component(kind: Kind, name: &str, version: &str) -> Component {
        let member = Member { offset: 0, length: 0, unpacked: 0, blake3: Digest::of(b"") };
        Component {
            kind,
            name: name.into(),
            version: version.into(),
            digest: Digest::of(name.as_bytes()),
            files: 1,
            bytes: 1,
            source: None,
            whole: Vec::new(),
            download: None,
            tree: member,
            blobs: Vec::new(),
        }
    }

    #[test]
    fn licence_files_are_known_by_their_names() {
        for path in [
            "lib/python3.12/LICENSE.txt",
            "a-1.dist-info/licenses/vendor/x.md",
            "a-1.dist-info/AUTHORS/COPYING.LESSER",
            "a/_vendor/zlib.LICENSE",
            "a/licence-mit",
            "a-1.dist-info/METADATA",
        ] {
            assert!(is_wanted(path), "{path}");
        }
        for path in ["a/license.py", "a/licensing/b.txt", "a/__pycache__/license.cpython-312.pyc"] {
            assert!(!is_wanted(path), "{path}");
        }
    }

    #[test]
    fn each_part_of_an_archive_has_its_licence() {
        let site = "lib/python3.12/site-packages";
        let components = [
            component(Kind::Runtime, "cpython", "3.12.1"),
            component(Kind::App, "demo", "1.0"),
            component(Kind::Wheel, "fast", "2.0"),
            component(Kind::CLibrary, "glibc", "2.36"),
        ];
        let vendored = format!("{site}/fast.libs/libgomp-12345678.so.1.0.0");
        let paths = [
            (0, "lib/libssl.so.3"),
            (0, "lib/libpython3.12.so.1.0"),
            (2, &*vendored),
            (3, "lib/libc.so.6"),
            (3, "lib/libgcc_s.so.1"),
        ];
        let collector = Collector::new(&components, paths.into_iter());
        let parse = |text: &str| Declared {
            expression: text.strip_prefix("License-Expression: ").map(str::to_owned),
            ..Declared::default()
        };
        collector.add(1, "demo-1.0.dist-info/METADATA", b"", parse);
        let metadata = format!("{site}/fast-2.0.dist-info/METADATA");
        collector.add(2, &metadata, b"License-Expression: MIT", parse);
        let license = format!("{site}/fast-2.0.dist-info/licenses/LICENSE");
        collector.add(2, &license, b"the text", parse);
        let taken = |label: &str, path: &str| (label.to_owned(), path.to_owned());
        let ssl = HostPackage {
            name: "libssl3".into(),
            version: "3.0.17".into(),
            architecture: "amd64".into(),
            source: None,
            distribution: None,
            expression: Some("Apache-2.0".into()),
            files: vec![taken("runtime-cpython-3.12.1", "lib/libssl.so.3")],
            text: None,
        };
        let libc = HostPackage {
            name: "libc6".into(),
            expression: None,
            files: vec![taken("libc-glibc-2.36", "lib/libc.so.6")],
            ..ssl.clone()
        };
        let packages = [(ssl, Some("of ssl".to_owned())), (libc, Some("of libc".to_owned()))];
        let all = collector.finish(&packages).subjects;
        let shown: Vec<String> = all
            .iter()
            .filter(|one| one.kind != SubjectKind::Launcher)
            .map(|one| {
                let texts: Vec<&str> = one.texts.iter().map(|text| &*text.name).collect();
                let package = one.package.as_deref().unwrap_or("-");
                format!("{} | {} | {package} | {}", one.title(), one.licence(), texts.join(", "))
            })
            .collect();
        let expected = [
            "demo 1.0 | unknown | - | ".to_owned(),
            format!("fast 2.0 | MIT | - | {license}"),
            "cpython 3.12.1 | Python-2.0.1 | - | the standard text of Python-2.0.1, code of others in CPython".into(),
            "glibc 2.36 | LGPL-2.1-or-later | libc6 3.0.17 | the copyright file of libc6 3.0.17".into(),
            "libgcc_s 1 | GPL-3.0-or-later WITH GCC-exception-3.1 | - | the standard text of GPL-3.0-or-later, the standard text of GCC-exception-3.1".into(),
            "libgomp 1.0.0 | GPL-3.0-or-later WITH GCC-exception-3.1 | - | the standard text of GPL-3.0-or-later, the standard text of GCC-exception-3.1".into(),
            "libssl 3 | Apache-2.0 | libssl3 3.0.17 | the copyright file of libssl3 3.0.17".into(),
        ];
        pretty_assertions::assert_eq!(shown, expected);
    }
}
