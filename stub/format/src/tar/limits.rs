//! Sizes that reader and writer share.

/// Bytes in a block: headers take one, contents are padded to whole ones.
pub const BLOCK: usize = 512;
/// The longest pax header that is read, in bytes. It has room for two paths of the greatest length.
pub const MAX_PAX: usize = 8 << 10;
/// The greatest size of a file in bytes: what eleven octal digits can express.
pub const MAX_FILE: u64 = (8 << 30) - 1;
/// Bytes in a header's field for a path or a link's target.
pub(super) const NAME: usize = 100;

/// Bytes from the end of `size` bytes to the end of their last block.
pub fn padding(size: u64) -> usize {
    // Below one block, so it fits.
    usize::try_from(size.next_multiple_of(BLOCK as u64) - size).unwrap_or_default()
}
