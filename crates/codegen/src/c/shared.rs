//! Checks that a header which both sides include means the same to both.

use crate::LayoutCheck;
use crate::error::Result;
use crate::model::*;
use crate::narrow::{Narrow, is_long, narrow};

use super::related::{Translated, records};
use super::tokens::{bodies, tokens};

/// Arrays of more dimensions are not looked into.
const MAX_INDEX: usize = 24;

/// `struct NAME`, `union NAME`, and typedefs that give one its only name, wherever a body follows.
pub(crate) fn defined_types(header: &str) -> Vec<String> {
    bodies(&tokens(header)).into_iter().filter_map(|body| body.name).collect()
}

/// Assertions on each of the types called `names`: its size, and where its members are.
pub(crate) fn layout_checks(btf: &Btf<'_>, names: &[String]) -> Result<Vec<LayoutCheck>> {
    let translated = Translated::of(btf)?;
    let mut checks = Vec::new();
    for (id, name) in records(btf, names)? {
        let Kind::Record(record) = btf.kind(id) else { continue };
        let narrow = if translated.contains(id) { narrow(btf, id, true)? } else { None };
        let accepted = assertions(&name, record, narrow.as_ref());
        let wanted = match translated.suffices(id) {
            true => accepted.clone(),
            false => assertions(&name, record, None) + &widths(btf, &name, record)?,
        };
        checks.push(LayoutCheck { name, wanted, accepted });
    }
    Ok(checks)
}

/// Where `narrow` has a member elsewhere, or the size is another, that may be instead.
fn assertions(name: &str, record: &Record<'_>, narrow: Option<&Narrow>) -> String {
    let mut text = String::new();
    for member in comparable(record) {
        let (field, at) = (member.name, member.offset / 8);
        let starts =
            |narrow: &Narrow| narrow.pieces.iter().find(|piece| piece.wide_at == at).map(|piece| piece.narrow_at);
        let or = alternative(narrow.and_then(starts), &format!("__builtin_offsetof({name}, {field})"));
        text.push_str(&format!(
            "_Static_assert(__builtin_offsetof({name}, {field}) == {at}{or}, \"the BPF side has `{field}` of `{name}` at byte {at}: {ADVICE}\");\n"
        ));
    }
    let size = record.size;
    let or = alternative(narrow.map(|narrow| narrow.size), &format!("sizeof({name})"));
    text.push_str(&format!(
        "_Static_assert(sizeof({name}) == {size}{or}, \"`{name}` has {size} bytes on the BPF side: {ADVICE}\");\n"
    ));
    text
}

/// That each `long`, also in an array, has the BPF side's width: it may be narrower without anything else moving.
fn widths(btf: &Btf<'_>, name: &str, record: &Record<'_>) -> Result<String> {
    let mut text = String::new();
    for member in comparable(record) {
        let (mut ty, mut index) = (btf.resolved(member.ty)?, String::new());
        while let Kind::Array { element, .. } = btf.kind(ty)
            && index.len() < MAX_INDEX
        {
            ty = btf.resolved(*element)?;
            index.push_str("[0]");
        }
        if matches!(btf.kind(ty), Kind::Int(int) if is_long(btf.get(ty).name, *int)) {
            let field = member.name;
            text.push_str(&format!(
                "_Static_assert(sizeof((({name} *)0)->{field}{index}) == {POINTER_SIZE}, \"`{field}` of `{name}`\");\n"
            ));
        }
    }
    Ok(text)
}

/// The members that have a name and an address.
fn comparable<'r, 'a>(record: &'r Record<'a>) -> impl Iterator<Item = &'r Member<'a>> {
    record.members.iter().filter(|member| !member.name.is_empty() && member.bits.is_none())
}

/// `" || WHAT == NUMBER"`, if there is a number.
fn alternative(number: Option<u32>, what: &str) -> String {
    number.map_or(String::new(), |number| format!(" || {what} == {number}"))
}

const ADVICE: &str = "give both sides types of a fixed size, as long and pointers have 4 bytes in a guest and 8 there";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_found_and_uses_are_not() {
        let code =
            "struct a { int x; };\nstruct b *p; /* struct c { */ // struct d {\nunion e\n{ struct f{int y;} g; };";
        assert_eq!(defined_types(code), ["struct a", "union e", "struct f"]);
        assert_eq!(defined_types("#define X struct b { int x; }\ntypedef struct { int y; } c;"), ["c"]);
    }
}
