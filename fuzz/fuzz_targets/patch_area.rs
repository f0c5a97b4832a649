#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| snakecrate_fuzz::patch_area(data));
