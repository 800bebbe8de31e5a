//! `wasm-bpf build` and `wasm-bpf new`, as their users call them: real compilers, the release binary.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use wasm_bpf_tests::{binary, must_become};

/// A BPF program without vmlinux.h, which is quick to compile.
const PROGRAM: &str = r#"
#include <errno.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
unsigned int seen = 0;
SEC("socket") int on_packet(struct __sk_buff *skb) { seen++; return seen ? 0 : -EPERM; }
"#;

/// A guest that uses the skeleton.
const GUEST: &str = r#"
#include <bpf/libbpf.h>
#include <stdio.h>
#include "app.skel.h"
__attribute__((noinline)) static void report(struct app_bpf *skel) { printf("%u\n", skel->bss->seen); }
int main(void)
{
    struct app_bpf *skel = app_bpf__open_and_load();
    if (!skel)
        return 1;
    report(skel);
    app_bpf__destroy(skel);
    return 0;
}
"#;

struct App {
    /// Holds `app`, the folder with the sources, and the cache.
    home: tempfile::TempDir,
}

impl App {
    fn new(files: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(home.path().join("app")).unwrap();
        let app = Self { home };
        for (name, text) in files {
            fs::write(app.file(name), text).unwrap();
        }
        app
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join("app").join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(self.home.path()).env("XDG_CACHE_HOME", self.home.path().join("cache"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the release binary runs")
    }

    #[track_caller]
    fn must_build(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.run(&[&["build", "app"], arguments].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read(self.file("app.wasm")).expect("app.wasm")
    }

    #[track_caller]
    fn must_fail(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("messages are UTF-8")
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_module_is_small_and_has_names_only_when_asked() {
    let app = App::new(&[("app.bpf.c", PROGRAM), ("app.c", GUEST)]);
    let module = app.must_build(&[]);
    assert!(module.starts_with(b"\0asm"));
    assert!(contains(&module, "__indirect_function_table"), "callbacks need the table");
    assert!(!contains(&module, "report"), "stripped");
    assert!(module.len() < 70_000, "{} bytes", module.len());
    assert!(contains(&app.must_build(&["--debug"]), "report"));
}

#[test]
fn the_same_sources_give_the_same_bytes_anywhere() {
    let files = [("app.bpf.c", PROGRAM), ("app.c", GUEST)];
    let (here, there) = (App::new(&files), App::new(&files));
    let module = here.must_build(&[]);
    assert!(module == there.must_build(&["--keep", "somewhere"]));
    assert!(!contains(&module, here.home.path().to_str().unwrap()), "no path of the machine is left in the module");
}

#[test]
fn the_embedded_object_has_btf_and_no_dwarf() {
    let app = App::new(&[("app.bpf.c", PROGRAM), ("app.c", GUEST)]);
    app.must_build(&["--keep", "out"]);
    let object = fs::read(app.home.path().join("out/app.bpf.o")).expect("the object is kept");
    assert!(contains(&object, ".BTF.ext\0") && !contains(&object, ".debug_"));
    assert!(contains(&object, "return seen ? 0 : -EPERM"), "the verifier can quote the source");
}

#[test]
fn an_error_in_the_guest_shows_the_compilers_message_and_command() {
    let app = App::new(&[("app.bpf.c", PROGRAM), ("app.c", "int main(void) { return undeclared; }")]);
    let message = app.must_fail(&["build", "app"]);
    assert!(message.contains("app/app.c:1:25: error: use of undeclared identifier 'undeclared'"), "{message}");
    assert!(message.contains("failed to compile app/app.c"), "{message}");
    assert!(message.contains("--target=wasm32-wasi"), "{message}");
    assert!(!app.file("app.wasm").exists());
}

#[test]
fn an_error_in_the_bpf_program_shows_the_compilers_message_and_command() {
    let app = App::new(&[("app.bpf.c", "#error not like this"), ("app.c", GUEST)]);
    let message = app.must_fail(&["build", "app"]);
    assert!(message.contains("app/app.bpf.c:1:2: error: not like this"), "{message}");
    assert!(message.contains("--target=bpf"), "{message}");
}

#[test]
fn a_missing_function_shows_the_linkers_message_and_command() {
    let app = App::new(&[("app.bpf.c", PROGRAM), ("app.c", "int missing(void); int main(void) { return missing(); }")]);
    let message = app.must_fail(&["build", "app"]);
    assert!(message.contains("undefined symbol: missing"), "{message}");
    assert!(message.contains("failed to link app/app.wasm"), "{message}");
}

#[test]
fn missing_kernel_types_are_answered_with_the_option() {
    let app = App::new(&[("app.bpf.c", "#include \"vmlinux.h\""), ("app.c", GUEST)]);
    let message = app.must_fail(&["build", "app", "--vmlinux", "/nonexistent"]);
    assert!(message.contains("/nonexistent") && message.contains("--vmlinux"), "{message}");
}

#[test]
fn a_guest_can_be_of_c_and_cpp_files_and_take_macros_and_folders() {
    let app = App::new(&[
        ("app.bpf.c", PROGRAM),
        ("app.c", "int answer(void); int main(void) { return answer() != ANSWER; }"),
        ("more.cpp", "#include \"answer.h\"\nextern \"C\" int answer(void) { static Answer it; return it.value(); }"),
    ]);
    fs::create_dir(app.home.path().join("shared")).unwrap();
    let header = "struct Answer { virtual int value() { return ANSWER; } };";
    fs::write(app.home.path().join("shared/answer.h"), header).unwrap();
    app.must_build(&["-D", "ANSWER=42", "-I", "shared"]);
}

#[test]
fn several_objects_are_one_module_named_after_the_folder() {
    let guest = "#include <bpf/libbpf.h>\n#include \"a.skel.h\"\n#include \"b-c.skel.h\"\n\
                 int main(void) { a_bpf__destroy(a_bpf__open()); b_c_bpf__destroy(b_c_bpf__open()); return 0; }";
    let app = App::new(&[("a.bpf.c", PROGRAM), ("b-c.bpf.c", PROGRAM), ("main.c", guest)]);
    app.must_build(&[]);
}

#[test]
fn a_new_project_builds() {
    let app = App::new(&[]);
    let output = app.run(&["new", "--lang", "c", "hello"]);
    assert!(output.status.success());
    let output = app.run(&["build", "hello"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("hello/hello.wasm ("));
    assert!(output.stderr.is_empty(), "no warnings: {}", String::from_utf8_lossy(&output.stderr));

    let message = app.must_fail(&["new", "hello"]);
    assert!(message.contains("exists and is not overwritten"), "{message}");
    let message = app.must_fail(&["new", "2fast"]);
    assert!(message.contains("begin with a letter"), "{message}");
}

#[test]
fn watch_builds_again_after_an_edit_and_survives_errors() {
    let app = App::new(&[("app.bpf.c", PROGRAM), ("app.c", GUEST)]);
    let mut child = app.command(&["build", "app", "--watch"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let module = app.file("app.wasm");
    let size = || fs::metadata(&module).map(|data| data.len()).ok();
    let outcome = std::panic::catch_unwind(|| {
        must_become("the first module", || size().is_some());
        let first = size();
        fs::write(app.file("app.c"), "broken").unwrap();
        fs::write(app.file("app.c"), "int main(void) { return 0; }").unwrap();
        must_become("a smaller module", || size().is_some() && size() < first);
    });
    child.kill().expect("the watcher still runs");
    child.wait().unwrap();
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}
