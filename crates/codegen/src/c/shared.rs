//! Checks that a header which both sides include means the same to both.

use crate::model::*;

use super::names::keyword;

/// `struct NAME` and `union NAME` wherever a body follows.
pub(crate) fn defined_types(header: &str) -> Vec<String> {
    let spaced = without_comments(header).replace('{', " { ").replace([';', '(', ')', '}', ','], " ; ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let bodies = words.windows(3).filter(|three| matches!(three[0], "struct" | "union") && three[2] == "{");
    bodies.map(|three| format!("{} {}", three[0], three[1])).collect()
}

/// Assertions on the types called `names`: their sizes, and where their members are.
pub(crate) fn layout_checks(btf: &Btf<'_>, names: &[String]) -> String {
    let mut text = String::new();
    for (_, ty) in btf.iter() {
        let (Kind::Record(record), Some(word)) = (&ty.kind, keyword(&ty.kind)) else { continue };
        let name = format!("{word} {}", ty.name);
        if !names.contains(&name) {
            continue;
        }
        for member in record.members.iter().filter(|member| !member.name.is_empty() && member.bits.is_none()) {
            let (field, at) = (member.name, member.offset / 8);
            text.push_str(&format!(
                "_Static_assert(__builtin_offsetof({name}, {field}) == {at}, \"the BPF side has `{field}` of `{name}` at byte {at}: {ADVICE}\");\n"
            ));
        }
        let size = record.size;
        text.push_str(&format!(
            "_Static_assert(sizeof({name}) == {size}, \"`{name}` has {size} bytes on the BPF side: {ADVICE}\");\n"
        ));
    }
    text
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
