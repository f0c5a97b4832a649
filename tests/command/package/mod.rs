//! `snakecrate package`: Debian and RPM packages.

/// Desktop entries, and `.tar.gz` files.
mod desktop;

/// Name, version, licence and maintainer: where they come from, and what is refused.
mod facts;

/// The files of packages, as dpkg and rpm see them.
mod files;

/// Units and scripts of services.
mod services;

/// Environments in `/opt`, and the cache of all users.
mod unpacked;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use pretty_assertions::assert_eq;

use crate::support::needs::needs;
use crate::support::sandbox::{Outcome, Sandbox, shared};
use crate::support::wheel::Wheel;

const FAILURE: i32 = 1;

/// A person, for applications whose metadata names nobody.
const MAINTAINER: [&str; 2] = ["--maintainer", "M M <m@example.org>"];

/// A file of a Debian package: its mode, owner, time and target, and its contents.
struct Member {
    about: String,
    contents: Vec<u8>,
}

/// The two archives in a Debian package, by the paths in them.
struct Deb {
    control: BTreeMap<String, Member>,
    data: BTreeMap<String, Member>,
}

impl Deb {
    fn read(path: &Path) -> Self {
        let mut ar = ar::Archive::new(fs::File::open(path).unwrap());
        let mut next = |wanted: &str| {
            let mut member = ar.next_entry().unwrap().unwrap();
            assert_eq!(member.header().identifier(), wanted.as_bytes());
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(next("debian-binary"), b"2.0\n");
        let (control, data) = (next("control.tar.gz"), next("data.tar.gz"));
        Self { control: members(&control), data: members(&data) }
    }

    fn control(&self, name: &str) -> &str {
        std::str::from_utf8(&self.control[&format!("./{name}")].contents).unwrap()
    }

    fn text(&self, path: &str) -> &str {
        std::str::from_utf8(&self.data[path].contents).unwrap()
    }

    fn unzipped(&self, path: &str) -> String {
        let mut text = String::new();
        GzDecoder::new(&self.data[path].contents[..]).read_to_string(&mut text).unwrap();
        text
    }

    fn listing(&self) -> String {
        let line = |(path, member): (&String, &Member)| format!("{} {path}\n", member.about);
        self.data.iter().map(line).collect::<Vec<_>>().concat()
    }
}

fn members(gzip: &[u8]) -> BTreeMap<String, Member> {
    let mut tar = tar::Archive::new(GzDecoder::new(gzip));
    let mut all = BTreeMap::new();
    for entry in tar.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        let header = entry.header();
        let owner = (header.uid().unwrap(), header.username().unwrap().unwrap().to_owned());
        assert_eq!(owner, (0, "root".to_owned()), "{path}");
        assert_eq!(header.mtime().unwrap(), 946_684_800, "{path}");
        let link = entry.link_name().unwrap().map(|to| format!(" -> {}", to.display()));
        let mode = entry.header().mode().unwrap();
        let about = format!("{mode:o}{}", link.unwrap_or_default());
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).unwrap();
        assert!(all.insert(path, Member { about, contents }).is_none());
    }
    all
}

/// A wheel with everything that packages have a use for.
fn wheel(name: &str) -> Wheel {
    let data = format!("{}-1.2rc1.data/data/share", name.replace('-', "_"));
    Wheel::new(name, "1.2rc1")
        .metadata(
            "Summary: A forged application.\nAuthor-email: Ann Author <ann@example.org>\n\
             License-Expression: MIT\nLicense-File: LICENSE\n\
             Project-URL: Homepage, https://example.org/forged\n",
        )
        .info("licenses/LICENSE", "MIT License\n\nCopyright (c) 2020 Ann\n")
        .file(&format!("{data}/man/man1/{name}.1"), ".TH forged 1\n")
        .file(&format!("{data}/bash-completion/completions/{name}"), "complete -W a b\n")
        .file(&format!("{data}/zsh/site-functions/_{name}"), "#compdef b\n")
        .file(&format!("{data}/fish/vendor_completions.d/{name}.fish"), "complete -c b\n")
        .file(&format!("{data}/doc/other/README"), "not packaged\n")
}

/// Runs `snakecrate package ARGUMENTS…`, quickly and quietly, with the suite's cache.
fn package(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    package_with(sandbox, arguments, &[])
}

fn package_with(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let packer = sandbox.packer(["package"]).env("SNAKECRATE_CACHE", shared::packer_cache());
    let packer = packer.args(arguments).args(shared::OPTIONS);
    variables.iter().fold(packer, |packer, (name, value)| packer.env(name, value)).output()
}

/// `snakecrate package` of an archive, whose build is over.
fn package_archive(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    sandbox.packer(["package", "--quiet"]).args(arguments).output()
}
