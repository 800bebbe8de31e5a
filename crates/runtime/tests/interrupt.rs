//! A guest that computes is ended from another thread, whatever it is doing, and only that guest.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use wasm_bpf_runtime::{Guest, Module, Options, Outcome, Runtime, Stop};

/// What guests that never end do: body of `_start`, with a memory, a function `fib` and WASI's clock at hand.
const ENDLESS: [(&str, &str); 8] = [
    ("nothing", "(loop $again (br $again))"),
    ("stores", "(loop $again (i32.store (i32.const 64) (i32.const 1)) (br $again))"),
    ("calls", "(loop $again (drop (call $fib (i32.const 10))) (br $again))"),
    ("recursion", "(drop (call $fib (i32.const 80)))"),
    ("tail calls", "(return_call $hop (i32.const 0))"),
    ("imports", "(loop $again (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 8))) (br $again))"),
    ("bulk", "(loop $again (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $again))"),
    ("growth", "(loop $again (drop (memory.grow (i32.const 0))) (br $again))"),
];

const HELPERS: &str = r#"
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
    (memory (export "memory") 1)
    (func $fib (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (i32.add
                (call $fib (i32.sub (local.get 0) (i32.const 1)))
                (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func $hop (param i32) (return_call $hop (i32.add (local.get 0) (i32.const 1))))"#;

fn must_compile(runtime: &Runtime, text: &str) -> Module {
    runtime.compile(&wat::parse_str(text).unwrap(), None).unwrap()
}

fn guest(runtime: &Runtime, module: &Module) -> Guest {
    runtime.guest(module, Options::default()).unwrap()
}

/// Runs `module` in a thread and ends it with `code`, `delay` after it was ready.
#[track_caller]
fn must_end(runtime: &Runtime, module: &Module, code: i32, delay: Duration) {
    let (ready, stop) = mpsc::channel::<Arc<Stop>>();
    let outcome = thread::scope(|scope| {
        let running = scope.spawn(move || {
            let guest = guest(runtime, module);
            ready.send(guest.stop()).unwrap();
            guest.run().unwrap()
        });
        let stop = stop.recv().unwrap();
        thread::sleep(delay);
        stop.end(code);
        running.join().unwrap()
    });
    assert!(matches!(outcome, Outcome::Exited(exit) if exit == code), "{outcome:?}");
}

#[test]
fn whatever_it_computes() {
    let runtime = Runtime::new().unwrap();
    for (index, (_, body)) in ENDLESS.iter().enumerate() {
        let module = must_compile(&runtime, &format!("(module {HELPERS} (func (export \"_start\") {body}))"));
        must_end(&runtime, &module, 10 + index as i32, Duration::from_millis(5));
    }
}

#[test]
fn in_its_start_function_and_with_nothing_that_traps() {
    let runtime = Runtime::new().unwrap();
    let start = "(module (memory (export \"memory\") 1) (start 0) (func (loop (br 0))) (func (export \"_start\")))";
    let bare = "(module (func (export \"_start\") (loop (br 0))))";
    for text in [start, bare] {
        must_end(&runtime, &must_compile(&runtime, text), 42, Duration::from_millis(5));
    }
}

#[test]
fn before_it_starts() {
    let runtime = Runtime::new().unwrap();
    let module = must_compile(&runtime, "(module (func (export \"_start\") (loop (br 0))))");
    let guest = guest(&runtime, &module);
    guest.stop().end(9);
    assert!(matches!(guest.run().unwrap(), Outcome::Exited(9)));
}

#[test]
fn its_own_end_and_traps_stay_its_own() {
    let runtime = Runtime::new().unwrap();
    let trap = must_compile(&runtime, "(module (func (export \"_start\") unreachable))");
    let outcome = guest(&runtime, &trap).run().unwrap();
    assert!(matches!(&outcome, Outcome::Trapped(text) if text.contains("unreachable")), "{outcome:?}");
    let end = must_compile(&runtime, "(module (func (export \"_start\")))");
    assert!(matches!(guest(&runtime, &end).run().unwrap(), Outcome::Exited(0)));
}

/// Ends guests at moments spread over a microsecond's steps, while another computes on and is held to its result.
#[test]
fn at_any_moment_and_no_other_guest() {
    let runtime = Runtime::new().unwrap();
    let endless = must_compile(
        &runtime,
        &format!(
            "(module {HELPERS} (func (export \"_start\") (loop $again (drop (call $fib (i32.const 3))) (br $again))))"
        ),
    );
    // fib(24) is 46368; a guest that finds anything else traps.
    let checking = must_compile(
        &runtime,
        &format!(
            "(module {HELPERS} (func (export \"_start\")
                (if (i32.ne (call $fib (i32.const 24)) (i32.const 46368)) (then unreachable))))"
        ),
    );
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let bystander = scope.spawn(|| {
            let mut rounds = 0;
            while !done.load(Ordering::Relaxed) || rounds == 0 {
                let outcome = guest(&runtime, &checking).run().unwrap();
                assert!(matches!(outcome, Outcome::Exited(0)), "{outcome:?}");
                rounds += 1;
            }
        });
        for round in 0..500 {
            must_end(&runtime, &endless, 3, Duration::from_micros(round));
        }
        done.store(true, Ordering::Relaxed);
        bystander.join().unwrap();
    });
}
