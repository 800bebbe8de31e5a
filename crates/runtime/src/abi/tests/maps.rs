//! Elements of maps of each type, one by one and many at a time.

use rustix::io::Errno;

use super::host::{At, Host};
use super::object::require_root;
use crate::bpf::possible_cpus;
use crate::wasi;

/// A guest with `bpf/maps.bpf.c` loaded.
fn loaded() -> (Host, i64) {
    let mut host = Host::new(&[]);
    let object = host.load("maps");
    (host, object)
}

#[test]
fn elements_are_gone_with_their_map() {
    let (mut host, object) = loaded();
    let (key, value) = (host.put(&[3, 0, 0, 0]), host.room(64));
    let (hash, array) = (host.map(object, "hash"), host.map(object, "array"));
    for close in [hash, object] {
        let left = if close == hash { hash } else { array };
        let size = sizes(&mut host, left).1 as i64;
        host.try_call("v1.map_lookup", &[left, key.addr, key.len, value.addr, size, 0]);
        host.must("handle_close", &[close]);
        host.must_fail("map_lookup", &[left, key.addr, key.len, value.addr, size, 0], Errno::BADF);
    }
}

/// The sizes of a map's keys and of what a lookup writes.
fn sizes(host: &mut Host, map: i64) -> (usize, usize) {
    let out = host.room(56);
    assert_eq!(host.must("map_info", &[map, out.addr, out.len]), 56);
    let info = host.get_u32s(out);
    (info[1] as usize, info[10] as usize)
}

fn update(host: &mut Host, map: i64, key: &[u8], value: &[u8]) {
    let (key, value) = (host.put(key), host.put(value));
    host.must("map_update", &[map, key.addr, key.len, value.addr, value.len, 0]);
}

fn lookup(host: &mut Host, map: i64, key: &[u8], size: usize) -> Vec<u8> {
    let (key, value) = (host.put(key), host.room(size));
    host.must("map_lookup", &[map, key.addr, key.len, value.addr, value.len, 0]);
    host.get(value)
}

#[test]
fn elements_make_the_round_trip() {
    let (mut host, object) = loaded();
    for name in ["hash", "lru", "array", "percpu_hash", "percpu_array", "trie"] {
        let map = host.map(object, name);
        let (key_size, value_size) = sizes(&mut host, map);
        // A prefix of 24 bits for the trie, a number for the others.
        let key: Vec<u8> = if name == "trie" { vec![24, 0, 0, 0, 1, 2, 3, 0] } else { vec![3, 0, 0, 0] };
        assert_eq!(key.len(), key_size, "{name}");
        let mut value: Vec<u8> = (1..=value_size as u8).collect();
        if name == "percpu_hash" {
            // 4 bytes of each 8 are the CPU's; the kernel writes zeros to the others.
            value.chunks_mut(8).for_each(|cpu| cpu[4..].fill(0));
        }
        if name == "percpu_array" {
            value.chunks_mut(24).for_each(|cpu| cpu[20..].fill(0));
        }
        update(&mut host, map, &key, &value);
        let found = lookup(&mut host, map, &key, value_size);
        assert!(found == value || name.starts_with("percpu") && same_values(&found, &value, name), "{name}: {found:?}");
        let at = host.put(&key);
        if name.contains("array") {
            host.must_fail("map_delete", &[map, at.addr, at.len, 0], Errno::INVAL);
        } else {
            host.must("map_delete", &[map, at.addr, at.len, 0]);
            let room = host.room(value_size);
            host.must_fail("map_lookup", &[map, at.addr, at.len, room.addr, room.len, 0], Errno::NOENT);
        }
    }
}

/// Whether the parts that hold values agree; the padding between CPUs is nobody's.
fn same_values(found: &[u8], wanted: &[u8], name: &str) -> bool {
    let (stride, size) = if name == "percpu_hash" { (8, 4) } else { (24, 20) };
    found.chunks(stride).zip(wanted.chunks(stride)).all(|(a, b)| a[..size] == b[..size])
}

#[test]
fn a_per_cpu_lookup_writes_all_cpus_and_no_more() {
    let (mut host, object) = loaded();
    let map = host.map(object, "percpu_array");
    let (_, size) = sizes(&mut host, map);
    assert_eq!(size, 24 * possible_cpus().unwrap());
    host.clear();
    let (key, value) = (host.put(&[0; 4]), host.room(size));
    host.must("map_lookup", &[map, key.addr, key.len, value.addr, value.len, 0]);
    let range = |at: At| at.addr as usize..(at.addr + at.len) as usize;
    assert_eq!(host.touched(&[range(key), range(value)]), None);
    for wrong in [size - 1, size + 1, 24, 0] {
        host.must_fail("map_lookup", &[map, key.addr, key.len, value.addr, wrong as i64, 0], Errno::INVAL);
    }
}

