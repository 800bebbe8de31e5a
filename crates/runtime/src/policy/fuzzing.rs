//! Policies on any text and any needs: the fuzz target `policy`, and the test with the inputs that were kept.

use super::file::{Rules, Verdict};
use super::{Hook, Item, Need, Symbols, hook};
use crate::bpf::names;
use crate::inspect::minimal_policy;
use crate::text::printable;

/// Judges needs made from `bytes` by the rules in `text`, if those are valid. The policy file that allows just the needs
/// is valid, allows each of them, and is the same when it is made again.
///
/// # Panics
/// Where one of these does not hold.
pub fn policy(text: &str, bytes: &[u8]) {
    let needs = needs(bytes);
    if let Ok(rules) = Rules::parse(text) {
        for need in &needs {
            let first = rules.judge(&need.item, false);
            assert_eq!(first, rules.judge(&need.item, false), "{:?}", need.item);
            // What can undo other rules is never allowed more easily.
            let undoes = rules.judge(&need.item, true);
            assert!(undoes != Verdict::Allowed || first == Verdict::Allowed, "{:?}", need.item);
        }
    }
    let made = minimal_policy(&needs, false);
    assert_eq!(made, minimal_policy(&needs, false));
    let rules = match Rules::parse(&made) {
        Ok(rules) => rules,
        Err(error) => panic!("{error}\n{made}"),
    };
    for need in needs.iter().filter(|need| is_named(&need.item)) {
        assert_ne!(rules.judge(&need.item, true), Verdict::Refused, "{:?} by\n{made}", need.item);
    }
}

/// Whether a file can name it: a text without what is spelled out for terminals, a path that leads nowhere else.
fn is_named(item: &Item) -> bool {
    let text = match item {
        Item::Hook(hook) => &hook.target,
        Item::Kfunc(name) if name.is_empty() => return false,
        Item::Kfunc(text) | Item::Pin(text) => text,
        _ => return true,
    };
    printable(text) == text.as_str() && !text.contains("..")
}

/// Needs, each from a byte for its kind, one for a choice, and a text that ends at a NUL.
fn needs(bytes: &[u8]) -> Vec<Need> {
    let mut needs = Vec::new();
    for piece in bytes.split(|byte| *byte == 0).filter(|piece| piece.len() >= 2) {
        let (which, text) = (usize::from(piece[1]), String::from_utf8_lossy(&piece[2..]).into_owned());
        let item = match piece[0] % 7 {
            0 => Item::Program(pick(names::program_kinds(), which)),
            1 => Item::Hook(Hook::new(pick(hook::kinds(), which), text)),
            2 => Item::Helper(pick((1..).map(names::helper).take_while(|name| names::is_helper(name)), which)),
            3 => Item::Kfunc(text),
            4 => Item::Map { kind: pick(names::map_kinds(), which), bytes: text.len() as u64 },
            5 => Item::Pin(text),
            _ => Item::Symbols([Symbols::Kernel, Symbols::User][which % 2]),
        };
        needs.push(Need { subject: "a program".into(), item, grant: None });
    }
    needs
}

fn pick<T>(all: impl Iterator<Item = T>, which: usize) -> T {
    let mut all: Vec<T> = all.collect();
    let index = which % all.len();
    all.swap_remove(index)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::policy;

    /// As the fuzz target takes its inputs: the text ends at a NUL, what follows are needs.
    #[test]
    fn inputs_that_were_kept_hold() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/policy");
        let inputs = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
        let mut seen = 0;
        for input in inputs {
            let end = input.iter().position(|byte| *byte == 0).unwrap_or(input.len());
            policy(&String::from_utf8_lossy(&input[..end]), &input[end..]);
            seen += 1;
        }
        assert!(seen > 0, "a corpus");
    }
}
