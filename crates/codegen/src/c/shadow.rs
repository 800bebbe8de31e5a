//! The structs behind `skel->struct_ops.NAME`: what a table of kernel operations starts with.
//!
//! As in bpftool's skeletons, numbers can be written and functions are programs; everything else is bytes. A program's
//! place has 8 bytes, as the kernel's pointers do, whatever the pointers of the guest have.

use crate::error::Result;
use crate::model::*;

use super::declare::fixed;
use super::names::identifier;
use super::{Dialect, Printer};

/// The parts of a skeleton that are about tables of operations; all empty without one.
pub(super) struct Shadows {
    /// The member `struct_ops`.
    pub(super) members: String,
    /// What open does about it.
    pub(super) open: String,
    /// What the compiler checks.
    pub(super) asserts: String,
}

impl Shadows {
    /// Those of the maps with these names and types.
    pub(super) fn of(printer: &mut Printer<'_>, skeleton: &str, maps: &[(String, TypeId)]) -> Result<Self> {
        let (mut members, mut open, mut asserts) = (String::new(), String::new(), String::new());
        for (map, id) in maps {
            let id = printer.btf.resolved(*id)?;
            let ty = printer.btf.get(id);
            let Kind::Record(record) = &ty.kind else { continue };
            let mut shadow = Shadow { map, text: String::new(), asserts: &mut asserts, cursor: 0 };
            for (index, member) in record.members.iter().enumerate() {
                shadow.member(printer, index, member)?;
            }
            shadow.pad("__padding_end", u64::from(record.size));
            let ty = identifier(ty.name);
            members.push_str(&format!("\t\tstruct {skeleton}__{map}__{ty} {{\n{}\t\t}} *{map};\n", shadow.text));
            open.push_str(&format!(
                "\tobj->struct_ops.{map} = (__typeof__(obj->struct_ops.{map}))\n\
                 \t\tbpf_map__initial_value(obj->maps.{map}, NULL);\n"
            ));
        }
        if !members.is_empty() {
            members = format!("\tstruct {{\n{members}\t}} struct_ops;\n");
        }
        Ok(Self { members, open, asserts })
    }
}

/// One struct in the making.
struct Shadow<'s> {
    map: &'s str,
    text: String,
    asserts: &'s mut String,
    /// Bytes so far.
    cursor: u64,
}

impl Shadow<'_> {
    fn member(&mut self, printer: &mut Printer<'_>, index: usize, member: &Member<'_>) -> Result<()> {
        let offset = u64::from(member.offset / 8);
        // Bit-fields, and what overlaps, become part of the padding before the next member.
        if member.bits.is_some() || offset < self.cursor {
            return Ok(());
        }
        let size = printer.btf.size_of(member.ty)?;
        let name = identifier(member.name);
        self.pad(&format!("__padding_{index}"), offset);
        let aligned = !member.name.is_empty() && offset.is_multiple_of(size.clamp(1, 8));
        match (aligned, declaration(printer, member.ty, &name)?) {
            (true, Some(declaration)) => {
                self.text.push_str(&format!("\t\t\t{declaration};\n"));
                let table = format!("s->struct_ops.{}", self.map);
                self.asserts.push_str(&format!(
                    "\tWASM_BPF_ASSERT(__builtin_offsetof(__typeof__(*{table}), {name}) == {offset}, \"unexpected offset of '{name}'\");\n"
                ));
            }
            _ if size > 0 => self.text.push_str(&format!("\t\t\tchar __unsupported_{index}[{size}];\n")),
            _ => {}
        }
        self.cursor = offset + size;
        Ok(())
    }

    fn pad(&mut self, name: &str, end: u64) {
        if self.cursor < end {
            self.text.push_str(&format!("\t\t\tchar {name}[{}];\n", end - self.cursor));
            self.cursor = end;
        }
    }
}

/// How a number or a program is declared; `None` for other types.
fn declaration(printer: &mut Printer<'_>, id: TypeId, name: &str) -> Result<Option<String>> {
    let btf = printer.btf;
    debug_assert!(printer.dialect == Dialect::Skeleton);
    Ok(match btf.kind(btf.resolved(id)?) {
        Kind::Int(_) | Kind::Float { .. } => Some(printer.declare(id, name, 3)?),
        // As a number: the user need not have the enum.
        Kind::Enum(e) => Some(format!("{} {name}", fixed(e.size, e.signed))),
        Kind::Pointer(to) if matches!(btf.kind(btf.resolved(*to)?), Kind::Prototype(_)) => {
            Some(format!("__extension__ union {{ struct bpf_program *{name}; unsigned long long __slot_{name}; }}"))
        }
        _ => None,
    })
}
