//! NAME.skel.h: a BPF object as a C struct, with the names that libbpf's users know.

use crate::elf::Elf;
use crate::error::{Error, Result};
use crate::maps::{Map, MapKind, maps};
use crate::model::*;
use crate::narrow::{Narrow, Piece, PieceKind, narrow};

use super::names::{identifier, member};
use super::pointers::Pointers;
use super::shadow::Shadows;
use super::template::render;
use super::{Dialect, Printer, embed};

/// The skeleton of `elf`, whose BTF is `btf`, under `name`.
pub(crate) fn skeleton(elf: &[u8], btf: &Btf<'_>, name: &str) -> Result<String> {
    if name.is_empty() || identifier(name) != name {
        return Err(Error::name(format!("`{name}` cannot name a skeleton: it must be a C identifier")));
    }
    let object = Elf::parse(elf)?;
    let maps = maps(&object, btf)?;
    let programs: Vec<String> = object.programs().into_iter().map(identifier).collect();
    let program_members: Vec<String> = programs.iter().map(|name| member(name)).collect();
    let map_idents: Vec<String> = maps.iter().map(ident).collect();
    let mut printer = Printer::new(btf, Dialect::Skeleton);
    let mut sections = String::new();
    let mut asserts = String::new();
    let mut widened = String::new();
    for map in &maps {
        if let Some(data) = data_ident(map) {
            let pointers = Pointers::of(&printer, map)?;
            sections.push_str(&section(&mut printer, name, &data, map, &pointers)?);
            asserts.push_str(&section_asserts(&data, map, &pointers));
            widened.push_str(&pointers.widened(&data));
        }
    }
    // What can be attached: programs, and tables of kernel operations.
    let operations: Vec<(String, TypeId)> = maps
        .iter()
        .filter_map(|map| match map.kind {
            MapKind::StructOps(ty) => Some((ident(map), ty)),
            _ => None,
        })
        .collect();
    let links: Vec<String> =
        program_members.iter().cloned().chain(operations.iter().map(|(ident, _)| ident.clone())).collect();
    let shadows = Shadows::of(&mut printer, name, &operations)?;
    asserts.push_str(&shadows.asserts);
    let guard = name.to_ascii_uppercase();
    Ok(render(
        include_str!("templates/skeleton.h"),
        &[
            ("NAME", name),
            ("GUARD", &guard),
            ("MAPS", &fields("maps", "bpf_map", &map_idents)),
            ("PROGS", &fields("progs", "bpf_program", &program_members)),
            ("LINKS", &fields("links", "bpf_link", &links)),
            ("SHADOWS", &shadows.members),
            ("SHADOWS_OPEN", &shadows.open),
            ("NARROW_OPEN", &narrow_elements(btf, &maps)?),
            ("SECTIONS", &sections),
            ("POINTERS", &widened),
            ("MAP_TABLE", &map_table(&maps)),
            ("PROG_TABLE", &program_table(&programs)),
            ("ASSERTS", &asserts),
            ("ELF", &embed::literal(elf)),
        ],
    ))
}

/// The member that stands for a map: `.data.custom` is called `data_custom`.
fn ident(map: &Map<'_>) -> String {
    member(map.name.strip_prefix('.').unwrap_or(map.name))
}

/// The member that points to a map's variables, if it has any.
fn data_ident(map: &Map<'_>) -> Option<String> {
    (!map.variables.is_empty()).then(|| match map.kind {
        MapKind::Arena => "arena".to_owned(),
        _ => ident(map),
    })
}

/// `struct { struct TYPE *a; ... } member;`, nothing where it would be empty.
fn fields(member: &str, ty: &str, idents: &[String]) -> String {
    let lines: String = idents.iter().map(|ident| format!("\t\tstruct {ty} *{ident};\n")).collect();
    if lines.is_empty() {
        return lines;
    }
    format!("\tstruct {{\n{lines}\t}} {member};\n")
}

/// The struct of a data section: each variable where the object has it.
fn section(
    printer: &mut Printer<'_>,
    name: &str,
    ident: &str,
    map: &Map<'_>,
    pointers: &Pointers<'_>,
) -> Result<String> {
    let mut text = format!("\tstruct {name}__{ident} {{\n");
    let mut cursor = 0;
    let mut pads = 0;
    for variable in &map.variables {
        let align = u64::from(printer.layouts.align_of(variable.ty)?);
        if variable.offset < cursor {
            return Err(Error::elf(format!(
                "variable `{}` overlaps the one before it in section {ident}",
                variable.name
            )));
        }
        let placed = cursor.next_multiple_of(align);
        if placed != variable.offset {
            text.push_str(&format!("\t\tchar __pad{pads}[{}];\n", variable.offset - cursor));
            pads += 1;
        }
        if let Some(pointer) = pointers.declared(variable.name) {
            text.push_str(&pointer);
        } else {
            let declaration = printer.declare(variable.ty, &member(variable.name), 2)?;
            let comment = printer.pointee(variable.ty)?;
            let comment = comment.map_or(String::new(), |pointee| format!(" /* {pointee} */"));
            text.push_str(&format!("\t\t{declaration};{comment}\n"));
        }
        cursor = variable.offset + variable.size;
    }
    text.push_str(&format!("\t}} *{ident};\n"));
    Ok(text)
}

