#![no_main]

#[path = "../src/double.rs"]
mod double;

libfuzzer_sys::fuzz_target!(|data: &[u8]| double::imports(data, wasm_bpf_fuzz::imports::imports_double));
