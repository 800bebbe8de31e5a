//! What a guest prints on a terminal, cleared of all escape sequences but those that colour text, move the cursor and
//! clear: a process's name or a file's can carry one that types commands or hides what follows.
//!
//! ```text
//!   Text ──ESC──> Escape ──[──> Sequence ──m A..H J K f s u, ?25h, ?25l──> kept
//!     │             │                    └──────────any other──────────> dropped
//!     │             └──] P X ^ _──> Payload ──BEL, ESC \, or the line's end──> dropped
//!     └──other control characters, C1 as one byte or as UTF-8──> `?`
//! ```
//! The state lives across writes, so that no sequence slips through in parts; and UTF-8 is kept whole.

/// A longer sequence is no colour and no move.
const MAX_SEQUENCE: usize = 64;

/// The filter of one terminal.
#[derive(Debug, Default)]
pub(super) struct Filter {
    state: State,
    /// The escape sequence, or the character, whose end is yet to come.
    held: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Escape,
    Sequence,
    /// Text for the terminal itself: titles, clipboards, device strings.
    Payload,
    /// An ESC in it, which may begin its end.
    PayloadEscape,
    /// In a character of this many bytes more.
    Character(u8),
}

impl Filter {
    /// `bytes` without what must not reach a terminal.
    pub(super) fn clear(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            self.next(byte, &mut out);
        }
        out
    }

    fn next(&mut self, byte: u8, out: &mut Vec<u8>) {
        match self.state {
            State::Text => self.text(byte, out),
            State::Escape => match byte {
                b'[' => self.hold(byte, State::Sequence),
                b']' | b'P' | b'X' | b'^' | b'_' => self.drop_to(State::Payload),
                0x1b => {}
                // The rest of a short one (`ESC ( B`) is harmless as text.
                _ => self.drop_to(State::Text),
            },
            State::Sequence => match byte {
                b' '..=b'?' if self.held.len() < MAX_SEQUENCE => self.hold(byte, State::Sequence),
                b'@'..=b'~' => {
                    self.held.push(byte);
                    if is_harmless(&self.held) {
                        out.append(&mut self.held);
                    }
                    self.drop_to(State::Text);
                }
                // What breaks a sequence off counts by itself.
                _ => self.again(byte, out),
            },
            State::Payload => match byte {
                0x07 | b'\n' => self.drop_to(State::Text),
                0x1b => self.state = State::PayloadEscape,
                _ => {}
            },
            State::PayloadEscape => match byte {
                b'\\' => self.drop_to(State::Text),
                _ => {
                    self.drop_to(State::Escape);
                    self.held.push(0x1b);
                    self.next(byte, out);
                }
            },
            State::Character(more) => match byte {
                0x80..=0xbf if more > 1 => self.hold(byte, State::Character(more - 1)),
                0x80..=0xbf => {
                    self.held.push(byte);
                    self.character(out);
                    self.drop_to(State::Text);
                }
                _ => {
                    out.push(b'?');
                    self.again(byte, out);
                }
            },
        }
    }

    fn text(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            0x1b => self.hold(byte, State::Escape),
            b'\n' | b'\r' | b'\t' | 0x08 | b' '..=b'~' => out.push(byte),
            // A bell may ring.
            0x07 => out.push(byte),
            0xc2..=0xdf => self.hold(byte, State::Character(1)),
            0xe0..=0xef => self.hold(byte, State::Character(2)),
            0xf0..=0xf4 => self.hold(byte, State::Character(3)),
            // Control characters, and bytes that are no UTF-8: some terminals take 0x9b for ESC [.
            _ => out.push(b'?'),
        }
    }

    /// The character that is held, unless it is a control character or changes the direction of what follows.
    fn character(&mut self, out: &mut Vec<u8>) {
        let is_bad = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        match std::str::from_utf8(&self.held) {
            Ok(text) if !text.chars().any(is_bad) => out.append(&mut self.held),
            _ => out.push(b'?'),
        }
    }

    fn hold(&mut self, byte: u8, state: State) {
        self.held.push(byte);
        self.state = state;
    }

    fn drop_to(&mut self, state: State) {
        self.held.clear();
        self.state = state;
    }

    /// Judges a byte anew that did not go on with what was held.
    fn again(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.drop_to(State::Text);
        self.next(byte, out);
    }
}

