#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| timbra_fuzz::decode("line", data));
