//! Exit statuses of the command.

/// A failure.
pub const FAILURE: u8 = 1;
/// `diff --exit-code`: the archives differ.
pub const DIFFERENT: u8 = 3;

/// Each status with its meaning, for documents.
pub const MEANINGS: [(u8, &str); 5] = [
    (0, "success"),
    (FAILURE, "failure: a line on what happened, and one on what to do"),
    (2, "wrong usage"),
    (DIFFERENT, "`diff --exit-code`: the archives differ"),
    (130, "a shell's word for Ctrl-C: the signal ends the command, which leaves nothing behind"),
];
