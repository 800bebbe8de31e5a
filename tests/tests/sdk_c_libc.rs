//! What stands between programs for Linux and WASI's C library: argp, the heap, files, formats, ELF, zlib. Each program
//! below `sdk/c/tests` is compiled twice from one source, natively and as `wasm-bpf build` does it; both must print the
//! same.

use std::fs;
use std::io::{Read, Seek};
use std::process::Command;

use wasm_bpf_tests::{KIT, Run, binary, both_ways, clang, for_each, must_agree, must_output, workspace};

/// Splits each line into arguments.
fn command_lines(lines: &'static str) -> Vec<Vec<&'static str>> {
    lines.lines().map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn argp_answers_as_glibc_does() {
    let (program, module) = both_ways("argp", "options");
    let lines = command_lines(include_str!("sdk_c_argp_options.txt"));
    assert!(lines.len() > 40);
    for_each(&lines, |arguments| must_agree(&program, &module, arguments, None));
    for_each(&lines, |arguments| must_agree(&program, &module, arguments, Some(("POSIXLY_CORRECT", "1"))));
}

#[test]
fn argp_with_child_parsers_and_flags_answers_as_glibc_does() {
    let (program, module) = both_ways("argp", "children");
    let lines = command_lines(include_str!("sdk_c_argp_children.txt"));
    assert!(lines.len() > 15);
    for flags in ["0", "8", "4", "16", "32", "2", "64", "1"] {
        for_each(&lines, |arguments| must_agree(&program, &module, arguments, Some(("FLAGS", flags))));
    }
}

#[test]
fn packed_data_is_unpacked_as_zlib_does() {
    let (program, module) = both_ways("libc", "unpack");
    let text = fs::read(workspace().join("docs/sdk-c.md")).expect("a text");
    // Without a pattern: blocks that are stored.
    let noise = (0..70_000u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 29) as u8).collect();
    let nothing = Vec::new();
    let zeroes = vec![0; 100_000];
    let short = text[..700].to_vec();
    let cases = [("text", text), ("noise", noise), ("nothing", nothing), ("zeroes", zeroes), ("short", short)];
    let mut lines = Vec::new();
    for (name, data) in cases {
        let raw = KIT.file(name);
        fs::write(&raw, data).unwrap();
        for level in ["-1", "-6", "-9"] {
            let packed = KIT.file(&format!("{name}{level}.gz"));
            let output = must_output(Command::new("gzip").args(["-c", level]).arg(&raw));
            fs::write(&packed, output.stdout).unwrap();
            let packed = packed.to_str().expect("a plain path").to_owned();
            lines.push((packed.clone(), "chunks"));
            if name == "short" {
                lines.push((packed.clone(), "flips"));
                lines.push((packed, "cuts"));
            }
        }
    }
    for_each(&lines, |(packed, mode)| must_agree(&program, &module, &[packed, mode], None));
}

#[test]
fn sorting_and_messages_are_glibcs() {
    let (program, module) = both_ways("libc", "sorting");
    must_agree(&program, &module, &[], None);
}

#[test]
fn elf_files_are_read_as_libelf_does() {
    let (program, module) = both_ways("libc", "elf_file");
    let narrow = KIT.file("narrow.c");
    fs::write(&narrow, "int first(int x) { return x; }\nstatic int second = 7;\nint third(void) { return second; }\n")
        .unwrap();
    let text = narrow.clone();
    let mut objects = vec![program.clone(), text];
    for (name, options) in [("narrow.o", ["-m32", "-g"]), ("wide.o", ["-m64", "-ffunction-sections"])] {
        objects.push(KIT.file(name));
        must_output(clang(&options).arg("-c").arg(&narrow).arg("-o").arg(KIT.file(name)));
    }
    let paths: Vec<&str> = objects.iter().map(|path| path.to_str().expect("a plain path")).collect();
    for_each(&paths, |path| {
        must_agree(&program, &module, &[path], None);
        must_agree(&program, &module, &[path, "memory"], None);
    });
    for path in &paths[1..] {
        let ended = Run::bare().args(["--dir", &KIT.folder().to_string_lossy()]).arg(&module).args([path, "damaged"]);
        assert!(ended.must_end().must_exit(0).stdout.ends_with("survived\n"));
    }
}

#[test]
fn a_directory_that_was_not_given_is_named_once() {
    let source = workspace().join("sdk/c/tests/libc/ungranted.c");
    let module = KIT.must_link(&[&KIT.must_compile(&source, "ungranted.o")], "ungranted.wasm");
    let given = KIT.folder().display().to_string();
    let file = format!("{given}/ungranted.o");
    let run = Run::bare().args(["--dir", &given]).arg(&module);
    let ended =
        run.args(["/proc/version", "/proc/1/maps", &file, "/etc/x/y", "here", "/etc/x/z"]).must_end().must_exit(0);
    let hint = |path: &str, directory: &str| {
        format!("wasm-bpf: {path}: the module was not given this directory; run it with --dir {directory}\n")
    };
    assert_eq!(ended.stderr, hint("/proc/version", "/proc") + &hint("/etc/x/y", "/etc/x") + &hint("here", "."));
    assert!(ended.stdout.contains(&format!("{file}: 1 1 1\n")) && !ended.stdout.contains(" 0\n"), "{}", ended.stdout);
}

#[test]
fn the_kernels_release_is_the_hosts() {
    let (program, module) = both_ways("libc", "kernel");
    must_agree(&program, &module, &[], None);
}

#[test]
fn local_time_is_the_hosts() {
    let (program, module) = both_ways("libc", "local_time");
    // Rules instead of names: a machine need not have the zones' files.
    let zones = ["UTC0", "EST5EDT,M3.2.0,M11.1.0", "CET-1CEST,M3.5.0,M10.5.0/3", "<+0530>-5:30", "<-03>3"];
    for_each(&zones, |zone| must_agree(&program, &module, &[], Some(("TZ", zone))));
}

#[test]
fn times_are_printed_as_by_glibc() {
    let (program, module) = both_ways("libc", "time_formats");
    must_agree(&program, &module, &[], Some(("TZ", "UTC0")));
}

#[test]
fn temporary_files_and_folders_are_made_as_natively() {
    let (program, module) = both_ways("libc", "temporary");
    must_agree(&program, &module, &[KIT.folder().to_str().expect("a plain path")], None);
}

#[test]
fn the_heap_keeps_what_it_is_given() {
    let (program, module) = both_ways("libc", "heap");
    must_agree(&program, &module, &[], None);
}

#[test]
fn numbers_are_read_and_texts_searched_as_by_glibc() {
    let (program, module) = both_ways("libc", "numbers");
    must_agree(&program, &module, &[], None);
}

#[test]
fn a_handler_is_never_taken_for_an_ignored_signal() {
    let (program, module) = both_ways("libc", "first_handler");
    must_agree(&program, &module, &[], None);
}

#[test]
fn formats_are_those_of_64_bits() {
    let (program, module) = both_ways("libc", "formats");
    must_agree(&program, &module, &[], None);
}

#[test]
fn messages_are_those_of_glibc() {
    let (program, module) = both_ways("libc", "messages");
    must_agree(&program, &module, &[], None);
    must_agree(&program, &module, &["errx"], None);
}

#[test]
fn texts_reach_a_file_in_the_order_of_glibc() {
    let (program, module) = both_ways("libc", "buffering");
    for arguments in [&[][..], &["lines"]] {
        let [native, guest] = [Command::new(&program), Command::new(binary())].map(|mut command| {
            if command.get_program() == binary() {
                command.arg(&module);
            }
            let mut file = tempfile::tempfile().expect("a file");
            let [out, err] = [(); 2].map(|()| file.try_clone().expect("a descriptor"));
            let status = command.args(arguments).stdout(out).stderr(err).status().expect("a program");
            assert!(status.success());
            let mut text = String::new();
            file.rewind().and_then(|()| file.read_to_string(&mut text)).expect("a file");
            text
        });
        assert_eq!(guest, native);
    }
}

#[test]
fn errors_have_the_numbers_and_texts_of_linux() {
    let (program, module) = both_ways("libc", "errors");
    must_agree(&program, &module, &[KIT.folder().to_str().expect("a plain path")], None);
}

#[test]
fn flags_of_open_have_the_numbers_and_effects_of_linux() {
    let (program, module) = both_ways("libc", "open_flags");
    must_agree(&program, &module, &[KIT.folder().to_str().expect("a plain path")], None);
}

#[test]
fn the_kernels_types_are_there_without_a_directory() {
    let (program, module) = both_ways("libc", "access");
    must_agree(&program, &module, &[], None);
}

#[test]
fn addresses_are_those_of_the_kernel() {
    let (program, module) = both_ways("libc", "addresses");
    must_agree(&program, &module, &[], None);
}
