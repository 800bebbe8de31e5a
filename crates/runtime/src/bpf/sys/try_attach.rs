//! The smallest programs, and system calls that attach them: what a probe needs and libbpf's objects would be too much for.

use std::ffi::{CStr, c_char};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

use libbpf_sys as ffi;
use rustix::io::Errno;
use rustix::ioctl::opcode::write;

use super::{check, sz};

/// A program of two instructions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tiny {
    /// `BPF_PROG_TYPE_*`.
    pub(crate) kind: u32,
    /// `BPF_*` of `enum bpf_attach_type`.
    pub(crate) expected: u32,
    /// The type in the kernel's BTF that it attaches to; 0 for none.
    pub(crate) target: u32,
    /// `BPF_F_*`.
    pub(crate) flags: u32,
    /// What it returns.
    pub(crate) returns: i32,
}

/// What a link needs besides program, target and kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Extra<'a> {
    None,
    /// Flags of the link.
    Flags(u32),
    /// A function of the kernel's.
    Function(&'a CStr),
    /// A file and a place in it, in bytes; other processes that run the file do not notice.
    Place(&'a CStr, u64),
    /// Protocol family, hook and priority of netfilter.
    Netfilter(u32, u32, i32),
}

impl Tiny {
    /// Loads it.
    pub(crate) fn load(self) -> Result<OwnedFd, Errno> {
        let set = ffi::bpf_insn { code: 0xb7, imm: self.returns, ..Default::default() };
        let exit = ffi::bpf_insn { code: 0x95, ..Default::default() };
        let program = [set, exit];
        let opts = ffi::bpf_prog_load_opts {
            sz: sz::<ffi::bpf_prog_load_opts>(),
            expected_attach_type: self.expected,
            attach_btf_id: self.target,
            prog_flags: self.flags,
            ..Default::default()
        };
        // SAFETY: texts, instructions and options are valid during the call; a result >= 0 is a new descriptor that nobody
        // else owns.
        unsafe {
            let fd = check(ffi::bpf_prog_load(
                self.kind,
                c"doctor".as_ptr(),
                c"GPL".as_ptr(),
                program.as_ptr(),
                program.len() as _,
                &raw const opts as *mut _,
            ))?;
            Ok(OwnedFd::from_raw_fd(fd))
        }
    }
}

/// Attaches a program by a link: at a file, a network device by its number, or nothing (0). It is detached when the link
/// is dropped.
pub(crate) fn link(program: BorrowedFd<'_>, target: i32, kind: u32, extra: Extra<'_>) -> Result<OwnedFd, Errno> {
    let mut opts = ffi::bpf_link_create_opts { sz: sz::<ffi::bpf_link_create_opts>(), ..Default::default() };
    let mut names: [*const c_char; 1] = [ptr::null()];
    let mut places = [0];
    match extra {
        Extra::None => {}
        Extra::Flags(flags) => opts.flags = flags,
        Extra::Function(name) => {
            names[0] = name.as_ptr();
            opts.__bindgen_anon_1.kprobe_multi = ffi::bpf_link_create_opts__bindgen_ty_1__bindgen_ty_2 {
                cnt: 1,
                syms: names.as_mut_ptr(),
                ..Default::default()
            };
        }
        Extra::Place(path, place) => {
            places[0] = place;
            opts.__bindgen_anon_1.uprobe_multi = ffi::bpf_link_create_opts__bindgen_ty_1__bindgen_ty_3 {
                cnt: 1,
                path: path.as_ptr(),
                offsets: places.as_ptr(),
                pid: std::process::id(),
                ..Default::default()
            };
        }
        Extra::Netfilter(pf, hooknum, priority) => {
            opts.__bindgen_anon_1.netfilter =
                ffi::bpf_link_create_opts__bindgen_ty_1__bindgen_ty_5 { pf, hooknum, priority, flags: 0 };
        }
    }
    // SAFETY: the options, and what they refer to, are valid during the call; a result >= 0 is a new descriptor that nobody
    // else owns.
    unsafe {
        let fd = check(ffi::bpf_link_create(program.as_raw_fd(), target, kind, &opts))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Attaches a program at a raw tracepoint, or where it was loaded for.
pub(crate) fn raw_tracepoint(program: BorrowedFd<'_>, name: Option<&CStr>) -> Result<OwnedFd, Errno> {
    let name = name.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: the name is NULL or valid during the call; a result >= 0 is a new descriptor that nobody else owns.
    unsafe { Ok(OwnedFd::from_raw_fd(check(ffi::bpf_raw_tracepoint_open(name, program.as_raw_fd()))?)) }
}

/// Attaches a program to a map or a cgroup's directory, and detaches it.
pub(crate) fn attach_and_detach(program: BorrowedFd<'_>, target: BorrowedFd<'_>, kind: u32) -> Result<(), Errno> {
    let (program, target) = (program.as_raw_fd(), target.as_raw_fd());
    // SAFETY: plain numbers.
    unsafe {
        check(ffi::bpf_prog_attach(program, target, kind, 0))?;
        check(ffi::bpf_prog_detach2(program, target, kind)).map(drop)
    }
}

/// Attaches a program to a perf event until that is closed.
pub(crate) fn at_event(program: BorrowedFd<'_>, event: BorrowedFd<'_>) -> Result<(), Errno> {
    // linux/perf_event.h: `_IOW('$', 8, __u32)`.
    let request = write::<u32>(b'$', 8);
    // SAFETY: the request takes a number.
    let ret = unsafe { libc::ioctl(event.as_raw_fd(), request.into(), program.as_raw_fd()) };
    if ret < 0 { Err(super::last_errno()) } else { Ok(()) }
}

/// An event of a kprobe's or uprobe's unit (`type`): the attribute's two fields are an address and a number.
pub(crate) fn probe_event(kind: u32, name: &CStr, place: u64, pid: i32) -> Result<OwnedFd, Errno> {
    let mut attr =
        ffi::perf_event_attr { type_: kind, size: size_of::<ffi::perf_event_attr>() as u32, ..Default::default() };
    attr.__bindgen_anon_3.config1 = name.as_ptr() as u64;
    attr.__bindgen_anon_4.config2 = place;
    let cpu = if pid < 0 { 0 } else { -1 };
    // SAFETY: attribute and name are valid during the call, which copies them; the result is checked below.
    let fd = unsafe {
        libc::syscall(libc::SYS_perf_event_open, &raw mut attr, pid, cpu, -1, u64::from(ffi::PERF_FLAG_FD_CLOEXEC))
    };
    match i32::try_from(fd) {
        // SAFETY: a new descriptor that nobody else owns.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(super::last_errno()),
    }
}

/// Attaches a program to a socket of its own.
pub(crate) fn at_socket(program: BorrowedFd<'_>) -> Result<(), Errno> {
    let (socket, _peer) =
        std::os::unix::net::UnixDatagram::pair().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    let number = program.as_raw_fd();
    // SAFETY: the option's value is an int that lives during the call.
    let ret = unsafe {
        let value = (&raw const number).cast();
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_BPF,
            value,
            size_of::<i32>() as _,
        )
    };
    if ret < 0 { Err(super::last_errno()) } else { Ok(()) }
}

/// A map of sockets with one place.
pub(crate) fn socket_map() -> Result<OwnedFd, Errno> {
    // SAFETY: the name is valid during the call, no options; a result >= 0 is a new descriptor that nobody else owns.
    unsafe {
        let fd = check(ffi::bpf_map_create(ffi::BPF_MAP_TYPE_SOCKMAP, c"doctor".as_ptr(), 4, 4, 1, ptr::null()))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Puts the calling thread into a network namespace of its own.
pub(crate) fn own_network() -> Result<(), Errno> {
    // SAFETY: only the calling thread's view of the network changes.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } < 0 { Err(super::last_errno()) } else { Ok(()) }
}

/// Types of this program's: one `int`. The kernel wants some of whoever names one of its own.
fn own_types() -> Result<OwnedFd, Errno> {
    // A header (magic, version, its size, then offset and size of types and of names), the type, the names.
    let words: [u32; 10] = [0x0001_eb9f, 24, 0, 16, 16, 5, 1, 1 << 24, 4, 1 << 24 | 32];
    let mut data: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    data.extend(b"\0int\0");
    // SAFETY: the data is valid during the call; a result >= 0 is a new descriptor that nobody else owns.
    unsafe {
        let fd = check(ffi::bpf_btf_load(data.as_ptr().cast(), data.len() as _, ptr::null_mut()))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Registers a TCP congestion control under a name that nobody uses, and takes it back. `value`: the kernel's type of a
/// map's value (number and bytes), which has these programs' descriptors in it already.
pub(crate) fn register(value_type: u32, value: &[u8]) -> Result<(), Errno> {
    let types = own_types()?;
    let opts = ffi::bpf_map_create_opts {
        sz: sz::<ffi::bpf_map_create_opts>(),
        btf_fd: types.as_raw_fd() as u32,
        btf_vmlinux_value_type_id: value_type,
        ..Default::default()
    };
    let key = 0u32;
    // SAFETY: name, options, key and value are valid during the calls, the value has as many bytes as the map was made for;
    // the descriptor is new.
    unsafe {
        let size = value.len() as u32;
        let fd = check(ffi::bpf_map_create(ffi::BPF_MAP_TYPE_STRUCT_OPS, c"doctor".as_ptr(), 4, size, 1, &opts))?;
        let map = OwnedFd::from_raw_fd(fd);
        check(ffi::bpf_map_update_elem(map.as_raw_fd(), (&raw const key).cast(), value.as_ptr().cast(), 0))?;
        check(ffi::bpf_map_delete_elem(map.as_raw_fd(), (&raw const key).cast())).map(drop)
    }
}
