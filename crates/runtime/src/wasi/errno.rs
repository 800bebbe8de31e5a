//! Errors of WASI functions: Linux's errno inside, WASI's own numbers at the edge.

use std::io::{self, ErrorKind};

use rustix::io::Errno;

use crate::stop::Exit;

/// The result of a WASI function's body.
pub(super) type Result<T> = std::result::Result<T, Failure>;

/// Why a WASI function did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The guest is told.
    Errno(Errno),
    /// The guest is over.
    Exit(Exit),
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<Exit> for Failure {
    fn from(exit: Exit) -> Self {
        Self::Exit(exit)
    }
}

impl From<io::Error> for Failure {
    /// A path that leads out of its directory is an error without a number; the guest gets EPERM.
    fn from(error: io::Error) -> Self {
        Self::Errno(Errno::from_io_error(&error).unwrap_or(match error.kind() {
            ErrorKind::PermissionDenied => Errno::PERM,
            ErrorKind::InvalidInput => Errno::INVAL,
            ErrorKind::NotFound => Errno::NOENT,
            ErrorKind::NotADirectory => Errno::NOTDIR,
            ErrorKind::IsADirectory => Errno::ISDIR,
            ErrorKind::AlreadyExists => Errno::EXIST,
            _ => Errno::IO,
        }))
    }
}

/// Linux's errors in the order of WASI's numbers, from 1 (`errno` in preview 1's witx; 76, ENOTCAPABLE, is not used).
const NUMBERS: [Errno; 75] = [
    Errno::TOOBIG,
    Errno::ACCESS,
    Errno::ADDRINUSE,
    Errno::ADDRNOTAVAIL,
    Errno::AFNOSUPPORT,
    Errno::AGAIN,
    Errno::ALREADY,
    Errno::BADF,
    Errno::BADMSG,
    Errno::BUSY,
    Errno::CANCELED,
    Errno::CHILD,
    Errno::CONNABORTED,
    Errno::CONNREFUSED,
    Errno::CONNRESET,
    Errno::DEADLK,
    Errno::DESTADDRREQ,
    Errno::DOM,
    Errno::DQUOT,
    Errno::EXIST,
    Errno::FAULT,
    Errno::FBIG,
    Errno::HOSTUNREACH,
    Errno::IDRM,
    Errno::ILSEQ,
    Errno::INPROGRESS,
    Errno::INTR,
    Errno::INVAL,
    Errno::IO,
    Errno::ISCONN,
    Errno::ISDIR,
    Errno::LOOP,
    Errno::MFILE,
    Errno::MLINK,
    Errno::MSGSIZE,
    Errno::MULTIHOP,
    Errno::NAMETOOLONG,
    Errno::NETDOWN,
    Errno::NETRESET,
    Errno::NETUNREACH,
    Errno::NFILE,
    Errno::NOBUFS,
    Errno::NODEV,
    Errno::NOENT,
    Errno::NOEXEC,
    Errno::NOLCK,
    Errno::NOLINK,
    Errno::NOMEM,
    Errno::NOMSG,
    Errno::NOPROTOOPT,
    Errno::NOSPC,
    Errno::NOSYS,
    Errno::NOTCONN,
    Errno::NOTDIR,
    Errno::NOTEMPTY,
    Errno::NOTRECOVERABLE,
    Errno::NOTSOCK,
    Errno::NOTSUP,
    Errno::NOTTY,
    Errno::NXIO,
    Errno::OVERFLOW,
    Errno::OWNERDEAD,
    Errno::PERM,
    Errno::PIPE,
    Errno::PROTO,
    Errno::PROTONOSUPPORT,
    Errno::PROTOTYPE,
    Errno::RANGE,
    Errno::ROFS,
    Errno::SPIPE,
    Errno::SRCH,
    Errno::STALE,
    Errno::TIMEDOUT,
    Errno::TXTBSY,
    Errno::XDEV,
];

/// WASI's number for a Linux error; what WASI has no number for is EIO.
pub(super) fn number(errno: Errno) -> u16 {
    const EIO: u16 = 29;
    NUMBERS.iter().position(|&known| known == errno).map_or(EIO, |index| index as u16 + 1)
}
