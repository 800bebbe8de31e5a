//! Every record reaches the guest once and in order, whatever the guest's pace; what does not fit is counted.

use wasm_bpf_tests::{Producer, RING_HOLDS, Run, Running, must_add_up, must_build, take_turn};

/// At least as many as a perf buffer of 64 pages has room for: 36 bytes each, the shortest possible.
const PERF_HOLDS: u32 = 64 * 4096 / 36;

fn must_start(way: &str, producer: &Producer, count: u32, pace: &[&str]) -> Running {
    let module = must_build("records");
    let run = Run::module(&module).args([way, &producer.tid(), &count.to_string()]).args(pace);
    let mut guest = run.must_start();
    guest.must_print("ready");
    guest
}

#[test]
fn every_ring_record_once_and_in_order() {
    let _turn = take_turn();
    let producer = Producer::start();
    let (burst, bursts) = (RING_HOLDS * 2 / 3, 20);
    let mut guest = must_start("ring", &producer, burst * bursts, &[]);
    for done in 1..=bursts {
        producer.produce(burst);
        let delivered = format!("delivered {}", burst * done);
        guest.must_print_where(&delivered, |line| line.ends_with(&delivered));
    }
    let (delivered, failed) = must_add_up(&guest.must_end().must_exit(0), burst * bursts);
    assert!(delivered > 10 * u64::from(RING_HOLDS));
    assert_eq!(failed, 0, "each burst finds an empty ring");
}

#[test]
fn every_ring_record_once_and_in_order_in_a_flood() {
    let _turn = take_turn();
    let producer = Producer::start();
    let count = 200 * RING_HOLDS;
    let guest = must_start("ring", &producer, count, &[]);
    producer.produce(count);
    must_add_up(&guest.must_end().must_exit(0), count);
}

#[test]
fn every_ring_record_once_and_in_order_to_a_slow_guest() {
    let _turn = take_turn();
    let producer = Producer::start();
    let count = 50 * RING_HOLDS;
    let guest = must_start("ring", &producer, count, &["slow"]);
    producer.produce(count);
    let ended = guest.must_end().must_exit(0);
    let (_, failed) = must_add_up(&ended, count);
    assert!(failed > 0, "half of the records come while the guest takes one");
    ended.must_say("nearly full");
}

#[test]
fn every_perf_record_once_and_in_order() {
    let _turn = take_turn();
    let producer = Producer::start();
    let (burst, bursts) = (PERF_HOLDS / 2, 20);
    let mut guest = must_start("perf", &producer, burst * bursts, &[]);
    for done in 1..=bursts {
        producer.produce(burst);
        let delivered = format!("delivered {}", burst * done);
        guest.must_print_where(&delivered, |line| line.ends_with(&delivered));
    }
    let (delivered, failed) = must_add_up(&guest.must_end().must_exit(0), burst * bursts);
    assert!(delivered > 9 * u64::from(PERF_HOLDS));
    assert_eq!(failed, 0, "each burst finds empty buffers");
}

#[test]
fn every_perf_record_once_and_in_order_to_a_slow_guest() {
    let _turn = take_turn();
    let producer = Producer::start();
    let count = 10 * PERF_HOLDS;
    let mut guest = must_start("perf", &producer, count, &["slow"]);
    // All but one, which comes when there is room again: with it the kernel says what was lost before.
    producer.produce(count - 1);
    let drained = format!("attempts {} returned 0 ", count - 1);
    guest.must_print_where("that all is read", |line| line.starts_with(&drained));
    producer.produce(1);
    let ended = guest.must_end().must_exit(0);
    let (_, failed) = must_add_up(&ended, count);
    assert!(failed > 0, "half of the records come while the guest takes one");
    assert_eq!(ended.number("gaps"), failed);
    let words: Vec<&str> = ended.stderr.split_whitespace().collect();
    let reported = words.windows(2).filter(|pair| pair[1] == "records").filter_map(|pair| pair[0].parse::<u64>().ok());
    assert_eq!(reported.sum::<u64>(), failed, "{}", ended.stderr);
}
