//! Packet sockets (packet(7)): what rustix has no safe call for.

use std::os::fd::{AsRawFd, BorrowedFd};

use libc::{c_int, c_void, sockaddr_ll, socklen_t};
use rustix::io::Errno;

use super::last_errno;

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
