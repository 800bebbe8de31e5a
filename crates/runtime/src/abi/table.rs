//! The one table of v1's imports: registered from it, documented from it.

use wasmtime::Linker;

use super::{
    arena, attach, attach_multi, attach_net, attach_socket, batch, btf, btf_dump, counter, create, doctor, epoll,
    event, link, map, net, object, perf, pin, probe, program, ring, socket, symbol, system, test_run, user_ring, wait,
    window,
};
use crate::state::State;

/// The module that v1's imports come from. An import never changes its meaning; new ones are added.
pub(crate) const MODULE: &str = "wasm_bpf_v1";

/// One import.
#[cfg_attr(not(test), expect(dead_code, reason = "docs/abi.md is written and checked by a test"))]
pub(crate) struct Import {
    /// Its name in [`MODULE`].
    pub(crate) name: &'static str,
    /// Its parameters in order, `i32` where nothing else is said.
    pub(crate) parameters: &'static str,
    /// What it does, its result, units and particular errors.
    pub(crate) text: &'static str,
    /// The release that added it.
    pub(crate) since: &'static str,
    /// Registers it under (module, name).
    pub(crate) add: fn(&mut Linker<State>, &str, &str) -> wasmtime::Result<()>,
}

/// An import's function by a pointer whose type has only the engine's own types: what the engine makes of it is then one for
/// all functions with as many parameters. `_` stands for a parameter of 32 bits, `i64` for one of 64.
macro_rules! add {
    ($function:ident($($parameter:tt),*)) => {
        $crate::abi::table::add!(@$function [] [$($parameter)*] [a b c d e f g h i j k l m n o p q r])
    };
    (@$function:ident [$($typed:tt)*] [_ $($rest:tt)*] [$name:ident $($names:ident)*]) => {
        $crate::abi::table::add!(@$function [$($typed)* ($name u32)] [$($rest)*] [$($names)*])
    };
    (@$function:ident [$($typed:tt)*] [i64 $($rest:tt)*] [$name:ident $($names:ident)*]) => {
        $crate::abi::table::add!(@$function [$($typed)* ($name u64)] [$($rest)*] [$($names)*])
    };
    (@$function:ident [$(($name:ident $of:ty))*] [] [$($names:ident)*]) => {
        |linker, module, name| {
            let import: fn(Caller<'_, State> $(, $of)*) -> wasmtime::Result<_> =
                |caller $(, $name)*| $function(caller $(, $crate::abi::table::Parameter::of($name))*);
            linker.func_wrap(module, name, import).map(drop)
        }
    };
}
pub(super) use add;

/// The same for what guests call once for each element: the function is inlined in what the engine calls, which takes a
/// few hundred bytes more.
macro_rules! add_hot {
    ($function:ident) => {
        |linker, module, name| linker.func_wrap(module, name, $function).map(drop)
    };
}
pub(super) use add_hot;

/// A parameter, from what the engine has: a number of as many bits.
pub(super) trait Parameter<Bits> {
    fn of(bits: Bits) -> Self;
}

impl Parameter<Self> for u32 {
    fn of(bits: Self) -> Self {
        bits
    }
}

impl Parameter<u32> for i32 {
    fn of(bits: u32) -> Self {
        bits.cast_signed()
    }
}

impl Parameter<Self> for u64 {
    fn of(bits: Self) -> Self {
        bits
    }
}

impl Parameter<u64> for i64 {
    fn of(bits: u64) -> Self {
        bits.cast_signed()
    }
}

/// The imports of one noun.
pub(crate) type Group = (&'static str, &'static [Import]);

/// All imports, by noun.
pub(crate) const GROUPS: &[Group] = &[
    ("system", system::IMPORTS),
    ("probe", probe::IMPORTS),
    ("doctor", doctor::IMPORTS),
    ("object", object::IMPORTS),
    ("program", program::IMPORTS),
    ("test run", test_run::IMPORTS),
    ("attach", attach::IMPORTS),
    ("attach: many functions, iterators", attach_multi::IMPORTS),
    ("attach: network, cgroups, programs", attach_net::IMPORTS),
    ("attach: sockets", attach_socket::IMPORTS),
    ("link", link::IMPORTS),
    ("map", map::IMPORTS),
    ("map: made by the guest", create::IMPORTS),
    ("map: many elements", batch::IMPORTS),
    ("pin", pin::IMPORTS),
    ("ring", ring::IMPORTS),
    ("user ring", user_ring::IMPORTS),
    ("perf", perf::IMPORTS),
    ("perf event", event::IMPORTS),
    ("wait", wait::IMPORTS),
    ("wait: for a set, again and again", epoll::IMPORTS),
    ("wait: counters", counter::IMPORTS),
    ("btf", btf::IMPORTS),
    ("btf: printed", btf_dump::IMPORTS),
    ("symbol", symbol::IMPORTS),
    ("net", net::IMPORTS),
    ("socket", socket::IMPORTS),
    ("window", window::IMPORTS),
    ("arena", arena::IMPORTS),
];

/// Offers those imports of v1 whose names are `wanted`.
pub(crate) fn add_to_linker(linker: &mut Linker<State>, wanted: &dyn Fn(&str) -> bool) -> wasmtime::Result<()> {
    let mut imports = GROUPS.iter().flat_map(|(_, imports)| *imports).filter(|import| wanted(import.name));
    imports.try_for_each(|import| (import.add)(linker, MODULE, import.name))
}
