//! Kernels' types that a module carries, for kernels that do not show their own.
//!
//! ```text
//!   custom section `wasm_bpf.btf`, one a kernel, numbers little-endian:
//!     u32 version (1) | u32 n, n bytes: release (`uname -r`) | u32 n, n bytes: build-id, or none | raw BTF
//!   a precompiled module has these sections after its code: sections | u64 their length | "WBPFBTF1"
//! ```
//!
//! A stranger wrote them: they are looked at only where the kernel shows no types, and checked before libbpf reads them.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::bpf::types::{KERNEL, build_id_of, running_build_id};

/// The name of the custom sections.
pub(crate) const SECTION: &[u8] = b"wasm_bpf.btf";
const VERSION: u32 = 1;
/// The most that a section has, in bytes: several times what the largest kernel has.
const MAX_SIZE: usize = 32 << 20;
/// What a precompiled module that carries types ends with.
const MARK: &[u8; 8] = b"WBPFBTF1";

/// The types of one kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelTypes {
    /// The kernel's release, as `uname -r` says it.
    pub release: String,
    /// Its build-id, which tells it from others of the same release; empty where it is not known.
    pub build_id: Vec<u8>,
    /// Raw BTF.
    pub btf: Vec<u8>,
}

/// What a module carries, as far as this kernel needs it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carried {
    /// The types of this kernel.
    pub(crate) btf: Option<Vec<u8>>,
    /// The kernels whose types there are.
    pub(crate) releases: Vec<String>,
}

impl KernelTypes {
    /// What is to be known of a kernel by the name of a file with its types (`RELEASE.btf`, `vmlinux-RELEASE`) and its
    /// content. `None`: the name says no release.
    pub fn identify(file: &Path, content: &[u8]) -> Option<(String, Vec<u8>)> {
        if fs::canonicalize(file).is_ok_and(|file| file == Path::new(KERNEL)) {
            return Some((running_release(), running_build_id().unwrap_or_default()));
        }
        let name = file.file_name()?.to_str()?;
        let name = name.strip_suffix(".btf").unwrap_or(name);
        let release = name.strip_prefix("vmlinux-").unwrap_or(name);
        let is_release = release.starts_with(|first: char| first.is_ascii_digit()) && release.contains('.');
        is_release.then(|| (release.to_owned(), build_id_of(content).unwrap_or_default()))
    }

    /// A section's content; `None` where it is not as described above.
    fn decode(section: &[u8]) -> Option<Self> {
        let (version, rest) = word(section)?;
        if version != VERSION || section.len() > MAX_SIZE {
            return None;
        }
        let (release, rest) = text(rest)?;
        let (build_id, btf) = text(rest)?;
        let release = std::str::from_utf8(release).ok()?.to_owned();
        Some(Self { release, build_id: build_id.to_vec(), btf: btf.to_vec() })
    }

    /// Whether these are the types of the kernel with this release and build-id.
    fn are_of(&self, release: &str, build_id: Option<&[u8]>) -> bool {
        match build_id {
            Some(id) if !self.build_id.is_empty() => self.build_id == id,
            _ => self.release == release,
        }
    }

    #[cfg(feature = "compiler")]
    fn encode(&self) -> Vec<u8> {
        let mut content = VERSION.to_le_bytes().to_vec();
        for text in [self.release.as_bytes(), &self.build_id] {
            content.extend((text.len() as u32).to_le_bytes());
            content.extend(text);
        }
        content.extend(&self.btf);
        content
    }
}

impl Carried {
    /// What the WebAssembly module `wasm` carries.
    pub(crate) fn of_module(wasm: &[u8]) -> Self {
        if Path::new(KERNEL).exists() { Self::default() } else { Self::choose(wasm) }
    }

    /// What a precompiled module carries.
    pub(crate) fn of_file(file: &mut File) -> Self {
        if Path::new(KERNEL).exists() { Self::default() } else { Self::choose(&trailer(file).unwrap_or_default()) }
    }

