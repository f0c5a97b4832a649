//! Images in registries, for `image`.

use snakecrate_base::ui::{Count, Ui};
use snakecrate_format::size::Size;
use snakecrate_format::target::TARGETS;
use snakecrate_image::Image;
use snakecrate_image::spec::{Descriptor, Platform};
use snakecrate_registry::{Access, Credentials, Options, Patience, Pushed, Reference, Tag};

use super::{Error, print};
use crate::build_cache::BuildCache;
use crate::cli::RegistryArgs;
use crate::image::architecture;

/// Registries, as the user's flags and files say.
pub(super) struct Registries<'a> {
    access: Access,
    cache: &'a BuildCache,
    retag: bool,
    ui: Ui,
}

impl<'a> Registries<'a> {
    /// Those that `args` are about.
    pub(super) fn new(args: &RegistryArgs, cache: &'a BuildCache, ui: Ui) -> Self {
        let access = Access {
            credentials: Credentials::of_user(),
            plain_http: args.plain_http,
            records: Some(cache.pushed()),
            patience: Patience::default(),
            ui,
        };
        Self { access, cache, retag: args.retag, ui }
    }

    /// The image that `reference` names, for all targets, without its layers.
    pub(super) fn pull(&self, reference: &Reference) -> Result<Image, Error> {
        // Builders attach what they know of an image as one for `unknown`.
        let fits = |host: &Descriptor| {
            let platform = host.platform().as_ref();
            let processor = platform.map(Platform::architecture);
            let known: Vec<_> = TARGETS.iter().map(|target| architecture(target)).collect();
            processor.is_none_or(|processor| known.contains(processor))
        };
        let _progress = self.ui.spinner("Pulling", reference);
        Ok(snakecrate_registry::pull(reference, fits, &self.access)?)
    }

    /// Downloads the layers of `image` that only the image `from` has to the build cache.
    pub(super) fn pull_layers(&self, image: &mut Image, from: &Reference) -> Result<(), Error> {
        let pulled = self.cache.pulled();
        Ok(snakecrate_registry::pull_layers(image, from, &pulled, &self.access)?)
    }

    /// Sends `image` to `reference`, and prints its name and digest. Layers that aren't here are in `source`.
    pub(super) fn push(
        &self,
        image: &Image,
        reference: &Reference,
        source: Option<&Reference>,
    ) -> Result<(), Error> {
        let options = Options { retag: self.retag, source };
        let pushed = snakecrate_registry::push(image, reference, options, &self.access)?;
        let name = &pushed.reference;
        match pushed.tag {
            Tag::Same => self.ui.step("Unchanged", name),
            Tag::Added => self.ui.step("Pushed", format_args!("{name} ({})", sent(&pushed))),
            Tag::Replaced => {
                self.ui.step("Pushed", format_args!("{name}, replaced ({})", sent(&pushed)));
            }
        }
        print(&format!("{name}@{}\n", pushed.digest))
    }
}

/// `31.5 MB sent in 3 blobs; 2 mounted, 7 there`.
fn sent(pushed: &Pushed) -> String {
    let Pushed { bytes, sent, mounted, present, .. } = pushed;
    let blobs = Count(*sent, "blob");
    format!("{} sent in {blobs}; {mounted} mounted, {present} there", Size(*bytes))
}
