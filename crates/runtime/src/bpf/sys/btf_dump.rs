//! `struct btf_dump`: types as C, and data by its type. What is printed is collected.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_void};
use std::ptr::NonNull;
use std::rc::Rc;

use libbpf_sys as ffi;
use rustix::io::Errno;

use super::btf::RawBtf;
use super::log::vsnprintf;
use super::shape::Types;
use super::{check, check_ptr, sz};

/// The most text that waits to be taken, in bytes, and the longest piece of it.
const MAX_TEXT: usize = 32 << 20;
const MAX_PIECE: usize = 64 << 10;
/// The deepest indentation.
const MAX_LEVEL: i32 = 64;
/// What libbpf may read beyond the data: the rest of a bit field's type.
const MARGIN: usize = 64;

/// A dump of types, which remembers what it has printed.
pub(crate) struct RawDump {
    ptr: NonNull<ffi::btf_dump>,
    /// Boxed: libbpf keeps its address.
    text: Box<Text>,
    _btf: Rc<RawBtf>,
    /// The same types, to see whether libbpf can be let loose on them.
    types: Types,
}

/// What was printed and not taken yet.
struct Text {
    bytes: RefCell<Vec<u8>>,
    piece: RefCell<Vec<u8>>,
    cut: Cell<bool>,
}

/// How data is printed; the fields of `struct btf_dump_type_data_opts`.
#[derive(Debug)]
pub(crate) struct DataOptions<'a> {
    /// What a level is indented by; `None`: a tab.
    pub(crate) indent: Option<&'a CStr>,
    /// How many levels are around the data: 0 to 64.
    pub(crate) level: i32,
    pub(crate) compact: bool,
    pub(crate) skip_names: bool,
    pub(crate) emit_zeroes: bool,
    pub(crate) emit_strings: bool,
}

impl RawDump {
    /// A dump that has printed nothing yet.
    pub(crate) fn new(btf: &Rc<RawBtf>) -> Result<Self, Errno> {
        let mut chain: Vec<&Rc<RawBtf>> = std::iter::successors(Some(btf), |btf| btf.base()).collect();
        chain.reverse();
        let mut types = Types::new();
        for part in chain {
            part.with_data(|data| types.read(data))?.ok_or(Errno::INVAL)?;
        }
        let text = Text { bytes: RefCell::default(), piece: RefCell::new(vec![0; MAX_PIECE]), cut: Cell::new(false) };
        let text = Box::new(text);
        let context = (&raw const *text).cast_mut().cast::<c_void>();
        let print: unsafe extern "C" fn(*mut c_void, *const c_char, *mut c_void) = print;
        // SAFETY: `print` has the signature that libbpf asks for (a va_list is passed as a pointer on this architecture).
        let print = unsafe {
            std::mem::transmute::<
                unsafe extern "C" fn(*mut c_void, *const c_char, *mut c_void),
                unsafe extern "C" fn(*mut c_void, *const c_char, *mut ffi::__va_list_tag),
            >(print)
        };
        let opts = ffi::btf_dump_opts { sz: sz::<ffi::btf_dump_opts>() };
        // SAFETY: types and context live as long as the dump: this value holds both. The options are valid during
        // the call.
        let ptr = check_ptr(unsafe { ffi::btf_dump__new(btf.as_ptr(), Some(print), context, &opts) })?;
        Ok(Self { ptr, text, _btf: Rc::clone(btf), types })
    }

    /// Prints a type's definition with all definitions that it needs and that were not printed before. ELOOP for a type
    /// that contains itself, EFBIG for one that is too large, EINVAL for none.
    pub(crate) fn define(&mut self, id: u32) -> Result<(), Errno> {
        self.types.check(id)?;
        // SAFETY: the dump is open; what libbpf follows from this type has an end.
        check(unsafe { ffi::btf_dump__dump_type(self.ptr.as_ptr(), id) })?;
        self.whole(())
    }

