//! Nothing that libbpf knows is left out: each section of its table has a program that a suite names, and each type of
//! map has a map that a suite names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use wasm_bpf_tests::{binary, must_build_folder, must_output, workspace};

/// Sections without a program, and why.
const UNTRIED: [(&str, &str); 1] =
    [("lirc_mode2", "needs an infrared receiver, and CONFIG_BPF_LIRC_MODE2, which no kernel of the matrix has")];
/// Types of maps that suites of their own are for.
const ELSEWHERE: [&str; 1] = ["arena"];

/// The folder of the libbpf that is linked.
#[track_caller]
fn libbpf() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    // Only what is built here is sure to be there.
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let cargo = cargo.args(["metadata", "--format-version", "1", "--offline", "--filter-platform", &platform]);
    let cargo = cargo.current_dir(workspace());
    let whole: Value = serde_json::from_slice(&must_output(cargo).stdout).expect("JSON");
    let packages = whole["packages"].as_array().expect("a list");
    let package = packages.iter().find(|package| package["name"] == "libbpf-sys").expect("a dependency");
    let manifest = PathBuf::from(package["manifest_path"].as_str().expect("a path"));
    manifest.parent().expect("a folder").join("libbpf")
}

/// The lines of a file of libbpf's between one that ends so and the next `};`.
#[track_caller]
fn must_read(file: &str, begin: &str) -> Vec<String> {
    let text = fs::read_to_string(libbpf().join(file)).expect("libbpf's sources");
    let lines = text.lines().skip_while(|line| !line.ends_with(begin)).skip(1).take_while(|line| *line != "};");
    lines.map(|line| line.trim().to_owned()).collect()
}

/// Of the guest in a folder: the texts of two fields of each program, or map, of its objects.
#[track_caller]
fn of_guest(folder: &str, list: &str, fields: [&str; 2]) -> Vec<[String; 2]> {
    let mut inspect = Command::new(binary());
    let output = must_output(inspect.args(["inspect", "--json"]).arg(must_build_folder(folder)));
    let whole: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let objects = whole["objects"].as_array().expect("a list").iter();
    let all = objects.flat_map(|object| object[list].as_array().expect("a list"));
    all.map(|one| fields.map(|field| one[field].as_str().expect("a text").to_owned())).collect()
}

/// The words in the texts of the suites whose names begin so.
#[track_caller]
fn words_of(begin: &str) -> BTreeSet<String> {
    let files = fs::read_dir(workspace().join("tests/tests")).expect("the suites").flatten();
    let files = files.filter(|file| file.file_name().to_string_lossy().starts_with(begin));
    let own = Path::new(file!()).file_name();
    let texts = files.filter(|file| Some(file.file_name().as_os_str()) != own);
    let whole: String = texts.map(|file| fs::read_to_string(file.path()).expect("a source")).collect();
    let literals = whole.split('"').skip(1).step_by(2);
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    literals.flat_map(|text| text.split(|c| !is_part(c))).map(str::to_owned).collect()
}

#[test]
fn every_section_of_libbpfs() {
    let programs = of_guest("kinds", "programs", ["section", "name"]);
    let words = words_of("kinds_");
    for [section, name] in &programs {
        // Operations are loaded by their map's name, and some programs are only there to be run.
        let is_part = section.starts_with("struct_ops") || ["nothing", "answer", "replacement"].contains(&&**name);
        assert!(is_part || words.contains(name), "no suite names {name} ({section})");
    }
    let table = must_read("src/libbpf.c", "bpf_sec_def section_defs[] = {");
    let known: Vec<&str> = table
        .iter()
        .filter_map(|line| line.strip_prefix("SEC_DEF(\"")?.split_once('"'))
        .map(|(name, _)| name)
        .collect();
    assert!(known.len() > 100, "libbpf's table has another shape: {known:?}");
    let missing = known.iter().filter(|known| {
        let is_tried = programs.iter().any(|[section, _]| match known.strip_suffix('+') {
            None => section == *known,
            Some(begin) => section.strip_prefix(begin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        });
        is_tried == UNTRIED.iter().any(|(name, _)| name == *known)
    });
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&str>::new(), "no program, or one that is said not to be there");
}

#[test]
fn every_type_of_map() {
    let maps = ["map_types", "kinds"].map(|folder| of_guest(folder, "maps", ["type", "name"])).concat();
    let words = words_of("kinds_");
    let types = must_read("include/uapi/linux/bpf.h", "enum bpf_map_type {");
    let names = types.iter().filter_map(|line| line.strip_prefix("BPF_MAP_TYPE_")?.split([',', ' ']).next());
    let names: Vec<String> = names.map(str::to_lowercase).filter(|name| !name.ends_with("_deprecated")).collect();
    assert!(names.len() > 30, "libbpf's header has another shape: {names:?}");
    for name in names.iter().filter(|name| !["unspec", "__max_bpf_map_type"].contains(&name.as_str())) {
        let is_tried = maps.iter().any(|[kind, map]| kind == name && words.contains(map));
        let is_elsewhere =
            ELSEWHERE.contains(&name.as_str()) && workspace().join(format!("tests/tests/{name}.rs")).exists();
        assert!(is_tried != is_elsewhere, "{name}: here {is_tried}, elsewhere {is_elsewhere}");
    }
}
