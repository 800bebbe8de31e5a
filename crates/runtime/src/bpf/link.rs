//! Attaching programs.

use rustix::io::Errno;

use super::advice::{Operation, advise, concerns_machine};
use super::hook;
use super::log::Log;
use super::object::Object;
use super::program::hook_need;
use super::sys::link::RawLink;
use crate::error::{Error, Result};
use crate::policy::Policy;
use crate::privilege::with_reserve;

pub(crate) use super::sys::attach::{Attach, IterOver, Position, Targets};

/// An attachment, undone when dropped.
pub(crate) type Link = RawLink;

/// Attaches the program at `index` of a loaded object, if `policy` allows its hooks.
pub(crate) fn attach(object: &Object, index: usize, how: &Attach<'_>, policy: &Policy, log: &mut Log) -> Result<Link> {
    let fail = |errno| {
        let program = object.program(index);
        let (name, section) = program.map_or_else(Default::default, |program| (program.name(), program.section()));
        Error::kernel(format!("failed to attach program `{name}` (section `{section}`)"), errno)
    };
    if !object.is_loaded() {
        return Err(fail(Errno::INVAL).advise("load the object first"));
    }
    if let Some(program) = object.program(index) {
        let hooks = hook::of_attach(how, &program.section());
        hooks.into_iter().try_for_each(|hook| policy.check(&hook_need(&program, hook)))?;
    }
    let (link, _) = log.during(|| with_reserve(|| RawLink::attach(object.raw(), index, how)));
    link.map_err(|errno| explain(fail(errno), log))
}

/// Registers the struct_ops map at `index` of a loaded object. Minimum kernel: 5.6.
pub(crate) fn attach_struct_ops(object: &Object, index: usize, log: &mut Log) -> Result<Link> {
    let fail = |errno| {
        let name = object.map(index).map_or_else(String::new, |map| map.name());
        Error::kernel(format!("failed to attach struct_ops map `{name}`"), errno)
    };
    if !object.is_loaded() {
        return Err(fail(Errno::INVAL).advise("load the object first"));
    }
    let (link, _) = log.during(|| with_reserve(|| RawLink::attach_struct_ops(object.raw(), index)));
    link.map_err(|errno| explain(fail(errno), log))
}

fn explain(error: Error, log: &mut Log) -> Error {
    let error = advise(error, Operation::Attach);
    if concerns_machine(&error) {
        log.say(&error);
    }
    error
}

/// Replaces what `link` runs by the program at `index` of `object`, atomically. Minimum kernel: 5.7.
pub(crate) fn update(link: &Link, object: &Object, index: usize) -> Result<(), Errno> {
    link.update_program(object.raw(), index)
}

/// Replaces the struct_ops map that `link` registered by the one at `index` of a loaded object. EINVAL for links of
/// other kinds. Minimum kernel: 6.4.
pub(crate) fn update_map(link: &Link, object: &Object, index: usize) -> Result<(), Errno> {
    if !object.is_loaded() {
        return Err(Errno::INVAL);
    }
    link.update_map(object.raw(), index)
}
