//! libbpf's log lines, caught per thread while a call runs.

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_void};
use std::sync::Once;

/// How important a line is; libbpf's `enum libbpf_print_level` has the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Something failed.
    Warn = 0,
    /// Worth knowing.
    Info = 1,
    /// What libbpf does, step by step.
    Debug = 2,
}

/// A line of libbpf's, with its newline. The verifier's log is one long line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) level: Level,
    pub(crate) text: String,
}

/// Longer lines keep their end, where the verifier says what it refused.
const MAX_LINE: usize = 1 << 20;

thread_local! {
    static CAPTURE: RefCell<Option<(Level, Vec<Line>)>> = const { RefCell::new(None) };
}

/// Runs `call` and returns the lines up to `level` that libbpf wrote meanwhile on this thread.
pub(crate) fn capture<R>(level: Level, call: impl FnOnce() -> R) -> (R, Vec<Line>) {
    static INSTALL: Once = Once::new();
    // SAFETY: `print` has the signature that libbpf asks for (a va_list is passed as a pointer on this
    // architecture) and stays valid for ever.
    INSTALL.call_once(|| unsafe {
        let print: unsafe extern "C" fn(u32, *const c_char, *mut c_void) -> c_int = print;
        libbpf_sys::libbpf_set_print(Some(std::mem::transmute::<
            unsafe extern "C" fn(u32, *const c_char, *mut c_void) -> c_int,
            unsafe extern "C" fn(u32, *const c_char, *mut libbpf_sys::__va_list_tag) -> c_int,
        >(print)));
    });
    let outer = CAPTURE.replace(Some((level, Vec::new())));
    let result = call();
    let lines = CAPTURE.replace(outer).map_or_else(Vec::new, |(_, lines)| lines);
    (result, lines)
}

unsafe extern "C" {
    pub(super) fn vsnprintf(buffer: *mut c_char, size: usize, format: *const c_char, args: *mut c_void) -> c_int;
}

/// libbpf's print callback. It must not unwind, so it does nothing that can panic.
unsafe extern "C" fn print(level: u32, format: *const c_char, args: *mut c_void) -> c_int {
    let level = match level {
        0 => Level::Warn,
        1 => Level::Info,
        _ => Level::Debug,
    };
    CAPTURE.with_borrow_mut(|capture| {
        let Some((wanted, lines)) = capture else { return };
        if level > *wanted {
            return;
        }
        // Larger than the largest verifier log that libbpf asks for, so that one pass over `args` is enough.
        let size = if level == Level::Warn { 17 << 20 } else { 64 << 10 };
        // Not filled with zeros: libbpf has many lines to say at a start.
        let mut buffer = Vec::<u8>::with_capacity(size);
        // SAFETY: the buffer has room for as many bytes as said; format and args come from libbpf and belong together.
        let written = unsafe { vsnprintf(buffer.as_mut_ptr().cast(), size, format, args) };
        let length = usize::try_from(written).unwrap_or(0).min(size - 1);
        // SAFETY: vsnprintf() has written these bytes, and a NUL behind them.
        unsafe { buffer.set_len(length) };
        let kept = &buffer[length.saturating_sub(MAX_LINE)..];
        lines.push(Line { level, text: String::from_utf8_lossy(kept).into_owned() });
    });
    0
}
