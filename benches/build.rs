//! Tells the driver where libbpf-sys has put the libbpf that it built.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let include = std::env::var("DEP_BPF_INCLUDE").expect("libbpf-sys names its headers, if it builds its own libbpf");
    println!("cargo:rustc-env=LIBBPF_INCLUDE={include}");
}
