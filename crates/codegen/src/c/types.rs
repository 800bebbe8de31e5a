//! Types for guests, in the layout of the BPF side, each with its proof.

use std::collections::HashSet;

use crate::error::{Error, Result};
use crate::model::*;
use crate::order::{Needs, order};

use super::names::keyword;
use super::template::render;
use super::{Dialect, Printer};

/// The types called `names` (all, if there are none) and what they contain.
pub(crate) fn types(btf: &Btf<'_>, names: &[&str]) -> Result<String> {
    let mut printer = Printer::new(btf, Dialect::Guest);
    let mut types = String::new();
    for id in order(btf, &roots(btf, names)?, Needs::Values)? {
        if matches!(btf.kind(id), Kind::Enum(e) if e.values.is_empty()) {
            continue;
        }
        types.push_str(&printer.definition(id)?);
        types.push_str(&asserts(&printer, id)?);
        types.push('\n');
    }
    Ok(render(include_str!("templates/types.h"), &[("TYPES", &types)]))
}

fn roots(btf: &Btf<'_>, names: &[&str]) -> Result<Vec<TypeId>> {
    let mut missing: HashSet<&str> = names.iter().copied().collect();
    let wanted: HashSet<&str> = missing.clone();
    let mut roots = Vec::new();
    for (id, ty) in btf.iter() {
        let root = match &ty.kind {
            Kind::Record(_) | Kind::Typedef(_) if ty.name.is_empty() => false,
            Kind::Record(_) | Kind::Typedef(_) | Kind::Enum(_) if !names.is_empty() => {
                !ty.name.is_empty() && wanted.contains(ty.name)
            }
            Kind::Record(_) => true,
            Kind::Enum(_) => !ty.name.is_empty(),
            Kind::Typedef(to) => btf.is_anonymous_aggregate(btf.unqualified(*to)?),
            _ => false,
        };
        if root {
            missing.remove(ty.name);
            roots.push(id);
        }
    }
    match missing.into_iter().min() {
        Some(name) => Err(Error::not_found(format!(
            "type `{name}` is not in the BTF (compilers keep only what is used: a global pointer to it is enough)"
        ))),
        None => Ok(roots),
    }
}

/// Size and offsets of the definition that was written last.
fn asserts(printer: &Printer<'_>, id: TypeId) -> Result<String> {
    let btf = printer.btf;
    let name = printer.names.of(id);
    let ty = match btf.kind(id) {
        Kind::Typedef(to)
            if matches!(btf.kind(btf.resolved(*to)?), Kind::Prototype(_) | Kind::Void | Kind::Forward { .. }) =>
        {
            return Ok(String::new());
        }
        Kind::Typedef(_) => name.to_owned(),
        Kind::Enum(_) if name.is_empty() => return Ok(String::new()),
        kind => format!("{} {name}", keyword(kind).unwrap_or("struct")),
    };
    let mut text = format!("WASM_BPF_ASSERT(sizeof({ty}) == {}, \"size of {ty}\");\n", btf.size_of(id)?);
    for (member, offset) in &printer.offsets {
        text.push_str(&format!(
            "WASM_BPF_ASSERT(__builtin_offsetof({ty}, {member}) == {offset}, \"{ty}: offset of {member}\");\n"
        ));
    }
    Ok(text)
}
