//! Replaces the unwinder, which the standard library calls for the backtrace of a panic.
//!
//! The launcher has no tables to unwind by (`discard.ld`), so the real unwinder would find nothing.
//! With these functions in its place the linker drops everything that reads debug information and
//! prints backtraces: 265 KB of 726.

use std::ffi::{c_int, c_void};

/// `_URC_END_OF_STACK`: there are no frames.
const END_OF_STACK: c_int = 5;

/// Reports no frames to `_trace`.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Backtrace(_trace: *const c_void, _argument: *mut c_void) -> c_int {
    END_OF_STACK
}

macro_rules! absent {
    ($($name:ident)*) => {$(
        /// Does nothing, since there are no frames.
        #[unsafe(no_mangle)]
        extern "C" fn $name(_context: *mut c_void) -> usize {
            0
        }
    )*};
}

absent! {
    _Unwind_DeleteException _Unwind_FindEnclosingFunction _Unwind_GetCFA _Unwind_GetDataRelBase
    _Unwind_GetIP _Unwind_GetLanguageSpecificData _Unwind_GetRegionStart _Unwind_GetTextRelBase
    _Unwind_RaiseException _Unwind_Resume _Unwind_SetGR _Unwind_SetIP
}

/// Like [`_Unwind_GetIP`].
#[unsafe(no_mangle)]
extern "C" fn _Unwind_GetIPInfo(_context: *mut c_void, _before: *mut c_int) -> usize {
    0
}
