//! The components of the runtime: a core that the applications of an interpreter share, and parts.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::Error;
use super::facts::objects_of;
use super::pack::{PackedRuntime, Work};
use crate::BUILD_ID;
use crate::component::Packed;
use snakecrate_audit::Object;
use snakecrate_base::timings;
use snakecrate_base::tree::Tree;
use snakecrate_base::ui::Progress;
use snakecrate_runtime::{self as runtime, IncludedLibs, Part, Piece, Pieces, Policy};

/// The name of the part with the libraries of `--include-lib`.
const INCLUDED: &str = "included-libs";

impl Work<'_> {
    /// Packs the runtime that `policy` describes. If it names files, the runtime is one component.
    pub(super) fn runtime(
        &self,
        policy: &Policy,
        included: &IncludedLibs,
        progress: &Progress,
    ) -> Result<PackedRuntime, Error> {
        let mut packed = match policy.parts() {
            Some(wanted) => self.core_and_parts(&wanted, progress)?,
            None => self.whole(policy, progress)?,
        };
        self.add_included(included, &mut packed, progress)?;
        Ok(packed)
    }

    fn core_and_parts(
        &self,
        wanted: &BTreeSet<Part>,
        progress: &Progress,
    ) -> Result<PackedRuntime, Error> {
        let fingerprint = self.common_fingerprint()?;
        let key = |piece: &str| self.key(&fingerprint, piece);
        if let Some(known) = self.known_parts(&fingerprint, wanted) {
            timings::note("pack", "runtime");
            return Ok(known);
        }
        let pieces = Pieces::find(self.interpreter, wanted, self.ui)?;
        let pack = |piece: &Piece| {
            let name = pieces.name(piece).unwrap_or_default();
            let key = key(&name);
            let (packed, objects) = match self.cache.lookup_runtime(&key) {
                Some(known) => known,
                None => self.pack_piece(&key, pieces.tree(piece)?, progress)?,
            };
            Ok((name, packed, objects))
        };
        let all = pieces.parts(wanted);
        let (core, packed) = rayon::join(
            || pack(&Piece::Core),
            || all.par_iter().map(pack).collect::<Result<Vec<_>, Error>>(),
        );
        let (_, core, mut objects) = core?;
        let mut parts = BTreeMap::new();
        for (name, packed, more) in packed? {
            objects.extend(more);
            parts.insert(name, packed);
        }
        let names = self.key_of_names(&fingerprint, wanted);
        self.cache.remember_names(&names, &parts.keys().cloned().collect::<Vec<_>>());
        Ok(PackedRuntime { core, parts, objects })
    }

    /// The runtime that `policy` describes, if an earlier build has packed it.
    pub(super) fn known_runtime(&self, policy: &Policy) -> Result<Option<PackedRuntime>, Error> {
        let Some(wanted) = policy.parts() else {
            let known = self.cache.lookup_runtime(&self.key(&self.fingerprint(policy)?, "whole"));
            let whole = |(core, objects)| PackedRuntime { core, parts: BTreeMap::new(), objects };
            return Ok(known.map(whole));
        };
        Ok(self.known_parts(&self.common_fingerprint()?, &wanted))
    }

    fn known_parts(&self, fingerprint: &str, wanted: &BTreeSet<Part>) -> Option<PackedRuntime> {
        let key = |piece: &str| self.key(fingerprint, piece);
        let (core, mut objects) = self.cache.lookup_runtime(&key(""))?;
        let mut parts = BTreeMap::new();
        for name in self.cache.lookup_names(&self.key_of_names(fingerprint, wanted))? {
            let (packed, more) = self.cache.lookup_runtime(&key(&name))?;
            objects.extend(more);
            parts.insert(name, packed);
        }
        Some(PackedRuntime { core, parts, objects })
    }

    fn key_of_names(&self, fingerprint: &str, wanted: &BTreeSet<Part>) -> String {
        format!("{} names {wanted:?}", self.key(fingerprint, ""))
    }

    /// The fingerprint of a runtime with all of its parts.
    fn common_fingerprint(&self) -> Result<String, Error> {
        self.fingerprint(&Policy { leave_out: BTreeSet::new(), ..Policy::default() })
    }

    /// A runtime in one component, for a policy that names files.
    fn whole(&self, policy: &Policy, progress: &Progress) -> Result<PackedRuntime, Error> {
        let key = self.key(&self.fingerprint(policy)?, "whole");
        let (core, objects) = if let Some(known) = self.cache.lookup_runtime(&key) {
            timings::note("pack", "runtime");
            known
        } else {
            let tree = runtime::harvest(self.interpreter, policy, self.ui)?;
            self.pack_piece(&key, tree, progress)?
        };
        Ok(PackedRuntime { core, parts: BTreeMap::new(), objects })
    }

    /// Adds a part with the included libraries that the runtime lacks.
    fn add_included(
        &self,
        included: &IncludedLibs,
        packed: &mut PackedRuntime,
        progress: &Progress,
    ) -> Result<(), Error> {
        let has =
            |name: &str| packed.objects.iter().any(|object| object.path == format!("lib/{name}"));
        let tree = included.tree_without(has)?;
        if tree.is_empty() {
            return Ok(());
        }
        let (part, objects) =
            self.pack_piece(&self.key(&included.fingerprint()?, INCLUDED), tree, progress)?;
        packed.objects.extend(objects);
        packed.parts.insert(INCLUDED.to_owned(), part);
        Ok(())
    }

    fn pack_piece(
        &self,
        key: &str,
        tree: Tree,
        progress: &Progress,
    ) -> Result<(Packed, Vec<Object>), Error> {
        let objects = objects_of(&tree, self.interpreter.target)?;
        let (packed, _) = self.pack(tree, &[], progress)?;
        self.cache.remember_runtime(key, &packed, &objects);
        Ok((packed, objects))
    }

    fn fingerprint(&self, policy: &Policy) -> Result<String, Error> {
        let path = &self.interpreter.executable;
        runtime::fingerprint(self.interpreter, policy)
            .map_err(|source| Error::Interpreter { path: path.clone(), source })
    }

    fn key(&self, fingerprint: &str, piece: &str) -> String {
        format!("runtime {fingerprint} {} {:?} {piece} {BUILD_ID}", self.level, self.form)
    }
}
