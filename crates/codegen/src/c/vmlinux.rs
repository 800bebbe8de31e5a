//! vmlinux.h: the kernel's types for the BPF side.

use std::collections::HashSet;

use crate::error::Result;
use crate::model::*;
use crate::order::{Needs, order};

use super::names::keyword;
use super::template::render;
use super::{BUILTIN, Dialect, Printer};

/// All types of `btf` as a header for BPF programs.
pub(crate) fn vmlinux(btf: &Btf<'_>) -> Result<String> {
    let mut printer = Printer::new(btf, Dialect::Kernel);
    let used = used(btf);
    let roots: Vec<TypeId> = btf
        .iter()
        .filter(|(id, ty)| match &ty.kind {
            Kind::Record(_) | Kind::Typedef(_) => !ty.name.is_empty(),
            Kind::Enum(e) => !ty.name.is_empty() || !(used.contains(id) || e.values.is_empty()),
            _ => false,
        })
        .map(|(id, _)| id)
        .collect();
    let mut declared = HashSet::new();
    let mut types = String::new();
    for id in order(btf, &roots, Needs::Names)? {
        let ty = btf.get(id);
        if ty.name == BUILTIN {
            continue;
        }
        let definition = printer.definition(id)?;
        declared.insert(printer.names.of(id).to_owned());
        for mentioned in std::mem::take(&mut printer.mentioned) {
            let name = printer.names.of(mentioned);
            if declared.insert(name.to_owned()) {
                let keyword = keyword(btf.kind(mentioned)).unwrap_or("struct");
                types.push_str(&format!("{keyword} {name};\n\n"));
            }
        }
        let older = is_word_of_newer_c(ty);
        if older {
            types.push_str("#if __STDC_VERSION__ < 202311L\n");
        }
        types.push_str(&definition);
        if older {
            types.push_str("#endif\n");
        }
        types.push('\n');
    }
    Ok(render(include_str!("templates/vmlinux.h"), &[("TYPES", &types)]))
}

/// What the kernel defines and C23 made part of the language.
fn is_word_of_newer_c(ty: &Type<'_>) -> bool {
    match &ty.kind {
        Kind::Typedef(_) => ty.name == "bool",
        Kind::Enum(e) => e.values.iter().any(|(name, _)| *name == "true"),
        _ => false,
    }
}

/// Types that others refer to: anonymous ones are written out there.
fn used(btf: &Btf<'_>) -> HashSet<TypeId> {
    let mut used = HashSet::new();
    for (_, ty) in btf.iter() {
        match &ty.kind {
            Kind::Pointer(to) | Kind::Typedef(to) | Kind::Modifier(_, to) | Kind::Array { element: to, .. } => {
                used.insert(*to);
            }
            Kind::Record(record) => used.extend(record.members.iter().map(|member| member.ty)),
            _ => {}
        }
    }
    used
}
