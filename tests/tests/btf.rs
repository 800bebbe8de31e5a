//! Kernels that show no types: those that the command line, the module or the guest has take their place.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use wasm_bpf_tests::{Ended, Example, Run, Running, Signal};

const KERNEL: &str = "/sys/kernel/btf/vmlinux";

/// `wasm-bpf` where /sys/kernel/btf is empty.
fn hidden() -> Run {
    let script = "mount -t tmpfs none /sys/kernel/btf && exec \"$0\" \"$@\"";
    Run::program(Path::new("unshare"), "unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", script])
        .arg(wasm_bpf_tests::binary())
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn release() -> String {
    fs::read_to_string("/proc/sys/kernel/osrelease").expect("a kernel").trim().to_owned()
}

/// The module with what it needs of this kernel's types.
#[track_caller]
fn must_carry(module: &Path, folder: &TempDir, kernel: &str) -> PathBuf {
    let output = folder.path().join("carrying.wasm");
    Run::bare()
        .args(["gen", "min-btf"])
        .arg(module)
        .arg("--btf")
        .arg(kernel)
        .arg("-o")
        .arg(&output)
        .must_end()
        .must_exit(0);
    output
}

/// Waits until bootstrap is attached, and until it has printed start and end of one process, each once.
#[track_caller]
fn must_see_a_process(mut bootstrap: Running) {
    bootstrap.must_print_where("its header", |line| line.starts_with("TIME "));
    let mut child = Command::new("true").spawn().expect("a program");
    let pid = format!(" {} ", child.id());
    child.wait().expect("our child");
    bootstrap.must_print_where("the exit", |line| line.contains(" EXIT ") && line.contains(&pid));
    bootstrap.signal(Signal::INT);
    let ended = bootstrap.must_end().must_exit(0);
    let lines: Vec<&str> = ended.stdout.lines().filter(|line| line.contains(&pid)).collect();
    assert!(lines.len() == 2 && lines[0].contains(" EXEC ") && lines[0].contains("true"), "{lines:?}");
    assert_eq!(ended.stderr, "");
}

/// A run that fails and says so.
#[track_caller]
fn must_lack(ended: Ended, texts: &[&str]) {
    assert!(ended.code.is_some_and(|code| code != 0), "{}", ended.stdout);
    texts.iter().fold(ended, |ended, text| ended.must_say(text));
}

#[test]
fn types_come_from_the_command_line() {
    let folder = folder();
    let module = Example::must_build("bootstrap").module();
    let all = folder.path().join("all");
    fs::copy(KERNEL, &all).expect("the kernel's types");
    must_see_a_process(hidden().arg("--btf").arg(&all).arg(&module).must_start());
    // The part that this object needs does as well.
    let object = module.with_file_name("bootstrap.bpf.o");
    let part = folder.path().join("part");
    let kernel = format!("{}={}", release(), all.display());
    Run::bare()
        .args(["gen", "min-btf"])
        .arg(object)
        .args(["--btf", &kernel])
        .arg("-o")
        .arg(&part)
        .must_end()
        .must_exit(0);
    let sizes = [&all, &part].map(|path| path.metadata().expect("a file").len());
    assert!(sizes[1] < 4096 && sizes[0] > 100 * sizes[1], "{sizes:?}");
    must_see_a_process(hidden().arg("--btf").arg(&part).arg(&module).must_start());
}

#[test]
fn types_come_from_the_module() {
    let folder = folder();
    let module = Example::must_build("bootstrap").module();
    let carrying = must_carry(&module, &folder, KERNEL);
    must_see_a_process(hidden().arg(&carrying).must_start());
    // Also where the build put them there, by the release alone, and where it was compiled before.
    let kernels = folder.path().join("kernels");
    fs::create_dir(&kernels).expect("a folder of our own");
    fs::copy(KERNEL, kernels.join(format!("{}.btf", release()))).expect("the kernel's types");
    let other = folder.path().join("other.wasm");
    let sources = wasm_bpf_tests::workspace().join("examples/bootstrap");
    Run::bare().arg("build").arg(sources).arg("--btf").arg(&kernels).arg("-o").arg(&other).must_end().must_exit(0);
    must_see_a_process(hidden().arg(&other).must_start());
    let code = folder.path().join("code");
    Run::bare().arg("compile").arg(&other).arg("-o").arg(&code).must_end().must_exit(0);
    must_see_a_process(hidden().arg("--allow-precompiled").arg(&code).must_start());
}

