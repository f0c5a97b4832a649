//! What a manifest may not say, beyond what its types hold.

use std::collections::HashSet;

use super::{BadManifest, Component, Kind, MAX_BLOBS, MAX_COMPONENTS, MAX_TREE, Manifest, Start};
use crate::entry_path::EntryPath;
use crate::listing::{Listing, MAX_FILES};

impl Manifest {
    /// Checks what the manifest says of files: the interpreter, what entries start, and the loader
    /// are there. `listings` are those of the components that are used.
    pub fn check_paths(&self, listings: &[(&Component, &Listing)]) -> Result<(), BadManifest> {
        let nowhere = |path: &EntryPath, of: fn(&Component) -> bool| {
            let has = |(c, listing): &(&Component, &Listing)| {
                of(c) && listing.get(path.as_str()).is_some()
            };
            !listings.iter().any(has)
        };
        let entries = self.entries.iter().map(|entry| match &entry.start {
            Start::Python(path) | Start::Native(path) => path,
        });
        let is_used = |kind| listings.iter().any(|(component, _)| component.kind == kind);
        let loader = self.c_library.as_ref().filter(|_| is_used(Kind::CLibrary));
        let missing = entries
            .filter(|path| nowhere(path, Component::is_layer))
            .chain(
                [&self.python.executable]
                    .into_iter()
                    .filter(|p| nowhere(p, |c| c.kind == Kind::Runtime)),
            )
            .chain(loader.map(|l| &l.loader).filter(|p| nowhere(p, |c| c.kind == Kind::CLibrary)))
            .next();
        match missing {
            Some(path) => Err(BadManifest::Nonsense(format!("`{path}` is to run, and not in it"))),
            None => Ok(()),
        }
    }

    /// Texts that are shown to people or written to files are of one line; of the version, the
    /// name of a link is made.
    fn check_texts(&self) -> Result<(), String> {
        let python = &self.python;
        let texts = [&self.name, &self.target, &python.implementation, &python.version];
        let entries = self.entries.iter().map(|entry| &entry.runs);
        let sources = self.components.iter().filter_map(|c| c.source.as_ref());
        let mut all = texts
            .into_iter()
            .chain(&self.version)
            .chain(entries)
            .chain(sources.flat_map(|source| [&source.file, &source.sha256]))
            .chain(&self.launch.options);
        if let Some(text) = all.find(|text| text.contains(char::is_control)) {
            return Err(format!(
                "a control character in {:?}",
                text.chars().take(100).collect::<String>()
            ));
        }
        if python.version.contains('/') {
            return Err(format!("a Python {:?}", python.version));
        }
        Ok(())
    }

    /// Whether it makes sense in an archive of so many bytes; what is wrong with it otherwise.
    pub(super) fn check(&self, archive_length: u64) -> Result<(), String> {
        if self.components.len() > MAX_COMPONENTS {
            return Err(format!("{} components", self.components.len()));
        }
        self.check_texts()?;
        let runtimes = self.components.iter().filter(|c| c.kind == Kind::Runtime).count();
        if runtimes != 1 || self.components[0].kind != Kind::Runtime {
            return Err("the first component, and no other, is the runtime".into());
        }
        let libraries = self.components.iter().filter(|c| c.kind == Kind::CLibrary).count();
        if libraries != usize::from(self.c_library.is_some()) {
            return Err(format!("{libraries} components with a C library"));
        }
        let mut names = HashSet::new();
        // In the manifest's order, one behind the other.
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
        for entry in &self.entries {
            if entry.name.is_empty() || entry.name.contains(|c: char| c.is_control() || c == '/') {
                return Err(format!("an entry called {:?}", entry.name));
            }
        }
        if self.entries.is_empty() {
            return Err("no entries".into());
        }
        if !self.entries.is_sorted_by(|a, b| a.name < b.name) {
            return Err("entries that are not sorted, or two of a name".into());
        }
        if let Some(default) = &self.launch.default
            && !self.entries.iter().any(|entry| entry.name == *default)
        {
            return Err(format!("the default entry {default:?} is not among the entries"));
        }
        Ok(())
    }
}

impl Component {
    /// Its members begin at `end` or behind it. Returns where the last of them ends.
    fn check(&self, mut end: u64, archive_length: u64) -> Result<u64, String> {
        let id = format!("{}-{}", self.name, self.version);
        if EntryPath::new(&self.tree_member()).is_err() || id.contains('/') {
            return Err(format!("a component called {id:?}"));
        }
        if self.blobs.len() > MAX_BLOBS {
            return Err(format!("{id} has {} blobs", self.blobs.len()));
        }
        for member in [&self.tree].into_iter().chain(&self.blobs) {
            if member.offset < end {
                return Err(format!("a member of {id} lies in another or before it"));
            }
            end = member.offset.saturating_add(member.length);
            if end > archive_length {
                return Err(format!("a member of {id} lies outside the archive"));
            }
        }
        Ok(end)
    }
}
