//! Perf buffers: one per CPU, for `bpf_perf_event_output`.

use std::fs;

use rustix::io::Errno;

use super::map::Map;
use super::sys::event::Attr;
use super::sys::possible_cpus;

pub(crate) use super::sys::perf::RawPerf as Perf;

/// Of a record in a queue: its kind, CPU, size and a zero, u32 each; the data follows, padded to 8 bytes.
const HEADER: usize = 16;
const SAMPLE: u32 = 1;
const LOST: u32 = 2;

/// Where buffers are opened: a CPU, and the key in the map under which its event is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) cpu: i32,
    pub(crate) key: i32,
}

/// What a CPU's buffer delivered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PerfRecord<'q> {
    /// One `bpf_perf_event_output`.
    Sample(&'q [u8]),
    /// The kernel dropped `count` records because the buffer was full.
    Lost { cpu: u32, count: u64 },
}

/// Records that were taken off the kernel, in the layout of `perf_read`; its memory is used again and again.
#[derive(Default)]
pub(crate) struct Queue {
    bytes: Vec<u8>,
    taken: usize,
}

impl Queue {
    pub(super) fn push_sample(&mut self, cpu: u32, data: &[u8]) {
        self.push(SAMPLE, cpu, data);
    }

    pub(super) fn push_lost(&mut self, cpu: u32, count: u64) {
        self.push(LOST, cpu, &count.to_le_bytes());
    }

    fn push(&mut self, kind: u32, cpu: u32, data: &[u8]) {
        for field in [kind, cpu, data.len() as u32, 0] {
            self.bytes.extend_from_slice(&field.to_le_bytes());
        }
        self.bytes.extend_from_slice(data);
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
    }

    /// Whether all was taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.taken == self.bytes.len()
    }

    /// As many whole records as `room` bytes hold. EMSGSIZE where the first one is larger.
    pub(crate) fn whole(&self, room: usize) -> Result<&[u8], Errno> {
        let rest = &self.bytes[self.taken..];
        let mut end = 0;
        while let Some(length) = length_of(&rest[end..])
            && end + length <= room
        {
            end += length;
        }
        if end == 0 && !rest.is_empty() { Err(Errno::MSGSIZE) } else { Ok(&rest[..end]) }
    }

    /// Drops the first `count` bytes, which are whole records.
    pub(crate) fn take(&mut self, count: usize) {
        self.taken += count;
        if self.is_empty() {
            self.bytes.clear();
            self.taken = 0;
        }
    }

    /// The oldest record, and the bytes that it takes in the queue.
    pub(crate) fn first(&self) -> Option<(PerfRecord<'_>, usize)> {
        let rest = &self.bytes[self.taken..];
        let length = length_of(rest)?;
        let data = &rest[HEADER..HEADER + field(rest, 2)? as usize];
        let record = match field(rest, 0)? {
            SAMPLE => PerfRecord::Sample(data),
            _ => PerfRecord::Lost { cpu: field(rest, 1)?, count: u64::from_le_bytes(data.try_into().ok()?) },
        };
        Some((record, length))
    }
}

fn field(record: &[u8], index: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*record.get(4 * index..)?.first_chunk()?))
}

fn length_of(records: &[u8]) -> Option<usize> {
    Some(HEADER + (field(records, 2)? as usize).next_multiple_of(8))
}

/// Opens a buffer of `pages` pages (a power of two) for records of `attr` at each of `places`; with none, on each online
/// CPU that the map has a key for, as libbpf does.
pub(crate) fn open(map: &Map, pages: usize, attr: &mut Attr, places: &[Place]) -> Result<Perf, Errno> {
    if !places.is_empty() {
        return Perf::open(map.fd()?, pages, attr, places);
    }
    let keys = match map.shape()?.max_entries as usize {
        0 => possible_cpus()?,
        entries => entries.min(possible_cpus()?),
    };
    let online = fs::read_to_string("/sys/devices/system/cpu/online").map_err(|_| Errno::NOENT)?;
    let cpus = cpu_list(&online).ok_or(Errno::INVAL)?.into_iter().filter(|cpu| (*cpu as usize) < keys);
    let places: Vec<Place> = cpus.map(|cpu| Place { cpu, key: cpu }).collect();
    Perf::open(map.fd()?, pages, attr, &places)
}

/// The numbers in a list like `0-3,8`.
fn cpu_list(text: &str) -> Option<Vec<i32>> {
    let mut cpus = Vec::new();
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        cpus.extend(i32::from(first.parse::<u16>().ok()?)..=i32::from(last.parse::<u16>().ok()?));
    }
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cpus_are_read() {
        assert_eq!(cpu_list("0-1,4,6-7\n"), Some(vec![0, 1, 4, 6, 7]));
        assert_eq!(cpu_list("0\n"), Some(vec![0]));
        assert_eq!(cpu_list("\n"), None);
        assert_eq!(cpu_list("0-x"), None);
    }

    #[test]
    fn a_queue_gives_records_once_and_whole() {
        let mut queue = Queue::default();
        assert_eq!(queue.whole(0), Ok(&[][..]));
        queue.push_sample(1, b"abc");
        queue.push_lost(2, 7);
        assert_eq!(queue.whole(23), Err(Errno::MSGSIZE));
        assert_eq!(queue.whole(47).map(<[u8]>::len), Ok(24));
        assert_eq!(queue.whole(48).map(<[u8]>::len), Ok(48));
        assert_eq!(queue.first(), Some((PerfRecord::Sample(b"abc"), 24)));
        queue.take(24);
        assert_eq!(queue.first(), Some((PerfRecord::Lost { cpu: 2, count: 7 }, 24)));
        queue.take(24);
        assert!(queue.is_empty() && queue.first().is_none());
        queue.push_sample(0, b"");
        assert_eq!(queue.first(), Some((PerfRecord::Sample(b""), 16)));
    }
}
