//! Exit statuses of the launcher. An application's own status is passed on as it is.

/// Wrong usage: no entry is chosen, or `SNAKECRATE` isn't a command.
pub const USAGE: i32 = 2;
/// The archive has no runtime, and no runtime file fits.
pub const NO_RUNTIME: i32 = 120;
/// The archive is incomplete, damaged, or of another version.
pub const DAMAGED: i32 = 121;
/// There is no place for the cache, or it cannot be repaired.
pub const NO_CACHE: i32 = 122;
/// The file has setuid or setgid bits or file capabilities.
pub const PRIVILEGED: i32 = 123;
/// The archive cannot be opened, or output cannot be written.
pub const UNREADABLE: i32 = 125;
/// The system refuses to execute the interpreter.
pub const NOT_EXECUTABLE: i32 = 126;

/// Each status with its meaning, for documents.
#[cfg(feature = "details")]
pub const MEANINGS: [(i32, &str); 7] = [
    (USAGE, "there are several entries and none is chosen, or `SNAKECRATE` isn't a command"),
    (NO_RUNTIME, "the archive has no runtime, and there is no runtime file that it can use"),
    (DAMAGED, "the archive is incomplete, damaged, or of another version"),
    (NO_CACHE, "there is no place for the cache, or it cannot be repaired"),
    (PRIVILEGED, "setuid, setgid or file capabilities: refused"),
    (UNREADABLE, "the archive cannot be opened, or output cannot be written"),
    (NOT_EXECUTABLE, "the system refuses to execute the interpreter"),
];
