//! `-W NAME=VALUE`: how much a module may use, by wasmtime's names where it has them.

use std::str::FromStr;
use std::time::Duration;

use wasm_bpf_runtime::Limits;

/// The largest stack of guest functions: the engine lets them have no more than it would give to fibers.
const MAX_STACK: u64 = 2 << 20;

/// One limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    set: fn(&mut Limits, u64),
    value: u64,
}

/// Names, whether the value is a time (in nanoseconds here), and what it sets.
type Known = (&'static str, bool, fn(&mut Limits, u64));

const KNOWN: [Known; 12] = [
    ("max-memory-size", false, |limits, value| limits.memory = value as usize),
    ("max-wasm-stack", false, |limits, value| limits.stack = value as usize),
    ("timeout", true, |limits, value| limits.time = Some(Duration::from_nanos(value))),
    ("max-cpu-time", true, |limits, value| limits.cpu = Some(Duration::from_nanos(value))),
    ("max-map-memory", false, |limits, value| limits.map_memory = value as usize),
    ("max-ring-size", false, |limits, value| limits.ring = u32::try_from(value).unwrap_or(u32::MAX)),
    ("max-objects", false, |limits, value| limits.objects = value as usize),
    ("max-programs", false, |limits, value| limits.programs = value as usize),
    ("max-links", false, |limits, value| limits.links = value as usize),
    ("max-handles", false, |limits, value| limits.handles = value as usize),
    ("max-files", false, |limits, value| limits.files = value as usize),
    ("max-log-size", false, |limits, value| limits.log = value as usize),
];

impl Limit {
    /// The help of the option, for a parser that asks for it.
    #[cfg(feature = "full")]
    pub(crate) fn help() -> String {
        let names: Vec<&str> = KNOWN.iter().map(|(name, ..)| *name).collect();
        format!("Limit what the module may use: {}; values like 64M, 500ms, 2s", names.join(", "))
    }

    /// The defaults, with these in place of theirs.
    pub(crate) fn apply(all: &[Self]) -> Limits {
        let mut limits = Limits::default();
        all.iter().for_each(|limit| (limit.set)(&mut limits, limit.value));
        limits
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("a limit is NAME=VALUE")?;
        let known = KNOWN.iter().find(|(known, ..)| *known == name).ok_or_else(|| {
            let names: Vec<&str> = KNOWN.iter().map(|(name, ..)| *name).collect();
            format!("no such limit; the limits are {}", names.join(", "))
        })?;
        let (_, is_time, set) = *known;
        let units: &[(&str, u64)] = if is_time {
            &[
                ("ms", 1_000_000),
                ("us", 1000),
                ("ns", 1),
                ("m", 60_000_000_000),
                ("s", 1_000_000_000),
                ("", 1_000_000_000),
            ]
        } else {
            &[("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30), ("", 1)]
        };
        let parse = |(unit, factor): &(&str, u64)| value.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(*factor);
        let value = units.iter().find_map(parse).ok_or(if is_time {
            "the value is a time: 500ms, 2s, 5m"
        } else {
            "the value is a number: 1000, 64K, 64M, 1G"
        })?;
        if name == "max-wasm-stack" && value > MAX_STACK {
            return Err(format!("the value is at most {}M", MAX_STACK >> 20));
        }
        Ok(Self { set, value })
    }
}
