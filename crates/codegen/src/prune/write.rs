//! Writes the types that stay, with new ids.

use crate::error::{Error, Result};
use crate::model::*;
use crate::prune::keep::Keep;
use crate::prune::raw::{Raw, Strings};

const POINTER: u32 = 2 << 24;
const COUNT: u32 = 0xffff;

/// New ids by old ones.
pub(crate) struct Ids {
    new: Vec<Option<TypeId>>,
    /// The id of `void *`, for members of shells.
    pointer: TypeId,
}

impl Ids {
    pub(crate) fn new(btf: &Btf<'_>, keep: &Keep<'_>) -> Self {
        let mut last = 0;
        let new = btf
            .iter()
            .map(|(id, _)| {
                (id == 0 || keep.has(id)).then(|| {
                    last += u32::from(id != 0);
                    last
                })
            })
            .collect();
        Self { new, pointer: last + 1 }
    }

    pub(crate) fn get(&self, old: TypeId) -> Result<TypeId> {
        self.new
            .get(old as usize)
            .copied()
            .flatten()
            .ok_or_else(|| Error::btf(format!("type {old} is referred to, but is nothing that is needed")))
    }
}

/// The words of all types that stay.
pub(crate) fn types(
    btf: &Btf<'_>,
    raw: &Raw<'_>,
    keep: &Keep<'_>,
    ids: &Ids,
    strings: &mut Strings<'_>,
) -> Result<Vec<u32>> {
    let mut out = Vec::new();
    let mut pointer_used = false;
    for (id, _) in btf.iter().filter(|(id, _)| *id != 0 && keep.has(*id)) {
        let (mut head, shape, items) = raw.get(id);
        head[0] = strings.keep(head[0])?;
        if shape.refers {
            head[2] = ids.get(head[2])?;
        }
        let mut items: Vec<_> = items.chunks_exact(shape.item.max(1)).map(<[u32]>::to_vec).collect();
        let shell = keep.items(id);
        if let Some(shell) = shell {
            items = shell.iter().filter_map(|index| items.get(*index).cloned()).collect();
            head[1] = head[1] & !COUNT | items.len() as u32;
        }
        for (at, item) in items.iter_mut().enumerate() {
            if shape.named {
                item[0] = strings.keep(item[0])?;
            }
            for ty in shape.types {
                item[*ty] = match shell {
                    None => ids.get(item[*ty])?,
                    Some(shell) => match keep.shell_member(id, shell[at])? {
                        Some(member) => ids.get(member)?,
                        None => {
                            pointer_used = true;
                            ids.pointer
                        }
                    },
                };
            }
        }
        out.extend(head);
        out.extend(items.concat());
    }
    if pointer_used {
        out.extend([0, POINTER, 0]);
    }
    Ok(out)
}
