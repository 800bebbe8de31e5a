//! Checks that a header which both sides include means the same to both.

use std::collections::HashSet;

use crate::error::Result;
use crate::maps::{Elements, element_types};
use crate::model::*;
use crate::narrow::{Narrow, PieceKind, narrow};

use super::names::keyword;

/// `struct NAME` and `union NAME` wherever a body follows.
pub(crate) fn defined_types(header: &str) -> Vec<String> {
    let spaced = without_comments(header).replace('{', " { ").replace([';', '(', ')', '}', ','], " ; ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let bodies = words.windows(3).filter(|three| matches!(three[0], "struct" | "union") && three[2] == "{");
    bodies.map(|three| format!("{} {}", three[0], three[1])).collect()
}

/// Assertions on the types called `names`: their sizes, and where their members are. Those of keys and values of maps
/// may be as a guest has them, whose `long` and pointers are narrower: its libbpf translates.
pub(crate) fn layout_checks(btf: &Btf<'_>, names: &[String]) -> Result<String> {
    let translated = translated(btf)?;
    let mut text = String::new();
    for (id, ty) in btf.iter() {
        let (Kind::Record(record), Some(word)) = (&ty.kind, keyword(&ty.kind)) else { continue };
        let name = format!("{word} {}", ty.name);
        if !names.contains(&name) {
            continue;
        }
        let narrow = if translated.contains(&id) { narrow(btf, id)? } else { None };
        for member in record.members.iter().filter(|member| !member.name.is_empty() && member.bits.is_none()) {
            let (field, at) = (member.name, member.offset / 8);
            let starts = |narrow: Narrow| narrow.pieces.iter().find(|piece| piece.wide_at == at).map(|p| p.narrow_at);
            let or = alternative(narrow.clone().and_then(starts), &format!("__builtin_offsetof({name}, {field})"));
            text.push_str(&format!(
                "_Static_assert(__builtin_offsetof({name}, {field}) == {at}{or}, \"the BPF side has `{field}` of `{name}` at byte {at}: {ADVICE}\");\n"
            ));
        }
        let size = record.size;
        let or = alternative(narrow.map(|narrow| narrow.size), &format!("sizeof({name})"));
        text.push_str(&format!(
            "_Static_assert(sizeof({name}) == {size}{or}, \"`{name}` has {size} bytes on the BPF side: {ADVICE}\");\n"
        ));
    }
    Ok(text)
}

/// `" || WHAT == NUMBER"`, if there is a number.
fn alternative(number: Option<u32>, what: &str) -> String {
    number.map_or(String::new(), |number| format!(" || {what} == {number}"))
}

/// The records that keys and values of maps consist of. A pointer of the guest's own, kept in a value, would come back in
/// records of a ring, too, which nobody translates: values with pointers are not among them.
fn translated(btf: &Btf<'_>) -> Result<HashSet<TypeId>> {
    let mut found = HashSet::new();
    let mut todo = Vec::new();
    for Elements { key, value } in element_types(btf)? {
        let pointless = |narrow: Narrow| narrow.pieces.iter().all(|piece| piece.kind != PieceKind::Pointer);
        let value = match value {
            Some(ty) if narrow(btf, ty)?.is_some_and(pointless) => Some(ty),
            _ => None,
        };
        todo.extend(key.into_iter().chain(value));
    }
    while let Some(id) = todo.pop() {
        let id = btf.resolved(id)?;
        match btf.kind(id) {
            Kind::Array { element, .. } => todo.push(*element),
            Kind::Record(record) if found.insert(id) => todo.extend(record.members.iter().map(|member| member.ty)),
            _ => {}
        }
    }
    Ok(found)
}

const ADVICE: &str = "give both sides types of a fixed size, as long and pointers have 4 bytes in a guest and 8 there";

fn without_comments(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(start) = rest.find("/*").into_iter().chain(rest.find("//")).min() {
        kept.push_str(&rest[..start]);
        let end = if rest[start..].starts_with("/*") { "*/" } else { "\n" };
        rest = rest[start + 2..].split_once(end).map_or("", |(_, after)| after);
        kept.push('\n');
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_found_and_uses_are_not() {
        let code =
            "struct a { int x; };\nstruct b *p; /* struct c { */ // struct d {\nunion e\n{ struct f{int y;} g; };";
        assert_eq!(defined_types(code), ["struct a", "union e", "struct f"]);
    }
}