#[test]
fn without_types_the_error_names_the_option() {
    let module = Example::must_build("bootstrap").module();
    // An earlier run on this kernel kept what it needed: the cache does not answer.
    let mut warm = Run::module(&module).must_start();
    warm.must_print_where("its header", |line| line.starts_with("TIME "));
    warm.signal(Signal::INT);
    warm.must_end().must_exit(0);
    must_lack(hidden().arg(&module).must_end(), &["shows no BTF", "--btf FILE", "gen min-btf"]);

    let folder = folder();
    // A copy, of which nobody knows that it is this kernel's.
    let other = folder.path().join("1.2.3-other.btf");
    fs::copy(KERNEL, &other).expect("the kernel's types");
    let carrying = must_carry(&module, &folder, other.to_str().expect("a path"));
    let not_ours = format!("1.2.3-other, not for {}", release());
    must_lack(hidden().arg(&carrying).must_end(), &["--btf FILE", &not_ours]);
    // Where the kernel shows its types, those of others do not matter.
    must_see_a_process(Run::module(&carrying).must_start());
    Run::bare()
        .args(["--btf", "/nonexistent"])
        .arg(&module)
        .must_end()
        .must_exit(1)
        .must_say("/nonexistent")
        .must_say("NOENT");
    Run::bare().args(["--btf", "/proc/version"]).arg(&module).must_end().must_exit(1).must_say("/proc/version");
}

#[test]
fn types_of_a_hostile_module_end_nobody() {
    let folder = folder();
    let module = Example::must_build("bootstrap").module();
    let good = fs::read(must_carry(&module, &folder, KERNEL)).expect("a module");
    let start = good.windows(4).rposition(|bytes| bytes == [0x9f, 0xeb, 1, 0]).expect("types");
    let hostile = folder.path().join("hostile.wasm");
    // A typedef of itself, its header intact: libbpf would follow it for ever.
    let mut endless = good.clone();
    let types = start + 24;
    let name = u32::from_le_bytes(endless[types..types + 4].try_into().expect("a word"));
    for (at, word) in [(0, name), (4, 8 << 24), (8, 1)] {
        endless[types + at..types + at + 4].copy_from_slice(&u32::to_le_bytes(word));
    }
    let mut cut = good.clone();
    cut.truncate(good.len() - 1);
    let mut counted = good;
    counted[start + 12..start + 16].fill(0xff);
    for (content, say) in [(endless, "types of this kernel"), (cut, "wasm-bpf: "), (counted, "types of this kernel")] {
        fs::write(&hostile, content).expect("our folder");
        must_lack(hidden().arg("--no-cache").arg(&hostile).must_end().must_exit(1), &[say]);
    }
}

#[test]
fn what_cannot_be_given_is_said() {
    let folder = folder();
    let module = Example::must_build("bootstrap").module();
    let output = folder.path().join("out.wasm");
    let generate = |module: &Path, kernel: &str| {
        Run::bare()
            .args(["gen", "min-btf"])
            .arg(module)
            .arg("--btf")
            .arg(kernel)
            .arg("-o")
            .arg(&output)
            .must_end()
            .must_exit(1)
    };
    let unnamed = folder.path().join("vmlinux");
    fs::copy(KERNEL, &unnamed).expect("the kernel's types");
    generate(&module, unnamed.to_str().expect("a path")).must_say("--btf RELEASE=");
    generate(&module, folder.path().to_str().expect("a path")).must_say("no file *.btf");
    generate(&module, &format!("../x={KERNEL}")).must_say("no kernel's release");
    generate(&module, "5.4.0=/proc/version").must_say("failed to choose types");
    generate(&Example::must_build("minimal").module(), KERNEL).must_say("need no types");
    generate(Path::new("/proc/version"), KERNEL).must_say("failed to give `/proc/version` types");
    assert!(!output.exists());
}

#[test]
fn the_guests_own_path_comes_first() {
    let folder = folder();
    let sources = wasm_bpf_tests::workspace().join("tests/guests/own_types");
    let module = folder.path().join("own_types.wasm");
    Run::bare().arg("build").arg(sources).arg("-o").arg(&module).must_end().must_exit(0);
    fs::copy(KERNEL, folder.path().join("types")).expect("the kernel's types");
    let dir = format!("{}::/types", folder.path().display());
    // What the command line names could not be used.
    let empty = folder.path().join("empty");
    let mut header = vec![0x9f, 0xeb, 1, 0];
    [24u32, 0, 0, 0, 1].iter().for_each(|word| header.extend(word.to_le_bytes()));
    header.push(0);
    fs::write(&empty, header).expect("our folder");
    let run = |own: &str| hidden().arg("--btf").arg(&empty).args(["--dir", &dir]).arg(&module).arg(own).must_end();
    run("/types/types").must_have_printed(&["loaded"]);
    must_lack(run("/types/none"), &["NOENT"]);
    must_lack(run("/etc/passwd"), &["(--dir)"]);
    must_lack(run("/types/own_types.wasm"), &["own_types.wasm"]);
    assert!(run("").code.is_some_and(|code| code != 0), "types without any type");
}
