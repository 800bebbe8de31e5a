//! Addresses of 64 bits in guests, whose `long` and pointers have 32: stacks, lists of mappings, names of symbols.

use std::process::{Child, Command, Stdio};

use wasm_bpf_tests::{KIT, Run, Skeleton, both_ways, both_with_skeleton, must_agree_with, must_output, workspace};

/// What programs need that look for symbols themselves.
const PROC: [&str; 2] = ["--dir", "/proc"];

/// A process that sleeps again and again in `leaf`, called by `middle`, called by `main`; ended when it is dropped.
struct Target(Child);

impl Target {
    fn start(name: &str, options: &[&str]) -> Self {
        let program = KIT.file(name);
        let source = workspace().join("sdk/c/tests/stacks/target.c");
        let mut compile = Command::new("cc");
        compile.args(["-g", "-O0", "-fno-omit-frame-pointer"]).args(options).arg(source).arg("-o").arg(&program);
        must_output(&mut compile);
        Self(Command::new(program).stdin(Stdio::null()).spawn().expect("a process"))
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.0.kill().expect("it runs on");
        self.0.wait().expect("a child");
    }
}

#[test]
fn stacks_in_unsigned_long_are_named_as_natively() {
    let (program, module) = both_with_skeleton("stacks", &Skeleton::Bpftool);
    for (name, options) in [("target", ["-pie", "-fPIE"]), ("target-fixed", ["-no-pie", "-fno-pie"])] {
        let target = Target::start(name, &options);
        must_agree_with(&PROC, &program, &module, &[&target.pid()], None);
        let guest = Run::bare().args(PROC).arg(&module).arg(target.pid()).must_end().must_exit(0);
        let frame = format!("/{name}+0x");
        let whole = guest.stdout.lines().filter(|line| line.contains(&frame) && line.len() > 40).count();
        assert!(whole >= 2 && guest.stdout.contains("do_syscall_64+0x"), "{}", guest.stdout);
    }
}

#[test]
fn symbols_are_whole_in_constants() {
    let (program, module) = both_with_skeleton("symbols", &Skeleton::Bpftool);
    must_agree_with(&PROC, &program, &module, &[], None);
    let guest = Run::bare().args(PROC).arg(&module).must_end().must_exit(0);
    assert_eq!(guest.stdout.matches("result 0\n").count(), 2, "{}", guest.stdout);
}

#[test]
fn numbers_of_64_bits_are_read_kept_and_printed_as_natively() {
    let (program, module) = both_with_skeleton("wide", &Skeleton::Bpftool);
    must_agree_with(&PROC, &program, &module, &[], None);
    let guest = Run::bare().args(PROC).arg(&module).must_end().must_exit(0);
    assert!(guest.stdout.contains("99999999999 0  99999999999 99999999999\n"), "{}", guest.stdout);
    assert!(guest.stdout.contains("\n1 1\n[<ffffffff"), "{}", guest.stdout);
}

#[test]
fn keys_and_values_that_are_narrower_behave_as_natively() {
    let (program, module) = both_with_skeleton("narrow", &Skeleton::Bpftool);
    must_agree_with(&[], &program, &module, &[], None);
}

#[test]
fn structs_with_pointers_and_long_are_shared_as_natively() {
    let (program, module) = both_with_skeleton("shared", &Skeleton::Bpftool);
    must_agree_with(&[], &program, &module, &[], None);
    let printed = Run::bare().arg(&module).must_end().must_exit(0).stdout;
    let last = "middle 3: 1 middle 1099511627779 6 -3 0 11 1, 72 of 72";
    assert!(printed.contains(last) && printed.contains("done first: 13 apples, yes c, -2, 1,"), "{printed}");
}

#[test]
fn blazesym_names_addresses_through_the_host() {
    let (_, stacks) = both_with_skeleton("stacks", &Skeleton::Bpftool);
    let source = workspace().join("sdk/c/tests/blazesym/blazesym.c");
    let object = KIT.file("blazesym.o");
    // Formats are for a `long` of 64 bits.
    must_output(KIT.guest(&["-c", "-Wno-format"]).arg(&source).arg("-o").arg(&object));
    let module = KIT.must_link(&[&object], "blazesym.wasm");
    let target = Target::start("target-blazesym", &[]);
    let stack = Run::bare().args(PROC).arg(&stacks).arg(target.pid()).must_end().must_exit(0).stdout;
    let frame = stack.lines().find(|line| line.contains("/target-blazesym+0x")).expect("a frame of the target's");
    let address = frame.split_whitespace().nth(1).and_then(|word| word.strip_prefix("0x")).expect("an address");

    let ended = Run::module(&module).args([&target.pid(), address]).must_end().must_exit(0);
    let file = format!("{}/target.c:", workspace().join("sdk/c/tests/stacks").display());
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let [newest, found, nothing, middle, older, _, first, oldest, none, many] = lines[..] else {
        panic!("{}", ended.stdout)
    };
    assert_eq!([newest, middle, first], ["newest: 2", "middle: 2", "first: 2"]);
    assert_eq!(nothing, "0000000000000010: <no-symbol> (absolute address not found in virtual memory map of process)");
    assert_eq!(none, "[<0000000000000010>]");
    assert_eq!(many, "many: 1500 middle");
    for line in [found, older, oldest] {
        assert!(line.contains(address) && line.contains(" middle+0x") && line.contains(&file), "{line}");
    }
    assert!(found.ends_with("/target-blazesym"), "{found}");

    let symbols = std::fs::read_to_string("/proc/kallsyms").expect("the kernel's symbols");
    let system_call = symbols.lines().find(|line| line.ends_with(" T do_syscall_64")).expect("x86-64");
    let address = system_call.split_once(' ').expect("an address").0;
    let ended = Run::module(&module).args(["0", address]).must_end().must_exit(0);
    assert!(ended.stdout.contains(&format!("{address}: do_syscall_64+0x0 0")), "{}", ended.stdout);
    assert!(ended.stdout.ends_with("none: entity not found\n"), "{}", ended.stdout);
}

#[test]
fn a_guests_own_vdso_is_in_its_memory() {
    let (program, module) = both_ways("libc", "vdso");
    must_agree_with(&PROC, &program, &module, &[], None);
}

#[test]
fn namespaces_are_those_of_the_runtime() {
    let (program, module) = both_ways("libc", "namespace");
    must_agree_with(&PROC, &program, &module, &[], None);
}

#[test]
fn lists_of_cpus_are_read_as_natively() {
    let (program, module) = both_ways("libc", "cpu_mask");
    must_agree_with(&[], &program, &module, &[], None);
    must_agree_with(&["--dir", "/sys"], &program, &module, &[], None);
}
