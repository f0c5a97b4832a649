//! The packages of the interpreter's system that files of the archive are from, with their licences.

use std::path::PathBuf;

use snakecrate_format::manifest::Kind;
use snakecrate_licences::{HOST_PACKAGES, Packages};

use super::Error;
use super::pack::Work;
use crate::archive::{self, AttachmentSpec, ComponentSpec};
use snakecrate_runtime::libraries::Host;

/// The role of licence texts.
const LICENSE: &str = "license";

impl Work<'_> {
    /// The list of the packages that files of `components` are from, and their copyright files. Nothing on
    /// a system without Debian's list of packages.
    pub(super) fn host_packages(
        &self,
        components: &[ComponentSpec],
    ) -> Result<Vec<AttachmentSpec>, Error> {
        let root = &self.interpreter.root;
        let unreadable = |source| {
            let path = root.join("var/lib/dpkg");
            Error::Archive(archive::Error::Read { path, source })
        };
        let Some(known) = Packages::of(root).map_err(unreadable)? else { return Ok(Vec::new()) };
        let owners = known.owners(&self.taken(components)).map_err(unreadable)?;
        let (mut packages, mut texts) = (Vec::new(), Vec::<AttachmentSpec>::new());
        for (mut package, text) in owners {
            if let Some(text) = text {
                // Packages of one source mostly have the same file.
                let same = texts.iter().find(|one| one.contents == text);
                let name = match same {
                    Some(same) => same.name.to_string(),
                    None => {
                        let path = format!("licenses/{}.txt", package.name);
                        let text = AttachmentSpec::file(&path, LICENSE, text).map_err(|error| {
                            Error::Archive(archive::Error::Spec(error.to_string()))
                        })?;
                        let name = text.name.to_string();
                        texts.push(text);
                        name
                    }
                };
                package.text = Some(name);
            }
            packages.push(package);
        }
        if packages.is_empty() {
            return Ok(Vec::new());
        }
        let mut list = serde_json::to_vec_pretty(&packages).unwrap_or_default();
        list.push(b'\n');
        let path = format!("{HOST_PACKAGES}.json");
        let list = AttachmentSpec::file(&path, HOST_PACKAGES, list)
            .map_err(|error| Error::Archive(archive::Error::Spec(error.to_string())))?;
        texts.push(list);
        Ok(texts)
    }

    /// The files of this machine that the runtime and the C library are from, with their places.
    fn taken(&self, components: &[ComponentSpec]) -> Vec<(PathBuf, (String, String))> {
        let python = self.interpreter;
        let host = Host::of(python);
        let own = python.prefix.join("lib");
        let mut taken = Vec::new();
        for component in components {
            if matches!(component.kind, Kind::App | Kind::Wheel) {
                continue;
            }
            let label =
                format!("{}-{}-{}", component.kind.as_str(), component.name, component.version);
            let mut take = |file: PathBuf, path: &str| {
                let file = file.canonicalize().unwrap_or(file);
                taken.push((file, (label.clone(), path.to_owned())));
            };
            if component.kind == Kind::Runtime {
                take(python.executable.clone(), &python.program());
                take(python.stdlib.join("os.py"), &format!("{}/os.py", python.lib()));
            }
            let Some(listing) = component.packed.listing() else { continue };
            for item in listing.items() {
                let path = item.path.as_str();
                let Some(name) = path.strip_prefix("lib/").filter(|name| !name.contains('/'))
                else {
                    continue;
                };
                let beside = own.join(name);
                // A library in the interpreter's own directory comes before the system's.
                let file = beside.is_file().then_some(beside).or_else(|| host.library(name));
                if let Some(file) = file {
                    take(file, path);
                }
            }
        }
        taken
    }
}
