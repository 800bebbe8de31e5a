//! Every import of both ABIs, called with everything that is wrong: it answers with an error, and the guest's memory
//! outside the buffers that it was given stays as it was.

use std::ops::Range;

use super::host::{At, Host, V0};
use super::object::open_everything;
use crate::abi::table::GROUPS;
use crate::policy::Grant;

/// A number in the handles' range that no test ever opened.
const NO_HANDLE: i64 = 0x7ff0_0000;
/// The size of the buffers that calls are given.
const ROOM: i64 = 64;

/// The imports that may succeed without a handle.
const NEED_NO_HANDLE: &[&str] = &[
    "error_text",
    "log_level",
    "log_read",
    "cpu_count",
    "process_id",
    "system_name",
    "clock_time",
    "local_time",
    "signal_handle",
    "signal_take",
    "page_size",
    "wait",
    "epoll_create",
    "eventfd_create",
    "timerfd_create",
    "btf_vmlinux",
    "probe_program_type",
    "probe_map_type",
    "probe_helper",
    "perf_event_open",
    "kernel_symbols",
    "user_symbols",
];

/// The imports that look at their other arguments before the handle: -EINVAL where those are wrong, too.
const JUDGE_MORE_FIRST: &[&str] = &[
    "map_set_pin_path",
    "program_attach_iter",
    "program_attach_kprobe_multi",
    "program_attach_uprobe_multi",
    "program_pin",
    "program_test_run",
    "program_unpin",
];

/// What a parameter stands for, by its name in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// An address whose length is the next parameter.
    Pointer,
    /// The length of the address before it.
    Length,
    /// The address of a u32.
    Number,
    /// A handle or descriptor.
    Handle,
    Plain,
}

fn parameters(import: &str) -> Vec<(String, Role)> {
    let plain = import.strip_prefix("v1.");
    let text = plain.map(|plain| {
        let mut all = GROUPS.iter().flat_map(|(_, imports)| *imports);
        all.find(|import| import.name == plain).unwrap().parameters
    });
    let v0 = match import {
        "v0.wasm_load_bpf_object" => "elf, elf_len",
        "v0.wasm_close_bpf_object" => "object",
        "v0.wasm_attach_bpf_program" => "object, text, text",
        "v0.wasm_attach_bpf_program_fd" => "object, text, program",
        "v0.wasm_bpf_map_fd_by_name" => "object, text",
        "v0.wasm_bpf_buffer_poll" => "object, map, plain, plain, data, data_len, plain",
        "v0.wasm_bpf_map_operate" => "map, plain, text, text, text, plain",
        _ => "",
    };
    let names: Vec<&str> = text.unwrap_or(v0).split(", ").filter(|name| !name.is_empty()).collect();
    let role = |index: usize| match names[index].split(':').next().unwrap() {
        "len" => Role::Length,
        name if name.ends_with("_len") => Role::Length,
        "level_out" | "count" => Role::Number,
        "object" | "program" | "map" | "link" | "ring" | "perf" | "btf" | "stream" | "handle" | "target"
        | "relative" | "inner" | "other" | "perf_event" | "socket" | "dump" | "base" | "group" | "directory"
        | "namespace" | "cgroup" | "pidfd" | "epoll" | "counter" => Role::Handle,
        _ if names.get(index + 1).is_some_and(|next| *next == "len" || next.ends_with("_len")) => Role::Pointer,
        _ => Role::Plain,
    };
    names.iter().enumerate().map(|(index, name)| ((*name).to_owned(), role(index))).collect()
}

/// The ranges that a call with these arguments may write to.
fn given(roles: &[(String, Role)], args: &[i64]) -> Vec<Range<usize>> {
    let at = |arg: i64| arg as u32 as usize;
    let mut ranges = Vec::new();
    for (index, (_, role)) in roles.iter().enumerate() {
        match role {
            Role::Pointer => ranges.push(at(args[index])..at(args[index]) + at(args[index + 1])),
            Role::Number => ranges.push(at(args[index])..at(args[index]) + 4),
            _ => {}
        }
    }
    ranges
}

/// Arguments by role; `pointer` is the first buffer's address, the others follow.
fn arguments(roles: &[(String, Role)], pointer: i64, length: i64, handle: i64, plain: i64) -> Vec<i64> {
    let mut next = pointer;
    let mut place = || {
        let here = next;
        next = if pointer < 1 << 20 { next + 4 * ROOM } else { next };
        here
    };
    let argument = |role: Role| match role {
        Role::Pointer | Role::Number => place(),
        Role::Length => length,
        Role::Handle => handle,
        Role::Plain => plain,
    };
    roles.iter().map(|(_, role)| *role).map(argument).collect()
}

/// Arguments whose ranges overlap: each begins `step` bytes after the one before, the first at an odd address.
fn overlapping(roles: &[(String, Role)], step: i64, length: i64, handle: i64) -> Vec<i64> {
    let mut args = arguments(roles, 8193, length, handle, 0);
    let pointers = roles.iter().enumerate().filter(|(_, (_, role))| matches!(role, Role::Pointer | Role::Number));
    for (nth, (index, _)) in pointers.enumerate() {
        args[index] = 8193 + nth as i64 * step;
    }
    args
}

