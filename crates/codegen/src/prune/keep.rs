//! Which types, members and values have to stay.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::model::*;
use crate::prune::raw::Raw;
use crate::prune::relocation::{Access, Step};

/// How much of a type stays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Of records and enums: name, size, and what relocations name.
    Shell,
    /// The same of records; enums stay whole. The kernel compares functions' parameters by it.
    Pointee,
    /// All of it, and of what it contains by value; what it points to is a pointee.
    Whole,
}

/// The choice, made by following references from what libbpf and the kernel start from.
pub(crate) struct Keep<'a> {
    btf: &'a Btf<'a>,
    raw: &'a Raw<'a>,
    levels: Vec<Option<Level>>,
    /// Positions of members and values that relocations name, sorted once all are known.
    named: HashMap<TypeId, Vec<usize>>,
    /// Tags by the type that they are on, with the number of the member or parameter.
    tags: HashMap<TypeId, Vec<(TypeId, u32)>>,
    records: HashMap<&'a str, Vec<TypeId>>,
    work: Vec<TypeId>,
}

/// A tag that is on no member or parameter, but on the type itself.
const WHOLE_TYPE: u32 = u32::MAX;

impl<'a> Keep<'a> {
    /// Keeps what the object's functions, variables and maps need, and its relocations, each with the type that it starts from.
    pub(crate) fn new(btf: &'a Btf<'a>, raw: &'a Raw<'a>, relocations: &[(TypeId, Access)]) -> Result<Self> {
        let mut keep = Self {
            btf,
            raw,
            levels: vec![None; btf.types.len()],
            named: HashMap::new(),
            tags: HashMap::new(),
            records: HashMap::new(),
            work: Vec::new(),
        };
        let mut definitions = Vec::new();
        let mut externs: HashSet<TypeId> = HashSet::new();
        for (id, ty) in btf.iter() {
            match &ty.kind {
                Kind::Tag(on) => {
                    let (_, _, items) = raw.get(id);
                    keep.tags.entry(*on).or_default().push((id, items.first().copied().unwrap_or(WHOLE_TYPE)));
                }
                Kind::Record(_) => keep.records.entry(ty.name).or_default().push(id),
                Kind::Section(variables) if ty.name == ".maps" => definitions.extend(variables),
                Kind::Section(variables) if ty.name == ".ksyms" => externs.extend(variables),
                _ => {}
            }
        }
        for (id, ty) in btf.iter() {
            match ty.kind {
                // libbpf compares an extern's kind with the kernel's, and declares it as `int`.
                Kind::Variable { .. } if externs.contains(&id) => keep.mark(id, Level::Pointee),
                Kind::Variable { .. } | Kind::Section(_) => keep.mark(id, Level::Whole),
                Kind::Function(_) => keep.mark(id, Level::Pointee),
                _ => {}
            }
        }
        keep.definitions(definitions)?;
        for (root, access) in relocations {
            keep.access(*root, access)?;
        }
        keep.run();
        for named in keep.named.values_mut() {
            named.sort_unstable();
            named.dedup();
        }
        Ok(keep)
    }

