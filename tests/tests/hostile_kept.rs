//! The inputs that fuzzing found or that its corpora keep, through the functions that the fuzz targets run: none of them
//! may end the host or leave something behind. One test, as what the process has open is looked at.

// A library of its own, of which not all is used here.
#[allow(dead_code, unreachable_pub)]
#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

use std::fs;
use std::path::PathBuf;

use wasm_bpf_tests::{require_root, workspace};

/// The inputs of a target, by name; there are some.
#[track_caller]
fn must_read(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = workspace().join("fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<_> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .map(|path| (path.clone(), fs::read(path).expect("a readable file")))
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "no inputs in {}", folder.display());
    inputs
}

fn run(target: &str, function: fn(&[u8])) {
    for (path, input) in must_read(target) {
        // Where it panics, this line says on what.
        println!("{}", path.display());
        function(&input);
    }
}

#[test]
fn inputs_that_were_kept_do_no_harm() {
    require_root();
    run("codegen_btf", fuzz::codegen_btf);
    run("inspect", fuzz::inspect);
    run("policy", fuzz::policy);
    run("imports_kernel", fuzz::imports::imports_kernel);
    // Without the double: the calls are as good against the kernel, observing only.
    run("imports_double", |input| fuzz::imports::imports_kernel(input.get(2..).unwrap_or_default()));
}
