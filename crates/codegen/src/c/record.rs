//! Bodies of structs, unions and enums.

use std::collections::HashSet;

use crate::error::Result;
use crate::layout::Item;
use crate::model::*;

use super::declare::fixed;
use super::{Dialect, Printer};

/// Up to so many unnamed bit-fields stand for padding; more become an array.
const MAX_UNNAMED: usize = 4;

impl Printer<'_> {
    /// `struct name { ... }`; the name may be empty.
    pub(super) fn record(&mut self, id: TypeId, record: &Record<'_>, name: &str, indent: usize) -> Result<String> {
        let layout = self.layouts.of(id, record)?;
        let mut head = if record.union { "union" } else { "struct" }.to_owned();
        if layout.packed {
            head.push_str(" __attribute__((packed))");
        }
        if !name.is_empty() {
            head.push(' ');
            head.push_str(name);
        }
        let mut lines = Vec::new();
        let Some(items) = &layout.items else {
            lines.push(format!("unsigned char __opaque[{}];", record.size));
            return Ok(braced(&head, &lines, indent));
        };
        let mut taken = HashSet::new();
        let only_padding = items.iter().all(|item| matches!(item, Item::Pad { .. }));
        for item in items {
            let line = match *item {
                Item::Pad { at, bits } => {
                    let units = if record.union || only_padding { 0 } else { layout.align };
                    self.padding(at, bits, units)
                }
                Item::Member(index) => self.member(&record.members[index], &mut taken, indent + 1)?,
                Item::Bits(index, width) => self.bit_field(&record.members[index], width, &mut taken, indent + 1)?,
            };
            self.wrote(&line)?;
            lines.push(line);
        }
        if lines.is_empty() && self.dialect != Dialect::Kernel {
            // An empty struct has no size in C, and one byte in C++.
            lines.push("unsigned char __empty[0];".to_owned());
        }
        Ok(braced(&head, &lines, indent))
    }

    fn member(&mut self, member: &Member<'_>, taken: &mut HashSet<String>, indent: usize) -> Result<String> {
        let name = self.member_name(member.name, taken);
        let outer = self.path.clone();
        let bytes = u64::from(member.offset / 8);
        if let (false, Some(prefix)) = (name.is_empty(), &outer.prefix) {
            let path = format!("{prefix}{name}");
            self.wrote(&path)?;
            self.offsets.push((path, outer.offset + bytes));
        }
        self.path = outer.to(&name, bytes);
        let ty = self.btf.resolved(member.ty)?;
        let text = match self.btf.kind(ty) {
            // A tagged struct without a name is an extension that few compilers know: write its members instead.
            Kind::Record(inner) if name.is_empty() => self.nested(|printer| printer.record(ty, inner, "", indent))?,
            _ => self.declare(member.ty, &name, indent)?,
        };
        self.path = outer;
        Ok(match self.pointee(member.ty)? {
            Some(comment) if self.dialect != Dialect::Kernel => format!("{text}; /* {comment} */"),
            _ => format!("{text};"),
        })
    }

    fn bit_field(
        &mut self,
        member: &Member<'_>,
        width: u32,
        taken: &mut HashSet<String>,
        indent: usize,
    ) -> Result<String> {
        let name = self.member_name(member.name, taken);
        if let Kind::Int(int) = self.btf.kind(self.btf.resolved(member.ty)?)
            && int.boolean
            && width > 1
        {
            return Ok(format!("{} {name}: {width};", fixed(int.size, false)));
        }
        Ok(format!("{}: {width};", self.declare(member.ty, &name, indent)?))
    }

    fn member_name(&self, name: &str, taken: &mut HashSet<String>) -> String {
        if name.is_empty() {
            return String::new();
        }
        let mut name = self.names.word(name);
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        name
    }

    /// Padding in units of at most `align` bytes; as an array if that is 0 or takes too many.
    fn padding(&mut self, at: u64, bits: u64, align: u32) -> String {
        let end = at + bits;
        let bytes = at.next_multiple_of(8).min(end)..(end - end % 8).max(at);
        let mut pieces = Vec::new();
        let unnamed = |bits: u64, unit: u32| format!("{}: {bits};", fixed(unit, false));
        if bytes.start > at {
            pieces.push(unnamed(bytes.start - at, 1));
        }
        let mut units = Vec::new();
        let mut cursor = bytes.start;
        while cursor < bytes.end && units.len() <= MAX_UNNAMED {
            let fits = |unit: &u32| {
                let bits = u64::from(*unit) * 8;
                *unit <= align && cursor.is_multiple_of(bits) && cursor + bits <= bytes.end
            };
            let unit = [8, 4, 2, 1].into_iter().find(fits).unwrap_or(1);
            units.push(unnamed(u64::from(unit) * 8, unit));
            cursor += u64::from(unit) * 8;
        }
        if align == 0 || units.len() > MAX_UNNAMED {
            let size = bytes.end.saturating_sub(bytes.start) / 8;
            pieces.push(format!("unsigned char __bpf_pad{}[{size}];", self.pads));
            self.pads += 1;
        } else {
            pieces.append(&mut units);
        }
        if end > bytes.end.max(bytes.start) {
            pieces.push(unnamed(end - bytes.end.max(bytes.start), 1));
        }
        pieces.join(" ")
    }

    /// `enum name { ... }` with its attributes.
    pub(super) fn enumeration(&mut self, name: &str, e: &Enum<'_>, indent: usize) -> Result<String> {
        let head = if name.is_empty() { "enum".to_owned() } else { format!("enum {name}") };
        if e.values.is_empty() {
            return Ok(head);
        }
        let mut lines = Vec::new();
        for (value_name, value) in &e.values {
            let word = self.names.word(value_name);
            let word = self.names.fresh(word);
            let line = format!("{word} = {},", literal(*value, e));
            self.wrote(&line)?;
            lines.push(line);
        }
        let wide = e.values.iter().any(|(_, value)| match e.signed {
            true => i32::try_from(value.cast_signed()).is_err(),
            false => u32::try_from(*value).is_err(),
        });
        let attributes = match e.size {
            1 => " __attribute__((mode(QI)))",
            2 => " __attribute__((mode(HI)))",
            8 if !wide => " __attribute__((mode(DI)))",
            _ => "",
        };
        Ok(braced(&head, &lines, indent) + attributes)
    }
}

fn literal(value: u64, e: &Enum<'_>) -> String {
    match (e.size, e.signed) {
        (8, true) if value.cast_signed() == i64::MIN => format!("(-{}LL - 1)", i64::MAX),
        (8, true) => format!("{}LL", value.cast_signed()),
        (_, true) => value.cast_signed().to_string(),
        (8, false) => format!("{value}ULL"),
        (_, false) => value.to_string(),
    }
}

fn braced(head: &str, lines: &[String], indent: usize) -> String {
    let tabs = "\t".repeat(indent);
    let mut text = format!("{head} {{\n");
    for line in lines {
        text.push_str(&tabs);
        text.push('\t');
        text.push_str(line);
        text.push('\n');
    }
    text.push_str(&tabs);
    text.push('}');
    text
}
