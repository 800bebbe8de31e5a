//! Nothing unwinds in the small build: a panic says where it happened and ends the process.
//!
//! So it ships without tables to unwind by, a tenth of its size (`scripts/no-unwind.ld`), and without what reads them,
//! the compiler's unwinder. Its names are asked for by std, whose backtraces end before their first frame, and by the
//! engine, which has frames of compiled code to announce to it. As all of this is seen when the binary is optimized as a
//! whole, what std has to find names and lines of frames, in six formats of debugging information, goes too.
#![allow(unsafe_code)]

use std::process::abort;

/// `_URC_END_OF_STACK`.
const END_OF_STACK: u32 = 5;

/// A name of the unwinder's.
macro_rules! unwinder {
    ($($name:ident() $body:block -> $result:ty;)*) => {
        $(
            // SAFETY: it stands for the unwinder's function of this name (Itanium C++ ABI, level I; libgcc's unwind.h), and no
            // other is linked. It looks at no argument.
            #[unsafe(no_mangle)]
            extern "C" fn $name() -> $result $body
        )*
    };
}

unwinder! {
    _Unwind_Backtrace() { END_OF_STACK } -> u32;
    __register_frame() {} -> ();
    __deregister_frame() {} -> ();
    // For frames, and there are none.
    _Unwind_GetDataRelBase() { abort() } -> !;
    _Unwind_GetIP() { abort() } -> !;
    _Unwind_GetIPInfo() { abort() } -> !;
    _Unwind_GetLanguageSpecificData() { abort() } -> !;
    _Unwind_GetRegionStart() { abort() } -> !;
    _Unwind_GetTextRelBase() { abort() } -> !;
    _Unwind_Resume() { abort() } -> !;
    _Unwind_SetGR() { abort() } -> !;
    _Unwind_SetIP() { abort() } -> !;
}
