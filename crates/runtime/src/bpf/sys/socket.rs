//! Packet sockets (packet(7)): what rustix has no safe call for. And programs that are attached to sockets.

use std::os::fd::{AsRawFd, BorrowedFd};

use libbpf_sys as ffi;
use libc::{c_int, c_void, sockaddr_ll, socklen_t};
use rustix::io::Errno;

use super::{check, last_errno};

/// The size of the kernel's `struct sockaddr_ll`.
pub(crate) const ADDRESS_SIZE: usize = size_of::<sockaddr_ll>();

/// Packets that a socket was given, and those that it had no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Statistics {
    pub(crate) packets: u32,
    pub(crate) drops: u32,
}

/// A received packet.
pub(crate) struct Received {
    /// Its size, also where less was copied.
    pub(crate) size: usize,
    /// Where it came from: a `struct sockaddr_ll`.
    pub(crate) from: [u8; ADDRESS_SIZE],
}

/// Binds a packet socket to an interface (0: all) and a protocol in network byte order (0: the one that it has).
pub(crate) fn bind(socket: BorrowedFd<'_>, protocol: u16, ifindex: i32) -> Result<(), Errno> {
    let address = sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: protocol,
        sll_ifindex: ifindex,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    // SAFETY: the descriptor is open; the address is valid for as many bytes as said during the call.
    let bound = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), ADDRESS_SIZE as socklen_t) };
    if bound < 0 { Err(last_errno()) } else { Ok(()) }
}

/// Makes `program` decide what the socket is given, in place of the filter that it has.
pub(crate) fn attach(socket: BorrowedFd<'_>, program: BorrowedFd<'_>) -> Result<(), Errno> {
    set(socket, libc::SO_ATTACH_BPF, program.as_raw_fd())
}

/// Takes the socket's filter away. ENOENT where it has none.
pub(crate) fn detach(socket: BorrowedFd<'_>) -> Result<(), Errno> {
    set(socket, libc::SO_DETACH_BPF, 0)
}

/// Makes `program` choose among the sockets that share the socket's port.
pub(crate) fn attach_to_group(socket: BorrowedFd<'_>, program: BorrowedFd<'_>) -> Result<(), Errno> {
    set(socket, libc::SO_ATTACH_REUSEPORT_EBPF, program.as_raw_fd())
}

/// Takes the program of the socket's group away. ENOENT where it has none.
pub(crate) fn detach_from_group(socket: BorrowedFd<'_>) -> Result<(), Errno> {
    // asm-generic/socket.h: SO_DETACH_REUSEPORT_BPF.
    set(socket, 68, 0)
}

/// The ways to attach to a map of sockets: other numbers of `enum bpf_attach_type` mean other targets.
const MAP_KINDS: [ffi::bpf_attach_type; 4] =
    [ffi::BPF_SK_SKB_STREAM_PARSER, ffi::BPF_SK_SKB_STREAM_VERDICT, ffi::BPF_SK_MSG_VERDICT, ffi::BPF_SK_SKB_VERDICT];

/// Attaches `program` to the sockets of a map, in place of one of the same kind.
pub(crate) fn attach_to_map(map: BorrowedFd<'_>, program: BorrowedFd<'_>, kind: u32) -> Result<(), Errno> {
    if !MAP_KINDS.contains(&kind) {
        return Err(Errno::INVAL);
    }
    // SAFETY: plain numbers; the descriptors are open.
    check(unsafe { ffi::bpf_prog_attach(program.as_raw_fd(), map.as_raw_fd(), kind, 0) }).map(drop)
}

/// Detaches it. ENOENT where it is not attached.
pub(crate) fn detach_from_map(map: BorrowedFd<'_>, program: BorrowedFd<'_>, kind: u32) -> Result<(), Errno> {
    if !MAP_KINDS.contains(&kind) {
        return Err(Errno::INVAL);
    }
    // SAFETY: plain numbers; the descriptors are open.
    check(unsafe { ffi::bpf_prog_detach2(program.as_raw_fd(), map.as_raw_fd(), kind) }).map(drop)
}

fn set(socket: BorrowedFd<'_>, option: c_int, value: c_int) -> Result<(), Errno> {
    let size = size_of::<c_int>() as socklen_t;
    let value: *const c_int = &value;
    // SAFETY: the descriptor is open; the value is valid for its size during the call.
    let done = unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, value.cast(), size) };
    if done < 0 { Err(last_errno()) } else { Ok(()) }
}

/// Takes a packet, or with `peek` looks at it, without waiting: EAGAIN where there is none.
pub(crate) fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8], peek: bool) -> Result<Received, Errno> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_TRUNC | if peek { libc::MSG_PEEK } else { 0 };
    let mut from = [0; ADDRESS_SIZE];
    let mut room = ADDRESS_SIZE as socklen_t;
    let (to, address) = (buffer.as_mut_ptr().cast::<c_void>(), from.as_mut_ptr().cast());
    // SAFETY: the descriptor is open; buffer and address are valid for writing as many bytes as said during the call.
    let size = unsafe { libc::recvfrom(socket.as_raw_fd(), to, buffer.len(), flags, address, &mut room) };
    let size = usize::try_from(size).map_err(|_| last_errno())?;
    Ok(Received { size, from })
}

/// What was counted since the last call: packets, those without room among them.
pub(crate) fn statistics(socket: BorrowedFd<'_>) -> Result<Statistics, Errno> {
    let mut counted = [0u32; 2];
    let mut size = size_of_val(&counted) as socklen_t;
    let (to, option) = (counted.as_mut_ptr().cast(), libc::PACKET_STATISTICS);
    // SAFETY: the descriptor is open; the kernel writes at most `size` bytes: two u32 (struct tpacket_stats).
    let got = unsafe { libc::getsockopt(socket.as_raw_fd(), libc::SOL_PACKET, option, to, &mut size) };
    let [packets, drops] = counted;
    if got < 0 { Err(last_errno()) } else { Ok(Statistics { packets, drops }) }
}
