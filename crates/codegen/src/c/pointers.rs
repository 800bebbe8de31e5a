//! Pointers among an object's constants. A program sets them before load, so they are declared as what it stores there: pointers
//! of its own, which in a guest have 32 bits, beside the number that the BPF side reads.

use crate::error::Result;
use crate::maps::Map;
use crate::model::*;

use super::Printer;
use super::names::{identifier, keyword, member};

/// The pointers of one section of constants; none in other sections, where the kernel stores addresses of its own.
pub(super) struct Pointers<'a> {
    /// Names, and what they point to.
    all: Vec<(&'a str, String)>,
}

impl<'a> Pointers<'a> {
    pub(super) fn of(printer: &Printer<'_>, map: &Map<'a>) -> Result<Self> {
        let mut all = Vec::new();
        if map.name.starts_with(".rodata") {
            for variable in &map.variables {
                if let Kind::Pointer(to) = printer.btf.kind(printer.btf.resolved(variable.ty)?) {
                    all.push((variable.name, target(printer.btf, *to)?));
                }
            }
        }
        Ok(Self { all })
    }

    /// The lines of a pointer of that name.
    pub(super) fn declared(&self, name: &str) -> Option<String> {
        let (_, target) = self.all.iter().find(|(known, _)| *known == name)?;
        let (pointer, number) = (member(name), number(name));
        Some(format!("\t\tunion {{\n\t\t\t{target} *{pointer};\n\t\t\tunsigned long long {number};\n\t\t}};\n"))
    }

    /// The member that is as wide as the pointer of that name is on the BPF side.
    pub(super) fn number(&self, name: &str) -> Option<String> {
        self.all.iter().any(|(known, _)| *known == name).then(|| number(name))
    }

    /// What makes addresses of the kernel out of the halves that a guest has of them.
    pub(super) fn widened(&self, section: &str) -> String {
        let widen = |(name, _): &(&str, String)| {
            let number = number(name);
            format!(
                "\tif (obj->{section})\n\
                 \t\tobj->{section}->{number} = wasm_bpf_address_pointed(obj->{section}->{number});\n"
            )
        };
        let text: String = self.all.iter().map(widen).collect();
        // Of wasm_bpf/address.h, which <bpf/libbpf.h> includes for a guest.
        if text.is_empty() { text } else { format!("#ifdef WASM_BPF_ADDRESS_H\n{text}#endif\n") }
    }
}

fn number(name: &str) -> String {
    format!("{}__number", identifier(name))
}

/// What a pointer points to, as a program can name it that does not know the BPF side's types.
fn target(btf: &Btf<'_>, to: TypeId) -> Result<String> {
    let ty = btf.get(btf.unqualified(to)?);
    Ok(match &ty.kind {
        Kind::Record(_) | Kind::Forward { .. } if !ty.name.is_empty() => {
            format!("{} {}", keyword(&ty.kind).unwrap_or("struct"), identifier(ty.name))
        }
        Kind::Int(int) if int.size == 1 && ty.name == "char" => "const char".to_owned(),
        _ => "void".to_owned(),
    })
}
