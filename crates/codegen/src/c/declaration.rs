//! One declaration among a record's members: where its declarators and their names are.

use std::collections::HashSet;

use super::tokens::{Token, body, closing, is_attribute};

/// `const char *first, second[4];` as places of tokens.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declaration {
    pub(super) start: usize,
    /// The keyword of the struct or union that it defines.
    pub(super) aggregate: Option<usize>,
    /// Empty, too, where a name is none of the record's members.
    pub(super) declarators: Vec<Declarator>,
    /// The semicolon.
    pub(super) end: usize,
}

/// One member's part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declarator {
    /// After the specifiers that all have in common.
    pub(super) start: usize,
    pub(super) name: usize,
    /// The comma or semicolon after it.
    pub(super) end: usize,
}

/// The next declaration from the token `at` on, in a body that ends before `close`, of members called `names`.
pub(super) fn declaration(tokens: &[Token<'_>], at: usize, close: usize, names: &HashSet<&str>) -> Option<Declaration> {
    let start = (at..close).find(|index| tokens[*index].text != ";")?;
    let outer = outermost(tokens, start, close);
    let end = *outer.iter().find(|index| tokens[**index].text == ";")?;
    let outer: Vec<usize> = outer.into_iter().take_while(|index| *index < end).collect();
    let aggregate = outer.iter().copied().find(|index| {
        matches!(tokens[*index].text, "struct" | "union") && body(tokens, *index).is_some_and(|body| body.close < end)
    });
    let defined = outer.iter().copied().find(|index| tokens[*index].text == "{");
    let from = defined.and_then(|open| closing(tokens, open)).map_or(start, |close| close + 1);
    let mut commas: Vec<usize> = outer.iter().copied().filter(|at| *at >= from && tokens[*at].text == ",").collect();
    commas.push(end);
    let mut declarators = Vec::new();
    let mut next = from;
    for comma in commas {
        let part: Vec<usize> = outer.iter().copied().filter(|index| (next..comma).contains(index)).collect();
        let Some((first, name)) = declarator(tokens, &part, names) else {
            declarators.clear();
            break;
        };
        declarators.push(Declarator { start: if next == from { first } else { next }, name, end: comma });
        next = comma + 1;
    }
    Some(Declaration { start, aggregate, declarators, end })
}

/// Where the declarator in these tokens begins, the first after specifiers, and its name.
fn declarator(tokens: &[Token<'_>], part: &[usize], names: &HashSet<&str>) -> Option<(usize, usize)> {
    let text = |index: &usize| tokens[*index].text;
    let star = part.iter().copied().find(|index| text(index) == "*");
    // `int (*name)(void)`
    let inner = part
        .iter()
        .copied()
        .find(|index| text(index) == "(" && tokens.get(index + 1).is_some_and(|next| next.text == "*"));
    let known = |index: &usize| tokens[*index].is_word() && names.contains(text(index));
    let name = match inner {
        Some(open) => (open..closing(tokens, open)?).find(known)?,
        None => part.iter().copied().take_while(|index| !matches!(text(index), "[" | ":")).filter(known).last()?,
    };
    Some((name.min(star.unwrap_or(name)).min(inner.unwrap_or(name)), name))
}

/// The tokens from `at` to `close` that are in no brackets, with the opening ones, and without attributes.
fn outermost(tokens: &[Token<'_>], at: usize, close: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut index = at;
    while index < close {
        let opens = matches!(tokens[index].text, "(" | "[" | "{");
        let attribute = is_attribute(tokens[index].text) && tokens.get(index + 1).is_some_and(|next| next.text == "(");
        if !attribute {
            found.push(index);
        }
        let bracket = if attribute { index + 1 } else { index };
        let end = (opens || attribute).then(|| closing(tokens, bracket)).flatten();
        index = end.filter(|end| *end < close).unwrap_or(index) + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    /// Each declaration as its declarators, and which names they have.
    fn parsed(code: &str, names: &[&str]) -> Vec<String> {
        let names = names.iter().copied().collect();
        let tokens = tokens(code);
        let mut at = 0;
        let mut all = Vec::new();
        while let Some(found) = declaration(&tokens, at, tokens.len(), &names) {
            let each = found.declarators.iter().map(|one| {
                let text: Vec<&str> = tokens[one.start..one.end].iter().map(|token| token.text).collect();
                format!("{}: {}", tokens[one.name].text, text.concat())
            });
            all.push(each.collect::<Vec<_>>().join(" | "));
            at = found.end + 1;
        }
        all
    }

    #[test]
    fn declarators_are_told_from_specifiers() {
        let names = ["a", "b", "c"];
        assert_eq!(parsed("struct a *a; const char *const *b, c[4];", &names), ["a: *a", "b: *const*b | c: c[4]"]);
        assert_eq!(
            parsed("void *(*a)(struct b *c); int (*b[2])(void);", &names),
            ["a: *(*a)(struct b*c)".replace("struct b*c", "structb*c"), "b: (*b[2])(void)".into()]
        );
        assert_eq!(parsed("__attribute__((a(b))) long c : 3; ; int : 2;", &names), ["c: c:3", ""]);
        assert_eq!(
            parsed("struct { int a; } b[2], *c; union { int a; }; enum { x } a;", &names),
            ["b: b[2] | c: *c", "", "a: a"]
        );
        assert_eq!(
            parsed("int a __attribute__((b)); MACRO(b); int d, a; int", &names),
            ["a: a__attribute__((b))", "", ""]
        );
    }
}
