//! The documents of a package: copyright, changelog, and what lintian is to know.

use std::fs::File;
use std::io::Read as _;
use std::sync::LazyLock;

use regex::Regex;

use super::copyright::Copyright;
use super::file::{Content, Contents, zipped};
use super::{Format, Package, Person, version};

/// What lintian takes for the notice of a copyright: the tag `copyright-without-copyright-notice`.
static NOTICE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(copyright|copr\.|©).*\b\d{4}\b|public\s+domain").expect("a valid pattern")
});

/// Adds the documents to the other files of `package`.
pub(super) fn add(package: &Package, format: Format, all: &mut Contents) {
    let name = &package.name;
    let copyright = copyright(package);
    let has_notice = NOTICE.is_match(&copyright);
    let path = format!("usr/share/doc/{name}/copyright");
    all.insert(path, Content::Bytes(copyright.into()));
    match format {
        Format::Deb => {
            let path = format!("usr/share/doc/{name}/changelog.Debian.gz");
            all.insert(path, Content::Bytes(zipped(changelog(package).as_bytes())));
            let overrides = overrides(package, has_notice, all);
            let path = format!("usr/share/lintian/overrides/{name}");
            all.insert(path, Content::Bytes(overrides.into()));
        }
        Format::Rpm => {
            for (number, text) in package.files.licences.iter().enumerate() {
                let number = if number == 0 { String::new() } else { format!(".{}", number + 1) };
                let path = format!("usr/share/licenses/{name}/LICENSE{number}");
                all.insert(path, Content::Bytes(text.clone().into()));
            }
        }
        // It has a hint in place of documents.
        Format::Tar => {}
    }
}

fn copyright(package: &Package) -> String {
    let maintainer = package.maintainer.as_ref().map(Person::to_string);
    let authors = package.files.metadata.author.clone().or(maintainer);
    let copyright = Copyright {
        name: &package.name,
        homepage: package.homepage.as_deref(),
        holder: &super::text::line(&authors.unwrap_or_else(|| "its authors".into())),
        licence: package.licence.as_deref(),
        texts: &package.files.licences,
        parts: &package.parts,
    };
    copyright.to_string()
}

/// The text of the only change.
pub(super) fn change(package: &Package) -> String {
    format!("{} {}, packed by snakecrate.", package.name, package.version)
}

fn changelog(package: &Package) -> String {
    let Package { name, version, release, date, .. } = package;
    format!(
        "{name} ({}) unstable; urgency=medium\n\n  * {}\n\n -- {}  {}\n",
        version::debian(version, *release),
        change(package),
        package.maintainer.as_ref().map(Person::to_string).unwrap_or_default(),
        date.rfc2822(),
    )
}

/// Whether the launcher may be loaded at any address, as lintian sees it: ELF's type 3. Otherwise it
/// is an ordinary executable.
fn is_position_independent(package: &Package) -> bool {
    let mut start = [0; 18];
    let read = File::open(&package.archive).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start[16] == 3
}

/// What lintian may not report about a package that is as it has to be.
fn overrides(package: &Package, has_notice: bool, all: &Contents) -> String {
    let name = &package.name;
    let file = package.program();
    let static_tag = if is_position_independent(package) {
        "shared-library-lacks-prerequisites"
    } else {
        "statically-linked-binary"
    };
    let mut reasons = if package.unpacked.is_some() {
        unpacked_reasons(package)
    } else {
        vec![
            (
                "The launcher at the front of the file is linked statically: it starts on every system.",
                vec![format!("{static_tag} [{file}]")],
            ),
            (
                "The launcher names its compilers, in some dozen bytes.",
                vec![format!("binary-has-unneeded-section .comment [{file}]")],
            ),
            (
                "The rest of the file is compressed: words in it are chance.",
                vec![format!("spelling-error-in-binary * [{file}]")],
            ),
        ]
    };
    let services = package.units.iter().filter(|unit| unit.timer.is_none());
    let services: Vec<_> = services
        .map(|unit| format!("usr/lib/systemd/system/{}.service", unit.name))
        .map(|path| format!("package-supports-alternative-init-but-no-init.d-script [{path}]"))
        .collect();
    if !services.is_empty() {
        reasons.push(("The project describes its services for systemd only.", services));
    }
    if package.release == 1 {
        let reason = "The package isn't a part of Debian: no bug asks for it.";
        let tag =
            format!("initial-upload-closes-no-bugs [usr/share/doc/{name}/changelog.Debian.gz:1]");
        reasons.push((reason, vec![tag]));
    }
    if !has_notice {
        let reason = "The project's metadata has no notice of its copyright with a year.";
        reasons.push((reason, vec!["copyright-without-copyright-notice".into()]));
    }
    let has_page = |command: &&String| {
        let page = format!("/{command}.");
        all.keys().any(|path| path.starts_with("usr/share/man/") && path.contains(&page))
    };
    let without: Vec<_> = package
        .commands
        .iter()
        .filter(|command| !has_page(command))
        .map(|command| format!("no-manual-page [usr/bin/{command}]"))
        .collect();
    if !without.is_empty() {
        reasons.push(("The project has no manual page for these.", without));
    }
    let mut text = String::new();
    for (reason, tags) in reasons {
        text.extend(["# ", reason, "\n"]);
        text.extend(tags.iter().map(|tag| format!("{name}: {tag}\n")));
    }
    text
}

/// Tags about files of an environment in `/opt`, by reason. A package has some of them.
const UNPACKED: [(&str, &[&str]); 5] = [
    (
        "The package isn't a part of Debian, and /opt is the place for others.",
        &["dir-or-file-in-opt"],
    ),
    (
        "The application, its distributions and Python are as they are installed everywhere.",
        &[
            "embedded-library",
            "executable-not-elf-or-script",
            "exit-in-shared-library",
            "extra-license-file",
            "interpreter-in-usr-local",
            "national-encoding",
            "package-contains-documentation-outside-usr-share-doc",
            "python3-script-but-no-python3-dep",
            "repeated-path-segment",
            "script-not-executable",
            "unusual-interpreter",
            "wrong-path-for-interpreter",
        ],
    ),
    (
        "Their libraries and programs were compiled by others.",
        &[
            "binary-has-unneeded-section",
            "custom-library-search-path",
            "hardening-no-bindnow",
            "hardening-no-fortify-functions",
            "hardening-no-pie",
            "hardening-no-relro",
            "library-not-linked-against-libc",
            "shared-library-is-executable",
            "shared-library-lacks-prerequisites",
            "spelling-error-in-binary",
            "statically-linked-binary",
            "unstripped-binary-or-object",
            "unstripped-static-library",
        ],
    ),
    (
        "Bytecode comes with the package, because nothing is written to /opt.",
        &["package-installs-python-bytecode", "package-installs-python-pycache-dir"],
    ),
    ("The package has its own C library.", &["undeclared-elf-prerequisites"]),
];

/// What lintian may not report about a package with an environment in `/opt`.
fn unpacked_reasons(package: &Package) -> Vec<(&'static str, Vec<String>)> {
    let place = package.place();
    let tags = |tags: &[&str]| tags.iter().map(|tag| format!("{tag} *{place}/*")).collect();
    UNPACKED.iter().map(|(reason, list)| (*reason, tags(list))).collect()
}
