# The front door: `make run` on a fresh machine with Rust installs what is missing, builds, and shows events of this kernel.

TARGET := $(or $(CARGO_TARGET_DIR),target)
BINARY := $(TARGET)/release/wasm-bpf
EXAMPLES := $(patsubst examples/%/,$(TARGET)/examples/%.wasm,$(sort $(dir $(wildcard examples/*/*.bpf.c))))

# What is shipped has no unwind tables where the compiler makes them, for nothing unwinds in it: a panic ends the process.
# They are left out for the target only, not for what runs while building. Equal functions and relocations are folded: the
# linker of Rust's toolchain for x86-64 can do so, and loaders know such relocations from glibc 2.36 on. Panics name sources
# without the builder's folders.
HOST := $(shell rustc --version --verbose | sed -n 's/^host: //p')
SHIPPED := -C force-unwind-tables=no --remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)/registry/src/=
ifeq ($(shell uname -m),x86_64)
SHIPPED += -C link-arg=-Wl,--icf=all
ifeq ($(shell printf '2.36\n%s\n' "$$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)" | sort -CV && echo yes),yes)
SHIPPED += -C link-arg=-Wl,-z,pack-relative-relocs
endif
endif
SHIP = env CARGO_TARGET_$(shell echo $(HOST) | tr a-z- A-Z_)_RUSTFLAGS='$(SHIPPED)' cargo build --target $(HOST)

# The small build: sequences of instructions that occur often become functions, no unwind table is left, and of zlib there is
# only what reads: a file that is open for that is closed as one for writing would be, and checksums have a small table.
SMALL := -C llvm-args=-enable-machine-outliner=always -C link-arg=-Wl,--defsym=gzclose=gzclose_r
ifeq ($(shell uname -m),x86_64)
SMALL += -C link-arg=-Wl,-T,$(CURDIR)/scripts/no-unwind.ld
endif
SMALL_C = $(shell $(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && echo -Oz) -fno-semantic-interposition -DZ_TESTW=0

# BPF needs root: the tests run as root, what is built stays the user's.
RUNNER := CARGO_TARGET_$(shell uname -m | tr a-z A-Z)_UNKNOWN_LINUX_GNU_RUNNER

.DEFAULT_GOAL := help
.PHONY: help run test test-kernels bench build dist mini examples lint deps mounts
.SECONDEXPANSION:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build mounts $(TARGET)/examples/bootstrap.wasm ## Install what is missing, build, and print the programs that this machine starts, until Ctrl-C
	@scripts/as-root $(BINARY) $(TARGET)/examples/bootstrap.wasm

test: build mini examples mounts ## Install what is missing, build, and run all tests
	@scripts/guest-toolchains $(TARGET)/toolchains
	@scripts/step 'Building the tests' cargo test --release --workspace --no-run
	@$(RUNNER)='$(CURDIR)/scripts/as-root' cargo test --release --workspace --quiet

test-kernels: build ## Run the tests that touch the kernel on Debian's kernels from 5.10 up: KERNELS="6.1 6.12" and ONLY=xdp choose
	@scripts/install-deps --kernels
	@$(TARGET)/release/wasm-bpf-kernels

bench: build dist mini mounts ## Measure guests side by side with native libbpf; docs/benchmarks.md tells how to read it
	@scripts/as-root $(TARGET)/release/wasm-bpf-benches

build: deps ## Install what is missing and build target/release/wasm-bpf
	@scripts/step 'Building wasm-bpf (the first time takes some minutes)' cargo build --release --workspace

dist: deps ## Build target/dist/wasm-bpf, optimized as a whole, to be shipped: it takes minutes
	@scripts/step 'Building wasm-bpf to be shipped (it takes minutes)' \
		$(SHIP) --profile dist --package wasm-bpf --bin wasm-bpf
	@mkdir -p $(TARGET)/dist && cp $(TARGET)/$(HOST)/dist/wasm-bpf $(TARGET)/dist/wasm-bpf

mini: SHIPPED += $(SMALL)
mini: deps ## Install what is missing and build target/mini/wasm-bpf-mini: it runs what `wasm-bpf compile` has compiled
	@scripts/step 'Building wasm-bpf-mini (the first time takes some minutes)' \
		env CFLAGS_$(subst -,_,$(HOST))='$(CFLAGS) $(SMALL_C)' $(SHIP) --profile mini --package wasm-bpf --no-default-features --features mini --bin wasm-bpf-mini
	@mkdir -p $(TARGET)/mini && cp $(TARGET)/$(HOST)/mini/wasm-bpf-mini $(TARGET)/mini/wasm-bpf-mini

examples: $(EXAMPLES) ## Build each examples/NAME into target/examples/NAME.wasm

lint: deps ## Check format, lints, documentation and the list of licences
	@scripts/step 'Checking the format' cargo fmt --all --check
	@scripts/step 'Checking the format of the fuzz targets' cargo fmt --manifest-path fuzz/Cargo.toml --check
	@scripts/step 'Checking the lints' cargo clippy --release --workspace --all-targets -- -D warnings
	@RUSTDOCFLAGS='-D warnings' scripts/step 'Checking the documentation' cargo doc --release --workspace --no-deps
	@scripts/step 'Checking the list of licences' scripts/licenses --check

deps:
	@scripts/install-deps

mounts:
	@scripts/mounts

# Up to date as long as cargo has nothing to do.
$(BINARY): build ;

$(TARGET)/examples/%.wasm: $$(wildcard examples/$$*/*) $(BINARY)
	@mkdir -p $(@D)
	@scripts/step 'Building examples/$*' $(BINARY) build examples/$* --output $@
