// `records THREAD COUNT [slow]`: as records.c does it, over ABI v0 as guests without a function table use it.
package main

import (
	_ "embed"
	"fmt"
	"strconv"
	"unsafe"
)

//go:wasmimport wasm_bpf wasm_load_bpf_object
func loadObject(elf unsafe.Pointer, size int32) uint64

//go:wasmimport wasm_bpf wasm_close_bpf_object
func closeObject(object uint64) int32

//go:wasmimport wasm_bpf wasm_attach_bpf_program
func attachProgram(object uint64, name, target unsafe.Pointer) int32

//go:wasmimport wasm_bpf wasm_bpf_map_fd_by_name
func mapByName(object uint64, name unsafe.Pointer) int32

//go:wasmimport wasm_bpf wasm_bpf_map_operate
func mapOperate(fd, command int32, key, value, next unsafe.Pointer, flags uint64) int32

//go:wasmimport callback-wrapper wasm_bpf_buffer_poll
func pollBuffer(object uint64, fd int32, context, data unsafe.Pointer, size, timeout int32) int32

const (
	lookup = 1
	update = 2
)

//go:embed object.o
var object []byte

type record struct{ attempt, sequence uint64 }

var (
	counters struct{ thread, attempts, sent, failed uint64 }
	// Until so many attempts the callback does not return.
	hold                         uint64
	delivered, nextAttempt, gaps uint64
	disordered, misread          int
	countersFd                   int32
	zero                         uint32
	buffer                       [64]byte
	garbage                      []byte
	echo                         = make(chan uint64)
)

func init() {
	parts["records"] = records
}

func text(s string) unsafe.Pointer {
	return unsafe.Pointer(unsafe.StringData(s + "\x00"))
}

func operate(command int32) {
	if result := mapOperate(countersFd, command, unsafe.Pointer(&zero), unsafe.Pointer(&counters), nil, 0); result != 0 {
		panic(result)
	}
}

//go:wasmexport go-callback
func onRecord(context, data unsafe.Pointer, size int32) int32 {
	if context != unsafe.Pointer(&delivered) || data != unsafe.Pointer(&buffer) || size < 16 {
		misread++
	}
	r := *(*record)(data)
	if r.sequence != delivered || r.attempt < nextAttempt {
		disordered++
	}
	gaps += r.attempt - nextAttempt
	// The scheduler and the collector work inside a callback too.
	go func() { echo <- r.attempt }()
	nextAttempt = <-echo + 1
	garbage = make([]byte, 10000)
	delivered++
	for operate(lookup); counters.attempts < hold; operate(lookup) {
	}
	return 0
}

func records(args []string) {
	handle := loadObject(unsafe.Pointer(&object[0]), int32(len(object)))
	countersFd = mapByName(handle, text("counters"))
	ring := mapByName(handle, text("ring"))
	thread, err := strconv.ParseUint(args[0], 10, 64)
	must(err)
	count, err := strconv.ParseUint(args[1], 10, 64)
	must(err)
	if len(args) > 2 {
		hold = count / 2
	}
	counters.thread = thread
	operate(update)
	if result := attachProgram(handle, text("to_ring"), nil); result != 0 {
		panic(result)
	}
	fmt.Println("ready")
	for {
		operate(lookup)
		attempts, before := counters.attempts, delivered
		polled := pollBuffer(handle, ring, unsafe.Pointer(&delivered), unsafe.Pointer(&buffer), 64, 100)
		if polled < 0 || uint64(polled) != delivered-before {
			panic(polled)
		}
		if attempts >= count && polled == 0 {
			break
		}
	}
	operate(lookup)
	fmt.Println("end: attempts", counters.attempts, "sent", counters.sent, "failed", counters.failed,
		"delivered", delivered, "gaps", gaps, "disordered", disordered, "misread", misread)
	if result := closeObject(handle); result != 0 {
		panic(result)
	}
}
