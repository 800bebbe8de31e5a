;; What hostile guests begin with: the imports, a BPF object at 64 KiB, and how to load it and make it send records.
(import "wasm_bpf" "wasm_load_bpf_object" (func $load (param i32 i32) (result i64)))
(import "wasm_bpf" "wasm_close_bpf_object" (func $close (param i64) (result i32)))
(import "wasm_bpf" "wasm_bpf_map_fd_by_name" (func $map_by_name (param i64 i32) (result i32)))
(import "wasm_bpf" "wasm_bpf_buffer_poll"
    (func $v0_poll (param i64 i32 i32 i32 i32 i32 i32) (result i32)))
(import "wasm_bpf_v1" "object_open" (func $object_open (param i32 i32 i32 i32) (result i32)))
(import "wasm_bpf_v1" "object_load" (func $object_load (param i32) (result i32)))
(import "wasm_bpf_v1" "object_find_map" (func $find_map (param i32 i32 i32) (result i32)))
(import "wasm_bpf_v1" "object_find_program" (func $find_program (param i32 i32 i32) (result i32)))
(import "wasm_bpf_v1" "program_attach" (func $attach (param i32) (result i32)))
(import "wasm_bpf_v1" "program_test_run" (func $test_run (param i32 i32 i32) (result i32)))
(import "wasm_bpf_v1" "handle_close" (func $handle_close (param i32) (result i32)))
(import "wasm_bpf_v1" "ring_open" (func $ring_open (param i32) (result i32)))
(import "wasm_bpf_v1" "ring_read" (func $ring_read (param i32 i32 i32) (result i32)))
(import "wasm_bpf_v1" "ring_window" (func $ring_window (param i32 i32 i32) (result i32)))
(import "wasm_bpf_v1" "map_window" (func $map_window (param i32 i32 i32) (result i32)))
(import "wasm_bpf_v1" "map_lookup" (func $map_lookup (param i32 i32 i32 i32 i32 i64) (result i32)))
(import "wasm_bpf_v1" "wait" (func $wait (param i32 i32 i32) (result i32)))
(import "wasm_bpf_v1" "btf_from_data" (func $btf_from_data (param i32 i32 i32) (result i32)))
(import "wasm_bpf_v1" "btf_dump_open" (func $btf_dump_open (param i32) (result i32)))
(import "wasm_bpf_v1" "btf_dump_type" (func $btf_dump_type (param i32 i32) (result i32)))
(import "wasm_bpf_v1" "btf_dump_data"
    (func $btf_dump_data (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))

(memory (export "memory") 16 512)
(data (i32.const 0x100) "events\00\00\00\00\00\00\00\00\00\00cells\00\00\00\00\00\00\00\00\00\00\00packet")
(data (i32.const 0x10000) "OBJECT")

(global $object (mut i64) (i64.const 0))
(global $events (mut i32) (i32.const 0))
(global $packet (mut i32) (i32.const 0))

;; Ends with `code` unless the two are equal.
(func $must (param $code i32) (param $got i32) (param $wanted i32)
    (if (i32.ne (local.get $got) (local.get $wanted)) (then (call $exit (local.get $code)))))
(func $must_succeed (param $code i32) (param $got i32) (result i32)
    (if (i32.lt_s (local.get $got) (i32.const 0)) (then (call $exit (local.get $code))))
    (local.get $got))

(func $setup
    (global.set $object (call $load (i32.const 0x10000) (i32.const OBJECT_SIZE)))
    (if (i64.eqz (global.get $object)) (then (call $exit (i32.const 90))))
    (global.set $events (call $must_succeed (i32.const 91)
        (call $map_by_name (global.get $object) (i32.const 0x100))))
    (global.set $packet (call $must_succeed (i32.const 92)
        (call $find_program (i32.wrap_i64 (global.get $object)) (i32.const 0x120) (i32.const 6)))))

;; Sends this many records, each a number one larger, from 6 on: program `packet` runs on 64 bytes.
(func $send (param $count i32)
    (memory.fill (i32.const 0x200) (i32.const 0) (i32.const 96))
    (i32.store (i32.const 0x200) (i32.const 0x300))
    (i32.store (i32.const 0x204) (i32.const 64))
    (i32.store (i32.const 0x220) (local.get $count))
    (call $must (i32.const 93) (call $test_run (global.get $packet) (i32.const 0x200) (i32.const 96)) (i32.const 0)))

;; Polls once with the callback at an index of the table; records go to 0x400.
(func $poll (param $callback i32) (result i32)
    (call $v0_poll (global.get $object) (global.get $events) (local.get $callback) (i32.const 7) (i32.const 0x400)
        (i32.const 64) (i32.const 0)))
