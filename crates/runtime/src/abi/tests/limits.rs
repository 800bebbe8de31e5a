//! What a guest may use, and that another guest's use is not counted.

use rustix::io::Errno;

use super::host::Host;
use crate::limits::Limits;

/// A hash of 8 bytes an entry: 8 for its key, 8 for its value.
fn create(host: &mut Host, kind: i64, entries: i64) -> (i64, String) {
    let (key, value) = if kind == 27 { (0, 0) } else { (8, 8) };
    let result = host.call("map_create", &[kind, 0, 0, key, value, entries, 0, 0, 0, 0]);
    (result, host.error())
}

#[test]
fn one_guest_cannot_spend_what_another_may() {
    super::object::require_root();
    let limits = Limits { map_memory: 16 * 1000, ..Limits::default() };
    let (mut one, mut other) = (Host::limited(limits.clone()), Host::limited(limits));
    let first = create(&mut one, 1, 900).0;
    assert!(first > 0);
    let (result, error) = create(&mut one, 1, 101);
    assert_eq!(result, i64::from(-Errno::NOMEM.raw_os_error()));
    assert!(error.contains("-W max-map-memory"), "{error}");
    assert!(create(&mut other, 1, 1000).0 > 0);
    one.must("handle_close", &[first]);
    assert!(create(&mut one, 1, 1000).0 > 0, "what is closed is given back");
}

#[test]
fn what_one_guest_has_open_is_not_counted_for_another() {
    super::object::require_root();
    let limits =
        Limits { objects: 1, programs: 8, links: 1, handles: 40, memory: 1 << 20, log: 100, ..Limits::default() };
    let [mut one, mut other] = [(); 2].map(|()| Host::limited(limits.clone()));
    let elf = super::object::compile("maps");
    // Both go as far as they may, one after the other.
    for host in [&mut one, &mut other] {
        let object = host.load("maps");
        let program = host.program(object, "target");
        host.must("program_attach", &[program]);
        host.must_fail("program_attach", &[program], Errno::MFILE);
        let at = host.put(&elf);
        host.must_fail("object_open", &[at.addr, at.len, 0, 0], Errno::MFILE);
        let opened = (0..40).take_while(|_| create(host, 1, 1).0 > 0).count();
        assert!((20..40).contains(&opened), "{opened}");
        assert_eq!(host.budget().charge(2 << 20).err(), Some(Errno::NOMEM));
    }
}

#[test]
fn the_oldest_lines_of_the_log_go_first() {
    super::object::require_root();
    let limit = 300;
    let mut host = Host::limited(Limits { log: limit, ..Limits::default() });
    // libbpf says something about each damaged object.
    let broken = host.put(b"\x7fELF and nothing more");
    let name = |host: &mut Host, number: u32| host.put(format!("object-{number}").as_bytes());
    for number in 0..50 {
        let name = name(&mut host, number);
        let fields: Vec<u8> =
            [name.addr as u32, name.len as u32].iter().flat_map(|field| field.to_le_bytes()).collect();
        let opts = host.put(&fields);
        let opened = host.call("object_open", &[broken.addr, broken.len, opts.addr, opts.len]);
        assert!(opened < 0, "{opened}");
    }
    let (line, level) = (host.room(256), host.room(4));
    let mut kept = String::new();
    loop {
        let length = host.call("log_read", &[line.addr, line.len, level.addr]) as usize;
        if length == 0 {
            break;
        }
        kept += &String::from_utf8_lossy(&host.get(line)[..length.min(256)]);
    }
    assert!(!kept.is_empty() && kept.len() <= limit, "{} bytes: {kept}", kept.len());
    assert!(kept.contains("object-49") && !kept.contains("object-0"), "{kept}");
}

#[test]
fn rings_objects_programs_links_and_handles_are_counted() {
    super::object::require_root();
    let limits = Limits { ring: 4096, objects: 1, links: 1, handles: 40, ..Limits::default() };
    let mut host = Host::limited(limits);
    let (result, error) = create(&mut host, 27, 8192);
    assert_eq!(result, i64::from(-Errno::TOOBIG.raw_os_error()));
    assert!(error.contains("-W max-ring-size"), "{error}");
    assert!(create(&mut host, 27, 4096).0 > 0);

    let object = host.load("maps");
    let elf = host.put(&super::object::compile("maps"));
    host.must_fail("object_open", &[elf.addr, elf.len, 0, 0], Errno::MFILE);
    let program = host.program(object, "target");
    let link = host.must("program_attach", &[program]);
    host.must_fail("program_attach", &[program], Errno::MFILE);
    host.must("handle_close", &[link]);
    host.must("program_attach", &[program]);
    let full = (0..40).map(|_| create(&mut host, 1, 1).0).find(|result| *result < 0);
    assert_eq!(full, Some(i64::from(-Errno::MFILE.raw_os_error())));

    let mut host = Host::limited(Limits { programs: 1, ..Limits::default() });
    let elf = host.put(&super::object::compile("tracing"));
    host.must_fail("object_open", &[elf.addr, elf.len, 0, 0], Errno::MFILE);
}
