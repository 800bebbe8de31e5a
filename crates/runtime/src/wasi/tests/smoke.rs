//! The least that a guest can do.

use super::*;

#[test]
fn exit() {
    let wat =
        br#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $e (param i32))) (memory (export "memory") 1)
      (func (export "_start") i32.const 42 call $e))"#;
    assert_eq!(run(&wat::parse_bytes(wat).unwrap(), Config::default(), |_| ()), 42);
}
