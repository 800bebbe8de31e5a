//! Which file each address of a process lies in: /proc/PID/maps (proc_pid_maps(5)).

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;

use rustix::io::Errno;

/// What is read of a process's list at most, in bytes: half a million mappings.
const MAX_LIST: u64 = 64 << 20;

/// A part of a process's memory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) range: Range<u64>,
    /// Where in its file it begins.
    pub(super) offset: u64,
    /// 0 where there is no file behind it.
    pub(super) inode: u64,
    /// The file's path, or a name such as `[heap]`.
    pub(super) path: String,
}

/// The mappings of a process that one of `addresses`, which ascend, lies in. ESRCH where there is no such process.
pub(super) fn of(pid: u32, addresses: &[u64]) -> Result<Vec<Mapping>, Errno> {
    let errno = |error: std::io::Error| match Errno::from_io_error(&error) {
        Some(Errno::NOENT) | None => Errno::SRCH,
        Some(errno) => errno,
    };
    let list = File::open(format!("/proc/{pid}/maps")).map_err(errno)?;
    let mut list = BufReader::with_capacity(1 << 16, list.take(MAX_LIST));
    let mut found = Vec::new();
    let mut line = Vec::new();
    while list.read_until(b'\n', &mut line).map_err(errno)? > 0 {
        found.extend(parse(&line).filter(|mapping| !within(addresses, &mapping.range).is_empty()));
        line.clear();
    }
    Ok(found)
}

/// Those of `addresses`, which ascend, that lie in `range`.
pub(super) fn within(addresses: &[u64], range: &Range<u64>) -> Range<usize> {
    let from = addresses.partition_point(|address| *address < range.start);
    from..addresses.partition_point(|address| *address < range.end).max(from)
}

/// START-END PERMISSIONS OFFSET DEVICE INODE, and after spaces the path, which may have some too.
fn parse(line: &[u8]) -> Option<Mapping> {
    let line = String::from_utf8_lossy(line);
    let mut fields = line.trim_end_matches('\n').splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let hexadecimal = |text: &str| u64::from_str_radix(text, 16).ok();
    let range = hexadecimal(start)?..hexadecimal(end)?;
    let offset = hexadecimal(fields.nth(1)?)?;
    let inode = fields.nth(1)?.parse().ok()?;
    let path = fields.next().unwrap_or_default().trim_start().trim_end_matches(" (deleted)").to_owned();
    Some(Mapping { range, offset, inode, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_its_fields() {
        let mapping = parse(b"7f00-8000 r-xp 00001000 08:01 42                 /a b (deleted)\n").unwrap();
        assert_eq!(mapping, Mapping { range: 0x7f00..0x8000, offset: 0x1000, inode: 42, path: "/a b".into() });
        let unnamed = parse(b"0-10 rw-p 00000000 00:00 0 \n").unwrap();
        assert_eq!((unnamed.inode, unnamed.path.as_str()), (0, ""));
        for damaged in ["", "\n", "7f00", "7f00-8000", "x-y r-xp 0 0 0", "1-2 r-xp 0 08:01 inode /a"] {
            assert_eq!(parse(damaged.as_bytes()), None, "{damaged}");
        }
    }

    #[test]
    fn a_range_ends_before_its_end() {
        assert_eq!(within(&[1, 2, 3, 4], &(2..4)), 1..3);
        assert_eq!(within(&[1, 2], &(5..9)), 2..2);
        assert!(within(&[], &(0..9)).is_empty());
    }
}
