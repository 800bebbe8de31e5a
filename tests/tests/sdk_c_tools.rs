//! What the helpers of the well-known tools take from the C library, libelf and libbpf, and what those tools ask other
//! programs: natively and as a guest, with the same answers.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bpf_tests::{
    KIT, Run, binary, both_ways, clang, for_each, must_agree, must_output, require_root, with_libbpf, workspace,
};

/// What both print, the guest with all directories.
#[track_caller]
fn must_agree_everywhere(program: &Path, module: &Path, arguments: &[&str]) -> String {
    let native = Run::program(program, "./tool").args(arguments).must_end().must_exit(0);
    let run = Run::bare().args(["run", "--allow-all", "--argv0", "./tool", "--dir", "/"]).arg(module);
    let guest = run.args(arguments).must_end().must_exit(0);
    assert_eq!(guest.stdout, native.stdout, "the guest's on the left; its errors: {}", guest.stderr);
    guest.stdout
}

#[test]
fn links_that_lead_out_of_a_directory_are_followed() {
    require_root();
    let folder = KIT.file("links");
    fs::create_dir_all(folder.join("inner")).unwrap();
    let path = |name: &str| folder.join(name).to_str().expect("a plain path").to_owned();
    fs::write(path("inner/file"), "text").unwrap();
    for (link, to) in [
        ("relative", "inner/file".to_owned()),
        ("absolute", path("inner/file")),
        ("chain", path("absolute")),
        ("folder", path("inner")),
        ("up", "../links/./inner/../inner/file".to_owned()),
        ("dangling", path("nothing")),
        ("loop", path("loop")),
    ] {
        symlink(to, folder.join(link)).unwrap();
    }
    let names = [
        "inner/file",
        "relative",
        "absolute",
        "chain",
        "folder",
        "folder/file",
        "folder/../relative",
        "up",
        "dangling",
        "loop",
        "loop/file",
        "inner//file",
        "inner/file/",
        "inner/file/x",
        "nothing",
        "nothing/x",
        ".",
        "inner/..",
    ];
    let names = names.map(path);
    let arguments: Vec<&str> = names.iter().map(String::as_str).collect();
    let (program, module) = both_ways("libc", "paths");
    let printed = must_agree_everywhere(&program, &module, &arguments);
    assert!(printed.contains(&format!("{}: {} 1 1 1 116 0 0 4\n", path("chain"), path("inner/file"))), "{printed}");

    // What was not given stays out of reach, by whatever link.
    let run = Run::bare().args(["--dir", &path("inner")]).arg(&module).arg(path("folder/file"));
    let printed = run.must_end().must_exit(0).stdout;
    assert!(printed.contains(" 0 0 0 -1 -1 0\n"), "{printed}");
}

#[test]
fn a_guest_knows_its_process_and_starts_no_other() {
    let (program, module) = both_ways("libc", "process");
    let native = Run::program(&program, "./tool").must_end().must_exit(0).stdout;
    let guest = Run::bare().args(["--dir", "/proc"]).arg(&module).must_end().must_exit(0).stdout;
    let refused = "-1-1-1-1-1 1\n-1 1\n-1 1\n";
    assert_eq!(guest, native + refused);
}

#[test]
fn commands_that_tools_ask_are_answered() {
    let (program, module) = both_ways("libc", "commands");
    let shell = "which sh";
    let own = format!("which {}", program.display());
    let same = [shell, &own, "which no-such-program-anywhere", "which /no/such/file", "  which   sh  "];
    let printed = must_agree_everywhere(&program, &module, &same);
    assert!(printed.contains("bin/sh\nwhich sh: 1 0\n"), "{printed}");

    let guest = |arguments: &[&str]| {
        let run = Run::bare().args(["--dir", "/"]).arg(&module).args(arguments);
        run.must_end().must_exit(0).stdout
    };
    for refused in ["true", "which sh; true", "which $HOME", "which sh sh", ""] {
        assert_eq!(guest(&[refused]), format!("{refused}: Function not implemented\n"));
    }
    // Where a library is, not where it was loaded; the loader itself and the vDSO are listed in their own way.
    let libraries = |text: &str| -> Vec<String> {
        let found = text.lines().filter(|line| line.contains("=>") && !line.contains("ld-linux"));
        found.map(|line| line.split(" (").next().expect("a line").trim().to_owned()).collect()
    };
    let native = must_output(Command::new("ldd").arg("/bin/bash")).stdout;
    let mut native = libraries(&String::from_utf8_lossy(&native));
    let mut ours = libraries(&guest(&["ldd /bin/bash"]));
    native.sort();
    ours.sort();
    assert!(!native.is_empty());
    assert_eq!(ours, native);
    assert!(guest(&["ldd /etc/passwd"]).ends_with("ldd /etc/passwd: 1 1\n"));
}

/// The numbers that a header gives to names with this prefix.
fn numbers(header: &Path, prefix: &str) -> BTreeMap<String, u32> {
    let text = fs::read_to_string(header).unwrap_or_else(|error| panic!("{}: {error}", header.display()));
    let define = |line: &str| {
        let (name, number) = line.strip_prefix("#define")?.trim().split_once(char::is_whitespace)?;
        Some((name.strip_prefix(prefix)?.to_owned(), number.split_whitespace().next()?.parse().ok()?))
    };
    text.lines().filter_map(define).collect()
}

