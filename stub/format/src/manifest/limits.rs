//! Limits of what a manifest may declare.

/// The most components in an archive.
pub const MAX_COMPONENTS: usize = 10_000;
/// The most blobs of a component.
pub const MAX_BLOBS: usize = 100_000;
/// The longest that all listings together may be, unpacked or packed, in bytes.
pub const MAX_TREE: u64 = 256 << 20;
/// The window of blobs without a declared one is at most this power of two, in bytes: it bounds the
/// launcher's memory.
pub const MAX_WINDOW_LOG: u32 = 22;
/// The largest window that an archive may declare, as a power of two. zstd's own tools refuse
/// larger ones by default (`ZSTD_WINDOWLOG_LIMIT_DEFAULT`).
pub const MOST_WINDOW_LOG: u32 = 27;
/// The most attachments.
pub const MAX_ATTACHMENTS: usize = 100_000;
/// The longest attachment, unpacked, in bytes.
pub const MAX_ATTACHMENT: u64 = 1 << 30;
/// The longest that the fixed arguments, the environment and the directory of an entry may be
/// together, in bytes. Linux allows 128 KiB for one argument.
pub const MAX_ENTRY_TEXT: usize = 64 << 10;
/// The most days for which an archive may ask to keep unused environments.
pub const MAX_KEEP_DAYS: u32 = 36_500;
