//! What a module is refused without a grant, and the pins that it gets with one.

use rustix::io::Errno;

use super::host::Host;
use super::object::{compile, require_root};
use crate::policy::Grant;
use crate::wasi;

#[test]
fn kernel_functions_that_change_things_need_a_grant() {
    let loads = |program: &str, grants: &[Grant]| {
        let mut host = Host::new(grants);
        let object = host.open("calls");
        let program = host.program(object, program);
        host.must("program_set", &[program, 0, 1]);
        let result = host.call("object_load", &[object]);
        (result, host.error())
    };
    assert_eq!(loads("looks", &[]), (0, String::new()));
    let (result, error) = loads("signals", &[]);
    assert_eq!(result, i64::from(-Errno::PERM.raw_os_error()));
    assert!(error.contains("`signals`") && error.contains("bpf_send_signal_task"), "{error}");
    assert!(error.contains("--allow signal"), "{error}");
    assert_eq!(loads("signals", &[Grant::Signal]), (0, String::new()));
    let (result, error) = loads("sets", &[]);
    assert_eq!(result, i64::from(-Errno::PERM.raw_os_error()));
    assert!(error.contains("bpf_setsockopt") && error.contains("--allow net"), "{error}");
}

#[test]
fn a_program_cannot_change_its_type_behind_the_check() {
    let mut host = Host::new(&[]);
    let object = host.open("maps");
    host.must("object_prepare", &[object]);
    let program = host.program(object, "target");
    host.must("program_set", &[program, 2, 6]);
    let error = host.must_fail("object_load", &[object], Errno::PERM);
    assert!(error.contains("--allow net"), "{error}");
}

#[test]
fn a_failed_load_leaves_memory_that_can_be_read() {
    let mut host = Host::new(&[]);
    let object = host.open("maps");
    let program = host.program(object, "target");
    host.must("object_prepare", &[object]);
    // A type whose context the program does not fit.
    host.must("program_set", &[program, 2, 26]);
    assert!(host.call("object_load", &[object]) < 0);
    let data = host.map(object, ".data");
    let bytes = host.put(&[1; 8]);
    host.call("map_set_initial_value", &[data, 0, bytes.addr, bytes.len]);
    host.call("map_initial_value", &[data, 0, bytes.addr, bytes.len]);
    host.must_fail("object_load", &[object], Errno::INVAL);
    host.must("handle_close", &[object]);
}

#[test]
fn types_are_the_kernels_or_the_guests_own_files() {
    require_root();
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy("/sys/kernel/btf/vmlinux", folder.path().join("copy.btf")).unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("out")).unwrap();
    let directory = wasi::PreopenedDir { host: folder.path().into(), guest: "/types".into(), read_only: true };
    let mut host = Host::with(&[], wasi::Config { dirs: vec![directory], ..wasi::Config::default() });
    let elf = host.put(&compile("maps"));
    let mut open = |path: &str| {
        let path = host.put(path.as_bytes());
        let opts: Vec<u8> =
            [0, 0, path.addr as u32, path.len as u32].iter().flat_map(|field: &u32| field.to_le_bytes()).collect();
        let opts = host.put(&opts);
        let result = host.call("object_open", &[elf.addr, elf.len, opts.addr, opts.len]);
        if result > 0 {
            host.must("object_load", &[result]);
        }
        (result, host.error())
    };
    let outside = [
        "/etc/passwd",
        "/sys/kernel/btf/../../../etc/passwd",
        "/sys/kernel/btfx",
        "relative",
        "/types/../../etc/passwd",
        "/types/out",
        "/types/folder",
        "/types/missing",
        "/types",
        "/typesx/copy.btf",
    ];
    for path in outside {
        let (result, error) = open(path);
        assert!(result < 0 && error.contains(path) && error.contains("--dir"), "{path}: {error}");
    }
    for path in ["/sys/kernel/btf/vmlinux", "/types/copy.btf", "types/copy.btf", "/types/folder/../copy.btf"] {
        let (result, error) = open(path);
        assert!(result > 0, "{path}: {error}");
    }
}

