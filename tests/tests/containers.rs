//! In a container, made by `runc` from the binary and the C library: three capabilities are enough to watch the host.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use wasm_bpf_tests::{Ended, Example, Run, Running, Signal, binary, must_output};

const THREE: [&str; 3] = ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"];
const TRACING: &str = "/sys/kernel/tracing";

/// A bundle: configuration and root file system.
struct Container {
    folder: TempDir,
    capabilities: Vec<&'static str>,
    tracing: bool,
}

impl Container {
    /// One with the binary, what it is linked with, and bootstrap.
    #[track_caller]
    fn must_make() -> Self {
        let found = Command::new("runc").arg("--version").output().is_ok();
        assert!(found, "runc is missing: scripts/install-deps installs it");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("rootfs");
        for name in ["bin", "proc", "sys", "tmp"] {
            fs::create_dir_all(root.join(name)).expect("our folder");
        }
        fs::copy(binary(), root.join("bin/wasm-bpf")).expect("the binary");
        fs::copy(Example::must_build("bootstrap").module(), root.join("bootstrap.wasm")).expect("a module");
        let linked = must_output(Command::new("ldd").arg(binary()));
        let linked = String::from_utf8(linked.stdout).expect("text");
        for library in linked.split_whitespace().filter(|word| word.starts_with('/')) {
            let place = root.join(library.trim_start_matches('/'));
            fs::create_dir_all(place.parent().expect("a folder")).expect("our folder");
            fs::copy(library, place).expect("a library");
        }
        Self { folder, capabilities: THREE.to_vec(), tracing: true }
    }

    fn with(mut self, capabilities: &[&'static str]) -> Self {
        self.capabilities = capabilities.to_vec();
        self
    }

    fn without_tracing(mut self) -> Self {
        self.tracing = false;
        self
    }

    /// What runs, with which rights, and what it sees: the file system read-only, the host's network, processes of its own.
    fn config(&self, args: &[&str]) -> Value {
        let options = ["nosuid", "noexec", "nodev", "ro"];
        let mut mounts = vec![
            json!({"destination": "/proc", "type": "proc", "source": "proc"}),
            json!({"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": options}),
        ];
        if self.tracing {
            mounts.push(json!({"destination": TRACING, "type": "bind", "source": TRACING, "options": ["bind", "ro"]}));
        }
        let capabilities = &self.capabilities;
        let args = [&["/bin/wasm-bpf"], args].concat();
        json!({
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": 0, "gid": 0},
                "args": args,
                "env": ["PATH=/bin"],
                "cwd": "/",
                "noNewPrivileges": true,
                "capabilities": {"bounding": capabilities, "effective": capabilities, "permitted": capabilities},
            },
            "root": {"path": "rootfs", "readonly": true},
            "mounts": mounts,
            "linux": {"namespaces": [{"type": "mount"}, {"type": "ipc"}, {"type": "uts"}, {"type": "pid"}]},
        })
    }

    #[track_caller]
    fn must_start(&self, args: &[&str]) -> Running {
        fs::write(self.path("config.json"), self.config(args).to_string()).expect("our folder");
        let name = format!(
            "wasm-bpf-{}-{}",
            std::process::id(),
            self.folder.path().file_name().expect("a name").to_string_lossy().trim_matches('.')
        );
        Run::program(Path::new("runc"), "runc")
            .arg("--root")
            .arg(self.path("state"))
            .args(["run", "--bundle"])
            .arg(self.folder.path())
            .arg(name)
            .must_start()
    }

    #[track_caller]
    fn must_end(&self, args: &[&str]) -> Ended {
        self.must_start(args).must_end()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[test]
fn three_capabilities_watch_the_host() {
    let container = Container::must_make();
    let mut bootstrap = container.must_start(&["/bootstrap.wasm"]);
    bootstrap.must_print_where("its header", |line| line.starts_with("TIME "));
    // Outside of the container: a process of the host's, with the host's number.
    let mut child = Command::new("true").spawn().expect("a program");
    let pid = format!(" {} ", child.id());
    child.wait().expect("our child");
    bootstrap.must_print_where("the start", |line| line.contains(" EXEC ") && line.contains(&pid));
    bootstrap.must_print_where("the exit", |line| line.contains(" EXIT ") && line.contains(&pid));
    bootstrap.signal(Signal::INT);
    bootstrap.must_end().must_exit(0);
}

#[test]
fn what_is_missing_is_said() {
    let without = Container::must_make().without_tracing().must_end(&["/bootstrap.wasm"]).must_exit(1);
    without.must_say("tracefs is not mounted").must_say("wasm-bpf doctor");
    let without = Container::must_make().with(&["CAP_PERFMON"]).must_end(&["/bootstrap.wasm"]).must_exit(1);
    without.must_say("this process lacks CAP_BPF");
}

#[test]
fn doctor_tells_of_the_container() {
    let ended = Container::must_make().must_end(&["doctor", "--json"]).must_exit(0);
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let status = |group: &str, name: &str| {
        let checks = report["checks"].as_array().expect("a list");
        let check = checks.iter().find(|check| check["group"] == group && check["name"] == name);
        check.unwrap_or_else(|| panic!("no {name}"))["status"].as_str().expect("a text").to_owned()
    };
    for name in THREE {
        assert_eq!(status("capability", name), "ok");
    }
    assert_eq!(status("capability", "CAP_SYS_ADMIN"), "missing");
    assert_eq!(status("mount", "tracefs"), "ok");
    assert_eq!(status("mount", "bpffs"), "missing");
    for kind in ["tracepoint", "raw_tp", "tp_btf", "iter", "perf_event", "socket", "xdp"] {
        assert_eq!(status("attach", kind), "ok", "{kind}");
    }
}

#[test]
fn the_containerfile_names_what_there_is() {
    let root = wasm_bpf_tests::workspace();
    let text = fs::read_to_string(root.join("Containerfile")).expect("the Containerfile");
    // No engine is at hand to build it: its parts are held against the tree, and the commands are those of the other tests.
    for line in text.lines().filter(|line| line.starts_with("COPY ") && !line.contains("--from")) {
        for source in line.split_whitespace().skip(1).filter(|word| !word.starts_with("./") && *word != ".") {
            assert!(root.join(source).exists(), "{line}");
        }
    }
    let wanted = fs::read_to_string(root.join("Cargo.toml")).expect("the workspace");
    let version =
        wanted.lines().find_map(|line| line.strip_prefix("rust-version = ")).expect("a version").trim_matches('"');
    assert!(text.contains(&format!("rust:{version}-")), "the build stage has Rust {version}");
    for words in
        ["scripts/install-deps", "cargo build --release", "ENTRYPOINT [\"wasm-bpf\"]", "/usr/local/bin/wasm-bpf"]
    {
        assert!(text.contains(words), "{words}");
    }
}