#[test]
fn queues_stacks_and_bloom_filters_have_no_keys() {
    let (mut host, object) = loaded();
    for (name, order) in [("queue", [1u64, 2]), ("stack", [2, 1])] {
        let map = host.map(object, name);
        update(&mut host, map, &[], &1u64.to_le_bytes());
        update(&mut host, map, &[], &2u64.to_le_bytes());
        let first = lookup(&mut host, map, &[], 8);
        assert_eq!(first, order[0].to_le_bytes(), "{name}: a lookup peeks");
        for value in order {
            let room = host.room(8);
            host.must("map_lookup_and_delete", &[map, 0, 0, room.addr, room.len, 0]);
            assert_eq!(host.get(room), value.to_le_bytes(), "{name}");
        }
        let room = host.room(8);
        host.must_fail("map_lookup", &[map, 0, 0, room.addr, room.len, 0], Errno::NOENT);
    }
    let bloom = host.map(object, "bloom");
    update(&mut host, bloom, &[], &7u64.to_le_bytes());
    let known = host.put(&7u64.to_le_bytes());
    host.must("map_lookup", &[bloom, 0, 0, known.addr, known.len, 0]);
    let unknown = host.put(&8u64.to_le_bytes());
    host.must_fail("map_lookup", &[bloom, 0, 0, unknown.addr, unknown.len, 0], Errno::NOENT);
}

#[test]
fn batches_move_all_elements() {
    let (mut host, object) = loaded();
    for name in ["hash", "percpu_hash", "array"] {
        let map = host.map(object, name);
        let (_, value_size) = sizes(&mut host, map);
        let count = 8;
        let keys: Vec<u8> = (0..count).flat_map(u32::to_le_bytes).collect();
        let value = |key: u32| {
            let mut value = vec![0; value_size];
            value[..4].copy_from_slice(&(key + 100).to_le_bytes());
            value
        };
        let values: Vec<u8> = (0..count).flat_map(value).collect();
        let (keys_in, values_in) = (host.put(&keys), host.put(&values));
        let number = host.put(&count.to_le_bytes());
        let args = [map, keys_in.addr, keys_in.len, values_in.addr, values_in.len, number.addr, 0, 0];
        host.must("map_update_batch", &args);
        assert_eq!(host.get_u32s(number), [count], "{name}");

        let mut found = look_through(&mut host, map, value_size, 64);
        found.sort_unstable();
        let wanted: Vec<(u32, u32)> = (0..count).map(|key| (key, key + 100)).collect();
        assert_eq!(found, wanted, "{name}");
        if name == "array" {
            continue;
        }
        let number = host.put(&2u32.to_le_bytes());
        host.must("map_delete_batch", &[map, keys_in.addr, keys_in.len, number.addr, 0, 0]);
        assert_eq!(look_through(&mut host, map, value_size, 64).len(), count as usize - 2, "{name}");
    }
}

/// All elements, in batches of `room`: keys and the first four bytes of values.
fn look_through(host: &mut Host, map: i64, value_size: usize, room: u32) -> Vec<(u32, u32)> {
    let mark = host.put(&[0; 4]);
    let (keys, values) = (host.room(room as usize * 4), host.room(room as usize * value_size));
    let mut found = Vec::new();
    let mut from = 0;
    loop {
        let number = host.put(&room.to_le_bytes());
        let args = [
            map,
            mark.addr,
            from,
            mark.addr,
            mark.len,
            keys.addr,
            keys.len,
            values.addr,
            values.len,
            number.addr,
            0,
            0,
        ];
        let result = host.call("map_lookup_batch", &args);
        assert!(result == 0 || result == i64::from(-Errno::NOENT.raw_os_error()), "{result}: {}", host.error());
        let (count, all_keys, all_values) = (host.get_u32s(number)[0] as usize, host.get_u32s(keys), host.get(values));
        found.extend((0..count).map(|index| {
            let value = &all_values[index * value_size..][..4];
            (all_keys[index], u32::from_le_bytes(value.try_into().unwrap()))
        }));
        if result != 0 {
            return found;
        }
        from = mark.len;
    }
}

