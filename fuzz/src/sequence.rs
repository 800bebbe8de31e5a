//! From any bytes to calls of imports: by what a parameter stands for, mostly something that has a chance.

use super::OBJECT;
use super::guest::{CALLS_AT, CALLS_ROOM, Import, OBJECT_AT, OWN_OPERATIONS, PAGES, PLACE, PLACES, WORDS};

/// Decodes inputs.
pub(super) struct Decoder<'d> {
    /// All imports, in the order of the guest's operations.
    pub(super) imports: &'d [Import],
    /// What the target leaves alone.
    pub(super) left_out: &'d [&'d str],
}

/// What bytes are left.
struct Input<'i>(&'i [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self, bytes: usize) -> Option<u64> {
        (0..bytes).try_fold(0, |number, index| Some(number | u64::from(self.byte()?) << (8 * index)))
    }
}

/// The argument of an operation: a result of one before, or a value.
#[derive(Clone, Copy)]
enum Argument {
    Result(u8),
    Value(u64),
}

/// Numbers that are often the wrong ones.
const EDGES: [u64; 16] = [
    0,
    1,
    2,
    4,
    7,
    8,
    4096,
    65_536,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff0,
    0xffff_ffff,
    0x4000_0000,
    0x4000_0001,
    u64::MAX,
    1 << 63,
];

impl Decoder<'_> {
    /// The guest's operations. The first byte says what is open at the start, what follows are calls.
    pub(super) fn decode(&self, data: &[u8]) -> Vec<u8> {
        let mut input = Input(data);
        let mut calls = Calls::default();
        if input.byte().is_some_and(|start| start & 1 == 1) {
            self.open(&mut calls);
        }
        while self.call(&mut input, &mut calls).is_some() && calls.bytes.len() < CALLS_ROOM - 1024 {}
        calls.finish()
    }

    /// Opens and loads the object: the results are the object, 0, its maps, its programs and a ring.
    fn open(&self, calls: &mut Calls) {
        let object = Argument::Result(0);
        let value = Argument::Value;
        self.named(calls, "object_open", &[value(OBJECT_AT.into()), value(OBJECT.len() as u64), value(0), value(0)]);
        self.named(calls, "object_load", &[object]);
        (0..7).for_each(|index| self.named(calls, "object_map", &[object, value(index)]));
        (0..3).for_each(|index| self.named(calls, "object_program", &[object, value(index)]));
        self.named(calls, "ring_open", &[Argument::Result(2)]);
    }

    fn named(&self, calls: &mut Calls, name: &str, arguments: &[Argument]) {
        let index = self.imports.iter().position(|import| import.name == name).expect("an import of v1");
        calls.push(OWN_OPERATIONS + index as u32, arguments);
    }

    fn call(&self, input: &mut Input<'_>, calls: &mut Calls) -> Option<()> {
        let index = input.byte()? as usize % (self.imports.len() + 2);
        let Some(import) = self.imports.get(index) else {
            return if index == self.imports.len() { copy(input, calls) } else { grow(input, calls) };
        };
        let mut arguments = Vec::new();
        // The length that fits the pointer before.
        let mut natural = 8;
        for (name, wide) in &import.parameters {
            let argument = match name.as_str() {
                "timeout_ms" => Argument::Value(u64::from(input.byte()? & 1)),
                name if is_length(name) => length(input, natural)?,
                name if is_handle(name) => handle(input)?,
                name if is_pointer(name, import) => {
                    let (argument, len) = pointer(input)?;
                    natural = len;
                    argument
                }
                _ => plain(input, *wide)?,
            };
            arguments.push(argument);
        }
        if !self.left_out.contains(&import.name.as_str()) {
            calls.push(OWN_OPERATIONS + index as u32, &arguments);
        }
        Some(())
    }
}

fn is_length(name: &str) -> bool {
    name == "len" || name.ends_with("_len") || name == "max_size"
}

fn is_pointer(name: &str, import: &Import) -> bool {
    let next = import.parameters.iter().skip_while(|(other, _)| other != name).nth(1);
    let before_length = next.is_some_and(|(next, _)| is_length(next));
    before_length
        || matches!(name, "out" | "level_out" | "count" | "iovs")
        || import.module == "wasm_bpf" && name != "flags"
}

fn is_handle(name: &str) -> bool {
    const HANDLES: [&str; 24] = [
        "object",
        "program",
        "map",
        "link",
        "ring",
        "perf",
        "btf",
        "stream",
        "handle",
        "target",
        "relative",
        "inner",
        "other",
        "perf_event",
        "socket",
        "epoll",
        "counter",
        "dump",
        "base",
        "group",
        "directory",
        "namespace",
        "cgroup",
        "pidfd",
    ];
    HANDLES.contains(&name)
}

