//! Histograms of powers of two, as runqlat prints them, and a load that fills them.

use std::collections::BTreeMap;
use std::io::{Read, Write, pipe};
use std::thread;

use crate::producer::stay_on_one_cpu;
use crate::run::Ended;

/// Counts by the lower end of their range.
#[derive(Debug)]
pub struct Histogram(BTreeMap<u64, u64>);

impl Histogram {
    /// The only one that a run has printed.
    #[track_caller]
    pub fn must_parse(ended: &Ended) -> Self {
        assert_eq!(ended.stdout.matches(" : count ").count(), 1, "{}", ended.stdout);
        let row = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [from, "->", _, ":", count, ..] = words[..] else { return None };
            Some((from.parse().expect("a number"), count.parse().expect("a count")))
        };
        Self(ended.stdout.lines().filter_map(row).collect())
    }

    /// All counts.
    pub fn sum(&self) -> u64 {
        self.0.values().sum()
    }

    /// Counts of ranges that begin at most at `last`.
    fn up_to(&self, last: u64) -> u64 {
        self.0.range(..=last).map(|(_, count)| count).sum()
    }

    /// Panics unless `longer`, which began before this one and ended after it, saw the same waits: as many in each
    /// range and below or more, where a wait may lie one range further. Both read their clocks in turn, so a wait
    /// is not as long for one as for the other, and in one of a hundred the system came between.
    #[track_caller]
    pub fn must_be_within(&self, longer: &Self) {
        let slack = self.sum() / 100;
        for from in self.0.keys() {
            let (own, others) = (self.up_to(*from), longer.up_to(if *from == 0 { 2 } else { from * 2 }));
            assert!(own <= others + slack, "{own} of {from} and less, but {others}: {self:?} and {longer:?}");
        }
    }
}

/// Two threads on one CPU hand a byte to and fro: each of them waits for the CPU at least `rounds` times.
pub fn take_turns(rounds: u32) {
    let (mut ping, mut to_ping) = pipe().expect("a pipe");
    let (mut pong, mut to_pong) = pipe().expect("a pipe");
    let first = thread::spawn(move || {
        stay_on_one_cpu();
        let same = thread::spawn(move || {
            for _ in 0..rounds {
                ping.read_exact(&mut [0]).expect("a byte");
                to_pong.write_all(&[0]).expect("a reader");
            }
        });
        for _ in 0..rounds {
            to_ping.write_all(&[0]).expect("a reader");
            pong.read_exact(&mut [0]).expect("a byte");
        }
        same.join().expect("no panic");
    });
    first.join().expect("no panic");
}
