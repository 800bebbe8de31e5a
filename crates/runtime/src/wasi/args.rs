//! Arguments and environment: an array of pointers and the NUL-terminated strings that it points to.

use super::errno::Result;
use crate::call::Call;

/// Which of the two lists.
#[derive(Clone, Copy)]
pub(super) enum List {
    /// The arguments.
    Args,
    /// The environment, as `NAME=value`.
    Env,
}

impl List {
    fn strings(self, call: &mut Call<'_, '_>) -> Vec<String> {
        let wasi = &call.state().wasi;
        match self {
            Self::Args => wasi.args.clone(),
            Self::Env => wasi.env.clone(),
        }
    }
}

/// `args_sizes_get`, `environ_sizes_get`: how many strings, and how many bytes with their NULs.
pub(super) fn sizes(call: &mut Call<'_, '_>, list: List, count: u32, bytes: u32) -> Result<()> {
    let strings = list.strings(call);
    let total: usize = strings.iter().map(|string| string.len() + 1).sum();
    call.write_u32(count, strings.len() as u32)?;
    Ok(call.write_u32(bytes, total as u32)?)
}

/// `args_get`, `environ_get`: fills the pointers and the strings.
pub(super) fn get(call: &mut Call<'_, '_>, list: List, pointers: u32, strings: u32) -> Result<()> {
    let list = list.strings(call);
    let mut array = Vec::with_capacity(list.len() * 4);
    let mut text = Vec::new();
    for string in &list {
        array.extend_from_slice(&strings.wrapping_add(text.len() as u32).to_le_bytes());
        text.extend_from_slice(string.as_bytes());
        text.push(0);
    }
    call.write(pointers, &array)?;
    Ok(call.write(strings, &text)?)
}
