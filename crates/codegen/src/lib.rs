//! C headers from BTF, laid out for WebAssembly guests, and BPF objects made small enough to embed.
//!
//! ```text
//!   bytes -> elf (sections, programs) -> maps (variables)  \
//!         -> btf (reader) -> model -> layout, order       -> c (types, skeleton, vmlinux.h)
//! ```
//!
//! - The *reader* believes nothing: hostile input gives an [`Error`], never a panic or an endless loop.
//! - The *model* is neutral: sizes, offsets in bits, no words of any output language.
//! - The *layout* says where a compiler has to be helped to put members where BTF has them.
//! - A *back-end* (today: C) decides on names and spelling, and fills templates.
//!
//! ```no_run
//! let btf = std::fs::read("/sys/kernel/btf/vmlinux")?;
//! std::fs::write("vmlinux.h", wasm_bpf_codegen::vmlinux(&btf)?)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod btf;
mod c;
mod check;
mod elf;
mod error;
mod layout;
mod maps;
mod model;
mod narrow;
mod order;
mod prune;

pub use c::Variadic;
pub use error::{Error, ErrorKind, Result};
pub use prune::slim;

/// A C header (`NAME.skel.h`) that embeds the BPF object `elf` and gives its maps, programs, links and global variables as members
/// of `struct NAME`, with the functions `NAME__open`, `__open_opts`, `__load`, `__open_and_load`, `__attach`, `__detach` and `__destroy`.
///
/// It is source-compatible with bpftool's skeletons, in C11 and C++17, and calls libbpf's skeleton functions (libbpf 1.0 and newer; objects
/// with struct_ops maps need 1.5). Unlike those it keeps the layout of global variables in wasm32: integers, also behind typedefs, and pointers are
/// declared as integers of the BPF side's size. Structs, unions and enums go by their names: headers that define them have to be included before.
/// Names stay as they are in the object, so that one that is a word of C++ only (`new`) compiles in C only.
/// Maps of kernel operations have a map and a link, but no copy of the operations' members.
///
/// # Errors
/// [`ErrorKind::Name`] if `name` is not a C identifier; [`ErrorKind::Elf`] if `elf` is not an object with BTF and symbols;
/// [`ErrorKind::Btf`] if its BTF is broken.
pub fn skeleton(elf: &[u8], name: &str) -> Result<String> {
    let btf = btf::parse(elf::btf_section(elf)?)?;
    c::skeleton(elf, &btf, name)
}

/// A C header with the types called `names` (structs, unions, enums and typedefs; all of them if there are none) and everything that they contain,
/// from raw BTF or from the BTF of an ELF object.
///
/// The header is for guests and needs no other: C11 and C++17, the same layout in wasm32 as on the BPF side. Pointers and `long` become 64-bit integers,
/// typedefs are expanded except for those that give a struct its only name, padding is explicit where it has to be. Words that C or C++ reserve get an
/// underscore after them, names used twice a number. Static assertions prove the size of each type and the offset of each member that is no bit-field.
///
/// # Errors
/// [`ErrorKind::NotFound`] if a name is not there; [`ErrorKind::Elf`], [`ErrorKind::Btf`] and [`ErrorKind::Unsupported`] as the input deserves.
pub fn types(btf_or_elf: &[u8], names: &[&str]) -> Result<String> {
    c::types(&btf::parse(raw(btf_or_elf)?)?, names)
}

/// `vmlinux.h`: all types of the kernel whose BTF is given (`/sys/kernel/btf/vmlinux`, or an ELF file with `.BTF`), for BPF programs in C.
///
/// Records are marked `preserve_access_index`, so that programs relocate on other kernels. Declarations of kernel functions are not included.
///
/// # Errors
/// [`ErrorKind::Elf`], [`ErrorKind::Btf`] and [`ErrorKind::Unsupported`] as the input deserves.
pub fn vmlinux(btf_or_elf: &[u8]) -> Result<String> {
    c::vmlinux(&btf::parse(raw(btf_or_elf)?)?)
}

/// The structs and unions that the text of a header defines by name: `struct NAME`, `union NAME`, and `NAME` where a typedef gives the only name.
///
/// Compilers leave out of BTF what no map, function or variable has; a pointer to each of these, in a source that includes the header, keeps them.
pub fn defined_types(header: &str) -> Vec<String> {
    c::defined_types(header)
}

/// C assertions on one type as a BPF object has it, for a guest's source that has it, too: they fail to compile where the layouts differ. Their
/// messages have the type's name between backquotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutCheck {
    /// `struct NAME`, `union NAME`, or a typedef's name.
    pub name: String,
    /// Fail unless size, places of members and widths of `long` are the BPF side's; as [`LayoutCheck::accepted`] for keys and values that the
    /// guest's libbpf translates, if nothing else reads or writes them.
    pub wanted: String,
    /// Fail unless size and places of members are the BPF side's. Keys and values of maps may differ in that `long` and pointers have 4 bytes:
    /// skeletons tell the guest's libbpf, which translates them.
    pub accepted: String,
}

/// Assertions on each of the types called `names` as the BPF object `elf` has them. Types that the object lacks are left out.
///
/// # Errors
/// [`ErrorKind::Elf`] and [`ErrorKind::Btf`] as the object deserves.
pub fn layout_checks(elf: &[u8], names: &[String]) -> Result<Vec<LayoutCheck>> {
    c::layout_checks(&btf::parse(elf::btf_section(elf)?)?, names)
}

