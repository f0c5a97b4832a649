//! The wheels of the new archive: those that stay, and new ones.

use std::collections::BTreeSet;

use rayon::prelude::*;
use snakecrate_audit::Object;
use snakecrate_format::manifest::Kind;

use super::contents::Contents;
use crate::archive::{ComponentSpec, DroppedFiles};
use crate::build;
use crate::build::assemble::component;
use crate::build::facts::Facts;
use crate::build::pack::{PackedFiles, Prepared, Work};

/// The wheels before and after.
pub(super) struct Layers {
    /// Those of the new archive.
    pub(super) wheels: Vec<Prepared>,
    /// Those that it doesn't have any more; others may have their names.
    gone: Vec<Prepared>,
    /// The names of new ones.
    new: BTreeSet<String>,
}

/// Wheels that are packed.
pub(super) struct PackedLayers {
    pub(super) components: Vec<ComponentSpec>,
    /// The files of new ones that are not packed.
    pub(super) dropped: Vec<DroppedFiles>,
}

impl Layers {
    /// The wheels of `old`, with `given` ones in place of those with the same names. A wheel called
    /// `project` goes: a new project has its files.
    pub(super) fn of(old: &mut Contents, given: Vec<Prepared>, project: Option<&str>) -> Self {
        let new: BTreeSet<String> = given.iter().map(|wheel| wheel.facts.name.clone()).collect();
        let goes = |wheel: &Prepared| {
            let name = &*wheel.facts.name;
            new.contains(name) || project == Some(name)
        };
        let wheels = std::mem::take(&mut old.wheels);
        let (gone, kept): (Vec<_>, Vec<_>) = wheels.into_iter().partition(goes);
        Self { wheels: kept.into_iter().chain(given).collect(), gone, new }
    }

    /// The distributions of the old archive.
    pub(super) fn before(&self) -> impl Iterator<Item = &Facts> {
        self.gone.iter().map(|wheel| &wheel.facts).chain(self.staying())
    }

    /// Those that stay.
    pub(super) fn staying(&self) -> impl Iterator<Item = &Facts> {
        let facts = self.wheels.iter().map(|wheel| &wheel.facts);
        facts.filter(|facts| !self.is_new(&facts.name))
    }

    /// Those that are new.
    pub(super) fn added(&self) -> impl Iterator<Item = &Facts> {
        let facts = self.wheels.iter().map(|wheel| &wheel.facts);
        facts.filter(|facts| self.is_new(&facts.name))
    }

    /// Whether the wheel of this name is new.
    pub(super) fn is_new(&self, name: &str) -> bool {
        self.new.contains(name)
    }

    /// Distributions before and after.
    pub(super) fn replaced(&self) -> Vec<(&Facts, &Facts)> {
        let after = |before: &Prepared| self.added().find(|facts| facts.name == before.facts.name);
        let pairs = self.gone.iter().filter_map(|before| Some((&before.facts, after(before)?)));
        pairs.collect()
    }

    /// The native code of all.
    pub(super) fn objects(&self) -> Vec<&Object> {
        self.wheels.iter().flat_map(|wheel| &wheel.facts.objects).collect()
    }
}

impl Work<'_> {
    /// Packs new wheels; the others are packed.
    pub(super) fn pack_layers(&self, layers: &Layers) -> Result<PackedLayers, build::Error> {
        let progress = self.ui.bytes("Packing", 0);
        let pack = |wheel: &Prepared| self.pack_wheel(wheel, &progress);
        let packed = layers.wheels.par_iter().map(pack).collect::<Result<Vec<PackedFiles>, _>>()?;
        let (packed, dropped): (Vec<_>, Vec<_>) = packed.into_iter().unzip();
        let dropped = layers.wheels.iter().map(|wheel| &wheel.facts).zip(&dropped);
        let dropped = dropped.filter(|(facts, _)| layers.is_new(&facts.name));
        let dropped = self.dropped_files(dropped.map(|(facts, files)| (facts, files.as_slice())));
        let components = layers.wheels.iter().zip(packed).map(|(wheel, packed)| ComponentSpec {
            source: wheel.source.clone(),
            ..component(Kind::Wheel, &wheel.facts.name, &wheel.facts.version, packed)
        });
        Ok(PackedLayers { components: components.collect(), dropped })
    }
}
