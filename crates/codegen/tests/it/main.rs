//! Tests against the truth: the running kernel's types, clang's own account of layouts, bpftool and libbpf.
//!
//! They need clang-19, bpftool, libbpf-dev, wasi-libc and a kernel with BTF; running a BPF program needs root.

mod check;
mod hostile;
mod kernel;
mod maker;
mod skeleton;
mod slim;
mod slim_hostile;
mod support;
mod types;
mod widen;
