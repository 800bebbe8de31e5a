//! Whether types can be walked through: what readers that recurse take for granted.

use crate::error::{Error, Result};
use crate::model::*;

/// The deepest that types nest. The kernel's own nest less than half as deep.
const MAX_DEPTH: u32 = 64;
/// The most steps that a walk from one type takes.
const MAX_STEPS: u32 = 1 << 20;

/// Checks the two walks that there are: into what a type contains by value, and along what pointers and functions refer to, where
/// records end it.
pub(crate) fn check(btf: &Btf<'_>) -> Result<()> {
    let contained = |id: TypeId| match btf.kind(id) {
        Kind::Record(record) => record.members.iter().map(|member| (member.ty, member.name.is_empty())).collect(),
        Kind::Array { element: to, .. } | Kind::Typedef(to) | Kind::Modifier(_, to) => vec![(*to, true)],
        _ => Vec::new(),
    };
    let referred = |id: TypeId| match btf.kind(id) {
        Kind::Pointer(to) | Kind::Array { element: to, .. } | Kind::Typedef(to) | Kind::Modifier(_, to) => {
            vec![(*to, true)]
        }
        Kind::Prototype(proto) => {
            proto.params.iter().map(|(_, ty)| (*ty, true)).chain([(proto.returns, true)]).collect()
        }
        _ => Vec::new(),
    };
    walk(btf, &contained)?;
    walk(btf, &referred)
}

/// How far a walk from a type goes.
#[derive(Clone, Copy)]
enum Seen {
    Not,
    /// The walk that is going on came through it.
    Open,
    Done {
        depth: u32,
        steps: u32,
    },
}

/// Walks along `edges`: types, and whether one must be searched through rather than be only looked at.
fn walk(btf: &Btf<'_>, edges: &dyn Fn(TypeId) -> Vec<(TypeId, bool)>) -> Result<()> {
    let mut seen = vec![Seen::Not; btf.iter().count()];
    for (start, _) in btf.iter() {
        // Not recursive itself: a chain may be as long as there are types.
        let mut path = vec![start];
        while let Some(&id) = path.last() {
            if let Seen::Done { .. } = seen[id as usize] {
                path.pop();
                continue;
            }
            let edges = edges(id);
            if let Seen::Not = seen[id as usize] {
                seen[id as usize] = Seen::Open;
                for (to, _) in &edges {
                    match seen[*to as usize] {
                        Seen::Not => path.push(*to),
                        Seen::Open => return Err(refuse(btf, *to, "contains itself")),
                        Seen::Done { .. } => {}
                    }
                }
                continue;
            }
            path.pop();
            let (mut depth, mut steps) = (0, 1u32);
            for (to, searched) in &edges {
                let Seen::Done { depth: below, steps: more } = seen[*to as usize] else {
                    return Err(refuse(btf, *to, "contains itself"));
                };
                depth = depth.max(below + 1);
                steps = steps.saturating_add(if *searched { more } else { 1 });
            }
            if depth > MAX_DEPTH {
                return Err(refuse(btf, id, "nests too deep"));
            }
            if steps > MAX_STEPS {
                return Err(refuse(btf, id, "has too many parts"));
            }
            seen[id as usize] = Seen::Done { depth, steps };
        }
    }
    Ok(())
}

fn refuse(btf: &Btf<'_>, id: TypeId, why: &str) -> Error {
    Error::btf(format!("type {id} `{}` {why}", btf.get(id).name))
}