/// One of the last results, or a number.
fn handle(input: &mut Input<'_>) -> Option<Argument> {
    Some(match input.byte()? {
        byte @ ..0xd0 => Argument::Result(byte & 15),
        byte @ ..0xf0 => Argument::Value(EDGES[usize::from(byte & 15)]),
        _ => Argument::Value(input.number(4)?),
    })
}

/// An address, and the length of what is there.
fn pointer(input: &mut Input<'_>) -> Option<(Argument, u64)> {
    let (address, len) = match input.byte()? {
        byte @ ..0xa0 => {
            let len = WORDS.get(usize::from(byte)).map_or(8, |word| word.len() as u64);
            (u64::from(PLACES) + u64::from(byte) * u64::from(PLACE), len)
        }
        // Unaligned, and overlapping the place after it.
        byte @ ..0xc0 => (u64::from(PLACES) + u64::from(byte & 31) * u64::from(PLACE) / 2 + 1, 8),
        byte @ ..0xd0 => (u64::from(OBJECT_AT), OBJECT.len() as u64 - u64::from(byte & 15) * 3),
        // At the end of memory.
        byte @ ..0xe0 => (u64::from(PAGES << 16) - u64::from(byte & 15), u64::from(byte & 15)),
        // A page of its own, for windows.
        byte @ ..0xf0 => (u64::from(byte & 7) << 16, 65_536),
        byte @ ..0xf8 => (EDGES[usize::from(byte & 7) + 8], 16),
        _ => (input.number(4)?, 16),
    };
    Some((Argument::Value(address), len))
}

fn length(input: &mut Input<'_>, natural: u64) -> Option<Argument> {
    Some(Argument::Value(match input.byte()? {
        ..0x80 => natural,
        byte @ ..0xe0 => u64::from(byte & 0x7f),
        byte @ ..0xf0 => EDGES[usize::from(byte & 15)],
        _ => input.number(4)?,
    }))
}

fn plain(input: &mut Input<'_>, wide: bool) -> Option<Argument> {
    Some(match input.byte()? {
        byte @ ..0xc0 => Argument::Value(byte.into()),
        byte @ ..0xd0 => Argument::Result(byte & 15),
        byte @ ..0xf0 => Argument::Value(EDGES[usize::from(byte & 15)]),
        _ => Argument::Value(input.number(if wide { 8 } else { 4 })?),
    })
}

/// Puts bytes of the input into a place.
fn copy(input: &mut Input<'_>, calls: &mut Calls) -> Option<()> {
    let (place, offset, len) = (input.byte()?, input.byte()?, input.byte()?);
    let bytes: Vec<u8> = (0..len).map_while(|_| input.byte()).collect();
    let to = PLACES + u32::from(place) * PLACE + u32::from(offset);
    calls.copies.push((calls.bytes.len(), bytes.clone()));
    calls.push(1, &[Argument::Value(to.into()), Argument::Value(0), Argument::Value(bytes.len() as u64)]);
    Some(())
}

fn grow(input: &mut Input<'_>, calls: &mut Calls) -> Option<()> {
    let pages = input.byte()? & 7;
    calls.push(2, &[Argument::Value(pages.into())]);
    Some(())
}

/// Operations as the guest reads them.
#[derive(Default)]
struct Calls {
    bytes: Vec<u8>,
    /// Where the operations are that copy these bytes, which come after all operations.
    copies: Vec<(usize, Vec<u8>)>,
}

impl Calls {
    fn push(&mut self, operation: u32, arguments: &[Argument]) {
        self.bytes.extend(operation.to_le_bytes());
        self.bytes.extend((arguments.len() as u32).to_le_bytes());
        for argument in arguments {
            let (kind, value) = match argument {
                Argument::Result(which) => (1u32, u64::from(*which)),
                Argument::Value(value) => (0, *value),
            };
            self.bytes.extend(kind.to_le_bytes());
            self.bytes.extend(value.to_le_bytes());
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.push(0, &[]);
        for (operation, bytes) in std::mem::take(&mut self.copies) {
            // The second argument's value: after the operation's two words, one argument, and the kind.
            let at = operation + 8 + 12 + 4;
            let address = CALLS_AT as usize + self.bytes.len();
            self.bytes[at..at + 8].copy_from_slice(&(address as u64).to_le_bytes());
            self.bytes.extend(bytes);
        }
        self.bytes.truncate(CALLS_ROOM);
        self.bytes
    }
}
