//! Guests that change from one code to the other do what they do in one.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::{Module, Trap, Val, WasmBacktrace};

use super::REPLACED;
use super::layout::Layout;
use crate::carried::Carried;
use crate::module::Compiler;
use crate::run::{Guest, Options, Outcome, Runtime};
use crate::stop::Stop;

/// Has something of everything that two modules share; `step` depends on all of it.
const SHARING: &str = r#"(module
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
    (type $one (func (param i32) (result i32)))
    (table $first 4 funcref)
    (table $second 2 4 funcref)
    (memory (export "memory") 1 8)
    (global $count (mut i32) (i32.const 5))
    (global $factor i64 (i64.const 7))
    (elem (table $first) (i32.const 1) func $double $triple)
    (elem (table $second) (i32.const 0) func $triple)
    (elem declare func $double)
    (data (i32.const 64) "\05\00\00\00")
    (func (export "_start"))
    (func (export "tick") (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 0))))
    (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func $triple (param i32) (result i32) (loop) (i32.mul (local.get 0) (i32.const 3)))
    (func (export "step") (param i32 i64 f32 f64 v128) (result i32 i64 f32 f64 i32)
        (local $left i32)
        (local.set $left (i32.const 3))
        (loop $again
            (global.set $count (i32.add (global.get $count) (local.get 0)))
            (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (global.get $count)))
            (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (i32.store (i32.const 64) (call_indirect $first (type $one) (i32.load (i32.const 64))
            (i32.add (i32.const 1) (i32.and (global.get $count) (i32.const 1)))))
        (drop (memory.grow (i32.and (global.get $count) (i32.const 1))))
        (i32.add (call_indirect $second (type $one) (i32.load (i32.const 64)) (i32.const 0)) (memory.size))
        (i64.mul (local.get 1) (global.get $factor))
        (f32.neg (local.get 2))
        (f64.sqrt (local.get 3))
        (i32x4.extract_lane 2 (local.get 4)))
    (func (export "fails") (param i32) (result i32) (local i64)
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (call $traps (i32.const 1)))
    (func $traps (param i32) (result i32) (local f32)
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        unreachable))"#;

#[track_caller]
fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// A module whose guests start in baseline code, and the better code that there is for them.
#[track_caller]
fn must_prepare(runtime: &Runtime, text: &str) -> (crate::Module, Module) {
    let module = runtime.compile(&wasm(text), None).unwrap();
    let replacement = Arc::clone(&module.background.as_ref().expect("a baseline").replacement);
    let deadline = Instant::now() + Duration::from_secs(60);
    let optimized = loop {
        if let Some(module) = replacement.module() {
            break module;
        }
        assert!(Instant::now() < deadline, "it is not compiled");
        thread::sleep(Duration::from_millis(1));
    };
    (module, optimized)
}

/// A guest of the module as it is.
fn plain(runtime: &Runtime, text: &str) -> Guest {
    let code = crate::module::code_of(&wasm(text), Compiler::Single).unwrap();
    let module = crate::cache::compiled(&runtime.engine, &code).unwrap();
    runtime.guest(&crate::Module::new(module, Carried::default()), Options::default()).unwrap()
}

/// What `step` returns, over and over; `tick` is called before the steps from number `up` on, which takes it up.
#[track_caller]
fn steps(mut guest: Guest, up: usize) -> Vec<String> {
    let (stop, store) = (guest.stop(), &mut guest.store);
    let _entered = stop.interrupt.enter(&guest.module);
    let instance = guest.instance.instantiate(&mut *store).unwrap();
    let tick = instance.get_typed_func::<(), ()>(&mut *store, "tick").unwrap();
    let step = instance.get_func(&mut *store, "step").unwrap();
    let replaced = instance.get_global(&mut *store, REPLACED);
    (0..8)
        .map(|number| {
            if number >= up {
                tick.call(&mut *store, ()).unwrap();
                assert!(replaced.is_none_or(|replaced| replaced.get(&mut *store).unwrap_i32() == 1));
            }
            let lanes = u128::from_le_bytes([number as u8; 16]);
            let args = [
                Val::I32(number as i32),
                Val::I64(11),
                Val::F32(1.5f32.to_bits()),
                Val::F64(2f64.to_bits()),
                lanes.into(),
            ];
            let mut results = [const { Val::I32(0) }; 5];
            step.call(&mut *store, &args, &mut results).unwrap();
            format!("{results:?}")
        })
        .collect()
}

#[test]
fn it_goes_on_with_what_it_had() {
    let runtime = Runtime::new().unwrap();
    let expected = steps(plain(&runtime, SHARING), 0);
    let (module, _) = must_prepare(&runtime, SHARING);
    for up in 0..=8 {
        let guest = runtime.guest(&module, Options::default()).unwrap();
        assert_eq!(steps(guest, up), expected, "after {up} steps");
    }
}

