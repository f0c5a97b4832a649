//! Replaces the function by which the standard library names threads.
//!
//! No thread of the launcher has a name. musl's function writes the path of a file in `/proc` by `snprintf`, and
//! would be all that needs it: 12 KB of 512 on 64-bit Arm, where a `long double` takes arithmetic of its own.

use std::ffi::{c_char, c_int};

/// Names nothing.
#[unsafe(no_mangle)]
extern "C" fn pthread_setname_np(_thread: libc::pthread_t, _name: *const c_char) -> c_int {
    0
}