    /// Prints a declaration of something called `name`; `level` indents what follows the first line. Errors as above.
    pub(crate) fn declare(&mut self, id: u32, name: &CStr, level: i32, strip: bool) -> Result<(), Errno> {
        self.types.check(id)?;
        check_level(level)?;
        let opts = ffi::btf_dump_emit_type_decl_opts {
            sz: sz::<ffi::btf_dump_emit_type_decl_opts>(),
            field_name: name.as_ptr(),
            indent_level: level,
            strip_mods: strip,
            ..Default::default()
        };
        // SAFETY: the dump is open, the name is valid during the call; what libbpf follows from this type has an end.
        check(unsafe { ffi::btf_dump__emit_type_decl(self.ptr.as_ptr(), id, &opts) })?;
        self.whole(())
    }

    /// Prints data of a type; the number of bytes that it has. E2BIG, after what there is, where the type has more. ENOENT
    /// where there is no such type, otherwise errors as above.
    pub(crate) fn data(&mut self, id: u32, data: &[u8], options: &DataOptions<'_>) -> Result<i32, Errno> {
        if !self.types.has(id) {
            return Err(Errno::NOENT);
        }
        check_level(options.level)?;
        let size = self.types.check_data(id)?;
        // libbpf looks at parts before it looks at the length.
        let mut padded = data.to_vec();
        padded.resize(data.len().max(size) + MARGIN, 0);
        let opts = ffi::btf_dump_type_data_opts {
            sz: sz::<ffi::btf_dump_type_data_opts>(),
            indent_str: options.indent.map_or(std::ptr::null(), CStr::as_ptr),
            indent_level: options.level,
            compact: options.compact,
            skip_names: options.skip_names,
            emit_zeroes: options.emit_zeroes,
            emit_strings: options.emit_strings,
        };
        let (from, length) = (padded.as_ptr().cast(), data.len() as ffi::size_t);
        // SAFETY: the dump is open, options and data are valid during the call, the data for as many bytes as the type has
        // and a margin; all parts of the type lie in it, and what libbpf follows has an end.
        let done = check(unsafe { ffi::btf_dump__dump_type_data(self.ptr.as_ptr(), id, from, length, &opts) })?;
        self.whole(done)
    }

    /// Takes at most `len` bytes of what was printed, the oldest first.
    pub(crate) fn take(&mut self, len: usize) -> Vec<u8> {
        let bytes = self.text.bytes.get_mut();
        let rest = bytes.split_off(bytes.len().min(len));
        std::mem::replace(bytes, rest)
    }

    /// EOVERFLOW where text was lost since the last call.
    fn whole<T>(&self, result: T) -> Result<T, Errno> {
        if self.text.cut.replace(false) { Err(Errno::OVERFLOW) } else { Ok(result) }
    }
}

/// libbpf takes its tabs from before a string where the level is negative, and prints as many as it is told.
fn check_level(level: i32) -> Result<(), Errno> {
    if (0..=MAX_LEVEL).contains(&level) { Ok(()) } else { Err(Errno::INVAL) }
}

impl Drop for RawDump {
    fn drop(&mut self) {
        // SAFETY: the pointer came from new and is freed once, before the types and the text that it refers to.
        unsafe { ffi::btf_dump__free(self.ptr.as_ptr()) };
    }
}

/// libbpf's print callback. It must not unwind, so it does nothing that can panic.
unsafe extern "C" fn print(context: *mut c_void, format: *const c_char, args: *mut c_void) {
    // SAFETY: the context is the text of the dump that prints, which is alive, and which only this thread uses.
    let text = unsafe { &*context.cast::<Text>() };
    let (Ok(mut bytes), Ok(mut piece)) = (text.bytes.try_borrow_mut(), text.piece.try_borrow_mut()) else { return };
    // SAFETY: the buffer is as long as said; format and args come from libbpf and belong together.
    let written = unsafe { vsnprintf(piece.as_mut_ptr().cast(), piece.len(), format, args) };
    let length = usize::try_from(written).unwrap_or(0);
    match piece.get(..length) {
        Some(piece) if length < MAX_PIECE && bytes.len() + length <= MAX_TEXT => bytes.extend_from_slice(piece),
        _ => text.cut.set(true),
    }
}
