//! Which C library a prefix runs on.

use clap::ValueEnum;
use snakecrate_cache::c_library::select::is_bundled;

use super::Error;
use crate::archive::Archive;

/// The C library that an extracted environment runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LibcUse {
    /// This host's if it is suitable, as the archive itself decides
    #[default]
    Auto,
    /// The archive's own: the environment runs on every host of its kind
    Bundled,
    /// The host's
    Host,
}

/// Whether a prefix of `archive` gets the archive's own C library.
///
/// # Errors
///
/// The archive has none, or can only run on its own.
pub fn uses_own(archive: &Archive, choice: LibcUse) -> Result<bool, Error> {
    let manifest = archive.manifest();
    let Some((library, _)) = manifest.c_library() else {
        return match choice {
            LibcUse::Bundled => Err(Error::NoCLibrary(archive.path().to_owned())),
            LibcUse::Auto | LibcUse::Host => Ok(false),
        };
    };
    Ok(match choice {
        LibcUse::Bundled => true,
        LibcUse::Host => false,
        LibcUse::Auto => {
            let here = snakecrate_base::host::target();
            let is_here = here.is_some_and(|target| target.triple == manifest.target);
            !is_here || is_bundled(library)
        }
    })
}
