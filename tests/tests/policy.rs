//! What modules may do: by default, by grants, by a policy file, by an answer on the terminal.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use wasm_bpf_tests::{Cgroup, Ended, Example, Run, Running, binary};

/// A policy file with this text; gone with the folder.
fn policy(text: &str) -> (TempDir, String) {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("policy.toml");
    fs::write(&path, text).expect("a writable folder");
    let path = path.to_str().expect("UTF-8").to_owned();
    (folder, path)
}

#[track_caller]
fn start(example: &str, text: &str) -> Running {
    let (_folder, path) = policy(text);
    let mut guest = Example::must_build(example).run_with(&["--policy", &path]).must_start();
    guest.must_print_where("the heading", |_| true);
    guest
}

#[track_caller]
fn refused(example: &str, text: &str) -> Ended {
    let (_folder, path) = policy(text);
    let ended = Example::must_build(example).run_with(&["--policy", &path]).must_end().must_exit(1);
    ended.must_say("is not allowed").must_say(&path)
}

#[test]
fn hooks_are_allowed_by_pattern() {
    start("execve", "hooks = ['tracepoint:syscalls/*']").must_stop();
    let ended = refused("execve", "hooks = ['tracepoint:sched/*']");
    let ended = ended.must_say("to `tracepoint:syscalls/sys_enter_execve` is not allowed").must_say("`hooks`");
    ended.must_say("add \"tracepoint:syscalls/sys_enter_execve\" to `hooks`").must_say("--allow-all");
}

#[test]
fn a_file_narrows_what_observing_is() {
    refused("tp_btf", "hooks = ['tracepoint:sched/*']").must_say("\"tracing\"").must_say("`programs`");
    refused("tp_btf", "programs = ['tracing']\nhooks = ['tp_btf:sched_*']").must_say("\"tp_btf:signal_generate\"");
    refused("execve", "helpers = ['bpf_get_current_comm']").must_say("`helpers`").must_say("\"bpf_");
    refused("execve", "maps = [{ type = 'hash' }]").must_say("`maps`").must_say("{ type = \"");
    refused("execve", "maps = [{ type = 'ringbuf', bytes = 4096 }, { type = 'array' }]").must_say("type = \"ringbuf\"");
}

#[test]
fn listening_is_allowed_by_interface() {
    let example = Example::must_build("sockfilter");
    let run = |text: &str, interface: &[&str]| {
        let (folder, path) = policy(text);
        let run = Run::unshared().args(["--policy", &path]).arg(example.module()).args(interface);
        (folder, run)
    };
    let (_folder, lo) = run("hooks = ['socket:lo']", &["lo"]);
    let mut guest = lo.must_start();
    guest.must_print_where("the heading", |line| line.starts_with("TIME "));
    guest.must_stop();
    // Another interface; and no interface at all, for which the process has not even kept the capability.
    for (text, wanted) in [("hooks = ['socket:eth*']", "socket:lo"), ("hooks = ['tracepoint:*']", "socket:*")] {
        let (_folder, other) = run(&format!("{text}\nprograms = ['socket_filter']"), &["lo"]);
        let ended = other.must_end().must_exit(1);
        ended.must_say("is not allowed").must_say(&format!("add \"{wanted}\" to `hooks`"));
    }
}

#[test]
fn a_file_allows_more_than_observing() {
    let (_folder, path) = policy("hooks = ['xdp:lo']");
    let run = Run::unshared().args(["--policy", &path]).arg(Example::must_build("xdp").module()).arg("lo");
    let mut guest = run.must_start();
    guest.must_print_where("the heading", |line| line.contains("PACKETS"));
    guest.must_stop();

    let (_folder, path) = policy("hooks = ['xdp:eth*']");
    let run = Run::unshared().args(["--policy", &path]).arg(Example::must_build("xdp").module()).arg("lo");
    let ended = run.must_end().must_exit(1).must_say("\"xdp:lo\"");
    ended.must_say("--allow net");
}

#[test]
fn flags_add_to_a_file() {
    let (_folder, path) = policy("hooks = ['tracepoint:sched/*']");
    let module = Example::must_build("xdp").module();
    let run = Run::unshared().args(["--policy", &path, "--allow", "net"]).arg(&module).arg("lo");
    let mut guest = run.must_start();
    guest.must_print_where("the heading", |line| line.contains("PACKETS"));
    guest.must_stop();
}

#[test]
fn a_file_with_a_mistake_is_not_used() {
    let (_folder, path) = policy("\n\nhoks = []");
    let ended = Example::must_build("execve").run_with(&["--policy", &path]).must_end().must_exit(1);
    ended.must_say("line 3").must_say("`hooks`").must_say(&path);
}

#[test]
fn a_file_gives_directories() {
    let folder = TempDir::new().expect("a temporary folder");
    let guest = wasm_bpf_tests::must_build_wat("preopen", PREOPEN);
    let (_folder, path) = policy(&format!("dirs = ['{}::/given']", folder.path().display()));
    Run::bare().args(["--policy", &path]).arg(&guest).must_end().must_exit(6);
    Run::module(&guest).must_end().must_exit(0);
}

