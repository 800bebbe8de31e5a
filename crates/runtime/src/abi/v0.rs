//! ABI v0: the six imports of existing modules, and the seventh that came later. Frozen.

use std::os::fd::AsFd;

use rustix::io::Errno;
use wasmtime::{Caller, ExternType, Linker, Module, ValType};

use super::{Ctx, Failure, map, v0_poll};
use crate::bpf::link::{Attach, Link, Position, attach};
use crate::bpf::map::Operation;
use crate::bpf::net::{Target, cgroup, interface, target_kind};
use crate::bpf::object::{Object, OpenOptions};
use crate::call::Call;
use crate::error::Error;
use crate::handle::Handle;
use crate::policy::{Grant, Hook, Item, Need};
use crate::privilege::after_attach;
use crate::state::State;

/// The module that six of the imports come from.
const MODULE: &str = "wasm_bpf";

/// What guests that cannot hand over a function pointer (TinyGo) call and export.
#[derive(Clone, Debug)]
pub struct CallbackNames {
    /// The module from which such a guest imports `wasm_bpf_buffer_poll`.
    pub module: String,
    /// The export that is called for each record.
    pub export: String,
}

impl Default for CallbackNames {
    fn default() -> Self {
        Self { module: "callback-wrapper".into(), export: "go-callback".into() }
    }
}

/// Offers the imports, `wasm_bpf_map_operate` with the pointer width that `module` declares it with.
pub(crate) fn add_to_linker(
    linker: &mut Linker<State>,
    module: &Module,
    names: &CallbackNames,
) -> wasmtime::Result<()> {
    linker.func_wrap(MODULE, "wasm_load_bpf_object", load_object)?;
    linker.func_wrap(MODULE, "wasm_close_bpf_object", close_object)?;
    linker.func_wrap(MODULE, "wasm_attach_bpf_program", attach_program)?;
    linker.func_wrap(MODULE, "wasm_attach_bpf_program_fd", attach_program_fd)?;
    linker.func_wrap(MODULE, "wasm_bpf_map_fd_by_name", map_fd_by_name)?;
    linker.func_wrap(MODULE, "wasm_bpf_buffer_poll", v0_poll::by_pointer)?;
    linker.func_wrap(&names.module, "wasm_bpf_buffer_poll", v0_poll::by_export)?;
    if has_wide_pointers(module) {
        linker.func_wrap(MODULE, "wasm_bpf_map_operate", map_operate_wide)?;
    } else {
        linker.func_wrap(MODULE, "wasm_bpf_map_operate", map_operate)?;
    }
    Ok(())
}

fn has_wide_pointers(module: &Module) -> bool {
    module.imports().any(|import| {
        import.module() == MODULE
            && import.name() == "wasm_bpf_map_operate"
            && matches!(import.ty(), ExternType::Func(ty) if ty.params().nth(2).is_some_and(|ty| ty.matches(&ValType::I64)))
    })
}

fn load_object(mut caller: Caller<'_, State>, elf: u32, len: u32) -> wasmtime::Result<i64> {
    let mut call = Call::new(&mut caller);
    let loaded = load(&mut call, elf, len);
    report(loaded, |_| 0)
}

fn load(call: &mut Call<'_, '_>, elf: u32, len: u32) -> Result<i64, Failure> {
    let elf = call.bytes(elf, len)?;
    let bpf = &mut call.state().bpf;
    let options = OpenOptions { token: bpf.token.clone(), ..OpenOptions::default() };
    let object = Object::open(&elf, options, &mut bpf.types, &bpf.policy, &bpf.budget, &mut bpf.log)?;
    object.load(&bpf.policy, &bpf.maps, &mut bpf.log)?;
    Ok(i64::from(bpf.add_object(object)?))
}

fn close_object(mut caller: Caller<'_, State>, object: i64) -> i32 {
    let mut call = Call::new(&mut caller);
    let state = call.state();
    let closed = handle(object).and_then(|object| {
        state.bpf.object(object)?;
        state.close(object)
    });
    closed.map_or_else(|errno| -errno.raw_os_error(), |()| 0)
}

fn attach_program(mut caller: Caller<'_, State>, object: i64, name: u32, target: u32) -> wasmtime::Result<i32> {
    let mut call = Call::new(&mut caller);
    let attached = attach_by_name(&mut call, object, name, |call, object, index| {
        let target = if target == 0 { String::new() } else { call.c_string(target)? };
        attach_to_target(call, object, index, &target)
    });
    report(attached, |errno| -errno)
}

fn attach_program_fd(mut caller: Caller<'_, State>, object: i64, name: u32, target: i32) -> wasmtime::Result<i32> {
    let mut call = Call::new(&mut caller);
    let attached = attach_by_name(&mut call, object, name, |call, object, index| {
        let state = call.state();
        let how = |how: &Attach<'_>, bpf: &mut Ctx| attach(object, index, how, &bpf.policy, &mut bpf.log);
        if target < 0 {
            return Ok(how(&Attach::Auto, &mut state.bpf)?);
        }
        let directory = state.with_host_fd(target, |fd| fd.try_clone_to_owned())?.map_err(|_| Errno::MFILE)?;
        Ok(how(&Attach::Cgroup { directory: directory.as_fd(), at: Position::default() }, &mut state.bpf)?)
    });
    report(attached, |errno| -errno)
}

