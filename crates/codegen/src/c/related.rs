//! Which records a header's types are: by name, by what the guest's libbpf translates of them, and by what contains what.

use std::collections::HashSet;

use crate::error::Result;
use crate::maps::{Elements, element_types, have_records, variable_types};
use crate::model::*;
use crate::narrow::{Narrow, PieceKind, is_narrower, narrow};

use super::names::keyword;

/// The records called `names`, as `struct NAME`, `union NAME`, or by the typedef that is their only name.
pub(super) fn records(btf: &Btf<'_>, names: &[String]) -> Result<Vec<(TypeId, String)>> {
    let names: HashSet<&String> = names.iter().collect();
    let mut found = Vec::new();
    for (id, ty) in btf.iter() {
        let (id, name) = match &ty.kind {
            Kind::Record(_) => (id, keyword(&ty.kind).map(|word| format!("{word} {}", ty.name)).unwrap_or_default()),
            Kind::Typedef(to) if btf.is_anonymous_aggregate(btf.unqualified(*to)?) => {
                (btf.unqualified(*to)?, ty.name.to_owned())
            }
            _ => continue,
        };
        if names.contains(&name) && matches!(btf.kind(id), Kind::Record(_)) {
            found.push((id, name));
        }
    }
    Ok(found)
}

/// The records that keys and values of maps consist of.
pub(super) struct Translated {
    all: HashSet<TypeId>,
    /// Those that are translated wherever the guest meets them.
    only: HashSet<TypeId>,
}

impl Translated {
    /// A pointer of the guest's own, kept in a value, would come back in records of a ring, too, which nobody translates: values
    /// with pointers are not among them.
    pub(super) fn of(btf: &Btf<'_>) -> Result<Self> {
        let pointless = |narrow: Narrow| narrow.pieces.iter().all(|piece| piece.kind != PieceKind::Pointer);
        let records = have_records(btf)?;
        let (mut all, mut only) = (HashSet::new(), HashSet::new());
        for Elements { key, value } in element_types(btf)? {
            for (ty, is_key) in [(key, true), (value, false)] {
                let Some(ty) = ty else { continue };
                let pointless = narrow(btf, ty, true)?.is_some_and(pointless);
                if !is_key && !pointless {
                    continue;
                }
                collect(btf, ty, &mut all)?;
                // Values are where records are put together, for the stack has no room for them.
                if !(records && pointless) {
                    collect(btf, ty, &mut only)?;
                }
            }
        }
        let mut shown = HashSet::new();
        for ty in variable_types(btf) {
            collect(btf, ty, &mut shown)?;
        }
        only.retain(|id| !shown.contains(id));
        Ok(Self { all, only })
    }

    pub(super) fn contains(&self, id: TypeId) -> bool {
        self.all.contains(&id)
    }

    pub(super) fn suffices(&self, id: TypeId) -> bool {
        self.only.contains(&id)
    }
}

/// Those of `names` that are widened together with `wide`.
pub(crate) fn together(btf: &Btf<'_>, wide: &[String], names: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for (id, name) in records(btf, names)? {
        let mut parts = HashSet::new();
        collect(btf, id, &mut parts)?;
        all.push((id, name, parts));
    }
    let mut found: HashSet<TypeId> =
        all.iter().filter(|(_, name, _)| wide.contains(name)).map(|(id, ..)| *id).collect();
    loop {
        let before = found.len();
        for (id, _, parts) in &all {
            if found.contains(id) {
                for part in parts {
                    if is_narrower(btf, *part)? {
                        found.insert(*part);
                    }
                }
            } else if parts.iter().any(|part| found.contains(part)) {
                found.insert(*id);
            }
        }
        if found.len() == before {
            break;
        }
    }
    Ok(all.into_iter().filter(|(id, ..)| found.contains(id)).map(|(_, name, _)| name).collect())
}

/// Adds the records that a value of this type consists of.
fn collect(btf: &Btf<'_>, ty: TypeId, found: &mut HashSet<TypeId>) -> Result<()> {
    let mut todo = vec![ty];
    while let Some(id) = todo.pop() {
        let id = btf.resolved(id)?;
        match btf.kind(id) {
            Kind::Array { element, .. } => todo.push(*element),
            Kind::Record(record) if found.insert(id) => todo.extend(record.members.iter().map(|member| member.ty)),
            _ => {}
        }
    }
    Ok(())
}
