//! What a CO-RE relocation needs to know of the object's own types.
//!
//! libbpf takes names, kinds and positions from them and finds the rest in the kernel's types (`relo_core.c`).

use crate::error::{Error, Result};
use crate::model::*;
use crate::prune::ext::Relocation;

/// libbpf's own limit on the steps of a relocation.
const MAX_STEPS: usize = 64;

/// What a relocation reads of the type that it starts from.
pub(crate) enum Access {
    /// A field: the members on the way to it.
    Field(Vec<Step>),
    /// One name of an enum, by position.
    Enumerator(TypeId, usize),
    /// The type's name, kind and size.
    Name,
    /// All of the type.
    Whole,
}

/// One number of an access string.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// A member of a record, by position.
    Member(TypeId, usize),
    /// An element of an array, or of the pointer that the access starts from.
    Element(usize),
}

impl Access {
    /// Its access string, with `position` giving the new places of members and of enums' values.
    pub(crate) fn text(&self, position: impl Fn(TypeId, usize) -> usize) -> String {
        match self {
            Self::Field(steps) => {
                let steps = steps.iter().map(|step| match *step {
                    Step::Member(record, index) => position(record, index).to_string(),
                    Step::Element(index) => index.to_string(),
                });
                steps.collect::<Vec<_>>().join(":")
            }
            Self::Enumerator(of, index) => position(*of, *index).to_string(),
            // libbpf insists on it.
            Self::Name | Self::Whole => "0".to_owned(),
        }
    }
}

/// What `relocation` needs, whose access string is `text`.
pub(crate) fn access(btf: &Btf<'_>, relocation: Relocation, text: &[u8]) -> Result<Access> {
    let place = || format!("CO-RE relocation {}", String::from_utf8_lossy(&text[..text.len().min(80)]));
    let path = parse(text).ok_or_else(|| Error::btf(format!("{} is no list of positions", place())))?;
    if relocation.ty as usize >= btf.types.len() {
        return Err(Error::btf(format!("{} names type {}, which does not exist", place(), relocation.ty)));
    }
    match relocation.kind {
        // Offset, size, existence, sign and the two shifts of a field.
        0..=5 => {
            let steps = steps(btf, relocation.ty, &path)?;
            steps.map(Access::Field).ok_or_else(|| {
                Error::btf(format!("{} leads out of type {} `{}`", place(), relocation.ty, btf.get(relocation.ty).name))
            })
        }
        // The kernel makes objects of the program's own types by this id.
        6 => Ok(Access::Whole),
        // The kernel's id, existence, size.
        7..=9 => Ok(Access::Name),
        10 | 11 => {
            let to = btf.resolved(relocation.ty)?;
            match btf.kind(to) {
                Kind::Enum(e) if path[0] < e.values.len() => Ok(Access::Enumerator(to, path[0])),
                _ => Err(Error::btf(format!("{} names no value of an enum", place()))),
            }
        }
        // Whether the type has all that the object's own has.
        12 => Ok(Access::Whole),
        kind => Err(Error::unsupported(format!("{} is of unknown kind {kind}", place()))),
    }
}

fn parse(text: &[u8]) -> Option<Vec<usize>> {
    let steps: Vec<_> = str::from_utf8(text).ok()?.splitn(MAX_STEPS + 1, ':').map(|step| step.parse().ok()).collect();
    steps.into_iter().collect::<Option<Vec<_>>>().filter(|steps| steps.len() <= MAX_STEPS)
}

fn steps(btf: &Btf<'_>, root: TypeId, path: &[usize]) -> Result<Option<Vec<Step>>> {
    let mut steps = vec![Step::Element(path[0])];
    let mut at = btf.resolved(root)?;
    for index in &path[1..] {
        let (step, next) = match btf.kind(at) {
            Kind::Record(record) => match record.members.get(*index) {
                Some(member) => (Step::Member(at, *index), member.ty),
                None => return Ok(None),
            },
            Kind::Array { element, .. } => (Step::Element(*index), *element),
            _ => return Ok(None),
        };
        steps.push(step);
        at = btf.resolved(next)?;
    }
    Ok(Some(steps))
}