/// Attaches the program called `name`; the link lives as long as the object.
fn attach_by_name<'a>(
    call: &mut Call<'_, 'a>,
    object: i64,
    name: u32,
    attach: impl FnOnce(&mut Call<'_, 'a>, &Object, usize) -> Result<Link, Failure>,
) -> Result<i32, Failure> {
    let handle = handle(object)?;
    let name = call.c_string(name)?;
    let object = call.state().bpf.object(handle)?.object.clone();
    let index = object.find_program(&name).ok_or_else(|| {
        let names: Vec<String> = object.programs().map(|program| program.name()).collect();
        let error = Error::kernel(format!("failed to attach program `{name}`"), Errno::NOENT);
        error.advise(format!("the object has the programs {}", names.join(", ")))
    })?;
    call.state().bpf.room_for_link()?;
    let link = attach(call, &object, index)?;
    call.state().bpf.object_mut(handle)?.links.push(link);
    call.state().stop.after_attach.attached();
    Ok(0)
}

/// An empty target means: by the program's section. Otherwise the program's type says what the target names.
fn attach_to_target(call: &mut Call<'_, '_>, object: &Object, index: usize, target: &str) -> Result<Link, Failure> {
    let program = object.program(index).ok_or(Errno::NOENT)?;
    let kind = target_kind(program.kind());
    let bpf = &mut call.state().bpf;
    if kind == Target::Cgroup && !target.is_empty() {
        let subject = format!(
            "attaching program `{}` (section `{}`) to the cgroup `{target}`",
            program.name(),
            program.section()
        );
        let grant = Some((Grant::Cgroup, "the path is one of the host's".into()));
        bpf.policy.check(&Need { subject, item: Item::Hook(Hook::new("cgroup", target)), grant })?;
    }
    let mut attach = |how: &Attach<'_>| attach(object, index, how, &bpf.policy, &mut bpf.log);
    let link = match kind {
        _ if target.is_empty() => attach(&Attach::Auto),
        Target::Section => attach(&Attach::Auto),
        Target::Cgroup => attach(&Attach::Cgroup { directory: cgroup(target)?.as_fd(), at: Position::default() }),
        Target::Xdp => attach(&Attach::Xdp { ifindex: interface(target)? }),
        Target::Tc => attach(&Attach::Tcx { ifindex: interface(target)?, at: Position::default() }),
    };
    Ok(link?)
}

fn map_fd_by_name(mut caller: Caller<'_, State>, object: i64, name: u32) -> i32 {
    let call = &mut Call::new(&mut caller);
    let found = (|| {
        let name = call.c_string(name)?;
        let entry = call.state().bpf.object(handle(object)?)?;
        let index = entry.object.find_map(&name).ok_or(Errno::NOENT)?;
        entry.maps.get(index).copied().ok_or(Errno::NOENT)
    })();
    found.unwrap_or_else(|errno: Errno| -errno.raw_os_error())
}

fn map_operate(
    mut caller: Caller<'_, State>,
    fd: i32,
    command: i32,
    key: u32,
    value: u32,
    next: u32,
    flags: i64,
) -> i32 {
    let call = &mut Call::new(&mut caller);
    operate(call, fd, command, [key, value, next], flags as u64).map_or_else(|errno| -errno.raw_os_error(), |()| 0)
}

/// The same, for modules built with 64-bit pointers in the declaration. The upper half says nothing in wasm32.
fn map_operate_wide(
    caller: Caller<'_, State>,
    fd: i32,
    command: i32,
    key: i64,
    value: i64,
    next: i64,
    flags: i64,
) -> i32 {
    map_operate(caller, fd, command, key as u32, value as u32, next as u32, flags)
}

/// `command` is `enum bpf_cmd` of the kernel's uapi.
fn operate(
    call: &mut Call<'_, '_>,
    fd: i32,
    command: i32,
    [key, value, next]: [u32; 3],
    flags: u64,
) -> Result<(), Errno> {
    let (operation, value) = match command {
        1 => (Operation::Lookup, value),
        2 => (Operation::Update, value),
        3 => (Operation::Delete, value),
        4 => (Operation::NextKey, next),
        21 => (Operation::LookupAndDelete, value),
        _ => return Err(Errno::INVAL),
    };
    map::operate_unsized(call, fd, operation, key, value, flags)
}

/// v0 has no import that tells why: failures with a text are shown to the person instead.
fn report<T>(result: Result<T, Failure>, failed: impl FnOnce(i32) -> T) -> wasmtime::Result<T> {
    match result {
        Ok(result) => Ok(result),
        Err(Failure::Trap(trap)) => Err(trap),
        Err(Failure::Errno(errno)) => Ok(failed(errno.raw_os_error())),
        Err(Failure::Error(error)) => {
            let error = after_attach::explain(error);
            tracing::error!("{error}");
            Ok(failed(error.errno().raw_os_error()))
        }
    }
}

/// Objects are 64 bits wide here; the numbers themselves are handles like all others.
fn handle(object: i64) -> Result<Handle, Errno> {
    Handle::try_from(object).map_err(|_| Errno::BADF)
}
