//! Attaching programs that observe, and what they see.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::host::{At, Host};
use super::target::{Target, program as target_program};

/// What `bpf/tracing.bpf.c` keeps in its .bss.
struct Seen {
    hits: u64,
    cookie: u64,
    argument: i64,
}

/// A guest with `bpf/tracing.bpf.c` loaded, counting what the process `pid` does.
fn watching(pid: u32) -> (Host, i64) {
    let mut host = Host::new(&[]);
    let object = host.load("tracing");
    let bss = host.map(object, ".bss");
    let pid = host.put(&u64::from(pid).to_le_bytes());
    host.must("map_set_initial_value", &[bss, 0, pid.addr, pid.len]);
    (host, object)
}

fn seen(host: &mut Host, object: i64) -> Seen {
    let (bss, out) = (host.map(object, ".bss"), host.room(32));
    assert_eq!(host.must("map_initial_value", &[bss, 0, out.addr, out.len]), 32);
    let bytes = host.get(out);
    let fields: Vec<u64> = bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
    Seen { hits: fields[1], cookie: fields[2], argument: fields[3] as i64 }
}

fn read_all(host: &mut Host, stream: i64) -> String {
    let mut text = Vec::new();
    let out = host.room(4096);
    loop {
        let size = host.must("stream_read", &[stream, out.addr, out.len]);
        if size == 0 {
            return String::from_utf8(text).unwrap();
        }
        text.extend(host.get(At { addr: out.addr, len: size }));
    }
}

#[test]
fn a_tracepoint_is_attached_until_its_link_is_closed() {
    let (mut host, object) = watching(std::process::id());
    let program = host.program(object, "on_getppid");
    let link = host.must("program_attach", &[program]);
    let _ = rustix::process::getppid();
    let before = seen(&mut host, object).hits;
    assert!(before > 0);
    host.must("handle_close", &[link]);
    let _ = rustix::process::getppid();
    assert_eq!(seen(&mut host, object).hits, before);

    let (category, name) = (host.put(b"syscalls"), host.put(b"sys_enter_getpid"));
    let program = host.program(object, "on_getpid");
    let args = [program, category.addr, category.len, name.addr, name.len, 0x1234_5678_9abc];
    host.must("program_attach_tracepoint", &args);
    let _ = rustix::process::getpid();
    assert_eq!(seen(&mut host, object).cookie, 0x1234_5678_9abc);
}

#[test]
fn user_functions_and_tracepoints_are_seen() {
    let mut target = Target::start();
    let (mut host, object) = watching(target.pid());
    let path = host.put(target_program().to_str().unwrap().as_bytes());
    let work = host.put(b"work");
    let program = host.program(object, "at_user_function");
    let args = [program, 0, -1, path.addr, path.len, 0, work.addr, work.len, 0, 77, 0];
    let link = host.must("program_attach_uprobe", &args);
    target.work(b'a');
    let found = seen(&mut host, object);
    assert_eq!((found.hits, found.cookie, found.argument), (1, 77, i64::from(b'a')));
    host.must("handle_close", &[link]);

    let (provider, name) = (host.put(b"wasm_bpf_test"), host.put(b"fired"));
    let program = host.program(object, "at_probe");
    let args = [program, -1, path.addr, path.len, provider.addr, provider.len, name.addr, name.len, 78];
    host.must("program_attach_usdt", &args);
    target.work(b'b');
    let found = seen(&mut host, object);
    assert_eq!((found.hits, found.cookie, found.argument), (2, 78, i64::from(b'b')));
}

#[test]
fn many_user_functions_are_attached_at_once() {
    let mut target = Target::start();
    let (mut host, object) = watching(target.pid());
    let path = host.put(target_program().to_str().unwrap().as_bytes());
    let program = host.program(object, "at_user_functions");
    let pattern = host.put(b"work*");
    let given = |pattern: At, syms: At, cookies: At| {
        let (path, none) = (path, At { addr: 0, len: 0 });
        let ranges = [path, pattern, syms, none, none, cookies];
        let mut args = vec![program, 0, -1];
        args.extend(ranges.iter().flat_map(|at| [at.addr, at.len]));
        args
    };
    let none = At { addr: 0, len: 0 };
    let link = host.must("program_attach_uprobe_multi", &given(pattern, none, none));
    target.work(b'a');
    assert_eq!(seen(&mut host, object).hits, 2, "work and work_again");
    host.must("handle_close", &[link]);

    let names = host.put(b"work_again\0work\0");
    let cookies = host.put(&[1u64.to_le_bytes(), 2u64.to_le_bytes()].concat());
    host.must("program_attach_uprobe_multi", &given(none, names, cookies));
    target.work(b'b');
    let found = seen(&mut host, object);
    assert!(found.hits == 4 && (found.cookie == 1 || found.cookie == 2));

    // Lists that disagree, names without an end, lengths that are no numbers.
    let one = host.put(&1u64.to_le_bytes());
    let open = host.put(b"work");
    let odd = At { addr: cookies.addr, len: 12 };
    for wrong in [given(none, names, one), given(none, open, none), given(none, names, odd), given(none, none, none)] {
        host.must_fail("program_attach_uprobe_multi", &wrong, Errno::INVAL);
    }
}

