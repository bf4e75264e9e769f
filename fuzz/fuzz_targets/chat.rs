#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| delm_fuzz::streams::chat(data));