/// Those of `names` that have to have the BPF side's layout in a guest if `wide` have it: they contain one another, or `long` or pointers
/// in one of them. `elf` is the object.
///
/// # Errors
/// [`ErrorKind::Elf`] and [`ErrorKind::Btf`] as the object deserves.
pub fn together(elf: &[u8], wide: &[String], names: &[String]) -> Result<Vec<String>> {
    c::together(&btf::parse(elf::btf_section(elf)?)?, wide, names)
}

/// A header for a guest; see [`widen`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widened {
    /// The header.
    pub text: String,
    /// The original with other names for arrays of pointers that were given room: they are the guest's own, and may be so only if the BPF
    /// program compiles with this, too. `None` if there are none.
    pub probe: Option<String>,
}

/// The text of a header in which the members of the types called `names` lie in a guest where the BPF object `elf` has them: `long` is declared
/// as `long long`, pointers are followed by the bytes that they lack. Lines keep their numbers, and members their names and initializers.
///
/// Elements of arrays of pointers are too close to each other, with the room that they lack after the last one; `arrays` is whether they are
/// touched. What cannot be widened (unions of arrays, members made by macros) stays: assertions have to follow.
///
/// # Errors
/// [`ErrorKind::Elf`] and [`ErrorKind::Btf`] as the object deserves.
pub fn widen(header: &str, elf: &[u8], names: &[String], arrays: bool) -> Result<Widened> {
    c::widen(header, &btf::parse(elf::btf_section(elf)?)?, names, arrays)
}

/// The text of a header in which the struct, union or typedef called `name` has another layout, to find out whether a source depends on it: if it does,
/// a compiler makes other code of it, or none.
pub fn shift(header: &str, name: &str) -> String {
    c::shift(header, name)
}

/// The text of a guest's source or header in which `long` has 64 bits, as natively: it is `long long`, and so are its literals, limits and functions of the C
/// library. `size_t` is that wide where it is a member of a struct or a union. `__x86_64__` and `__aarch64__` become `WASM_BPF_X86_64` and
/// `WASM_BPF_AARCH64`, for whoever compiles it to define. Lines keep their numbers.
///
/// The functions of `variadic` get each number of such a type in 64 bits, for which the macros `WASM_BPF_VARIADIC*` are called.
/// Pointers to such types are others than those of the C library afterwards, which compilers notice.
pub fn lengthen(source: &str, variadic: &Variadic) -> String {
    c::lengthen(source, variadic)
}

/// Adds the functions with `...` that a source or header declares.
pub fn variadic(source: &str, all: &mut Variadic) {
    c::variadic(source, all);
}

/// The types of `kernel` (raw BTF, `/sys/kernel/btf/vmlinux`) that libbpf needs to relocate the BPF object `elf`, as raw BTF of some kilobytes
/// for `btf_custom_path`. With them libbpf makes the same instructions of the object's programs as with all types.
///
/// `None`: a part would not do, or the object has no relocations. It uses variables or functions of the kernel that are found by their types, asks for the kernel's
/// number of a type or for a match of whole types, or names a type that the kernel's modules might have. Programs that attach to kernel
/// functions by their types (`fentry`, `tp_btf`, LSM, iterators) and struct_ops need all types in any case, which is not looked at here.
///
/// # Errors
/// [`ErrorKind::Elf`] and [`ErrorKind::Btf`] as the inputs deserve, [`ErrorKind::Unsupported`] for relocations of a kind unknown here.
pub fn kernel_types(elf: &[u8], kernel: &[u8]) -> Result<Option<Vec<u8>>> {
    prune::kernel::types(elf, kernel)
}

/// The types of `kernel` (raw BTF, or an ELF file with `.BTF`) that libbpf needs to relocate any of the BPF objects `elfs` on a kernel that does not
/// show its own: raw BTF of some kilobytes. `None` if they have no relocations.
///
/// Types that the kernel's modules define are not among them, as they are not in `kernel`.
///
/// # Errors
/// As [`kernel_types`]; also [`ErrorKind::Unsupported`] for relocations that compare whole types.
pub fn min_btf(elfs: &[&[u8]], kernel: &[u8]) -> Result<Option<Vec<u8>>> {
    let kernel = raw(kernel)?;
    check::check(&btf::parse(kernel)?)?;
    prune::kernel::types_of_all(elfs, kernel)
}

/// The raw BTF in `data`, which is that itself or an ELF file with a section `.BTF`, as `vmlinux` is.
///
/// # Errors
/// [`ErrorKind::Elf`], [`ErrorKind::Btf`] and [`ErrorKind::Unsupported`] as the input deserves. Only what comes before the types is looked at.
pub fn raw_btf(data: &[u8]) -> Result<&[u8]> {
    let found = raw(data)?;
    btf::sections(found)?;
    Ok(found)
}

/// The bytes of the section called `name` of an ELF file, if it has one.
///
/// # Errors
/// [`ErrorKind::Elf`] if it is no ELF file.
pub fn section<'a>(elf: &'a [u8], name: &str) -> Result<Option<&'a [u8]>> {
    elf::section(elf, name)
}

/// Whether others can walk through this raw BTF in bounded time and depth: all of it can be read, nothing refers to what does not exist, no type contains
/// itself, and none takes too long to be compared. libbpf takes this for granted when it relocates by types that a stranger wrote.
///
/// # Errors
/// [`ErrorKind::Btf`] and [`ErrorKind::Unsupported`], with the type that is wrong.
pub fn check_btf(btf: &[u8]) -> Result<()> {
    check::check(&btf::parse(btf)?)
}

fn raw(data: &[u8]) -> Result<&[u8]> {
    if btf::is_btf(data) { Ok(data) } else { elf::btf_section(data) }
}
