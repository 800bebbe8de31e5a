//! Perf buffers: records that the host copies out, and pages that the guest may spoil.

use rustix::io::Errno;
use rustix::process::getsid;

use super::host::{At, Host};

/// Where tests have their window: a multiple of 64 KiB, and its length: positions and one page of data.
const WINDOW: At = At { addr: 0x10_0000, len: 0x2000 };

/// A guest whose program sends a sample for each getsid() of this process, and the map that it goes through.
fn sending() -> (Host, i64) {
    let mut host = Host::new(&[]);
    let object = host.load("tracing");
    let (bss, pid) = (host.map(object, ".bss"), host.put(&u64::from(std::process::id()).to_le_bytes()));
    host.must("map_set_initial_value", &[bss, 0, pid.addr, pid.len]);
    let program = host.program(object, "on_getsid");
    host.must("program_attach", &[program]);
    let samples = host.map(object, "samples");
    (host, samples)
}

fn send(count: usize) {
    for _ in 0..count {
        getsid(None).expect("this process's session");
    }
}

#[test]
fn whole_records_are_copied_out_in_batches() {
    let (mut host, samples) = sending();
    let perf = host.must("perf_open", &[samples, 1]);
    send(3);
    let (small, out) = (host.room(24), host.room(200));
    host.must_fail("perf_read", &[perf, small.addr, 24], Errno::MSGSIZE);
    // Each record: a header of 16 bytes, 8 bytes of the program's, and what the kernel pads them with.
    let first = host.must("perf_read", &[perf, out.addr, 40]);
    let fields = host.get_u32s(out);
    assert_eq!((first, fields[0], fields[3], fields[4]), (32, 1, 0, std::process::id()));
    assert!(fields[2] >= 8, "{fields:?}");
    assert_eq!(host.must("perf_read", &[perf, out.addr, out.len]), 64);
    assert_eq!(host.must("perf_read", &[perf, out.addr, out.len]), 0);
    // One page holds some hundred of these.
    send(1000);
    let mut lost = 0;
    let mut kept = 0;
    while lost + kept < 1000 {
        send(1);
        let length = host.must("perf_read", &[perf, out.addr, out.len]) as usize;
        let fields = host.get_u32s(At { addr: out.addr, len: length as i64 });
        let mut at = 0;
        while at < fields.len() {
            match fields[at] {
                1 => kept += 1,
                _ => lost += fields[at + 4],
            }
            at += 4 + fields[at + 2].next_multiple_of(8) as usize / 4;
        }
    }
    assert!(lost > 0, "{kept} were kept");
}

#[test]
fn a_guest_that_spoils_its_pages_harms_itself_alone() {
    let (mut host, samples) = sending();
    let perf = host.must("perf_open", &[samples, 1]);
    let out = host.room(64);
    let buffers = host.must("perf_cpus", &[perf, out.addr, out.len]);
    assert!(buffers > 0 && host.get_u32s(out)[0] < 4096);
    host.must_fail("perf_window", &[perf, buffers, WINDOW.addr, WINDOW.len], Errno::INVAL);
    host.must_fail("perf_window", &[perf, 0, WINDOW.addr, WINDOW.len - 4096], Errno::INVAL);
    host.must_fail("perf_window", &[perf, 0, WINDOW.addr + 4096, WINDOW.len], Errno::INVAL);
    assert_eq!(host.must("perf_read", &[perf, out.addr, out.len]), 0, "nothing was mapped yet");
    let windows: Vec<i64> = (0..buffers)
        .map(|index| host.must("perf_window", &[perf, index, WINDOW.addr + 0x1_0000 * index, WINDOW.len]))
        .collect();
    for pattern in [0xff, 0x00, 0x7f] {
        for index in 0..buffers {
            host.fill(At { addr: WINDOW.addr + 0x1_0000 * index, len: 4096 }, pattern);
        }
        send(300);
        let list = host.put(&(perf as i32).to_le_bytes());
        assert!(host.must("wait", &[list.addr, list.len, 0]) <= 1);
        host.must_fail("perf_read", &[perf, out.addr, out.len], Errno::BUSY);
    }
    for window in windows {
        host.must("handle_close", &[window]);
    }
    assert!(host.get(WINDOW).iter().all(|byte| *byte == 0), "a closed window leaves zeros");
    host.must_fail("perf_read", &[perf, out.addr, out.len], Errno::BUSY);
    host.must("handle_close", &[perf]);
    // Another one starts afresh.
    let perf = host.must("perf_open", &[samples, 1]);
    send(1);
    assert_eq!(host.must("perf_read", &[perf, out.addr, out.len]), 32);
}

#[test]
fn events_of_the_guests_choice_follow_the_rules_of_perf_events() {
    let (mut host, samples) = sending();
    let attr = |kind: u32, bits: u64| {
        let mut attr = [0u8; 64];
        attr[0..4].copy_from_slice(&kind.to_le_bytes());
        attr[4] = 64;
        attr[8] = 10;
        attr[24..28].copy_from_slice(&1024u32.to_le_bytes());
        attr[40..48].copy_from_slice(&bits.to_le_bytes());
        attr[48] = 1;
        attr
    };
    let open = |host: &mut Host, attr: &[u8], cpus: &[i32], keys: &[i32]| {
        let list = |numbers: &[i32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        let (attr, cpus, keys) = (host.put(attr), host.put(&list(cpus)), host.put(&list(keys)));
        host.call("perf_open_events", &[samples, 1, attr.addr, attr.len, cpus.addr, cpus.len, keys.addr, keys.len])
    };
    let errno = |errno: Errno| i64::from(-errno.raw_os_error());
    assert!(open(&mut host, &attr(1, 0), &[], &[]) > 0);
    let one = open(&mut host, &attr(1, 0), &[0], &[0]);
    let out = host.room(8);
    assert_eq!(host.must("perf_cpus", &[one, out.addr, out.len]), 1);
    assert_eq!(open(&mut host, &attr(1, 0), &[0], &[]), errno(Errno::INVAL));
    assert!(open(&mut host, &attr(1, 0), &[-1], &[0]) < 0);
    assert!(open(&mut host, &attr(1, 0), &[0], &[1 << 20]) < 0);
    assert_eq!(open(&mut host, &attr(1, 1 << 37), &[], &[]), errno(Errno::PERM), "sigtrap");
    assert!(host.error().contains("--allow signal"), "{}", host.error());
    if let Ok(kind) = std::fs::read_to_string("/sys/bus/event_source/devices/uprobe/type") {
        let kind = kind.trim().parse().expect("a number");
        assert_eq!(open(&mut host, &attr(kind, 0), &[], &[]), errno(Errno::OPNOTSUPP));
    }
}
