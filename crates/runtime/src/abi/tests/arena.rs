//! Arenas that the guest gives memory to.

use rustix::io::Errno;

use super::host::{At, Host};

const ARENA: u32 = 33;
const BLOCK: i64 = 1 << 16;
const FIRST: u64 = 0x1122_3344_5566_7788;

/// Where tests put arenas: blocks in the middle of the guest's memory.
const HERE: i64 = 16 * BLOCK;

fn number(host: &Host, addr: i64) -> u64 {
    u64::from_le_bytes(host.get(At { addr, len: 8 }).try_into().unwrap())
}

/// What `map_info` says of type, id, map_extra and globals_offset.
fn info(host: &mut Host, map: i64) -> (u32, u32, u64, u32) {
    let out = host.room(64);
    assert_eq!(host.must("map_info", &[map, out.addr, out.len]), 64);
    let fields = host.get_u32s(out);
    (fields[0], fields[9], u64::from(fields[12]) | u64::from(fields[13]) << 32, fields[14])
}

#[test]
fn variables_are_where_the_programs_look_for_them() {
    let mut host = Host::new(&[]);
    let object = host.open("arena");
    let arena = host.map(object, "arena");
    host.must("arena_window", &[arena, HERE, BLOCK]);
    host.must("object_load", &[object]);
    let (kind, id, extra, offset) = info(&mut host, arena);
    assert_eq!((kind, extra), (ARENA, HERE as u64));
    assert_ne!(id, 0);
    assert!(i64::from(offset) < BLOCK, "{offset}");
    let at = HERE + i64::from(offset);
    assert_eq!((number(&host, at), number(&host, at + 8)), (FIRST, 2));

    // A run of the program goes through the same pages.
    let program = host.program(object, "use");
    let packet = host.put(&[0; 64]);
    let mut options = [0; 96];
    options[..4].copy_from_slice(&(packet.addr as u32).to_le_bytes());
    options[4..8].copy_from_slice(&(packet.len as u32).to_le_bytes());
    let options = host.put(&options);
    host.must("program_test_run", &[program, options.addr, options.len]);
    assert_eq!(number(&host, at + 8), FIRST);
}

#[test]
fn a_closed_window_leaves_zeros_and_the_rest_of_memory_as_it_was() {
    let mut host = Host::new(&[]);
    let object = host.open("arena");
    let arena = host.map(object, "arena");
    let window = host.must("arena_window", &[arena, HERE, BLOCK]);
    host.must("object_load", &[object]);
    assert_eq!(host.get(At { addr: HERE, len: BLOCK }).iter().filter(|&&byte| byte == 0x11).count(), 1);
    host.must("handle_close", &[window]);
    assert!(host.get(At { addr: HERE, len: BLOCK }).iter().all(|&byte| byte == 0));
    let given = 0..(HERE + BLOCK) as usize;
    assert_eq!(host.touched(&[given]), None);
    // The pages are the guest's own again, and may become another window.
    let array = host.map(object, "array");
    host.must("map_window", &[array, HERE, BLOCK]);
}

#[test]
fn what_cannot_be_an_arena_is_refused() {
    let mut host = Host::new(&[]);
    let object = host.open("arena");
    let (arena, array) = (host.map(object, "arena"), host.map(object, "array"));
    let loaded = host.load("arena");
    let mapped = host.map(loaded, "array");
    let window = host.must("map_window", &[mapped, HERE, BLOCK]);
    let end = host.memory_size();
    for (what, at, len, errno) in [
        ("over another window", HERE, BLOCK, Errno::BUSY),
        ("unaligned", HERE + 4096, BLOCK, Errno::INVAL),
        ("at address 0", 0, BLOCK, Errno::INVAL),
        ("too small", HERE + BLOCK, BLOCK - 1, Errno::INVAL),
        ("outside", end, BLOCK, Errno::FAULT),
        ("partly outside", end - BLOCK + 4096, BLOCK, Errno::INVAL),
    ] {
        assert!(!host.must_fail("arena_window", &[arena, at, len], errno).is_empty(), "{what}");
    }
    host.must_fail("arena_window", &[array, HERE + BLOCK, BLOCK], Errno::OPNOTSUPP);
    host.must_fail("arena_window", &[window, HERE + BLOCK, BLOCK], Errno::BADF);
    // An arena that load has made belongs to the programs.
    let own = host.map(loaded, "arena");
    host.must_fail("arena_window", &[own, HERE + BLOCK, BLOCK], Errno::BUSY);
    // An address of its own choice would be the host's.
    host.must("map_set", &[arena, 5, 0x1000_0000]);
    host.must_fail("arena_window", &[arena, HERE + BLOCK, BLOCK], Errno::INVAL);
    host.must_fail("object_load", &[object], Errno::INVAL);
    // None of the attempts has left anything: the same memory takes an arena.
    host.must("map_set", &[arena, 5, 0]);
    host.must("arena_window", &[arena, HERE + BLOCK, BLOCK]);
    host.must_fail("arena_window", &[arena, HERE + 2 * BLOCK, BLOCK], Errno::BUSY);
    host.must("object_load", &[object]);
}

