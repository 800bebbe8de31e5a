//! `THREAD COUNT [slow]`: as records.c does it, over ABI v0 as its authors declare it in Rust.

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_void, CStr};
use std::ptr::{null, null_mut};

type Callback = extern "C" fn(*mut c_void, *mut c_void, c_int) -> c_int;

#[link(wasm_import_module = "wasm_bpf")]
extern "C" {
    fn wasm_load_bpf_object(elf: *const u8, size: c_int) -> u64;
    fn wasm_close_bpf_object(object: u64) -> c_int;
    fn wasm_attach_bpf_program(object: u64, name: *const c_char, target: *const c_char) -> c_int;
    fn wasm_bpf_map_fd_by_name(object: u64, name: *const c_char) -> c_int;
    fn wasm_bpf_map_operate(
        fd: c_int,
        command: c_int,
        key: *const u32,
        value: *mut Counters,
        next: *mut c_void,
        flags: u64,
    ) -> c_int;
    fn wasm_bpf_buffer_poll(
        object: u64,
        fd: c_int,
        callback: Callback,
        context: *mut c_void,
        data: *mut u8,
        size: c_int,
        timeout: c_int,
    ) -> c_int;
}

const LOOKUP: c_int = 1;
const UPDATE: c_int = 2;

static OBJECT: &[u8] = include_bytes!(env!("OBJECT"));

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Counters {
    thread: u64,
    attempts: u64,
    sent: u64,
    failed: u64,
}

#[derive(Default)]
struct Seen {
    counters: c_int,
    // Until so many attempts the callback does not return.
    hold: u64,
    sequences: Vec<u64>,
    next_attempt: u64,
    gaps: u64,
    disordered: u32,
    misread: u32,
}

fn operate(fd: c_int, command: c_int, counters: &mut Counters) {
    assert_eq!(unsafe { wasm_bpf_map_operate(fd, command, &0, counters, null_mut(), 0) }, 0);
}

fn read_counters(fd: c_int) -> Counters {
    let mut counters = Counters::default();
    operate(fd, LOOKUP, &mut counters);
    counters
}

extern "C" fn on_record(context: *mut c_void, data: *mut c_void, size: c_int) -> c_int {
    let mut seen = unsafe { &*context.cast::<RefCell<Seen>>() }.borrow_mut();
    let [attempt, sequence] = unsafe { data.cast::<[u64; 2]>().read_unaligned() };
    seen.misread += u32::from(size < 16);
    seen.disordered += u32::from(sequence != seen.sequences.len() as u64 || attempt < seen.next_attempt);
    seen.gaps += attempt - seen.next_attempt;
    seen.next_attempt = attempt + 1;
    seen.sequences.push(sequence);
    while read_counters(seen.counters).attempts < seen.hold {}
    0
}

pub fn run(args: &[String]) {
    let mut counters = Counters { thread: args[0].parse().expect("a thread"), ..Counters::default() };
    let count: u64 = args[1].parse().expect("a count");
    let object = unsafe { wasm_load_bpf_object(OBJECT.as_ptr(), OBJECT.len() as c_int) };
    assert_ne!(object, 0);
    let map = |name: &CStr| unsafe { wasm_bpf_map_fd_by_name(object, name.as_ptr()) };
    let (fd, ring) = (map(c"counters"), map(c"ring"));
    operate(fd, UPDATE, &mut counters);
    let hold = if args.len() > 2 { count / 2 } else { 0 };
    let seen = RefCell::new(Seen { counters: fd, hold, ..Seen::default() });
    let context = (&raw const seen).cast_mut().cast();
    let mut buffer = [0; 64];
    let buffer = buffer.as_mut_ptr();
    assert_eq!(unsafe { wasm_attach_bpf_program(object, c"to_ring".as_ptr(), null()) }, 0);
    println!("ready");
    loop {
        let (attempts, before) = (read_counters(fd).attempts, seen.borrow().sequences.len());
        let polled = unsafe { wasm_bpf_buffer_poll(object, ring, on_record, context, buffer, 64, 100) };
        assert_eq!(usize::try_from(polled), Ok(seen.borrow().sequences.len() - before));
        if attempts >= count && polled == 0 {
            break;
        }
    }
    let (Counters { attempts, sent, failed, .. }, seen) = (read_counters(fd), seen.borrow());
    println!(
        "end: attempts {attempts} sent {sent} failed {failed} delivered {} gaps {} disordered {} misread {}",
        seen.sequences.len(),
        seen.gaps,
        seen.disordered,
        seen.misread
    );
    assert_eq!(unsafe { wasm_close_bpf_object(object) }, 0);
}