    fn choose(wasm: &[u8]) -> Self {
        let all: Vec<KernelTypes> = sections(wasm).filter_map(|(_, content)| KernelTypes::decode(content)).collect();
        if all.is_empty() {
            return Self::default();
        }
        let (release, build_id) = (running_release(), running_build_id());
        let releases = all.iter().map(|types| types.release.clone()).collect();
        let found = all.into_iter().find(|types| types.are_of(&release, build_id.as_deref()));
        Self { btf: found.map(|types| types.btf), releases }
    }
}

/// `wasm` with the types of these kernels, in place of those that it carries of the same kernels.
///
/// The module's own size grows by some kilobytes a kernel. Sections that are not understood stay.
#[cfg(feature = "compiler")]
pub fn carry(wasm: &[u8], kernels: &[KernelTypes]) -> Vec<u8> {
    let is_replaced = |content| {
        let old = KernelTypes::decode(content);
        let same = |new: &KernelTypes, old: &KernelTypes| new.release == old.release && new.build_id == old.build_id;
        old.is_some_and(|old| kernels.iter().any(|new| same(new, &old)))
    };
    let mut module = Vec::new();
    let mut from = 0;
    for (place, _) in sections(wasm).filter(|(_, content)| is_replaced(content)) {
        module.extend(&wasm[from..place.start]);
        from = place.end;
    }
    module.extend(&wasm[from..]);
    for kernel in kernels {
        put_section(&mut module, &kernel.encode());
    }
    module
}

/// What a precompiled module has after its code to carry what `wasm` carries.
#[cfg(feature = "compiler")]
pub(crate) fn trailer_of(wasm: &[u8]) -> Vec<u8> {
    let mut trailer = wasm.get(..8).unwrap_or_default().to_vec();
    let mut found = false;
    for (place, _) in sections(wasm) {
        trailer.extend(&wasm[place]);
        found = true;
    }
    if !found {
        return Vec::new();
    }
    let length = trailer.len() as u64;
    trailer.extend(length.to_le_bytes());
    trailer.extend(MARK);
    trailer
}

/// The sections after a precompiled module's code, as a module that has nothing else.
fn trailer(file: &mut File) -> Option<Vec<u8>> {
    const END: usize = 16;
    let size = file.metadata().ok()?.len();
    let mut end = [0; END];
    file.seek(SeekFrom::End(-(END as i64))).ok()?;
    file.read_exact(&mut end).ok()?;
    let (length, mark) = end.split_first_chunk::<8>()?;
    let length = u64::from_le_bytes(*length);
    let start = size.checked_sub(END as u64)?.checked_sub(length)?;
    if mark != MARK {
        return None;
    }
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut sections = Vec::new();
    file.take(length).read_to_end(&mut sections).ok()?;
    Some(sections)
}

/// The places and contents of the sections of a module that are called [`SECTION`]; it ends where the module is damaged.
fn sections(wasm: &[u8]) -> impl Iterator<Item = (std::ops::Range<usize>, &[u8])> {
    let mut at = 8;
    std::iter::from_fn(move || {
        loop {
            let start = at;
            let (id, rest) = wasm.get(start..)?.split_first()?;
            let (size, rest) = leb(rest)?;
            let content = rest.get(..size)?;
            at = wasm.len() - rest.len() + size;
            if *id == 0
                && let Some((length, named)) = leb(content)
                && let Some((SECTION, content)) = named.split_at_checked(length)
            {
                return Some((start..at, content));
            }
        }
    })
}

#[cfg(feature = "compiler")]
fn put_section(module: &mut Vec<u8>, content: &[u8]) {
    module.push(0);
    put_leb(module, 1 + SECTION.len() + content.len());
    put_leb(module, SECTION.len());
    module.extend(SECTION);
    module.extend(content);
}

/// A number of WebAssembly's (unsigned LEB128, 32 bits), and what follows.
fn leb(data: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0u64;
    for (index, byte) in data.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((u32::try_from(value).ok()? as usize, &data[index + 1..]));
        }
    }
    None
}