#[test]
fn iterators_print_tasks() {
    let (mut host, object) = watching(std::process::id());
    let program = host.program(object, "tasks");
    let pid = i64::from(std::process::id());
    let link = host.must("program_attach_iter", &[program, 0, -1, 0, 0, pid, -1]);
    let stream = host.must("iterator_create", &[link]);
    let text = read_all(&mut host, stream);
    let mine = format!("{pid} ");
    assert!(!text.is_empty() && text.lines().all(|line| line.starts_with(&mine)), "{text}");
}

#[test]
fn iterators_print_elements() {
    let mut host = Host::new(&[]);
    // Hosts that restrict tracing refuse this iterator; the kernels of the matrix have it.
    let functions = fs::read("/sys/kernel/tracing/available_filter_functions").unwrap_or_default();
    let object = host.open("elements");
    if functions.is_empty() && host.call("object_load", &[object]) == -i64::from(Errno::PERM.raw_os_error()) {
        return;
    }
    let object = host.load("elements");
    let map = host.map(object, "numbers");
    for number in 1..=3u32 {
        let (key, value) = (host.put(&number.to_le_bytes()), host.put(&u64::from(number * 10).to_le_bytes()));
        host.must("map_update", &[map, key.addr, key.len, value.addr, value.len, 0]);
    }
    let program = host.program(object, "elements");
    let link = host.must("program_attach_iter", &[program, map, -1, 0, 0, 0, -1]);
    let stream = host.must("iterator_create", &[link]);
    let text = read_all(&mut host, stream);
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["1=10", "2=20", "3=30"]);
    host.must_fail("program_attach_iter", &[program, map, -1, 0, 1, 0, -1], Errno::INVAL);
}

#[test]
fn a_perf_event_drives_a_program() {
    let (mut host, object) = watching(0);
    let event = host.software_event();
    let program = host.program(object, "on_event");
    let link = host.must("program_attach_perf_event", &[program, event, 0, 0]);
    host.must_fail("perf_event_ioctl", &[event, 0x2400, 0], Errno::BADF);
    let start = Instant::now();
    while seen(&mut host, object).hits == 0 {
        assert!(start.elapsed() < Duration::from_secs(60), "no sample of this thread's own time");
    }
    host.must("handle_close", &[link]);

    let event = host.software_event();
    for (request, value) in [(0x2401, 0), (0x2403, 0), (0x4008_2404, 5_000_000), (0x2400, 0), (0x2402, 1)] {
        host.must("perf_event_ioctl", &[event, request, value]);
    }
    // PERF_EVENT_IOC_SET_OUTPUT and _SET_BPF take descriptors of the host's.
    for request in [0x2405, 0x4004_2408, 0] {
        host.must_fail("perf_event_ioctl", &[event, request, 0], Errno::OPNOTSUPP);
    }
}

#[test]
fn one_source_can_be_waited_for_twice() {
    let (mut host, object) = watching(0);
    let (events, samples) = (host.map(object, "events"), host.map(object, "samples"));
    let sources = [host.must("ring_open", &[events]), host.must("perf_open", &[samples, 1])];
    let list = |handles: &[i64]| handles.iter().flat_map(|handle| (*handle as i32).to_le_bytes()).collect::<Vec<u8>>();
    let twice = host.put(&list(&[sources, sources].concat()));
    assert_eq!(host.must("wait", &[twice.addr, twice.len, 0]), 0);
    let event = host.software_event();
    let mixed = host.put(&list(&[sources[0], event, sources[1]]));
    assert_eq!(host.must("wait", &[mixed.addr, mixed.len, -1]), 1, "an event that nothing maps is always ready");
    let wrong = host.put(&list(&[sources[0], object]));
    host.must_fail("wait", &[wrong.addr, wrong.len, 0], Errno::BADF);
    host.must_fail("wait", &[wrong.addr, 7, 0], Errno::INVAL);
}

