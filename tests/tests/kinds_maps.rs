//! A map of each type, from a guest: what is written comes back.

use wasm_bpf_tests::{Cgroup, Run, feature, must_build_folder, skip_unless};

#[track_caller]
fn must_be_whole(map: &str) {
    let cgroup = Cgroup::must_make();
    // Maps of devices and processors belong to redirecting packets, cgroups to watching them.
    let run = Run::bare().args(["--allow", "net,cgroup", "--dir", cgroup.path()]);
    let run = run.arg(must_build_folder("map_types")).args([map, cgroup.path()]);
    run.must_end().must_have_printed(&[&format!("{map} is whole")]);
}

#[test]
fn values() {
    ["hash", "array", "lru_hash", "lpm_trie"].into_iter().for_each(must_be_whole);
}

#[test]
fn values_of_each_cpu() {
    ["percpu_hash", "percpu_array", "lru_percpu_hash"].into_iter().for_each(must_be_whole);
}

#[test]
fn devices_and_processors() {
    ["cpumap", "devmap", "devmap_hash"].into_iter().for_each(must_be_whole);
}

#[test]
fn descriptors() {
    ["prog_array", "perf_event_array", "cgroup_array", "array_of_maps", "hash_of_maps"]
        .into_iter()
        .for_each(must_be_whole);
}

#[test]
fn values_without_key() {
    ["queue", "stack"].into_iter().for_each(must_be_whole);
}

#[test]
fn bloom_filter() {
    if !skip_unless(&feature::BLOOM_FILTER) {
        must_be_whole("bloom_filter");
    }
}

#[test]
fn cgroup_storage() {
    if !skip_unless(&feature::CGROUP_STORAGE) {
        must_be_whole("cgrp_storage");
    }
}
