//! Text that comes from guests, on its way to a person.

use std::borrow::Cow;

/// `text` with every control character spelled out (`\u{1b}`), so that a name cannot write to the terminal or forge
/// a line of its own.
pub fn printable(text: &str) -> Cow<'_, str> {
    escape(text, is_unprintable)
}

/// As [`printable`], for text that may have lines.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| is_unprintable(c) && c != '\n' && c != '\t')
}

/// `text` as a string of TOML's on one line, in which nothing is left for [`printable`] to spell out.
pub(crate) fn toml_string(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // Four digits are enough for all of them.
            _ if is_unprintable(c) => quoted += &format!("\\u{:04x}", u32::from(c)),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Control characters, and bidirectional overrides, which change how what follows is read.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(text: &str, is_bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_bad) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_bad(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(printable("plain né"), "plain né");
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{9b}d\u{7f}\u{202e}"), "a\\u{1b}[2Jb\\u{a}c\\u{9b}d\\u{7f}\\u{202e}");
        assert_eq!(toml_string("a\"b\\c\n\u{9b}\u{202e}é"), r#""a\"b\\c\u000a\u009b\u202eé""#);
        assert_eq!(printable_lines("a\n\tb\r\u{1b}"), "a\n\tb\\u{d}\\u{1b}");
    }
}
