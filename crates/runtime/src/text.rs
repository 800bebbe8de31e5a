//! Text that comes from guests, on its way to a person.

use std::borrow::Cow;

/// `text` with every control character spelled out (`\u{1b}`), so that a name cannot write to the terminal or forge
/// a line of its own.
pub fn printable(text: &str) -> Cow<'_, str> {
    escape(text, |c| c.is_control())
}

/// As [`printable`], for text that may have lines.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| c.is_control() && c != '\n' && c != '\t')
}

fn escape(text: &str, is_bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Bidirectional overrides change how what follows is read, though they are no control characters.
    let is_bad = |c: char| is_bad(c) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
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
        assert_eq!(printable_lines("a\n\tb\r\u{1b}"), "a\n\tb\\u{d}\\u{1b}");
    }
}