#[test]
fn batches_too_large_for_their_buffers_are_refused() {
    let (mut host, object) = loaded();
    let map = host.map(object, "hash");
    for count in [9, 1 << 16, u32::MAX, u32::MAX / 4 + 1] {
        host.clear();
        let number = host.put(&count.to_le_bytes());
        let (keys, values, mark) = (host.room(8 * 4), host.room(8 * 24), host.room(4));
        let (keys, values) = ([keys.addr, keys.len], [values.addr, values.len]);
        let all = [map, 0, 0, mark.addr, mark.len, keys[0], keys[1], values[0], values[1], number.addr, 0, 0];
        host.must_fail("map_lookup_batch", &all, Errno::INVAL);
        host.must_fail("map_lookup_and_delete_batch", &all, Errno::INVAL);
        let update = [map, keys[0], keys[1], values[0], values[1], number.addr, 0, 0];
        host.must_fail("map_update_batch", &update, Errno::INVAL);
        host.must_fail("map_delete_batch", &[map, keys[0], keys[1], number.addr, 0, 0], Errno::INVAL);
        let range = number.addr as usize..number.addr as usize + 4;
        assert_eq!(host.touched(&[range]), None);
    }
    let number = host.put(&1u32.to_le_bytes());
    let (keys, values, mark) = (host.room(4), host.room(24), host.room(3));
    let short = [map, 0, 0, mark.addr, mark.len, keys.addr, 4, values.addr, 24, number.addr, 0, 0];
    host.must_fail("map_lookup_batch", &short, Errno::INVAL);
}

#[test]
fn values_that_are_descriptors_are_handles() {
    let (mut host, object) = loaded();
    let (array, hash) = (host.map(object, "array"), host.map(object, "hash"));
    let outer = host.map(object, "outer");
    let name = host.put(b"inner");
    let inner = host.must("map_create", &[2, name.addr, name.len, 4, 8, 1, 0, 0, 0, 0]);
    let key = host.put(&1u32.to_le_bytes());
    let set = |host: &mut Host, map: i64, value: i64| {
        let value = host.put(&(value as i32).to_le_bytes());
        host.call("map_update", &[map, key.addr, key.len, value.addr, value.len, 0])
    };
    assert_eq!(set(&mut host, outer, inner), 0);
    let found = lookup(&mut host, outer, &1u32.to_le_bytes(), 4);
    let out = host.room(40);
    host.must("map_info", &[inner, out.addr, out.len]);
    assert_eq!(u32::from_le_bytes(found.try_into().unwrap()), host.get_u32s(out)[9], "the id of the inner map");
    // No map of the wanted shape, no map at all, no handle, numbers that are descriptors of the host's.
    assert_eq!(set(&mut host, outer, hash), i64::from(-Errno::INVAL.raw_os_error()));
    for wrong in [object, 0x7ff0_0000, 100, -1] {
        assert_eq!(set(&mut host, outer, wrong), i64::from(-Errno::BADF.raw_os_error()), "{wrong}");
    }
    let programs = host.map(object, "programs");
    let program = host.program(object, "target");
    assert_eq!(set(&mut host, programs, program), 0);
    assert_eq!(set(&mut host, programs, array), i64::from(-Errno::INVAL.raw_os_error()));

    // The same, many at a time.
    let (keys, number) = (host.put(&[2, 0, 0, 0, 3, 0, 0, 0]), host.put(&2u32.to_le_bytes()));
    let values: Vec<u8> = [inner, inner].iter().flat_map(|handle| (*handle as i32).to_le_bytes()).collect();
    let values = host.put(&values);
    let args = [outer, keys.addr, keys.len, values.addr, values.len, number.addr, 0, 0];
    host.must("map_update_batch", &args);
    assert_eq!(look_through(&mut host, outer, 4, 16).len(), 3);
}

