//! v1: what `wasm-bpf doctor` knows, one question at a time.

use wasmtime::Caller;

use super::answer;
use super::system::copy_text;
use super::table::{Import, add};
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[Import {
    name: "doctor",
    parameters: "topic, topic_len, name, name_len, status, buf, len",
    text: "One of the checks of `wasm-bpf doctor`, by its topic (the `group`) and name as `doctor --json` has them (docs/doctor.md): `kernel` (`btf`, `jit`, `lockdown`, `lsm`, ...), `mount` (`tracefs`, `bpffs`, `cgroup2`), `capability`, `program_type`, `map_type`, `attach`. Stores at `status` (u32) 0 for ok, 1 for missing, 2 for what could not be tried, and copies at most `len` bytes of a text: what there is (a path, a version), or why it is missing and, in further lines, what to do. Each topic is looked at once in a process; `attach` tries all its kinds then, for an instant and where that changes nothing. -ENOENT where there is no such check, -ENOSYS in a build without compiler. Returns the text's full length.",
    since: "0.1",
    add: add!(doctor(_, _, _, _, _, _, _)),
}];

fn doctor(
    caller: Caller<'_, State>,
    topic: u32,
    topic_len: u32,
    name: u32,
    name_len: u32,
    status: u32,
    buf: u32,
    len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "doctor", |call| {
        let (topic, name) = (call.string(topic, topic_len)?, call.string(name, name_len)?);
        call.check(status, 4)?;
        call.check(buf, len as usize)?;
        let (found, text) = look(&topic, &name)?;
        call.write_u32(status, found)?;
        Ok(copy_text(call, &text, buf, len)?)
    })
}

#[cfg(feature = "compiler")]
fn look(topic: &str, name: &str) -> Result<(u32, String), rustix::io::Errno> {
    use crate::doctor::{Status, ask};
    use crate::privilege::with_reserve;

    // What could disturb others is tried in a network namespace, which this process keeps the right to make in reserve.
    let check = if topic == "capability" { ask(topic, name) } else { with_reserve(|| ask(topic, name)) };
    let check = check.ok_or(rustix::io::Errno::NOENT)?;
    let status = match check.status {
        Status::Ok => 0,
        Status::Missing => 1,
        Status::Unknown => 2,
    };
    let text = match check.status {
        Status::Ok => check.value.clone(),
        _ => [&check.why, &check.advice]
            .iter()
            .filter(|part| !part.is_empty())
            .map(|part| part.as_str())
            .collect::<Vec<_>>()
            .join("\n"),
    };
    Ok((status, text))
}

#[cfg(not(feature = "compiler"))]
fn look(_topic: &str, _name: &str) -> Result<(u32, String), rustix::io::Errno> {
    Err(rustix::io::Errno::NOSYS)
}
