#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wasm_bpf_fuzz::imports::imports_kernel(data));