#[test]
fn a_cgroup_array_takes_a_directory_of_the_guest() {
    require_root();
    let mounted = std::fs::read_to_string("/proc/mounts").unwrap();
    let mount = mounted.lines().find(|line| line.split(' ').nth(2) == Some("cgroup2")).expect("cgroup2 is mounted");
    let path = mount.split(' ').nth(1).unwrap();
    let directory = wasi::PreopenedDir { host: path.into(), guest: "/cgroup".into(), read_only: true };
    let mut host = Host::with(&[], wasi::Config { dirs: vec![directory], ..wasi::Config::default() });
    let object = host.load("maps");
    let map = host.map(object, "cgroups");
    update(&mut host, map, &[0; 4], &3u32.to_le_bytes());
    let (key, value) = (host.put(&[0; 4]), host.put(&4u32.to_le_bytes()));
    host.must_fail("map_update", &[map, key.addr, key.len, value.addr, value.len, 0], Errno::BADF);

    let object = host.load("tracing");
    let program = host.program(object, "cgroups");
    let link = host.must("program_attach_iter", &[program, 0, 3, 1, 0, 0, -1]);
    let stream = host.must("iterator_create", &[link]);
    let out = host.room(64);
    let size = host.must("stream_read", &[stream, out.addr, out.len]);
    let id = std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(path).unwrap());
    assert_eq!(host.get(At { addr: out.addr, len: size }), format!("{id}\n").into_bytes());
}

#[test]
fn keys_that_are_descriptors_are_the_guests() {
    let (mut host, object) = loaded();
    let map = host.map(object, "of_tasks");
    let (key, value) = (host.put(&9999u32.to_le_bytes()), host.put(&[1; 8]));
    host.must_fail("map_update", &[map, key.addr, key.len, value.addr, value.len, 0], Errno::BADF);
    // Standard input is the guest's, but no process.
    let key = host.put(&0u32.to_le_bytes());
    host.must_fail("map_update", &[map, key.addr, key.len, value.addr, value.len, 0], Errno::BADF);
}

#[test]
fn a_map_in_map_takes_a_template_before_load() {
    let mut host = Host::new(&[]);
    let object = host.open("outer");
    let error = host.must_fail("object_load", &[object], Errno::INVAL);
    assert!(error.contains("map `bare_outer`"), "{error}");

    let object = host.open("outer");
    let outer = host.map(object, "bare_outer");
    let name = host.put(b"template");
    let template = host.must("map_create", &[1, name.addr, name.len, 4, 8, 16, 0, 0, 0, 0]);
    host.must("map_set_inner", &[outer, template]);
    host.must_fail("map_set_inner", &[outer, template], Errno::INVAL);
    host.must("handle_close", &[template]);
    host.must("object_prepare", &[object]);
    host.must_fail("object_prepare", &[object], Errno::INVAL);
    let inner = host.must("map_create", &[1, name.addr, name.len, 4, 8, 16, 0, 0, 0, 0]);
    update(&mut host, outer, &[0; 4], &(inner as u32).to_le_bytes());
    host.must("object_load", &[object]);
}

#[test]
fn a_map_can_stand_for_one_that_load_would_create() {
    let mut host = Host::new(&[]);
    let first = host.load("maps");
    let shared = host.map(first, "hash");
    let second = host.open("maps");
    let other = host.map(second, "hash");
    host.must("map_reuse", &[other, shared]);
    host.must_fail("map_reuse", &[other, shared], Errno::BUSY);
    host.must("object_load", &[second]);
    update(&mut host, shared, &[5, 0, 0, 0], &[9; 24]);
    assert_eq!(lookup(&mut host, other, &[5, 0, 0, 0], 24), [9; 24]);
}

#[test]
fn what_libbpf_would_not_survive_is_refused() {
    let mut host = Host::new(&[]);
    let object = host.open("maps");
    let (data, hash) = (host.map(object, ".data"), host.map(object, "hash"));
    // Entries and type decide how much libbpf unmaps when the object is closed.
    host.must_fail("map_set", &[data, 3, 1 << 20], Errno::INVAL);
    host.must_fail("map_set", &[data, 0, 33], Errno::INVAL);
    host.must_fail("map_set", &[hash, 0, 26], Errno::INVAL);
    host.must_fail("map_set", &[hash, 0, 33], Errno::INVAL);
    let loaded = host.load("maps");
    let wide = host.map(loaded, "array");
    host.must_fail("map_reuse", &[data, wide], Errno::INVAL);
    let name = host.put(b"arena");
    host.must_fail("map_create", &[33, name.addr, name.len, 0, 0, 1, 1 << 10, 0, 0, 0], Errno::OPNOTSUPP);
    host.must_fail("map_create", &[26, name.addr, name.len, 4, 4, 1, 0, 0, 0, 0], Errno::OPNOTSUPP);
    host.must_fail("map_create", &[1, name.addr, name.len, 4, 4, 1, 1 << 16, 0, 0, 0], Errno::INVAL);
    host.must("map_set", &[data, 2, 4096]);
    host.must("handle_close", &[object]);
}