#[test]
fn names_of_system_calls_and_errors_are_the_kernels() {
    let (_, module) = both_ways("libc", "commands");
    let own = KIT.unpacked().join("uapi");
    let print = |command: &str| Run::module(&module).arg(command).must_end().must_exit(0).stdout;
    if cfg!(target_arch = "x86_64") {
        let printed = print("ausyscall --dump 2>/dev/null");
        assert!(printed.starts_with("Using x86_64 syscall table:\n0\tread\n"), "{printed}");
        let known = numbers(&own.join("asm/unistd_64.h"), "__NR_");
        assert!(known.len() > 300);
        for (name, number) in known {
            assert!(printed.contains(&format!("\n{number}\t{name}\n")), "{name} is {number}");
        }
    }
    // The numbers of most other processors, by the table itself.
    let source = KIT.file("names.c");
    let text = "#include <stdio.h>\n#include <wasm_bpf/syscall_names.h>\nint main(void)\n{\nfor (unsigned i = 0; i < 500; i++) {\n\
                const char *name = wasm_bpf_syscall_name(\"aarch64\", i);\nif (name)\nprintf(\"%u %s\\n\", i, name);\n}\nreturn 0;\n}\n";
    fs::write(&source, text).unwrap();
    let names = KIT.must_link(&[&KIT.must_compile(&source, "names.o")], "names.wasm");
    let printed = format!("\n{}", Run::module(&names).must_end().must_exit(0).stdout);
    let known = numbers(Path::new("/usr/include/asm-generic/unistd.h"), "__NR_");
    assert!(known.len() > 250);
    for (name, number) in known {
        // Not of processors with 64 bits, and of some only.
        let special = ["arch_specific_syscall", "syscalls", "sync_file_range2", "riscv_flush_icache"];
        if !(403..424).contains(&number) && !special.contains(&name.as_str()) {
            assert!(printed.contains(&format!("\n{number} {name}\n")), "{name} is {number}");
        }
    }

    let mut errors = numbers(&own.join("asm-generic/errno-base.h"), "");
    errors.extend(numbers(&own.join("asm-generic/errno.h"), ""));
    errors.retain(|name, _| name.starts_with('E'));
    assert!(errors.len() > 120);
    for (name, number) in [("ENOENT", 2), ("EWOULDBLOCK", 11), ("ENOTSUP", 95), ("EHWPOISON", 133)] {
        assert!(print(&format!("errno {name}")).starts_with(&format!("{name}  {number}\n")));
    }
    for (name, number) in errors {
        assert!(print(&format!("errno {name}")).starts_with(&format!("{name}  {number}\n")), "{name} is {number}");
    }
    assert_eq!(print("errno ENOTHING"), "errno ENOTHING: 1 1\n");
}

/// Builds a program of several sources below `sdk/c/tests/programs` in both ways.
#[track_caller]
fn both_of_many(name: &str) -> (PathBuf, PathBuf) {
    require_root();
    let folder = workspace().join("sdk/c/tests/programs").join(name);
    let (module, kept) = (KIT.file(&format!("{name}.wasm")), KIT.file(&format!("{name}.kept")));
    let mut build = Command::new(binary());
    build.arg("build").arg(&folder).arg("-o").arg(&module).arg("--keep").arg(&kept);
    must_output(build.env("XDG_CACHE_HOME", KIT.folder()));
    let mut generate = Command::new("bpftool");
    let object = kept.join(format!("{name}.bpf.o"));
    generate.args(["gen", "skeleton"]).arg(object).args(["name", &format!("{name}_bpf")]);
    fs::write(KIT.file(&format!("{name}.skel.h")), must_output(&mut generate).stdout).unwrap();

    let sources = fs::read_dir(&folder).expect("a readable folder").flatten().map(|entry| entry.path());
    let is_own =
        |path: &PathBuf| path.extension().is_some_and(|e| e == "c") && !path.ends_with(format!("{name}.bpf.c"));
    let program = KIT.file(&format!("{name}.native"));
    let mut compile =
        clang(&["-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers", "-D_GNU_SOURCE", "-O2"]);
    compile.arg("-isystem").arg(KIT.unpacked().join("uapi")).arg("-I").arg(&folder).arg("-I").arg(KIT.folder());
    compile.args(sources.filter(is_own));
    must_output(with_libbpf(&mut compile).arg("-o").arg(&program));
    (program, module)
}

#[test]
fn what_tools_helpers_do_has_the_native_results() {
    let (program, module) = both_of_many("helpers");
    let printed = must_agree_everywhere(&program, &module, &[]);
    // Not equal by both failing.
    for line in ["48 1 -2 -1099511627776 1 1 a\tname", "address: 1 ", "libc: 0", "attached: 0", "which bash: 0"] {
        assert!(printed.lines().any(|printed| printed.starts_with(line)), "`{line}` is missing in:\n{printed}");
    }
}

#[test]
fn options_are_parsed_and_refused_as_by_glibc() {
    let (program, module) = both_ways("libc", "options");
    let lines: Vec<Vec<&str>> =
        include_str!("sdk_c_options.txt").lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(lines.len() > 40);
    for_each(&lines, |arguments| must_agree(&program, &module, arguments, None));
}