#[test]
fn programs_run_on_data_of_the_guests() {
    let (mut host, object) = watching(0);
    let run = |host: &mut Host, program: i64, fields: &[(usize, u32)]| {
        let mut opts = [0u32; 24];
        fields.iter().for_each(|(index, value)| opts[*index] = *value);
        let opts = host.put(&opts.iter().flat_map(|field| field.to_le_bytes()).collect::<Vec<u8>>());
        let result = host.call("program_test_run", &[program, opts.addr, opts.len]);
        (result, host.get_u32s(opts))
    };
    let program = host.program(object, "packet");
    let packet: Vec<u8> = (0..100).collect();
    let (data, out) = (host.put(&packet), host.room(100));
    let input = [(0, data.addr as u32), (1, 100), (2, out.addr as u32)];
    let (result, fields) = run(&mut host, program, &[&input[..], &[(3, 100)]].concat());
    assert_eq!((result, fields[3], fields[12]), (0, 100, 86), "{}", host.error());
    // The kernel takes the first 14 bytes for the link's header, which a socket does not see.
    assert_eq!(host.get(out)[14..], packet[14..]);

    host.clear();
    let (data, out) = (host.put(&packet), host.room(50));
    let input = [(0, data.addr as u32), (1, 100), (2, out.addr as u32), (3, 50)];
    let (result, fields) = run(&mut host, program, &input);
    assert_eq!((result, fields[3]), (i64::from(-Errno::NOSPC.raw_os_error()), 100));
    let after = host.get(At { addr: out.addr + 50, len: 8 });
    assert_eq!(after, [super::host::CANARY; 8]);
    // An address with room 0 is no buffer of any size.
    let (_, fields) = run(&mut host, program, &[(0, data.addr as u32), (1, 100), (2, out.addr as u32)]);
    assert_eq!(fields[3], 100);
    assert_eq!(host.get(At { addr: out.addr + 50, len: 8 }), [super::host::CANARY; 8]);

    let program = host.program(object, "raw");
    let context = host.put(&[11u64, 22].map(u64::to_le_bytes).concat());
    let (result, fields) = run(&mut host, program, &[(4, context.addr as u32), (5, context.len as u32)]);
    let found = seen(&mut host, object);
    assert_eq!((result, fields[12], found.hits, found.argument), (0, 7, 11, 22), "{}", host.error());

    for wrong in [(1, 1 << 31), (8, 1_000_001), (14, 1)] {
        let (result, _) = run(&mut host, program, &[wrong]);
        assert!(result < 0, "{wrong:?}");
    }
}

#[test]
fn functions_of_a_kernel_without_kprobes_say_so() {
    let (mut host, object) = watching(0);
    let name = host.put(b"do_unlinkat");
    let program = host.program(object, "at_function");
    let args = [program, 0, name.addr, name.len, 0, 0, 0];
    if Path::new("/sys/bus/event_source/devices/kprobe").exists() {
        host.must("program_attach_kprobe", &args);
    } else {
        assert!(host.call("program_attach_kprobe", &args) < 0);
        let error = host.error();
        assert!(error.contains("failed to attach program `at_function` (section `kprobe`)"), "{error}");
    }
    let program = host.program(object, "at_functions");
    let args = [program, 0, name.addr, name.len, 0, 0, 0, 0, 0, 0];
    let attached = host.call("program_attach_kprobe_multi", &args);
    let error = host.error();
    assert!(attached > 0 || error.contains("failed to attach program `at_functions`"), "{error}");
}

#[test]
fn a_kernel_that_refuses_fentry_is_quoted_with_the_program() {
    let mut host = Host::new(&[]);
    let object = host.open("tracing");
    let program = host.program(object, "at_entry");
    host.must("program_set", &[program, 0, 1]);
    match host.call("object_load", &[object]) {
        0 => _ = host.must("program_attach_trace", &[program, 0]),
        result => {
            let error = host.error();
            assert_eq!(result, i64::from(-Errno::PERM.raw_os_error()), "{error}");
            assert!(error.contains("program `at_entry`") && error.contains("lockdown"), "{error}");
        }
    }
}

#[test]
fn types_are_read_and_found() {
    let mut host = Host::new(&[]);
    let object = host.open("tracing");
    let types = host.must("btf_vmlinux", &[]);
    let file = fs::read("/sys/kernel/btf/vmlinux").unwrap();
    assert_eq!(host.must("btf_size", &[types]), file.len() as i64);
    let out = host.room(1000);
    let offset = file.len() as i64 - 900;
    assert_eq!(host.must("btf_read", &[types, offset, out.addr, out.len]), 900);
    assert_eq!(host.get(At { addr: out.addr, len: 900 }), file[file.len() - 900..]);
    assert_eq!(host.must("btf_read", &[types, file.len() as i64, out.addr, out.len]), 0);
    let name = host.put(b"task_struct");
    assert!(host.must("btf_find", &[types, name.addr, name.len, 4]) > 0);
    host.must_fail("btf_find", &[types, name.addr, name.len, 12], Errno::NOENT);
    let own = host.must("btf_of_object", &[object]);
    host.must("handle_close", &[object]);
    assert!(host.must("btf_size", &[own]) > 24, "types outlive the handle of their object");
    for wrong in ["../../../etc/passwd", "", "a/b", "vm linux"] {
        let name = host.put(wrong.as_bytes());
        host.must_fail("btf_module", &[name.addr, name.len], Errno::INVAL);
    }
}

#[test]
fn probes_tell_what_the_kernel_has() {
    super::object::require_root();
    let mut host = Host::new(&[]);
    assert_eq!(host.must("probe_program_type", &[5]), 1, "tracepoint");
    assert_eq!(host.must("probe_map_type", &[1]), 1, "hash");
    assert_eq!(host.must("probe_helper", &[5, 1]), 1, "bpf_map_lookup_elem");
    assert_eq!(host.must("probe_helper", &[5, 44]), 0, "bpf_xdp_adjust_head");
    assert!(host.call("probe_program_type", &[9999]) <= 0);
}
