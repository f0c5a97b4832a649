//! The machine that the packer itself runs on.

use snakecrate_format::target::Target;

/// The target that this machine runs natively: the one that archives are made for by default, and
/// whose interpreters can be asked. `None` on systems that archives cannot be made for yet.
///
/// This is the only place in the packer that asks for it; everything else is handed a [`Target`].
pub fn target() -> Option<&'static Target> {
    Target::of_this_build()
}
