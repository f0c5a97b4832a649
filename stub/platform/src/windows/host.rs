use std::time::SystemTime;

/// Windows has no boot id, so trees in the cache are trusted across boots.
pub(crate) fn boot_id() -> Option<String> {
    None
}

pub(crate) fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_secs().try_into().unwrap_or(i64::MAX)
}

pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
