//! The launcher. The order of things is told in the library's first page.
//!
//! There is no Rust runtime in front: it would open closed standard streams, change SIGPIPE and
//! spend system calls, and the application is to find everything as the user left it.
#![no_main]
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::io::Write;

use snakecrate_format::record;
use snakecrate_launcher::sys;

/// Patched by the packer.
#[used]
#[unsafe(link_section = ".snakecrate")]
static RECORD: [u8; record::LENGTH] = record::BLANK;

#[global_allocator]
static ALLOCATOR: sys::Arena = sys::Arena::new();

/// What the C runtime calls.
///
/// # Safety
///
/// `values` points to `count` pointers to strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn main(count: c_int, values: *const *const c_char) -> c_int {
    // SAFETY: that is what the C runtime gives.
    let arguments = unsafe { sys::arguments(count, values) };
    // SAFETY: a reference is always readable. Volatile, because the bytes are not those that the
    // compiler sees.
    let record = unsafe { std::ptr::read_volatile(&raw const RECORD) };
    let error = match snakecrate_launcher::run(&record, &arguments) {
        Ok(status) => return status,
        Err(error) => error,
    };
    let message = format!("snakecrate: {error}\nsnakecrate: {}\n", error.remedy());
    // One write, so that lines of several processes do not mix; with no one to tell, no harm.
    let _ = std::io::stderr().write_all(message.as_bytes());
    error.status()
}
