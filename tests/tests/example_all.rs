//! What holds for every folder of `examples/`.

use std::fs;
use std::process::Command;

use wasm_bpf_tests::{Example, workspace};

/// The largest module of an example, in bytes.
const MAX_SIZE: u64 = 70_000;
/// The one that may be larger, and how large: argp and the perf buffer's records are most of it.
const LARGEST: (&str, u64) = ("opensnoop", 70 << 10);

#[test]
fn each_is_small() {
    for name in Example::names() {
        let size = Example::must_build(&name).module().metadata().expect("a module").len();
        let max = if name == LARGEST.0 { LARGEST.1 } else { MAX_SIZE };
        assert!(size < max, "{name}: {size} bytes");
    }
}

#[test]
fn each_shows_its_help() {
    for name in Example::names() {
        let ended = Example::must_build(&name).run().arg("-h").must_end().must_exit(0);
        let usage = ended.stdout.to_lowercase();
        assert!(usage.contains("usage") && usage.contains(&name), "{name}: {}", ended.stdout);
        assert_eq!(ended.stderr, "", "{name}");
    }
}

#[test]
fn each_compiles_natively_against_libbpf() {
    for name in Example::names() {
        let program = Example::must_build(&name).must_build_native();
        let output = Command::new(&program).arg("-h").output().expect("a program");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn each_is_described() {
    let overview = fs::read_to_string(workspace().join("README.md")).expect("the README");
    for name in Example::names() {
        assert!(overview.contains(&format!("| [{name}](examples/{name}) |")), "README.md does not list {name}");
        let readme = workspace().join("examples").join(&name).join("README.md");
        let text = fs::read_to_string(&readme).unwrap_or_else(|error| panic!("{}: {error}", readme.display()));
        for part in [format!("# {name}\n"), "```console\n$ ".into(), format!("wasm-bpf build examples/{name}\n")] {
            assert!(text.contains(&part), "{} lacks `{part}`", readme.display());
        }
    }
}