#[test]
fn an_event_that_sends_signals_needs_a_grant() {
    let mut host = Host::new(&[]);
    let open = |host: &mut Host, kind: u32, bits: u64| {
        let mut attr = [0; 136];
        attr[..4].copy_from_slice(&kind.to_le_bytes());
        attr[4] = 136;
        attr[8] = 1;
        attr[40..48].copy_from_slice(&bits.to_le_bytes());
        let attr = host.put(&attr);
        (host.call("perf_event_open", &[attr.addr, attr.len, 0, -1, -1, 0]), host.error())
    };
    let (result, error) = open(&mut host, 1, 1 << 37);
    assert_eq!(result, i64::from(-Errno::PERM.raw_os_error()));
    assert!(error.contains("sigtrap") && error.contains("--allow signal"), "{error}");
    // remove_on_exec is what sigtrap demands: the bit is the right one if the kernel wants that too.
    let mut granted = Host::new(&[Grant::Signal]);
    assert_eq!(open(&mut granted, 1, 1 << 37).0, i64::from(-Errno::INVAL.raw_os_error()));
    assert!(open(&mut granted, 1, 1 << 37 | 1 << 36).0 > 0, "{}", granted.error());
    let uprobe = std::fs::read_to_string("/sys/bus/event_source/devices/uprobe/type").expect("this kernel has uprobes");
    let (result, error) = open(&mut host, uprobe.trim().parse().unwrap(), 0);
    assert_eq!(result, i64::from(-Errno::OPNOTSUPP.raw_os_error()), "{error}");
}

/// A folder of the BPF file system, removed with what is in it.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Self {
        require_root();
        let path = std::path::Path::new("/sys/fs/bpf").join(format!("wasm-bpf-test-{}", std::process::id()));
        std::fs::create_dir(&path).expect("the BPF file system is mounted at /sys/fs/bpf");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for entry in std::fs::read_dir(&self.0).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        std::fs::remove_dir(&self.0).unwrap();
    }
}

#[test]
fn pins_outlive_the_guest() {
    let folder = Folder::new();
    let path = |name: &str| format!("{}/{name}", folder.0.display());
    let mut host = Host::new(&[]);
    let object = host.load("maps");
    let hash = host.map(object, "hash");
    let at = host.put(path("map").as_bytes());
    let error = host.must_fail("map_pin", &[hash, at.addr, at.len], Errno::PERM);
    assert!(error.contains("--allow pin"), "{error}");
    drop(host);

    let mut host = Host::new(&[Grant::Pin]);
    let object = host.load("maps");
    let (hash, program) = (host.map(object, "hash"), host.program(object, "target"));
    let at = ["map", "program", "link"].map(|name| host.put(path(name).as_bytes()));
    host.must("map_pin", &[hash, at[0].addr, at[0].len]);
    host.must("program_pin", &[program, at[1].addr, at[1].len]);
    let link = host.must("program_attach", &[program]);
    host.must("link_pin", &[link, at[2].addr, at[2].len]);
    let out = host.room(256);
    let size = host.must("map_pin_path", &[hash, out.addr, out.len]);
    assert_eq!(host.get(out)[..size as usize], *path("map").as_bytes());
    let (key, value) = (host.put(&[1, 0, 0, 0]), host.put(&[7; 24]));
    host.must("map_update", &[hash, key.addr, key.len, value.addr, value.len, 0]);
    drop(host);

    let mut host = Host::new(&[Grant::Pin]);
    let at = ["map", "program", "link"].map(|name| host.put(path(name).as_bytes()));
    let map = host.must("map_open", &[at[0].addr, at[0].len]);
    let (key, value) = (host.put(&[1, 0, 0, 0]), host.room(24));
    host.must("map_lookup", &[map, key.addr, key.len, value.addr, value.len, 0]);
    assert_eq!(host.get(value), [7; 24]);
    host.must_fail("map_open", &[at[1].addr, at[1].len], Errno::INVAL);
    host.must_fail("link_open", &[at[0].addr, at[0].len], Errno::INVAL);
    let link = host.must("link_open", &[at[2].addr, at[2].len]);
    host.must("link_unpin", &[link]);
    host.must_fail("link_unpin", &[link], Errno::INVAL);
    host.must_fail("link_update_map", &[link, map], Errno::INVAL);
    host.must("map_unpin", &[map, at[0].addr, at[0].len]);
    assert!(!folder.0.join("map").exists() && !folder.0.join("link").exists());
    assert!(folder.0.join("program").exists());

    // Load takes a map from where it is pinned.
    let object = host.open("maps");
    let hash = host.map(object, "hash");
    host.must("map_set_pin_path", &[hash, at[0].addr, at[0].len]);
    host.must("object_load", &[object]);
    assert!(folder.0.join("map").exists());
    host.must("map_unpin", &[hash, 0, 0]);
    assert!(!folder.0.join("map").exists());
}
