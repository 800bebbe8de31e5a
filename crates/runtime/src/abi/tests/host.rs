//! A guest whose imports a test calls one by one, with memory that the test lays out.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Config, Engine, Extern, FuncType, Instance, Linker, Memory, Module, Store, Val, ValType};

use crate::abi::table::{GROUPS, MODULE, add_to_linker};
use crate::abi::{Ctx, v0};
use crate::budget::Budget;
use crate::limits::Limits;
use crate::policy::{Grant, Policy};
use crate::shm::fault;
use crate::shm::memory::Aligned;
use crate::state::State;
use crate::stop::Stop;
use crate::wasi;

/// The imports of v0.
pub(super) const V0: [&str; 7] = [
    "wasm_load_bpf_object",
    "wasm_close_bpf_object",
    "wasm_attach_bpf_program",
    "wasm_attach_bpf_program_fd",
    "wasm_bpf_map_fd_by_name",
    "wasm_bpf_buffer_poll",
    "wasm_bpf_map_operate",
];
/// What memory is filled with where no test has put anything.
pub(super) const CANARY: u8 = 0xa5;
/// A page of them.
const CANARIES: [u8; 4096] = [CANARY; 4096];
/// Where tests put things; below is left free for pointers that are small numbers.
const FIRST: u32 = 4096;
const PAGES: u32 = 64;

/// A guest that does what the test says.
pub(super) struct Host {
    store: Store<State>,
    instance: Instance,
    memory: Memory,
    types: HashMap<String, FuncType>,
    next: u32,
}

/// A range in the guest's memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) addr: i64,
    pub(super) len: i64,
}

impl Host {
    /// A guest with these grants and no directories.
    pub(super) fn new(grants: &[Grant]) -> Self {
        Self::with(grants, wasi::Config::default())
    }

    /// A guest with these limits.
    pub(super) fn limited(limits: Limits) -> Self {
        let mut host = Self::new(&[]);
        let policy = Policy::default();
        host.store.data_mut().bpf = Ctx::new(policy, limits, v0::CallbackNames::default());
        host
    }

    /// A guest with these grants and what `given` holds.
    pub(super) fn with(grants: &[Grant], given: wasi::Config) -> Self {
        fault::install();
        let mut config = Config::new();
        config.memory_reservation(4 << 30).memory_may_move(false).memory_init_cow(false);
        let engine = Engine::new(config.with_host_memory(Arc::new(Aligned))).unwrap();
        let mut linker = Linker::new(&engine);
        let names = v0::CallbackNames::default();
        v0::add_to_linker(&mut linker, &Module::new(&engine, wat::parse_str("(module)").unwrap()).unwrap(), &names)
            .unwrap();
        add_to_linker(&mut linker, &|_| true).unwrap();
        wasi::add_to_linker(&mut linker, &|_| true).unwrap();
        let stop = Stop::new(Duration::from_secs(5)).unwrap();
        let bpf = Ctx::new(Policy::new(grants.iter().copied()), Limits::default(), names);
        let state = State::new(stop, wasi::Ctx::new(given).unwrap(), bpf);
        let mut store = Store::new(&engine, state);
        store.limiter(|state| &mut state.bpf.budget);
        let types = types(&mut store, &linker);
        let module = Module::new(&engine, forwarder(&types)).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let mut host = Self { store, instance, memory, types, next: FIRST };
        host.clear();
        host
    }

    /// All imports, as `v1.NAME` and `v0.NAME`.
    pub(super) fn imports(&self) -> Vec<String> {
        let mut names: Vec<String> = self.types.keys().cloned().collect();
        names.sort();
        names
    }

    /// The type of an import.
    pub(super) fn ty(&self, import: &str) -> &FuncType {
        &self.types[import]
    }

    /// Calls an import. A trap or panic fails the test.
    #[track_caller]
    pub(super) fn try_call(&mut self, import: &str, args: &[i64]) -> i64 {
        let function = self.instance.get_func(&mut self.store, import).unwrap_or_else(|| panic!("no {import}"));
        let ty = self.types[import].clone();
        assert_eq!(ty.params().len(), args.len(), "{import}");
        let args: Vec<Val> = ty.params().zip(args).map(|(ty, &arg)| value(&ty, arg)).collect();
        let mut results = [Val::I32(0)];
        if let Err(error) = function.call(&mut self.store, &args, &mut results) {
            panic!("{import}{args:?} trapped: {error:#}");
        }
        match results[0] {
            Val::I32(result) => i64::from(result),
            Val::I64(result) => result,
            _ => panic!("{import} returned {results:?}"),
        }
    }

    /// Calls an import of v1 by its plain name.
    #[track_caller]
    pub(super) fn call(&mut self, import: &str, args: &[i64]) -> i64 {
        self.try_call(&format!("v1.{import}"), args)
    }

    /// Calls an import of v1 that must succeed.
    #[track_caller]
    pub(super) fn must(&mut self, import: &str, args: &[i64]) -> i64 {
        let result = self.call(import, args);
        assert!(result >= 0, "{import}{args:?} returned {result}: {}", self.error());
        result
    }

