//! What a module holds and needs, seen without running it.
//!
//! ```text
//!   wasm.rs  imports, initial memory ──> elf.rs  BPF objects in it, and their calls
//!                                            │  libbpf's view: programs, maps (nothing reaches the kernel)
//!                                            v
//!                    Report: what there is ──> needs ──> policy.rs  the policy file that allows just that
//! ```

mod elf;
mod policy;
mod wasm;

use std::collections::BTreeSet;

use serde::Serialize;

use self::elf::Code;
use self::wasm::Wasm;
use crate::bpf::log::Log;
use crate::bpf::object::{Object, OpenOptions};
use crate::bpf::types::Types;
use crate::bpf::{map, names, program};
use crate::budget::Budget;
use crate::error::Result;
use crate::policy::{Grant, Hook, Item, Need, Policy};

#[cfg(any(test, fuzzing))]
pub(crate) use self::policy::minimal as minimal_policy;

/// What a module holds and needs.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The functions that it imports, as `MODULE::NAME`.
    pub imports: Vec<String>,
    /// The BPF objects in its memory.
    pub objects: Vec<ObjectReport>,
    /// It loads objects, but none can be seen: it makes them when it runs, and the policy judges them then.
    pub opaque: bool,
    /// The grants that it needs to load everything that it holds, as `--allow` takes them.
    pub grants: Vec<String>,
    /// The policy file that allows just what it needs.
    #[serde(skip)]
    pub policy: String,
}

/// A BPF object.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ObjectReport {
    /// Its place in the image, in bytes.
    pub offset: usize,
    /// In bytes.
    pub size: usize,
    /// Why libbpf does not open it.
    pub error: Option<String>,
    /// What its section `license` says.
    pub license: String,
    /// Whether it has types (BTF).
    pub btf: bool,
    /// Whether it can be relocated to the running kernel's types (CO-RE).
    pub relocatable: bool,
    /// Its programs, in the order of the file.
    pub programs: Vec<ProgramReport>,
    /// Its maps, those of global variables included.
    pub maps: Vec<MapReport>,
}

/// A program.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ProgramReport {
    /// Its function's name.
    pub name: String,
    /// Its section.
    pub section: String,
    /// libbpf's name of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where its section attaches it, as a policy file names it; `*` for what is not known before it runs.
    pub hook: Option<String>,
    /// Whether it is loaded unless the module says otherwise.
    pub autoload: bool,
    /// The helpers that it calls.
    pub helpers: Vec<String>,
    /// The kernel's functions that it calls.
    pub kfuncs: Vec<String>,
    /// The grants that it needs.
    pub grants: Vec<String>,
}

/// A map.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct MapReport {
    /// Its name, as libbpf finds it.
    pub name: String,
    /// libbpf's name of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// In bytes.
    pub key_size: u32,
    /// In bytes.
    pub value_size: u32,
    /// Entries, or bytes of a ring.
    pub max_entries: u32,
    /// The bytes of keys and values.
    pub bytes: u64,
    /// Where it is pinned by its declaration.
    pub pin: Option<String>,
}

/// Imports by which a module loads objects, and what others need beside the objects.
const LOADS: [&str; 2] = ["object_open", "wasm_load_bpf_object"];

/// Looks at a module. Nothing of it runs, and nothing reaches the kernel.
///
/// # Errors
/// Where it is no WebAssembly module.
pub fn inspect(wasm: &[u8]) -> Result<Report> {
    let parsed = Wasm::parse(wasm)?;
    let mut needs = Vec::new();
    let mut objects = Vec::new();
    for image in &parsed.images {
        for (offset, elf) in elf::find(&image.bytes) {
            objects.push(object(image.at + offset, elf, &mut needs));
        }
    }
    let opaque = objects.is_empty() && parsed.imports.iter().any(|(_, name)| LOADS.contains(name));
    let imports = parsed.imports.iter().map(|(module, name)| format!("{module}::{name}")).collect();
    Ok(Report { imports, objects, opaque, grants: grants(&needs), policy: policy::minimal(&needs, opaque) })
}

/// The BPF objects that a module holds, as ELF files.
///
/// # Errors
/// Where it is no WebAssembly module.
pub fn objects(wasm: &[u8]) -> Result<Vec<Vec<u8>>> {
    let parsed = Wasm::parse(wasm)?;
    Ok(parsed.images.iter().flat_map(|image| elf::find(&image.bytes)).map(|(_, elf)| elf.to_vec()).collect())
}

/// One object; what it needs is added to `needs`.
fn object(offset: usize, elf: &[u8], needs: &mut Vec<Need>) -> ObjectReport {
    let code = Code::parse(elf);
    let mut report = ObjectReport {
        offset,
        size: elf.len(),
        error: None,
        license: code.as_ref().map_or_else(String::new, |code| code.license.clone()),
        btf: code.as_ref().is_some_and(|code| code.btf),
        relocatable: code.as_ref().is_some_and(|code| code.relocatable),
        programs: Vec::new(),
        maps: Vec::new(),
    };
    // Pins are not used here, only named.
    let options = OpenOptions { name: Some(c"object".into()), ..OpenOptions::default() };
    let opened =
        Object::open(elf, options, &mut Types::default(), &Policy::new([Grant::Pin]), &Budget::new(0), &mut Log::new());
    let object = match opened {
        Ok(object) => object,
        Err(error) => {
            report.error = Some(error.to_string());
            return report;
        }
    };
    for raw in object.programs() {
        let hook = Hook::of_section(&raw.section());
        let calls = code.as_ref().map(|code| code.calls(&raw.name())).unwrap_or_default();
        let mut own: Vec<Need> = program::kind_needs(&raw).collect();
        own.extend(hook.iter().map(|hook| program::hook_need(&raw, hook.clone())));
        own.extend(calls.helpers.iter().map(|number| program::helper_need(&raw, *number)));
        own.extend(calls.kfuncs.iter().map(|name| program::kfunc_need(&raw, name.clone())));
        report.programs.push(ProgramReport {
            name: raw.name(),
            section: raw.section(),
            kind: names::program_kind(raw.kind()),
            hook: hook.map(|hook| hook.to_string()),
            autoload: raw.autoload(),
            helpers: calls.helpers.iter().map(|number| names::helper(*number)).collect(),
            kfuncs: calls.kfuncs.into_iter().collect(),
            grants: grants(&own),
        });
        if raw.autoload() {
            needs.extend(own);
        }
    }
    for raw in object.maps() {
        let definition = raw.definition();
        let pin = Some(raw.pin_path()).filter(|path| !path.is_empty());
        needs.extend(map::needs(&raw.name(), &definition));
        needs.extend(pin.iter().map(|path| Need {
            subject: format!("the pin `{path}`"),
            item: Item::Pin(path.clone()),
            grant: Some((Grant::Pin, String::new())),
        }));
        report.maps.push(MapReport {
            name: raw.name(),
            kind: names::map_kind(definition.kind),
            key_size: definition.key_size,
            value_size: definition.value_size,
            max_entries: definition.max_entries,
            bytes: definition.bytes(),
            pin,
        });
    }
    report
}

/// The names of the grants that `needs` take.
fn grants(needs: &[Need]) -> Vec<String> {
    let names: BTreeSet<String> =
        needs.iter().filter_map(|need| need.grant.as_ref()).map(|(grant, _)| grant.to_string()).collect();
    names.into_iter().collect()
}

#[cfg(test)]
mod tests;