/// Calls, and checks the memory, which is all canaries before and afterwards; the result.
#[track_caller]
fn probe(host: &mut Host, import: &str, roles: &[(String, Role)], args: &[i64]) -> i64 {
    let result = host.try_call(import, args);
    assert!(result >= -4095, "{import}{args:?} returned {result}");
    let given = given(roles, args);
    let touched = host.touched(&given);
    assert_eq!(touched, None, "{import}{args:?} changed memory that it was not given");
    host.restore(&given);
    result
}

#[test]
fn no_argument_harms_without_a_handle() {
    let mut host = Host::new(&[]);
    for import in host.imports() {
        let roles = parameters(&import);
        assert_eq!(roles.len(), host.ty(&import).params().len(), "{import}");
        let patterns = [
            vec![0; roles.len()],
            vec![-1; roles.len()],
            vec![i64::from(i32::MIN); roles.len()],
            vec![i64::from(i32::MAX); roles.len()],
            arguments(&roles, 0xffff_fff0, 8, 3, 0),
            arguments(&roles, 0xffff_0000, ROOM, NO_HANDLE, 1),
            arguments(&roles, 8192, ROOM, NO_HANDLE, 0),
            arguments(&roles, 8192, 0, 0, 0),
            arguments(&roles, 8192, 0xffff_fff8, NO_HANDLE, 7),
        ];
        for args in patterns {
            let result = probe(&mut host, &import, &roles, &args);
            let plain = import.split_once('.').unwrap().1;
            let may_succeed = NEED_NO_HANDLE.contains(&plain) || (V0.contains(&plain) && result == 0);
            assert!(result < 0 || may_succeed, "{import}{args:?} returned {result}");
        }
    }
}

#[test]
fn no_handle_of_another_kind_harms() {
    let mut host = Host::new(&[]);
    let handles = open_everything(&mut host);
    host.clear();
    // What would end the handles that the others are tried with, and what may wait for ever.
    let left_out = ["v1.handle_close", "v0.wasm_close_bpf_object", "v0.wasm_bpf_buffer_poll"];
    for import in host.imports().into_iter().filter(|import| !left_out.contains(&import.as_str())) {
        let roles = parameters(&import);
        for &handle in &handles {
            for args in [
                arguments(&roles, 8192, ROOM, handle, 0),
                arguments(&roles, 8192, 4, handle, 1),
                arguments(&roles, 8192, 8, handle, 0),
                arguments(&roles, 0xffff_fff0, 4, handle, 0),
                arguments(&roles, 0xffff_fff0, ROOM, handle, 2),
                arguments(&roles, 8193, 8, handle, 0),
                overlapping(&roles, 0, 8, handle),
                overlapping(&roles, 4, 8, handle),
                overlapping(&roles, 1, ROOM, handle),
            ] {
                probe(&mut host, &import, &roles, &args);
            }
        }
    }
}

#[test]
fn numbers_that_are_no_handles_are_ebadf() {
    let mut other = Host::new(&[]);
    let mut numbers = open_everything(&mut other);
    let mut host = Host::new(&[Grant::All]);
    let closed = host.software_event();
    host.must("handle_close", &[closed]);
    // Nothing, this process's descriptors, the ends of the range.
    numbers.extend([closed, closed + 1, 0, 1, 3, -1, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff, i64::from(i32::MIN)]);
    let mut wrong = Vec::new();
    for import in host.imports().into_iter().filter(|import| import.starts_with("v1.")) {
        let roles = parameters(&import);
        if roles.first().is_none_or(|(_, role)| *role != Role::Handle) {
            continue;
        }
        for &number in &numbers {
            // Texts that are valid, at an address that a window could have.
            host.clear();
            host.fill(At { addr: 65_536, len: 8192 }, b'a');
            let result = host.try_call(&import, &arguments(&roles, 65_536, 8, number, 0));
            if result != -9 && !(result == -22 && JUDGE_MORE_FIRST.contains(&&import[3..])) {
                wrong.push(format!("{import}: {result}"));
            }
        }
    }
    wrong.dedup();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn addresses_outside_of_memory_are_an_error_whatever_the_handle() {
    let mut host = Host::new(&[Grant::All]);
    let handles = open_everything(&mut host);
    host.clear();
    let mut wrong = Vec::new();
    for import in host.imports() {
        let roles = parameters(&import);
        if !roles.iter().any(|(_, role)| *role == Role::Pointer) || import == "v0.wasm_bpf_buffer_poll" {
            continue;
        }
        for &handle in &handles {
            for length in [1, 4, 8, ROOM, 0x7fff_ffff] {
                let result = probe(&mut host, &import, &roles, &arguments(&roles, 0xffff_fff0, length, handle, 1));
                // v0's objects are no errors: 0 is none.
                if result > 0 || (result == 0 && import != "v0.wasm_load_bpf_object") {
                    wrong.push(format!("{import}: {result}"));
                }
            }
        }
    }
    wrong.dedup();
    assert_eq!(wrong, [""; 0]);
}
