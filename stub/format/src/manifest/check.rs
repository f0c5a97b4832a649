//! Contradictions and limits that the types of a manifest do not rule out.

use std::collections::BTreeSet;

use super::component::{Component, Kind};
use super::document::{Manifest, Role};
use super::entry::Start;
use super::error::BadManifest;
#[cfg(not(feature = "details"))]
use super::limits::MAX_WINDOW_LOG;
use super::limits::{MAX_BLOBS, MAX_COMPONENTS, MAX_TREE};
use crate::entry_path::EntryPath;
use crate::listing::{Listing, MAX_FILES};

impl Manifest {
    /// Checks that the files that the manifest names exist: the interpreter, the files that entries
    /// start, and the loader. `listings` has the listings of all components in use.
    pub fn check_paths(&self, listings: &[(&Component, &Listing)]) -> Result<(), BadManifest> {
        let is_missing = |path: &EntryPath, may_hold: fn(&Component) -> bool| {
            let has = |(c, listing): &(&Component, &Listing)| {
                may_hold(c) && listing.get(path.as_str()).is_some()
            };
            !listings.iter().any(has)
        };
        let entries = self.entries.iter().map(|entry| match &entry.start {
            Start::Python(path) | Start::Native(path) => path,
        });
        let entries = entries.chain(self.entries.iter().filter_map(|e| e.first_run.as_ref()));
        let is_used = |kind| listings.iter().any(|(component, _)| component.kind == kind);
        let executable = Some(&self.python.executable).filter(|_| self.runtime.is_none());
        let loader = self.c_library.as_ref().filter(|_| is_used(Kind::CLibrary));
        let missing = entries
            .filter(|path| is_missing(path, Component::is_layer))
            .chain(executable.filter(|path| is_missing(path, |c| c.kind == Kind::Runtime)))
            .chain(
                loader.map(|l| &l.loader).filter(|p| is_missing(p, |c| c.kind == Kind::CLibrary)),
            )
            .next();
        match missing {
            Some(path) => Err(BadManifest::Nonsense(format!("`{path}` is to run, and not in it"))),
            None => Ok(()),
        }
    }

    /// Checks the manifest of an archive of `archive_length` bytes. The error says what is wrong.
    pub(super) fn check(&self, archive_length: u64) -> Result<(), String> {
        if self.components.len() > MAX_COMPONENTS {
            return Err(format!("{} components", self.components.len()));
        }
        self.check_texts()?;
        self.check_publishers()?;
        self.check_kinds()?;
        self.check_components(archive_length)?;
        self.check_entries()?;
        #[cfg(feature = "details")]
        self.check_details()?;
        // This build doesn't know the feature, so `parse` has refused every manifest that requires it.
        #[cfg(not(feature = "details"))]
        if self.window_log.is_some_and(|log| log > MAX_WINDOW_LOG) {
            return Err("it uses a feature and does not require it".into());
        }
        Ok(())
    }

    /// Checks that texts that people see or that files contain have one line each. The Python
    /// version has no `/`, since a link's name contains it.
    fn check_texts(&self) -> Result<(), String> {
        let python = &self.python;
        let texts = [&self.name, &self.target, &python.implementation, &python.version];
        let entries = self.entries.iter().map(|entry| &entry.runs);
        let sources = self.components.iter().filter_map(|c| c.source.as_ref());
        let all = texts
            .into_iter()
            .chain(&self.version)
            .chain(entries)
            .chain(sources.flat_map(|source| [&source.file, &source.sha256]))
            .chain(&self.launch.options);
        one_line(all)?;
        if python.version.contains('/') {
            return Err(format!("a Python {:?}", python.version));
        }
        Ok(())
    }

    /// Checks the number of components of each kind, and their order.
    fn check_kinds(&self) -> Result<(), String> {
        let count = |kind| self.components.iter().filter(|c| c.kind == kind).count();
        if self.runtime.is_some() {
            let inside = count(Kind::Runtime) + count(Kind::Part) + count(Kind::CLibrary);
            if inside > 0 || self.role == Role::Runtime {
                return Err("a runtime inside, and another one required".into());
            }
            if self.python.abi.is_none() {
                return Err("a runtime required without its ABI".into());
            }
        } else if count(Kind::Runtime) != 1 || self.components[0].kind != Kind::Runtime {
            return Err("the first component, and no other, is the runtime".into());
        }
        if count(Kind::CLibrary) != usize::from(self.c_library.is_some()) {
            return Err(format!("{} components with a C library", count(Kind::CLibrary)));
        }
        if self.role == Role::Runtime && count(Kind::App) + count(Kind::Wheel) > 0 {
            return Err("a runtime file with an application".into());
        }
        if !self.components.is_sorted_by_key(|component| component.kind) {
            return Err("components that are not sorted by kind".into());
        }
        Ok(())
    }

    fn check_components(&self, archive_length: u64) -> Result<(), String> {
        let mut names = BTreeSet::new();
        // Members follow each other in the manifest's order.
        let (mut end, mut files, mut listings) = (self.stub.length, 0u64, 0u64);
        for component in &self.components {
            end = component.check(end, archive_length)?;
            let [name, digest] = [component.folder(), component.digest.key()];
            if !names.insert(name) || !names.insert(digest) {
                return Err(format!("{} is in it twice", component.folder()));
            }
            files = files.saturating_add(component.files);
            let longer = component.tree.length.max(component.tree.unpacked);
            listings = listings.saturating_add(longer);
        }
        if files > MAX_FILES as u64 || listings > MAX_TREE {
            return Err(format!("{files} files and links, listings of {listings} bytes"));
        }
        Ok(())
    }
}

impl Component {
    /// Checks that its members begin at offset `end` or later. Returns the offset where the last
    /// one ends.
    fn check(&self, mut end: u64, archive_length: u64) -> Result<u64, String> {
        let id = format!("{}-{}", self.name, self.version);
        if EntryPath::new(&self.tree_member()).is_err() || id.contains('/') {
            return Err(format!("a component called {id:?}"));
        }
        if self.blobs.len() > MAX_BLOBS {
            return Err(format!("{id} has {} blobs", self.blobs.len()));
        }
        let end_of = |members: &mut dyn Iterator<Item = (u64, u64)>, start, limit| {
            let mut end = start;
            for (offset, length) in members {
                if offset < end {
                    return Err(format!("a member of {id} lies in another or before it"));
                }
                end = offset.saturating_add(length);
                if end > limit {
                    return Err(format!("a member of {id} lies outside the archive"));
                }
            }
            Ok(end)
        };
        let tree = (self.tree.offset, self.tree.length);
        let mut blobs = self.blobs.iter().map(|blob| (blob.offset, blob.length));
        end = end_of(&mut [tree].into_iter(), end, archive_length)?;
        let Some(download) = &self.download else {
            return end_of(&mut blobs, end, archive_length);
        };
        end_of(&mut blobs, 0, download.length)?;
        Ok(end)
    }
}

/// Checks that none of `texts` has a control character.
pub(super) fn one_line<'a>(mut texts: impl Iterator<Item = &'a String>) -> Result<(), String> {
    match texts.find(|text| text.contains(char::is_control)) {
        Some(text) => {
            let start: String = text.chars().take(100).collect();
            Err(format!("a control character in {start:?}"))
        }
        None => Ok(()),
    }
}