    /// Calls an import of v1 that must fail with this error, and say why.
    #[track_caller]
    pub(super) fn must_fail(&mut self, import: &str, args: &[i64], errno: rustix::io::Errno) -> String {
        let result = self.call(import, args);
        assert_eq!(result, i64::from(-errno.raw_os_error()), "{import}{args:?}: {}", self.error());
        self.error()
    }

    /// The text of the last error.
    pub(super) fn error(&mut self) -> String {
        self.store.data().bpf.error.clone()
    }

    /// Sends the guest a signal.
    pub(super) fn signal(&self, signal: i32) {
        self.store.data().stop.signal(signal);
    }

    /// The guest's account.
    pub(super) fn budget(&self) -> &Budget {
        &self.store.data().bpf.budget
    }

    /// The size of the guest's memory.
    pub(super) fn memory_size(&self) -> i64 {
        self.memory.data_size(&self.store) as i64
    }

    /// Puts bytes into the guest.
    pub(super) fn put(&mut self, bytes: &[u8]) -> At {
        let at = self.room(bytes.len());
        self.memory.write(&mut self.store, at.addr as usize, bytes).unwrap();
        at
    }

    /// Room for `len` bytes.
    pub(super) fn room(&mut self, len: usize) -> At {
        let at = At { addr: i64::from(self.next), len: len as i64 };
        self.next += (len as u32).next_multiple_of(8) + 8;
        assert!(self.next < PAGES << 16, "the test's memory is full");
        at
    }

    /// What is in a range now.
    pub(super) fn get(&self, at: At) -> Vec<u8> {
        let start = at.addr as usize;
        self.memory.data(&self.store)[start..start + at.len as usize].to_vec()
    }

    /// The little-endian u32s in a range now.
    pub(super) fn get_u32s(&self, at: At) -> Vec<u32> {
        self.get(at).as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
    }

    /// Fills a range.
    pub(super) fn fill(&mut self, at: At, byte: u8) {
        let start = at.addr as usize;
        self.memory.data_mut(&mut self.store)[start..start + at.len as usize].fill(byte);
    }

    /// Fills memory with canaries.
    pub(super) fn clear(&mut self) {
        self.memory.data_mut(&mut self.store).fill(CANARY);
        self.next = FIRST;
    }

    /// Fills these ranges, as far as there is memory, with canaries.
    pub(super) fn restore(&mut self, ranges: &[Range<usize>]) {
        let data = self.memory.data_mut(&mut self.store);
        for range in ranges {
            let end = range.end.min(data.len());
            data[range.start.min(end)..end].fill(CANARY);
        }
    }

    /// The first byte outside `given` that is no canary any more.
    pub(super) fn touched(&self, given: &[Range<usize>]) -> Option<usize> {
        let data = self.memory.data(&self.store);
        let mut given: Vec<Range<usize>> = given.to_vec();
        given.sort_by_key(|range| range.start);
        let mut at = 0;
        for range in given.into_iter().chain(std::iter::once(data.len()..data.len())) {
            let end = range.start.min(data.len());
            // Whole pages at a time where nothing has changed.
            while at + CANARIES.len() <= end && data[at..at + CANARIES.len()] == CANARIES {
                at += CANARIES.len();
            }
            if at < end
                && let Some(found) = data[at..end].iter().position(|&byte| byte != CANARY)
            {
                return Some(at + found);
            }
            at = at.max(range.end);
        }
        None
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.store.data_mut().bpf.windows.close_all();
    }
}

fn value(ty: &ValType, arg: i64) -> Val {
    match ty {
        ValType::I64 => Val::I64(arg),
        _ => Val::I32(arg as i32),
    }
}

/// The types of all imports as they are registered.
fn types(store: &mut Store<State>, linker: &Linker<State>) -> HashMap<String, FuncType> {
    let v1 = GROUPS.iter().flat_map(|(_, imports)| *imports).map(|import| ("v1", MODULE, import.name));
    let v0 = V0.iter().map(|name| ("v0", "wasm_bpf", *name));
    let all = v1.chain(v0).map(|(prefix, module, name)| {
        let Ok(Extern::Func(function)) = linker.get(&mut *store, module, name) else { panic!("no {module}::{name}") };
        (format!("{prefix}.{name}"), function.ty(&*store))
    });
    all.collect()
}

/// A module that forwards each export to the import of the same name.
fn forwarder(types: &HashMap<String, FuncType>) -> Vec<u8> {
    let (mut imports, mut functions) = (String::new(), String::new());
    for (index, (name, ty)) in types.iter().enumerate() {
        let (prefix, plain) = name.split_once('.').unwrap();
        let module = if prefix == "v1" { MODULE } else { "wasm_bpf" };
        let params: Vec<String> = ty.params().map(|ty| ty.to_string()).collect();
        let results: Vec<String> = ty.results().map(|ty| ty.to_string()).collect();
        let signature = format!("(param {}) (result {})", params.join(" "), results.join(" "));
        imports += &format!("(import \"{module}\" \"{plain}\" (func $f{index} {signature}))\n");
        let gets: String = (0..params.len()).map(|local| format!("local.get {local} ")).collect();
        functions += &format!("(func (export \"{name}\") {signature} {gets} call $f{index})\n");
    }
    let text = format!(
        "(module {imports} (memory (export \"memory\") {PAGES})\
         (table (export \"__indirect_function_table\") 1 funcref) {functions})"
    );
    wat::parse_str(text).unwrap()
}