/// Whether a whole sequence (`ESC [ ... letter`) colours text, moves the cursor or clears.
fn is_harmless(sequence: &[u8]) -> bool {
    let [0x1b, b'[', parameters @ .., last] = sequence else { return false };
    let numbers = parameters.iter().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':'));
    match last {
        b'm' | b'A'..=b'H' | b'J' | b'K' | b'd' | b'f' | b's' | b'u' => numbers,
        // Showing and hiding the cursor, and the other screen, as progress bars and `top` do.
        b'h' | b'l' => matches!(parameters, b"?25" | b"?1049"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out, whole and byte by byte.
    #[track_caller]
    fn must_show(given: &[u8], shown: &[u8]) {
        let whole = Filter::default().clear(given);
        assert_eq!(String::from_utf8_lossy(&whole), String::from_utf8_lossy(shown));
        let mut filter = Filter::default();
        let parts: Vec<u8> = given.iter().flat_map(|byte| filter.clear(&[*byte])).collect();
        assert_eq!(parts, whole, "in parts");
    }

    #[test]
    fn text_colours_moves_and_clearing_stay() {
        for kept in [
            "plain\tnaïve 漢字 🦀\r\n",
            "\x1b[1;31mred\x1b[0m",
            "\x1b[2J\x1b[H\x1b[10;20f\x1b[3A\x1b[K",
            "\x1b[?25l\x1b[?25h",
        ] {
            must_show(kept.as_bytes(), kept.as_bytes());
        }
    }

    #[test]
    fn everything_else_goes() {
        for (given, shown) in [
            (&b"a\x1b]0;title\x07b"[..], &b"ab"[..]),
            (b"a\x1b]52;c;cm0gLXJm\x1b\\b", b"ab"),
            (b"a\x1bPq#0\x1b\\b", b"ab"),
            (b"a\x1b]0;no end\nb", b"ab"),
            (b"a\x1b]0;x\x1b[31mb", b"a\x1b[31mb"),
            (b"a\x1b[6nb\x1b[?1000hc\x1b[20t", b"abc"),
            (b"a\x1bcb", b"ab"),
            (b"a\x1b[3\x1b[1mb", b"a\x1b[1mb"),
            (b"a\x9b31mb", b"a?31mb"),
            (b"a\xc2\x9b6nb", b"a?6nb"),
            (b"a\xe2\x80\xaeb", b"a?b"),
            (b"\x00\x0e\x7f", b"???"),
            (b"\xff\xc2a\xe2\x82\x1b[0m", b"??a?\x1b[0m"),
            (b"\xed\xa0\x80", b"?"),
        ] {
            must_show(given, shown);
        }
        let long = [b"\x1b[".to_vec(), vec![b'1'; 100], b"m".to_vec()].concat();
        assert!(!Filter::default().clear(&long).contains(&0x1b));
    }

    #[test]
    fn no_escape_comes_out_but_at_the_head_of_a_kept_sequence() {
        // A small generator: every run is the same.
        let mut seed = 1u32;
        let mut filter = Filter::default();
        let alphabet = b"\x1b[]P\\;0123456789mhlnJK?\x07\n\x9b\xc2\xe2\x82a";
        let bytes: Vec<u8> = (0..200_000)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                alphabet[(seed >> 16) as usize % alphabet.len()]
            })
            .collect();
        let out = filter.clear(&bytes);
        for (at, _) in out.iter().enumerate().filter(|(_, byte)| **byte == 0x1b) {
            let end = out[at..].iter().skip(2).position(|byte| byte.is_ascii_alphabetic()).map(|end| at + end + 3);
            assert!(is_harmless(&out[at..end.unwrap()]), "{:?}", String::from_utf8_lossy(&out[at..at + 10]));
        }
    }
}