    /// Keeps what maps point to with `key` and `value`, also those within maps.
    fn definitions(&mut self, mut work: Vec<TypeId>) -> Result<()> {
        let btf = self.btf;
        let pointee = |ty| {
            btf.resolved(ty).map(|ty| match btf.kind(ty) {
                Kind::Pointer(to) => Some(*to),
                _ => None,
            })
        };
        let mut seen = HashSet::new();
        while let Some(ty) = work.pop() {
            let ty = match btf.kind(ty) {
                Kind::Variable { ty, .. } => *ty,
                _ => ty,
            };
            let ty = btf.resolved(ty)?;
            let Kind::Record(record) = btf.kind(ty) else { continue };
            if !seen.insert(ty) {
                continue;
            }
            self.mark(ty, Level::Whole);
            for member in &record.members {
                match (member.name, btf.kind(btf.resolved(member.ty)?)) {
                    ("key" | "value", Kind::Pointer(to)) => self.mark(*to, Level::Whole),
                    ("values", Kind::Array { element, .. }) => work.extend(pointee(*element)?),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Keeps what a relocation that starts from type `root` needs.
    fn access(&mut self, root: TypeId, access: &Access) -> Result<()> {
        self.mark(root, if matches!(access, Access::Whole) { Level::Whole } else { Level::Shell });
        match access {
            Access::Field(steps) => {
                for step in steps {
                    if let Step::Member(record, index) = *step {
                        self.named.entry(record).or_default().push(index);
                        if let Some(ty) = self.shell_member(record, index)? {
                            self.mark(ty, Level::Shell);
                        }
                    }
                }
            }
            Access::Enumerator(of, index) => {
                self.named.entry(*of).or_default().push(*index);
            }
            Access::Name | Access::Whole => {}
        }
        Ok(())
    }

    /// The type of a shell's member, as far as relocations look at it: no typedefs, and any pointer will do (`None`).
    pub(crate) fn shell_member(&self, record: TypeId, index: usize) -> Result<Option<TypeId>> {
        let Kind::Record(record) = self.btf.kind(record) else { return Ok(Some(0)) };
        let ty = self.btf.resolved(record.members.get(index).map_or(0, |member| member.ty))?;
        Ok((!matches!(self.btf.kind(ty), Kind::Pointer(_))).then_some(ty))
    }

    pub(crate) fn has(&self, id: TypeId) -> bool {
        self.levels.get(id as usize).is_some_and(Option::is_some)
    }

    /// The items of a kept type that stay, by position; `None` if all do.
    pub(crate) fn items(&self, id: TypeId) -> Option<&[usize]> {
        let level = self.levels.get(id as usize).copied().flatten();
        let whole = match self.btf.kind(id) {
            Kind::Record(_) => level >= Some(Level::Whole),
            Kind::Enum(_) => level >= Some(Level::Pointee),
            _ => true,
        };
        (!whole).then(|| self.named.get(&id).map_or(&[][..], Vec::as_slice))
    }

    /// Where the item at `index` of type `id` is among those that stay.
    pub(crate) fn position(&self, id: TypeId, index: usize) -> usize {
        match self.items(id) {
            Some(items) => items.partition_point(|item| *item < index),
            None => index,
        }
    }

    fn mark(&mut self, id: TypeId, level: Level) {
        // The reader has not seen all ids: the writer refuses those that do not exist.
        if let Some(present) = self.levels.get_mut(id as usize)
            && id != 0
            && *present < Some(level)
        {
            *present = Some(level);
            self.work.push(id);
        }
    }

    /// Follows references until nothing changes: each type is visited once a level at most.
    fn run(&mut self) {
        while let Some(id) = self.work.pop() {
            let level = self.levels[id as usize].unwrap_or(Level::Shell);
            let next = match self.btf.kind(id) {
                Kind::Record(_) if level < Level::Whole => None,
                // Their variables have been marked apart, some as externs.
                Kind::Section(_) => None,
                Kind::Pointer(_) | Kind::Prototype(_) | Kind::Function(_) => Some(level.min(Level::Pointee)),
                _ => Some(level),
            };
            if let Some(next) = next {
                for to in self.raw.references(id) {
                    self.mark(to, next);
                }
            }
            self.keep_tags(id, level);
        }
    }

    fn keep_tags(&mut self, id: TypeId, level: Level) {
        let shell = matches!(self.btf.kind(id), Kind::Record(_)) && level < Level::Whole;
        let tags: Vec<_> = self.tags.get(&id).into_iter().flatten().copied().collect();
        for (tag, component) in tags {
            if shell && component != WHOLE_TYPE {
                continue;
            }
            self.mark(tag, Level::Shell);
            // Lists and trees say by name what is in them: "contains:RECORD:MEMBER".
            let content = self.btf.get(tag).name.strip_prefix("contains:").and_then(|text| text.split(':').next());
            // Taken out: once is enough.
            for record in content.and_then(|name| self.records.remove(name)).unwrap_or_default() {
                self.mark(record, Level::Whole);
            }
        }
    }
}
