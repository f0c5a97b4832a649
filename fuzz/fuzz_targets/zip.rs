#![no_main]

use snakecrate_fuzz::{memory, safe};

#[path = "../src/zip.rs"]
mod zip;

libfuzzer_sys::fuzz_target!(|data: &[u8]| zip::zip(data));
