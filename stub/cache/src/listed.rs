//! Components with their listings.

use snakecrate_format::listing::Listing;
use snakecrate_format::manifest::{Component, Manifest};
use snakecrate_format::payload::{BadPayload, Payload, unpack_listing};
use snakecrate_platform::workers::map_all;

/// A component with its listing, decoded and as packed. A cold start reads it once.
#[derive(Debug)]
pub struct Listed<'a> {
    /// The component.
    pub component: &'a Component,
    /// Its listing.
    pub listing: Listing,
    pub(crate) packed: Vec<u8>,
}

impl<'a> Listed<'a> {
    /// Reads the listings of all `components`.
    pub fn all(payload: &Payload, components: &[&'a Component]) -> Result<Vec<Self>, BadPayload> {
        map_all(components, |component| Self::read(payload, component))
    }

    /// Reads the listings of `components`, the used ones of `manifest`, and checks that they
    /// contain every file that the manifest names: see [`Manifest::check_paths`].
    pub fn checked(
        payload: &Payload,
        manifest: &Manifest,
        components: &[&'a Component],
    ) -> Result<Vec<Self>, BadPayload> {
        let all = Self::all(payload, components)?;
        let pairs: Vec<_> = all.iter().map(|listed| (listed.component, &listed.listing)).collect();
        manifest.check_paths(&pairs)?;
        Ok(all)
    }

    /// Reads the listing of `component`.
    fn read(payload: &Payload, component: &'a Component) -> Result<Self, BadPayload> {
        let packed = payload.packed_listing(component)?;
        let listing = unpack_listing(component, &packed)?;
        Ok(Self { component, listing, packed })
    }
}