#[cfg(feature = "compiler")]
fn put_leb(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn word(data: &[u8]) -> Option<(u32, &[u8])> {
    let (word, rest) = data.split_first_chunk()?;
    Some((u32::from_le_bytes(*word), rest))
}

fn text(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = word(data)?;
    rest.split_at_checked(length as usize)
}

/// `uname -r`.
pub(crate) fn running_release() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    fn types(release: &str, build_id: &[u8], btf: &[u8]) -> KernelTypes {
        KernelTypes { release: release.into(), build_id: build_id.into(), btf: btf.into() }
    }

    fn decoded(wasm: &[u8]) -> Vec<KernelTypes> {
        sections(wasm).filter_map(|(_, content)| KernelTypes::decode(content)).collect()
    }

    #[test]
    fn what_is_carried_is_found_and_replaced() {
        let old = [types("5.4.0", b"", &[1; 300]), types("5.10.0", b"id", b"two")];
        let wasm = carry(EMPTY, &old);
        let engine = wasmtime::Engine::default();
        assert!(wasmtime::Module::validate(&engine, &wasm).is_ok());
        assert_eq!(decoded(&wasm), old);
        let again = carry(&wasm, &[types("5.4.0", b"", b"new")]);
        assert_eq!(decoded(&again), [old[1].clone(), types("5.4.0", b"", b"new")]);
    }

    #[test]
    fn a_kernel_finds_its_own() {
        let wasm = carry(EMPTY, &[types("1.0", b"", b"other"), types(&running_release(), b"", b"own")]);
        assert_eq!(Carried::choose(&wasm).btf.as_deref(), Some(&b"own"[..]));
        let id = running_build_id().expect("a build-id");
        let wasm = carry(EMPTY, &[types(&running_release(), b"another build", b"no"), types("2.0", &id, b"own")]);
        let carried = Carried::choose(&wasm);
        assert_eq!(carried.btf.as_deref(), Some(&b"own"[..]));
        assert_eq!(carried.releases, [running_release(), "2.0".into()]);
        assert_eq!(Carried::choose(EMPTY).btf, None);
    }

    #[test]
    fn damaged_sections_are_no_types() {
        let whole = carry(EMPTY, &[types("5.4.0", b"id", b"btf")]);
        for end in 0..whole.len() {
            assert_eq!(decoded(&whole[..end]), [], "{end} bytes");
        }
        for at in 8..whole.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                let _ = Carried::choose(&damaged);
            }
        }
        let mut long = carry(EMPTY, &[types("5.4.0", b"", b"")]);
        let length = long.len() - 9;
        long[length..length + 4].fill(0xff);
        assert_eq!(decoded(&long), []);
    }

    #[test]
    fn files_name_their_kernels() {
        let of = |name: &str| KernelTypes::identify(Path::new(name), b"").map(|(release, _)| release);
        assert_eq!(of("/x/5.4.0-150-generic.btf").as_deref(), Some("5.4.0-150-generic"));
        assert_eq!(of("vmlinux-6.1.0-45-cloud-amd64").as_deref(), Some("6.1.0-45-cloud-amd64"));
        assert_eq!(of("vmlinux"), None);
        assert_eq!(of(KERNEL), Some(running_release()));
    }

    #[test]
    fn precompiled_modules_carry_them_at_their_end() {
        let wasm = carry(EMPTY, &[types("5.4.0", b"", b"btf")]);
        let path = tempfile::NamedTempFile::new().unwrap();
        for (content, kept) in [
            ([b"code", &trailer_of(&wasm)[..]].concat(), 1),
            (trailer_of(&wasm), 1),
            (trailer_of(&wasm)[1..].to_vec(), 0),
            ([&[0xff; 8][..], MARK].concat(), 0),
            (b"code".to_vec(), 0),
        ] {
            fs::write(path.path(), &content).unwrap();
            let found = trailer(&mut File::open(path.path()).unwrap()).unwrap_or_default();
            assert_eq!(decoded(&found).len(), kept);
        }
        assert_eq!(trailer_of(EMPTY), b"");
    }
}
