//! The smallest policy file that allows what a module needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::{Item, Need};
use crate::text::printable;

/// The lists, in the order in which they are written; the first ones are there also where they are empty, as a list
/// that is not there allows what observing does.
const LISTS: [(&str, bool); 6] =
    [("programs", true), ("hooks", true), ("helpers", true), ("kfuncs", true), ("maps", true), ("pins", false)];

/// The text of the file.
pub(crate) fn minimal(needs: &[Need], opaque: bool) -> String {
    let mut lists: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut maps: BTreeMap<&str, u64> = BTreeMap::new();
    let mut unnamed = BTreeSet::new();
    for need in needs {
        if !need.item.has_name() {
            let (list, entry) = need.item.rule();
            unnamed.insert(format!("# {list}: {} has no name here; only --allow-all allows it.\n", printable(&entry)));
        } else if let Item::Map { kind, bytes } = &need.item {
            let most = maps.entry(kind).or_default();
            *most = (*most).max(*bytes);
        } else {
            let (list, entry) = need.item.rule();
            lists.entry(list).or_default().insert(entry);
        }
    }
    let maps = maps.into_iter().map(|(kind, bytes)| Item::Map { kind: kind.to_owned(), bytes }.rule().1);
    lists.insert("maps", maps.collect());
    let mut text = String::from(
        "# What the module needs by what it holds. `*` stands for what it says when it runs: narrow it.\n",
    );
    if opaque {
        text += "# It makes its BPF objects when it runs, so that what they need cannot be seen.\n";
    }
    text += "# Directories are given by --dir, or here: dirs = [\"HOST::GUEST\"]\n";
    text.extend(unnamed);
    for (list, always) in LISTS {
        let entries = lists.remove(list).unwrap_or_default();
        if entries.is_empty() && always {
            text += &format!("{list} = []\n");
        } else if !entries.is_empty() {
            let lines: String = entries.iter().map(|entry| format!("    {entry},\n")).collect();
            text += &format!("{list} = [\n{lines}]\n");
        }
    }
    text
}
