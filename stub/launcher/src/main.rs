//! The launcher's `main`. The library's first page has the boot order.
//!
//! No Rust runtime runs before it. The runtime would open closed standard streams, change SIGPIPE
//! and cost system calls; the application must find everything as the user left it.
#![no_main]
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::io::Write;

use snakecrate_format::record;
use snakecrate_platform::{arena::Arena, process};

/// The boot record. The packer patches it in the executable.
#[used]
#[unsafe(link_section = ".snakecrate")]
static RECORD: [u8; record::LENGTH] = record::BLANK;

#[global_allocator]
static ALLOCATOR: Arena = Arena::new();

/// # Safety
///
/// The C runtime calls it: `values` points to `count` pointers to strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn main(count: c_int, values: *const *const c_char) -> c_int {
    // SAFETY: the C runtime's own arguments.
    let arguments = unsafe { process::arguments(count, values) };
    // SAFETY: a reference is readable. The read is volatile, because the bytes in the executable
    // aren't those that the compiler sees.
    let record = unsafe { std::ptr::read_volatile(&raw const RECORD) };
    let error = match snakecrate_launcher::run(&record, &arguments) {
        Ok(status) => return status,
        Err(error) => error,
    };
    let mut lines = vec![error.to_string(), error.remedy()];
    if let Some(publisher) = snakecrate_launcher::publisher(&record) {
        lines.push(format!("for help, contact {publisher}"));
    }
    let message: String = lines.iter().flat_map(|line| ["snakecrate: ", line, "\n"]).collect();
    // One write, so that lines of several processes do not mix. If it fails, the error cannot be
    // reported.
    let _ = std::io::stderr().write_all(message.as_bytes());
    let shown: String = lines.iter().flat_map(|line| [line, "\n\n"]).collect();
    snakecrate_launcher::failure_window::show_failure(&record, &arguments, shown.trim_end());
    error.status()
}
