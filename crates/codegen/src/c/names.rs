//! Names of types in C: legal, and each used once.

use std::collections::{HashMap, HashSet};

use crate::model::*;

use super::Dialect;

/// Words that a member or a type cannot be called in C11 to C23 or C++17, and macros that compilers predefine.
const RESERVED: &str = "\
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t \
    char8_t class co_await co_return co_yield compl concept const const_cast consteval constexpr \
    constinit continue decltype default delete do double dynamic_cast else enum explicit export extern \
    false float for friend goto i386 if inline int linux long mutable namespace new noexcept not not_eq \
    nullptr operator or or_eq private protected public register reinterpret_cast requires restrict \
    return short signed sizeof static static_assert static_cast struct switch template this \
    thread_local throw true try typedef typeid typename typeof typeof_unqual union unix unsigned using \
    virtual void volatile wchar_t while xor xor_eq";

/// Words that C allows for a member and C++ does not.
const CPP_ONLY: &str = "\
    and and_eq asm bitand bitor catch class compl concept const_cast constinit co_await co_return co_yield \
    decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not not_eq operator or \
    or_eq private protected public reinterpret_cast requires static_cast template this throw try typeid \
    typename using virtual xor xor_eq";

/// Names of the definitions of one header.
pub(super) struct Names {
    dialect: Dialect,
    own: HashMap<TypeId, String>,
    /// Ordinary identifiers in use: typedefs and values of enums.
    used: HashSet<String>,
    /// How often a name was asked for.
    counts: HashMap<String, u32>,
}

impl Names {
    pub(super) fn new(btf: &Btf<'_>, dialect: Dialect) -> Self {
        let mut names = Self { dialect, own: HashMap::new(), used: HashSet::new(), counts: HashMap::new() };
        names.tags(btf);
        for (id, ty) in btf.iter() {
            if matches!(ty.kind, Kind::Typedef(_)) && !ty.name.is_empty() {
                // In a skeleton the definitions are the user's own, under their own names.
                let name = names.word(ty.name);
                let name = if dialect == Dialect::Skeleton { name } else { names.fresh(name) };
                names.own.insert(id, name);
            }
        }
        names
    }

    /// Structs, unions and enums share the tags; a forward declaration has the name of what it declares.
    fn tags(&mut self, btf: &Btf<'_>) {
        let mut taken: HashMap<String, &'static str> = HashMap::new();
        let mut counts: HashMap<String, u32> = HashMap::new();
        let tagged = |forward: bool| {
            btf.iter()
                .filter(move |(_, ty)| matches!(ty.kind, Kind::Forward { .. }) == forward)
                .filter_map(|(id, ty)| Some((id, ty.name, keyword(&ty.kind)?)))
                .filter(|(_, name, _)| !name.is_empty())
        };
        for (forward, (id, name, keyword)) in
            tagged(false).map(|tag| (false, tag)).chain(tagged(true).map(|tag| (true, tag)))
        {
            let wanted = self.word(name);
            let mut name = wanted.clone();
            let count = counts.entry(wanted.clone()).or_insert(1);
            while self.dialect != Dialect::Skeleton
                && taken.get(&name).is_some_and(|other| !forward || *other != keyword)
            {
                *count += 1;
                name = format!("{wanted}___{count}");
            }
            taken.insert(name.clone(), keyword);
            if self.dialect == Dialect::Guest {
                // C++ has one room for tags and typedefs.
                self.used.insert(name.clone());
            }
            self.own.insert(id, name);
        }
    }

    /// The name of a definition.
    pub(super) fn of(&self, id: TypeId) -> &str {
        self.own.get(&id).map_or("", String::as_str)
    }

    /// `name` as a word of the language. The kernel's own names are kept: relocations go by them.
    pub(super) fn word(&self, name: &str) -> String {
        let mut word = identifier(name);
        if self.dialect == Dialect::Guest && RESERVED.split(' ').any(|reserved| reserved == word) {
            word.push('_');
        }
        word
    }

    /// `name`, or the same with a number where it was given away already.
    pub(super) fn fresh(&mut self, name: String) -> String {
        if self.used.insert(name.clone()) {
            return name;
        }
        let count = self.counts.entry(name.clone()).or_insert(1);
        loop {
            *count += 1;
            let numbered = format!("{name}___{count}");
            if self.used.insert(numbered.clone()) {
                return numbered;
            }
        }
    }
}

/// The word in front of a tag.
pub(super) fn keyword(kind: &Kind<'_>) -> Option<&'static str> {
    match kind {
        Kind::Record(Record { union: true, .. }) | Kind::Forward { union: true } => Some("union"),
        Kind::Record(_) | Kind::Forward { .. } => Some("struct"),
        Kind::Enum(_) => Some("enum"),
        _ => None,
    }
}

/// `name` as a skeleton's member: in C its own, as programs know it; in C++ with an underscore where it is a keyword.
pub(super) fn member(name: &str) -> String {
    let ident = identifier(name);
    if CPP_ONLY.split(' ').any(|word| word == ident) { format!("WASM_BPF_MEMBER({ident})") } else { ident }
}

/// `name` with everything that C does not allow replaced by underscores.
pub(super) fn identifier(name: &str) -> String {
    let mut ident: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if ident.starts_with(|c: char| c.is_ascii_digit()) {
        ident.insert(0, '_');
    }
    ident
}