#[test]
fn a_trap_is_told_of_the_module_as_it_is_in_either_code() {
    let runtime = Runtime::new().unwrap();
    let (module, optimized) = must_prepare(&runtime, SHARING);
    let mut guest = runtime.guest(&module, Options::default()).unwrap();
    let mut plain = plain(&runtime, SHARING);
    let expected = fail(&mut plain, false).to_string();
    let baseline = fail(&mut guest, false);
    assert!(Module::same(baseline.frames()[0].module(), &guest.module));
    let replaced = fail(&mut guest, true);
    assert!(Module::same(replaced.frames()[0].module(), &optimized));
    assert!(guest.store.data().pending.is_none());
    for backtrace in [baseline, replaced] {
        assert_eq!(guest.background.as_ref().unwrap().origin.describe(&backtrace, &guest.module), expected);
    }
}

/// How a call of `fails` fails, after one of `tick` or without.
#[track_caller]
fn fail(guest: &mut Guest, tick: bool) -> WasmBacktrace {
    let (stop, store) = (guest.stop(), &mut guest.store);
    let _entered = stop.interrupt.enter(&guest.module);
    let instance = guest.instance.instantiate(&mut *store).unwrap();
    if tick {
        instance.get_typed_func::<(), ()>(&mut *store, "tick").unwrap().call(&mut *store, ()).unwrap();
    }
    let fails = instance.get_typed_func::<i32, i32>(&mut *store, "fails").unwrap();
    let error = fails.call(&mut *store, 3).unwrap_err();
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::UnreachableCodeReached));
    error.downcast::<WasmBacktrace>().unwrap()
}

/// `_start` is baseline code to the end; what it calls runs longer each time, and is soon endless.
const ENDLESS: &str = r#"(module
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
    (memory (export "memory") 1)
    (global $rounds (mut i64) (i64.const 1))
    (func (export "_start") (loop $again
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 0)))
        (call $spin (global.get $rounds))
        (global.set $rounds (i64.shl (global.get $rounds) (i64.const 1)))
        (br $again)))
    (func $spin (param i64) (loop $again (br_if $again
        (i64.ne (i64.const 0) (local.tee 0 (i64.sub (local.get 0) (i64.const 1))))))))"#;

#[test]
fn it_is_ended_in_either_code() {
    let runtime = Runtime::new().unwrap();
    let (module, _) = must_prepare(&runtime, ENDLESS);
    for round in 0..300 {
        let (ready, stop) = mpsc::channel::<Arc<Stop>>();
        thread::scope(|scope| {
            let (runtime, module) = (&runtime, &module);
            let running = scope.spawn(move || {
                let guest = runtime.guest(module, Options::default()).unwrap();
                ready.send(guest.stop()).unwrap();
                guest.run().unwrap()
            });
            let stop = stop.recv().unwrap();
            thread::sleep(Duration::from_micros(round * 10));
            stop.end(7);
            let outcome = running.join().unwrap();
            assert!(matches!(outcome, Outcome::Exited(7)), "{outcome:?}");
        });
    }
}

#[test]
fn what_cannot_be_shared_is_compiled_in_one_piece() {
    let around = |inside: &str| {
        let text = format!(
            "(module (import \"a\" \"b\" (func)) (table 2 funcref) (memory (export \"memory\") 1)
                (global i32 (i32.const 0)) (func $f (export \"_start\")) (elem declare func $f) {inside})"
        );
        Layout::of(&wasm(&text)).err()
    };
    assert_eq!(around(""), None);
    for (inside, why) in [
        ("(elem func $f)", "it fills tables while it runs"),
        ("(start $f)", "it has a start function"),
        ("(tag)", "it has exceptions"),
        ("(type (struct))", "it has types that are no functions'"),
        (
            "(data $d \"x\") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)))",
            "it initializes memory while it runs",
        ),
        ("(data $d \"x\") (func (data.drop $d))", "it initializes memory while it runs"),
        ("(func (table.set (i32.const 0) (ref.func $f)))", "it changes tables while it runs"),
        ("(func (drop (table.grow (ref.func $f) (i32.const 1))))", "it changes tables while it runs"),
        ("(@custom \".debug_info\" \"x\")", "it is to be debugged"),
    ] {
        assert_eq!(around(inside), Some(why), "{inside}");
    }
}

/// What the parser lets through, though no engine would: nothing may count on its numbers.
#[test]
fn a_damaged_module_is_the_engines_to_refuse() {
    let good = wasm(SHARING);
    let compiler = Compiler::Baseline.engine().unwrap();
    let mut refused = 0;
    for at in 8..good.len() {
        for value in [0, 1, 0x7f, good[at] ^ 1, good[at].wrapping_add(1)] {
            let mut damaged = good.clone();
            damaged[at] = value;
            let Ok(layout) = Layout::of(&damaged) else { continue };
            assert_eq!(layout.functions.len(), layout.bodies.len());
            let accepted = Module::validate(&compiler, &damaged).is_ok();
            let baseline = super::compile(&compiler, &damaged).is_some();
            assert!(accepted || !baseline, "byte {at} is {value}: only the baseline is accepted");
            refused += usize::from(!accepted);
        }
    }
    assert!(refused > 100, "{refused} damaged modules");
}

/// Names that the two modules would use among themselves cannot be taken: the module is compiled in one piece.
#[test]
fn a_module_cannot_pose_as_half_of_two() {
    let runtime = Runtime::new().unwrap();
    let text = SHARING.replace("(export \"tick\")", "(export \"tick\") (export \"wasm-bpf:replaced\")");
    let module = runtime.compile(&wasm(&text), None).unwrap();
    assert!(module.background.is_none());
}
