//! The words and signs of a C header, and where its structs and unions have their bodies: as much of C's grammar as it
//! takes to find declarations. Comments, literals' insides and the preprocessor's lines are no tokens.

/// A word, a number, a literal or one sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    /// Where it is in the header, in bytes.
    pub(super) at: usize,
}

impl Token<'_> {
    pub(super) fn end(&self) -> usize {
        self.at + self.text.len()
    }

    pub(super) fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    }
}

/// A struct or a union with what is between its braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Body {
    /// `struct NAME`, `union NAME`, or the typedef that is its only name.
    pub(super) name: Option<String>,
    /// The tokens that are its braces.
    pub(super) open: usize,
    pub(super) close: usize,
}

/// All tokens of `code`, in order.
pub(super) fn tokens(code: &str) -> Vec<Token<'_>> {
    scan(code).0
}

/// The tokens of `code`, and the preprocessor's lines as they are, each with the lines that continue it.
pub(super) fn scan(code: &str) -> (Vec<Token<'_>>, Vec<Token<'_>>) {
    let mut found = Vec::new();
    let mut directives = Vec::new();
    let mut at = 0;
    let mut line_begins = true;
    while let Some(c) = code[at..].chars().next() {
        let rest = &code[at..];
        let length = match c {
            '\n' => {
                line_begins = true;
                at += 1;
                continue;
            }
            _ if c.is_whitespace() || c == '\\' => c.len_utf8(),
            '/' if rest.starts_with("/*") || rest.starts_with("//") => comment(rest),
            '#' if line_begins => {
                let length = directive(rest);
                directives.push(Token { text: &rest[..length], at });
                length
            }
            _ => {
                let length = match c {
                    '"' | '\'' => literal(rest, c),
                    _ if c.is_ascii_alphanumeric() || c == '_' => word(rest),
                    _ => c.len_utf8(),
                };
                found.push(Token { text: &rest[..length], at });
                line_begins = false;
                length
            }
        };
        at += length;
    }
    (found, directives)
}

/// The bodies of all structs and unions, outer ones first.
pub(super) fn bodies(tokens: &[Token<'_>]) -> Vec<Body> {
    let keyword = |index: &usize| matches!(tokens[*index].text, "struct" | "union");
    (0..tokens.len()).filter(keyword).filter_map(|index| body(tokens, index)).collect()
}

/// The body of the struct or union whose keyword is this token, if it has one.
pub(super) fn body(tokens: &[Token<'_>], keyword: usize) -> Option<Body> {
    let mut at = keyword + 1;
    let mut tag = None;
    while tokens.get(at)?.text != "{" {
        // A parenthesis elsewhere begins the parameters of a function.
        if tokens[at].text == "(" && is_attribute(tokens[at - 1].text) {
            at = closing(tokens, at)?;
        } else if tokens[at].is_word() {
            tag = Some(tokens[at].text).filter(|word| !is_attribute(word)).or(tag);
        } else {
            return None;
        }
        at += 1;
    }
    let close = closing(tokens, at)?;
    let name = match tag {
        Some(tag) => Some(format!("{} {tag}", tokens[keyword].text)),
        None => only_name(tokens, keyword, close),
    };
    Some(Body { name, open: at, close })
}

/// What `typedef struct { ... } NAME;` calls it.
fn only_name(tokens: &[Token<'_>], keyword: usize, close: usize) -> Option<String> {
    let [name, after] = tokens.get(close + 1..close + 3)? else { return None };
    let named = keyword.checked_sub(1).is_some_and(|before| tokens[before].text == "typedef");
    (named && name.is_word() && matches!(after.text, ";" | ",")).then(|| name.text.to_owned())
}

/// Whether something in parentheses belongs to this word.
pub(super) fn is_attribute(word: &str) -> bool {
    word.starts_with("__attribute") || matches!(word, "_Alignas" | "alignas" | "__declspec")
}

/// The bracket that closes the one at `open`.
pub(super) fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.checked_sub(1)?,
            _ => continue,
        }
        if depth == 0 {
            return Some(index);
        }
    }
    None
}

fn word(rest: &str) -> usize {
    rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
}

fn comment(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    rest[2..].find("*/").map_or(rest.len(), |end| end + 4)
}

fn literal(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            // Not closed, as an apostrophe in text that is no code.
            '\n' => return at,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Up to the end of the line, with the lines that a backslash or a comment adds.
fn directive(rest: &str) -> usize {
    let mut at = 0;
    loop {
        let more = &rest[at..];
        let Some(next) = more.find(['\n', '/']) else { return rest.len() };
        let found = &more[next..];
        at += next;
        if found.starts_with("/*") || found.starts_with("//") {
            at += comment(found);
        } else if found.starts_with('/') || more[..next].trim_end_matches('\r').ends_with('\\') {
            at += 1;
        } else {
            return at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(code: &str) -> Vec<&str> {
        tokens(code).iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_literals_and_directives_hide_what_is_in_them() {
        let code =
            "a /* b; /* */ c // d\n#define X(y) \\\n e { /* f\n */ g\n  # if 1 // h\ni \"j \\\" ; k\" '\"' l_1[2]";
        assert_eq!(texts(code), ["a", "c", "i", "\"j \\\" ; k\"", "'\"'", "l_1", "[", "2", "]"]);
        for broken in ["\"", "'", "/*", "#", "#\\", "#/", "# /*", "\"\\", "é\\é", "//"] {
            let _ = tokens(broken);
        }
    }

    #[test]
    fn bodies_go_by_tag_or_typedef() {
        let code =
            "struct __attribute__((packed)) a { union { int x; } y; }; struct b *p; typedef struct { int z; } c, *d;
                    typedef struct e { int q; } f; struct __packed g { struct h { int y; } z[2]; };
                    static struct i make(int x) { return x; } struct {";
        let tokens = tokens(code);
        let names: Vec<_> = bodies(&tokens).into_iter().map(|body| body.name.unwrap_or_default()).collect();
        assert_eq!(names, ["struct a", "", "c", "struct e", "struct g", "struct h"]);
    }
}
