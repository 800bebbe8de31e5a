//! Tells the tests where libbpf's headers for BPF programs are: beside the libbpf that is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let include = std::env::var("DEP_BPF_INCLUDE").expect("libbpf-sys says where its headers are");
    println!("cargo::rustc-env=LIBBPF_INCLUDE={include}");
}
