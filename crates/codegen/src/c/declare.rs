//! Declarators: a type and a name become `type name`, inside out.

use crate::error::Result;
use crate::model::*;

use super::names::{identifier, keyword};
use super::{BUILTIN, Dialect, Path, Printer};

/// How pointers of the BPF side are declared for a guest, whose own have 32 bits.
const POINTER: &str = "unsigned long long";

/// Integer names that mean the same on every BPF target, with their sizes.
const KERNEL_INTS: &[(&str, u32)] = &[
    ("_Bool", 1),
    ("char", 1),
    ("signed char", 1),
    ("unsigned char", 1),
    ("short", 2),
    ("short int", 2),
    ("unsigned short", 2),
    ("short unsigned int", 2),
    ("int", 4),
    ("unsigned int", 4),
    ("long", 8),
    ("long int", 8),
    ("unsigned long", 8),
    ("long unsigned int", 8),
    ("long long", 8),
    ("long long int", 8),
    ("unsigned long long", 8),
    ("long long unsigned int", 8),
    ("__int128", 16),
    ("unsigned __int128", 16),
    ("__int128 unsigned", 16),
];

impl Printer<'_> {
    /// `inner`, a declarator that may be empty, declared to be of type `id`.
    pub(super) fn declare(&mut self, id: TypeId, inner: &str, indent: usize) -> Result<String> {
        let text = self.nested(|printer| printer.declare_here(id, inner, indent))?;
        self.wrote(&text)?;
        Ok(text)
    }

    fn declare_here(&mut self, id: TypeId, inner: &str, indent: usize) -> Result<String> {
        let btf = self.btf;
        let ty = btf.get(id);
        let pointers = self.dialect == Dialect::Kernel;
        match &ty.kind {
            Kind::Int(int) => Ok(join(self.integer(ty.name, *int), inner)),
            Kind::Float { size: 4 } => Ok(join("float", inner)),
            Kind::Float { size: 8 } => Ok(join("double", inner)),
            Kind::Float { size } => Ok(join("unsigned char", &format!("{}[{size}]", bracket(inner)))),
            Kind::Pointer(to) if pointers => self.declare(*to, &format!("*{inner}"), indent),
            Kind::Pointer(_) => Ok(join(POINTER, inner)),
            Kind::Array { element, count } => {
                let path = std::mem::take(&mut self.path);
                let text = self.declare(*element, &format!("{}[{count}]", bracket(inner)), indent);
                self.path = path;
                text
            }
            Kind::Modifier(modifier, to) => self.qualified(*modifier, *to, inner, indent),
            Kind::Prototype(proto) => {
                let params = self.parameters(proto, indent)?;
                let inner = format!("{}({params})", bracket(inner));
                self.declare(proto.returns, &inner, indent)
            }
            Kind::Typedef(to) if self.is_named(id, *to)? => Ok(join(self.names.of(id), inner)),
            Kind::Typedef(to) => self.declare(*to, inner, indent),
            Kind::Record(record) if ty.name.is_empty() => Ok(join(&self.record(id, record, "", indent)?, inner)),
            // An enum that is nowhere defined can still be counted in bytes.
            Kind::Enum(e) if !ty.name.is_empty() && (!e.values.is_empty() || inner.starts_with('*')) => {
                Ok(join(&format!("enum {}", self.names.of(id)), inner))
            }
            Kind::Enum(e) if pointers && !e.values.is_empty() => Ok(join(&self.enumeration("", e, indent)?, inner)),
            Kind::Enum(e) => Ok(join(fixed(e.size, e.signed), inner)),
            Kind::Record(_) | Kind::Forward { .. } => {
                self.mentioned.push(id);
                let keyword = keyword(&ty.kind).unwrap_or("struct");
                Ok(join(&format!("{keyword} {}", self.names.of(id)), inner))
            }
            Kind::Void | Kind::Function(_) | Kind::Variable { .. } | Kind::Section(_) | Kind::Tag(_) => {
                Ok(join("void", inner))
            }
        }
    }

    /// Whether a typedef is used by its name or expanded.
    fn is_named(&self, id: TypeId, to: TypeId) -> Result<bool> {
        Ok(!self.names.of(id).is_empty()
            && match self.dialect {
                Dialect::Kernel => self.btf.get(id).name != BUILTIN,
                Dialect::Guest => {
                    let to = self.btf.unqualified(to)?;
                    self.btf.is_anonymous_aggregate(to)
                }
                Dialect::Skeleton => matches!(self.btf.kind(self.btf.resolved(to)?), Kind::Record(_) | Kind::Enum(_)),
            })
    }

    /// Guests may write what BPF may not, and read it with plain loads: they get no qualifiers.
    fn qualified(&mut self, modifier: Modifier, to: TypeId, inner: &str, indent: usize) -> Result<String> {
        let word = match modifier {
            Modifier::Const => "const",
            Modifier::Volatile => "volatile",
            Modifier::Restrict => "restrict",
            Modifier::TypeTag => "",
        };
        if word.is_empty() || self.dialect != Dialect::Kernel {
            return self.declare(to, inner, indent);
        }
        match self.btf.kind(self.btf.unqualified(to)?) {
            Kind::Pointer(_) => self.declare(to, &join(word, inner), indent),
            Kind::Prototype(_) => self.declare(to, inner, indent),
            _ if modifier == Modifier::Restrict => self.declare(to, inner, indent),
            _ => {
                let text = self.declare(to, inner, indent)?;
                // An array and its elements may both be const.
                let twice = text.strip_prefix(word).is_some_and(|rest| rest.starts_with(' '));
                Ok(if twice { text } else { join(word, &text) })
            }
        }
    }

    fn parameters(&mut self, proto: &Prototype<'_>, indent: usize) -> Result<String> {
        let path = std::mem::take(&mut self.path);
        let mut params = Vec::new();
        for (_, ty) in &proto.params {
            params.push(self.declare(*ty, "", indent)?);
        }
        self.path = path;
        if proto.variadic && !params.is_empty() {
            params.push("...".to_owned());
        }
        Ok(if params.is_empty() && !proto.variadic { "void".to_owned() } else { params.join(", ") })
    }

    fn integer(&self, name: &str, int: Int) -> &'static str {
        if self.dialect == Dialect::Kernel {
            let known = KERNEL_INTS.iter().find(|(known, size)| *known == name && *size == int.size);
            if let Some((name, _)) = known {
                return name;
            }
        }
        match name {
            "char" if int.size == 1 => "char",
            _ if int.boolean && int.size == 1 => {
                if self.dialect == Dialect::Kernel {
                    "_Bool"
                } else {
                    "bool"
                }
            }
            _ => fixed(int.size, int.signed),
        }
    }

    /// What a pointer points to, for a comment.
    pub(super) fn pointee(&self, id: TypeId) -> Result<Option<String>> {
        let mut id = self.btf.resolved(id)?;
        let mut stars = String::new();
        while let Kind::Pointer(to) = self.btf.kind(id) {
            stars.push('*');
            if stars.len() > 8 {
                return Ok(None);
            }
            id = self.btf.unqualified(*to)?;
        }
        if stars.is_empty() {
            return Ok(None);
        }
        let ty = self.btf.get(id);
        let name = identifier(ty.name);
        let base = match &ty.kind {
            Kind::Record(_) | Kind::Forward { .. } | Kind::Enum(_) => {
                format!("{} {name}", keyword(&ty.kind).unwrap_or_default())
            }
            Kind::Int(_) => ty.name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', " "),
            Kind::Typedef(_) => name,
            Kind::Prototype(_) => "function".to_owned(),
            Kind::Array { .. } => "array".to_owned(),
            _ => "void".to_owned(),
        };
        Ok(Some(format!("{} {stars}", base.trim_end())))
    }
}

impl Path {
    /// The way to a member of where this leads.
    pub(super) fn to(&self, name: &str, bytes: u64) -> Self {
        Self {
            prefix: self.prefix.as_ref().map(|prefix| match name {
                "" => prefix.clone(),
                name => format!("{prefix}{name}."),
            }),
            offset: self.offset + bytes,
        }
    }
}

/// The C integer of that many bytes, the same in wasm32 and on every 64-bit machine.
pub(super) fn fixed(size: u32, signed: bool) -> &'static str {
    match (size, signed) {
        (1, true) => "signed char",
        (1, false) => "unsigned char",
        (2, true) => "short",
        (2, false) => "unsigned short",
        (4, true) => "int",
        (4, false) => "unsigned int",
        (8, true) => "long long",
        (8, false) => "unsigned long long",
        (_, true) => "__int128",
        (_, false) => "unsigned __int128",
    }
}

fn join(base: &str, inner: &str) -> String {
    if inner.is_empty() { base.to_owned() } else { format!("{base} {inner}") }
}

/// A pointer to an array or function needs parentheses.
fn bracket(inner: &str) -> String {
    if inner.starts_with('*') { format!("({inner})") } else { inner.to_owned() }
}
