//! Upper limits for a manifest.

/// The most components in an archive.
pub const MAX_COMPONENTS: usize = 10_000;
/// The most blobs of a component.
pub const MAX_BLOBS: usize = 100_000;
/// The greatest total length of all listings in bytes, packed or unpacked.
pub const MAX_TREE: u64 = 256 << 20;
/// The largest zstd window of a blob if the archive declares none, as the exponent of a power of
/// two in bytes. It bounds the launcher's memory.
pub const MAX_WINDOW_LOG: u32 = 22;
/// The largest window that an archive may declare, as the exponent of a power of two in bytes.
/// zstd's own tools refuse larger ones by default (`ZSTD_WINDOWLOG_LIMIT_DEFAULT`).
pub const MOST_WINDOW_LOG: u32 = 27;
/// The most attachments.
pub const MAX_ATTACHMENTS: usize = 100_000;
/// The greatest unpacked length of an attachment in bytes.
pub const MAX_ATTACHMENT: u64 = 1 << 30;
/// The greatest total length of an entry's fixed arguments, environment and directory in bytes.
/// Linux allows 128 KiB for one argument.
pub const MAX_ENTRY_TEXT: usize = 64 << 10;
/// The longest name or contact of a publisher, in characters. The launcher prints both on one line.
pub const MAX_PUBLISHER: usize = 200;
/// The most days that an archive may keep unused environments in the cache.
pub const MAX_KEEP_DAYS: u32 = 36_500;
