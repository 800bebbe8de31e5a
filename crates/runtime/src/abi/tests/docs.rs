//! docs/abi.md is the table, rendered; and the table is what is registered.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use wasmtime::ValType;

use super::host::Host;
use crate::abi::table::{GROUPS, Import, MODULE};

/// What holds for all imports, before the table.
const RULES: &str = include_str!("../rules.md");

#[test]
fn parameters_are_what_is_registered() {
    let host = Host::new(&[]);
    for import in GROUPS.iter().flat_map(|(_, imports)| *imports) {
        let documented: Vec<&str> = import.parameters.split(", ").filter(|parameter| !parameter.is_empty()).collect();
        let ty = host.ty(&format!("v1.{}", import.name));
        assert_eq!(documented.len(), ty.params().len(), "{}", import.name);
        for (documented, registered) in documented.iter().zip(ty.params()) {
            let wide = documented.ends_with(": i64");
            assert!(wide || !documented.contains(':'), "{}: {documented}", import.name);
            assert_eq!(wide, matches!(registered, ValType::I64), "{}: {documented}", import.name);
        }
        let results: Vec<ValType> = ty.results().collect();
        assert!(matches!(results[..], [ValType::I32]), "{}", import.name);
    }
}

#[test]
fn every_import_is_documented_once() {
    let mut names: Vec<&str> = GROUPS.iter().flat_map(|(_, imports)| *imports).map(|import| import.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
    for Import { name, text, since, .. } in GROUPS.iter().flat_map(|(_, imports)| *imports) {
        assert!(text.ends_with('.') && !since.is_empty(), "{name}");
    }
}

#[test]
fn the_document_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/abi.md");
    let rendered = render();
    if env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &rendered).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == rendered, "docs/abi.md is not what the table says: run this test with BLESS=1");
}

fn render() -> String {
    let mut text = RULES.to_owned();
    writeln!(text, "\n## The imports of `{MODULE}`").unwrap();
    for (noun, imports) in GROUPS.iter().copied() {
        writeln!(text, "\n### {noun}\n\n| import | what it does | since |\n|---|---|---|").unwrap();
        for import in imports {
            let (name, parameters) = (import.name, import.parameters);
            let what = import.text.replace('|', "\\|");
            writeln!(text, "| `{name}({parameters})` | {what} | {} |", import.since).unwrap();
        }
    }
    text
}
