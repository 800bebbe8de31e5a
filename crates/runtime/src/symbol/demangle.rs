//! Names as people write them. A hostile file's name may unfold without end, so what is written is bounded.

use std::fmt;

use cpp_demangle::{BorrowedSymbol, DemangleOptions};

/// The longest name that is given out, in bytes; what is longer is cut.
pub(super) const MAX_NAME: usize = 4096;

/// Text that takes no more than [`MAX_NAME`] bytes.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_NAME {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// The name as the author wrote it; as it is where it is not mangled, or would be too long.
pub(super) fn demangle(name: &str) -> String {
    let name = cut(name);
    let mut text = Bounded(String::new());
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        // Without the hash that tells equal names apart.
        if fmt::write(&mut text, format_args!("{rust:#}")).is_ok() {
            return text.0;
        }
    } else if name.starts_with("_Z")
        && let Ok(symbol) = BorrowedSymbol::new(name.as_bytes())
        && symbol.structured_demangle(&mut text, &DemangleOptions::default()).is_ok()
    {
        return text.0;
    }
    name.to_owned()
}

/// As much of a text as may be given out.
pub(super) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_NAME)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_their_authors_wrote_them() {
        assert_eq!(demangle("main"), "main");
        assert_eq!(demangle("_ZN4demo5spinnEi"), "demo::spinn(int)");
        assert_eq!(demangle("_ZN3foo3barE"), "foo::bar");
        assert_eq!(demangle("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
        assert_eq!(demangle("_Z"), "_Z");
    }

    #[test]
    fn no_name_grows_without_end() {
        // Each parameter doubles the one before it: 2^40 characters if it were written out.
        let bomb = format!("_Z1f{}", (0..40).fold(String::from("1a"), |inner, _| format!("1pI{inner}S_E")));
        assert!(demangle(&bomb).len() <= MAX_NAME);
        let long = "é".repeat(MAX_NAME);
        assert_eq!(demangle(&long).len(), MAX_NAME);
    }
}