/// Exits with the length of the first directory's name.
const PREOPEN: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func $get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (drop (call $get (i32.const 3) (i32.const 8)))
        (call $exit (i32.load (i32.const 12)))))"#;

/// A run of `cgroup_skb` on a terminal: what it shows when somebody types each text once its cue was shown.
#[track_caller]
fn on_terminal(state: &Path, cgroup: &Cgroup, typed: &[(&str, &str)]) -> String {
    let module = Example::must_build("cgroup_skb").module();
    let (binary, cgroup) = (binary(), cgroup.path());
    let command = format!("{} --dir {cgroup} {} {cgroup}", binary.display(), module.display());
    let mut script = Command::new("script");
    script.args(["-qefc", &command, "/dev/null"]).env("XDG_STATE_HOME", state);
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script(1) of util-linux");
    let (mut keyboard, mut screen) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
    let (mut shown, mut seen) = (Vec::new(), 0);
    for (cue, text) in typed {
        loop {
            let unseen = String::from_utf8_lossy(&shown[seen..]).into_owned();
            if unseen.contains(cue) {
                seen = shown.len();
                break;
            }
            let mut buffer = [0; 4096];
            let count = screen.read(&mut buffer).expect("a terminal");
            assert!(count > 0, "no `{cue}` in: {unseen}");
            shown.extend(&buffer[..count]);
        }
        keyboard.write_all(text.as_bytes()).expect("a reader");
    }
    screen.read_to_end(&mut shown).expect("a terminal");
    child.wait().expect("a child");
    String::from_utf8_lossy(&shown).into_owned()
}

const QUESTION: &str = "[N] no: ";
const REFUSED: &str = "allow it with `--allow cgroup`";
/// The heading: it is attached.
const RUNS: &str = "PACKETS";
const CTRL_C: &str = "\x03";

#[test]
fn a_terminal_is_asked() {
    let (state, cgroup) = (TempDir::new().expect("a temporary folder"), Cgroup::must_make());
    let shown = on_terminal(state.path(), &cgroup, &[(QUESTION, "n\n")]);
    assert!(shown.contains("program `on_") && shown.contains("cgroup_skb/"), "{shown}");
    assert!(shown.contains(REFUSED) && !shown.contains(RUNS), "{shown}");
    let shown = on_terminal(state.path(), &cgroup, &[(QUESTION, "what\n"), (QUESTION, "yes\n"), (RUNS, CTRL_C)]);
    assert_eq!(shown.matches(QUESTION).count(), 2, "not for the second program: {shown}");
    assert!(!shown.contains(REFUSED), "{shown}");
    let shown = on_terminal(state.path(), &cgroup, &[(QUESTION, "\n")]);
    assert!(shown.contains(REFUSED), "yes was for once: {shown}");
    let shown = on_terminal(state.path(), &cgroup, &[(QUESTION, CTRL_C)]);
    assert!(!shown.contains(RUNS), "{shown}");
}

#[test]
fn always_is_for_this_very_module_and_private() {
    let (state, cgroup) = (TempDir::new().expect("a temporary folder"), Cgroup::must_make());
    let shown = on_terminal(state.path(), &cgroup, &[(QUESTION, "a\n"), (RUNS, CTRL_C)]);
    assert!(!shown.contains(REFUSED), "{shown}");
    let example = Example::must_build("cgroup_skb");
    let without_terminal = |module: &Path| {
        let run = Run::bare().args(["--dir", cgroup.path()]).arg(module).arg(cgroup.path());
        run.env("XDG_STATE_HOME", state.path().to_str().expect("UTF-8")).must_start()
    };
    let mut guest = without_terminal(&example.module());
    guest.must_print_where("the heading", |line| line.contains(RUNS));
    guest.must_stop();

    // One byte more, in a custom section, is another module.
    let other = state.path().join("other.wasm");
    let mut bytes = fs::read(example.module()).expect("a module");
    bytes.extend([0, 2, 1, b'x']);
    fs::write(&other, bytes).expect("a writable folder");
    without_terminal(&other).must_end().must_exit(1).must_say(REFUSED);

    let folder = state.path().join("wasm-bpf/grants");
    let mode = |path: &Path| fs::metadata(path).expect("it was made").permissions().mode() & 0o777;
    let files: Vec<PathBuf> = fs::read_dir(&folder).expect("a folder").map(|entry| entry.unwrap().path()).collect();
    assert_eq!((files.len(), mode(&folder), mode(&files[0])), (1, 0o700, 0o600));
    // What others could have written is not believed.
    fs::set_permissions(&files[0], fs::Permissions::from_mode(0o622)).expect("our file");
    without_terminal(&example.module()).must_end().must_exit(1).must_say(REFUSED);
}
