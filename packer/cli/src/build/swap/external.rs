//! An archive that takes its runtime from a file: what stands in for that, and what it has to have.

use std::collections::BTreeSet;

use snakecrate_base::tree::Tree;
use snakecrate_format::manifest::Kind;
use snakecrate_runtime::{Imports, IncludedLibs};

use super::Swap;
use super::contents::{Contents, paths};
use super::layers::Layers;
use super::parts::{imports, sources};
use super::runtime::Runtime;
use crate::build;
use crate::build::application::Application;
use crate::build::pack::Work;

impl Work<'_> {
    /// The runtime of this machine's interpreter, as a runtime file has it. None of it gets into the
    /// archive.
    pub(super) fn runtime_beside(&self, old: &mut Contents) -> Result<Runtime, build::Error> {
        let progress = self.ui.bytes("Packing", 0);
        let packed = self.runtime(&self.policy_of_all(), &IncludedLibs::default(), &progress)?;
        let objects = packed.objects.clone();
        let components = self.runtime_components(packed);
        let mut all = BTreeSet::new();
        for component in &components {
            all.extend(component.packed.listing().iter().flat_map(paths));
        }
        old.runtime_paths.clone_from(&all);
        Ok(Runtime { components, objects, paths: all })
    }

    /// The parts of the standard library that the new archive requires; see
    /// [`required_parts`](Work::required_parts).
    pub(super) fn parts_of_all(
        &self,
        swap: &Swap<'_>,
        layers: &Layers,
        new: Option<&Application>,
    ) -> Result<Vec<String>, build::Error> {
        let archive = swap.archive;
        let staying: BTreeSet<&str> = layers.staying().map(|facts| &*facts.name).collect();
        let mut all: Vec<(String, Imports)> = Vec::new();
        let mut own = Tree::default();
        for layer in archive.manifest().layers() {
            let stays = match layer.kind {
                Kind::App => new.is_none(),
                _ => staying.contains(&*layer.name),
            };
            if stays {
                all.push((layer.name.clone(), imports(archive, layer, &self.scanner)?));
            }
            if stays && layer.kind == Kind::App {
                own = sources(archive, layer)?;
            }
        }
        let all = all.iter().map(|(name, imports)| (&**name, imports));
        let added = layers.added().map(|facts| (&*facts.name, &facts.imports));
        let app = new.into_iter().map(|app| (&*app.name, &app.imports));
        let own = new.map_or(&own, |app| &app.tree);
        let all: Vec<(&str, &Imports)> = app.chain(all).chain(added).collect();
        let found = self.required_parts(&all, own, &self.modules(swap))?;
        if let Err(error) = self.scanner.save() {
            self.ui.detail(format_args!("the next swap will take longer: {error}"));
        }
        Ok(found)
    }
}