#[test]
fn an_arena_and_its_variables_cannot_be_copied_as_an_initial_value_once_it_is_there() {
    let mut host = Host::new(&[]);
    let object = host.open("arena");
    let arena = host.map(object, "arena");
    let value = host.put(&7u64.to_le_bytes());
    host.must("map_set_initial_value", &[arena, 0, value.addr, 8]);
    host.must("arena_window", &[arena, HERE, BLOCK]);
    host.must_fail("map_set_initial_value", &[arena, 0, value.addr, 8], Errno::OPNOTSUPP);
    host.must("object_load", &[object]);
    host.must_fail("map_initial_value", &[arena, 0, value.addr, 8], Errno::OPNOTSUPP);
    let offset = i64::from(info(&mut host, arena).3);
    assert_eq!(number(&host, HERE + offset), 7);
    // Also where libbpf has made the arena.
    let loaded = host.load("arena");
    let own = host.map(loaded, "arena");
    host.must_fail("map_initial_value", &[own, 0, value.addr, 8], Errno::OPNOTSUPP);
}

#[test]
fn variables_and_faults_at_missing_pages_do_not_go_together() {
    const BPF_F_MMAPABLE: i64 = 1 << 10;
    const BPF_F_SEGV_ON_FAULT: i64 = 1 << 17;
    let mut host = Host::new(&[]);
    let object = host.open("arena");
    let arena = host.map(object, "arena");
    host.must("map_set", &[arena, 4, BPF_F_MMAPABLE | BPF_F_SEGV_ON_FAULT]);
    host.must_fail("arena_window", &[arena, HERE, BLOCK], Errno::INVAL);
    let why = host.must_fail("object_load", &[object], Errno::INVAL);
    assert!(why.contains("BPF_F_SEGV_ON_FAULT"), "{why}");
}

#[test]
fn an_arena_counts_as_the_guests_memory_as_long_as_it_is_there() {
    let mut host = Host::new(&[]);
    let size = 16 * rustix::param::page_size();
    let before = host.budget().left();
    let object = host.open("arena");
    let arena = host.map(object, "arena");
    let window = host.must("arena_window", &[arena, HERE, BLOCK]);
    assert_eq!(host.budget().left(), before - size);
    host.must("object_load", &[object]);
    host.must("handle_close", &[object]);
    assert_eq!(host.budget().left(), before - size, "it is still mapped");
    host.must("handle_close", &[window]);
    assert_eq!(host.budget().left(), before);
    // One that libbpf makes counts as well.
    let object = host.load("arena");
    assert_eq!(host.budget().left(), before - size);
    host.must("handle_close", &[object]);
    assert_eq!(host.budget().left(), before);

    let budget = host.budget().clone();
    let rest = budget.charge(budget.left() - size + 1).unwrap();
    let object = host.open("arena");
    let arena = host.map(object, "arena");
    let why = host.must_fail("arena_window", &[arena, HERE, BLOCK], Errno::NOMEM);
    assert!(why.contains("may not use so much memory"), "{why}");
    host.must_fail("object_load", &[object], Errno::NOMEM);
    drop(rest);
    host.must("arena_window", &[arena, HERE, BLOCK]);
    host.must("object_load", &[object]);
}
