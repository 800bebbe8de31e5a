//! The kept inputs of the fuzz target `imports_double`, with the double in the kernel's place. A test program of its own, as
//! the double takes the place of a function of libc's.
#![cfg(target_arch = "x86_64")]

#[allow(unreachable_pub)]
#[path = "../../fuzz/src/double.rs"]
mod double;
// A library of its own, of which not all is used here.
#[allow(dead_code, unreachable_pub)]
#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

use std::fs;

use wasm_bpf_tests::workspace;

#[test]
fn a_kernel_that_fails_at_any_call_does_no_harm() {
    let entries = fs::read_dir(workspace().join("fuzz/corpus/imports_double")).expect("a corpus");
    let mut inputs: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    inputs.sort();
    assert!(!inputs.is_empty());
    for path in inputs {
        println!("{}", path.display());
        let input = fs::read(&path).expect("a readable file");
        // As the input says, and with every share of failures.
        double::imports(&input, fuzz::imports::imports_double);
        for failing in (0..128).step_by(16) {
            let mut input = input.clone();
            if let Some(byte) = input.get_mut(1) {
                *byte = failing;
            }
            double::imports(&input, fuzz::imports::imports_double);
        }
    }
}