fn section_asserts(ident: &str, map: &Map<'_>, pointers: &Pointers<'_>) -> String {
    map.variables
        .iter()
        .map(|variable| {
            let plain = identifier(variable.name);
            let name = pointers.number(variable.name).unwrap_or_else(|| member(variable.name));
            let (offset, size) = (variable.offset, variable.size);
            format!(
                "\tWASM_BPF_ASSERT(sizeof(s->{ident}->{name}) == {size}, \"unexpected size of '{plain}'\");\n\
                 \tWASM_BPF_ASSERT(__builtin_offsetof(__typeof__(*s->{ident}), {name}) == {offset}, \"unexpected offset of '{plain}'\");\n"
            )
        })
        .collect()
}

fn map_table(maps: &[Map<'_>]) -> String {
    let mut text = String::new();
    for (index, map) in maps.iter().enumerate() {
        let ident = ident(map);
        let name = embed::literal(map.name.as_bytes());
        let name = name.trim_start();
        text.push_str(&format!("\n\ts->maps[{index}].name = {name};\n\ts->maps[{index}].map = &obj->maps.{ident};\n"));
        if let Some(data) = data_ident(map) {
            text.push_str(&format!("\ts->maps[{index}].mmaped = (void **)&obj->{data};\n"));
        }
        if matches!(map.kind, MapKind::StructOps(_)) {
            text.push_str(&format!("\ts->maps[{index}].link = &obj->links.{ident};\n"));
        }
    }
    table("map", "maps", "bpf_map_skeleton", maps.len(), &text)
}

/// Registers the keys and values that a guest has in another layout than the kernel, also where its `long` is as wide.
fn narrow_elements(btf: &Btf<'_>, maps: &[Map<'_>]) -> Result<String> {
    let mut text = String::new();
    for map in maps {
        for (ty, is_key) in [(map.elements.key, true), (map.elements.value, false)] {
            let Some(ty) = ty else { continue };
            let Some(narrowest) = narrow(btf, ty, true)? else { continue };
            let row = |narrow: &Narrow| register(map, is_key, narrow);
            text.push_str(&match narrow(btf, ty, false)? {
                Some(narrower) if narrower == narrowest => row(&narrowest),
                Some(narrower) => {
                    format!("#ifdef WASM_BPF_LONG_64\n{}#else\n{}#endif\n", row(&narrower), row(&narrowest))
                }
                None => format!("#ifndef WASM_BPF_LONG_64\n{}#endif\n", row(&narrowest)),
            });
        }
    }
    Ok(if text.is_empty() { text } else { format!("#ifdef __wasm__\n{text}#endif\n") })
}

fn register(map: &Map<'_>, is_key: bool, narrow: &Narrow) -> String {
    let rows: String = narrow.pieces.iter().map(piece).collect();
    format!(
        "\tif (!err) {{\n\t\tstatic const struct wasm_bpf_piece pieces[] = {{\n{rows}\t\t}};\n\n\
         \t\terr = wasm_bpf_map_narrow(obj->maps.{}, {is_key}, {}, pieces, {});\n\t}}\n",
        ident(map),
        narrow.size,
        narrow.pieces.len()
    )
}

fn piece(piece: &Piece) -> String {
    let kind = match piece.kind {
        PieceKind::Bytes => "AS_IT_IS",
        PieceKind::Signed => "SIGNED",
        PieceKind::Unsigned | PieceKind::Pointer => "UNSIGNED",
    };
    format!("\t\t\t{{{}, {}, {}, WASM_BPF_{kind}}},\n", piece.wide_at, piece.narrow_at, piece.size)
}

fn program_table(programs: &[String]) -> String {
    let mut text = String::new();
    for (index, name) in programs.iter().enumerate() {
        let ident = member(name);
        text.push_str(&format!(
            "\n\ts->progs[{index}].name = \"{name}\";\n\ts->progs[{index}].prog = &obj->progs.{ident};\n\
             \ts->progs[{index}].link = &obj->links.{ident};\n"
        ));
    }
    table("prog", "progs", "bpf_prog_skeleton", programs.len(), &text)
}

/// Allocates a table of the skeleton and fills it; nothing where it would be empty.
fn table(prefix: &str, member: &str, ty: &str, count: usize, entries: &str) -> String {
    if count == 0 {
        return String::new();
    }
    let count = count.to_string();
    render(
        include_str!("templates/table.h"),
        &[("PREFIX", prefix), ("MEMBER", member), ("TYPE", ty), ("COUNT", &count), ("ENTRIES", entries)],
    )
}
