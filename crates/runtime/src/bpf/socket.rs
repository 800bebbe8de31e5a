//! Packet sockets: the traffic of an interface, seen through a socket filter program. They only listen.

use std::num::NonZeroU32;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{AddressFamily, Protocol, SocketFlags, SocketType, socket_with};

use super::net::interface_text;
use super::sys::socket as sys;
use crate::error::{Error, Result};
use crate::policy::{Hook, Item, Need, Policy};

pub(crate) use super::sys::socket::{ADDRESS_SIZE, Received, Statistics};

/// Linux's `AF_PACKET`, `SOCK_RAW`, `SOCK_DGRAM`, `SOCK_NONBLOCK` and `SOCK_CLOEXEC`.
const PACKET: u32 = 17;
const RAW: u32 = 3;
const DATAGRAM: u32 = 2;
const NONBLOCK: u32 = 0o4000;
const CLOEXEC: u32 = 0o2_000_000;

/// A socket that is given copies of packets, from their first byte on or from the network layer's.
pub(crate) struct Socket {
    fd: OwnedFd,
    nonblocking: bool,
}

impl Socket {
    /// Opens a packet socket. `kind` is `SOCK_RAW` or `SOCK_DGRAM` with flags, `protocol` the Ethernet protocol in network
    /// byte order, 0 for none until it is bound. Every other domain is EAFNOSUPPORT; EPERM
    /// where `policy` does not let all interfaces be listened at.
    pub(crate) fn open(domain: u32, kind: u32, protocol: u16, policy: &Policy) -> Result<Self> {
        let fail = |errno| Error::kernel("failed to open a packet socket", errno);
        if domain != PACKET {
            let error = Error::kernel("failed to open a socket", Errno::AFNOSUPPORT);
            return Err(
                error.advise("a guest has no network: only packet sockets (AF_PACKET), which listen, are there")
            );
        }
        let family = match kind & !(NONBLOCK | CLOEXEC) {
            RAW => SocketType::RAW,
            DATAGRAM => SocketType::DGRAM,
            _ => return Err(fail(Errno::SOCKTNOSUPPORT).advise("a packet socket is SOCK_RAW or SOCK_DGRAM")),
        };
        // Where it may listen nowhere, the process need not have kept CAP_NET_RAW.
        if protocol != 0 || !policy.may_attach("socket", None) {
            allow(policy, "*")?;
        }
        let protocol = NonZeroU32::new(protocol.into()).map(Protocol::from_raw);
        let fd = socket_with(AddressFamily::PACKET, family, SocketFlags::CLOEXEC, protocol);
        let fd = fd.map_err(|errno| match errno {
            Errno::PERM => fail(errno).advise("it needs CAP_NET_RAW: run as root"),
            _ => fail(errno),
        })?;
        Ok(Self { fd, nonblocking: kind & NONBLOCK != 0 })
    }

    /// Listens at one interface (0: all), for one protocol in network byte order (0: the one that it was opened with), if
    /// `policy` allows it.
    pub(crate) fn bind(&self, protocol: u16, ifindex: i32, policy: &Policy) -> Result<()> {
        allow(policy, &interface_text(ifindex))?;
        sys::bind(self.fd(), protocol, ifindex).map_err(|errno| {
            let error = Error::kernel(format!("failed to bind a packet socket to interface {ifindex}"), errno);
            match errno {
                Errno::NODEV => error.advise("`ip link` lists the interfaces"),
                Errno::NETDOWN => error.advise("`ip link set NAME up` switches the interface on"),
                _ => error,
            }
        })
    }

    /// Makes a loaded program decide what of each packet the socket is given.
    pub(crate) fn attach(&self, program: BorrowedFd<'_>) -> Result<()> {
        sys::attach(self.fd(), program).map_err(|errno| {
            let error = Error::kernel("failed to attach a program to a packet socket", errno);
            match errno {
                Errno::INVAL => error.advise("it takes programs of type socket filter: section `socket`"),
                _ => error,
            }
        })
    }

    /// Gives the socket every packet again. ENOENT where no program is attached.
    pub(crate) fn detach(&self) -> std::result::Result<(), Errno> {
        sys::detach(self.fd())
    }

    /// Takes a packet, or with `peek` looks at it, without waiting: EAGAIN where there is none.
    pub(crate) fn receive(&self, buffer: &mut [u8], peek: bool) -> std::result::Result<Received, Errno> {
        sys::receive(self.fd(), buffer, peek)
    }

    /// What was counted since the last call.
    pub(crate) fn statistics(&self) -> std::result::Result<Statistics, Errno> {
        sys::statistics(self.fd())
    }

    /// Whether reading returns at once where there is no packet.
    pub(crate) fn nonblocking(&self) -> bool {
        self.nonblocking
    }

    /// The descriptor, to wait for packets.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Listening is observing, and a policy file can restrict it.
fn allow(policy: &Policy, interface: &str) -> Result<()> {
    let item = Item::Hook(Hook::new("socket", interface));
    policy.check(&Need { subject: format!("listening at the interface `{interface}`"), item, grant: None })
}
