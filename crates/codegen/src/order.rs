//! The order in which types have to be defined.

use crate::error::{Error, Result};
use crate::model::*;

/// Definitions that wait for one another deeper than this are refused.
const MAX_DEPTH: usize = 512;

/// What has to be complete before a type can be defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Only what is contained: pointers are integers, typedefs are expanded.
    Values,
    /// Also every typedef and enum that is named, even behind a pointer.
    Names,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

struct Walk<'a> {
    btf: &'a Btf<'a>,
    needs: Needs,
    /// Of definitions.
    state: Vec<State>,
    /// Of everything between them: seen as a mere name, seen as a value.
    seen: Vec<[bool; 2]>,
    order: Vec<TypeId>,
    depth: usize,
}

/// Returns `roots` and all that they need, what is needed first.
///
/// Definitions are named structs and unions, enums with a name, and typedefs (with [`Needs::Values`] only those that give
/// a struct, union or enum its name, and roots).
pub(crate) fn order<'a>(btf: &'a Btf<'a>, roots: &[TypeId], needs: Needs) -> Result<Vec<TypeId>> {
    let mut walk = Walk {
        btf,
        needs,
        state: vec![State::New; btf.types.len()],
        seen: vec![[false; 2]; btf.types.len()],
        order: Vec::new(),
        depth: 0,
    };
    for root in roots {
        walk.define(*root)?;
    }
    Ok(walk.order)
}

impl<'a> Walk<'a> {
    fn define(&mut self, id: TypeId) -> Result<()> {
        match self.state[id as usize] {
            State::Done => return Ok(()),
            State::Open => {
                return Err(Error::btf(format!("type {id} `{}` is needed to define itself", self.btf.get(id).name)));
            }
            State::New => self.state[id as usize] = State::Open,
        }
        match self.btf.kind(id) {
            Kind::Typedef(to) if !self.is_anonymous_enum(*to)? => {
                self.visit(*to, self.needs == Needs::Values)?;
            }
            Kind::Record(record) => self.members(record)?,
            _ => {}
        }
        self.state[id as usize] = State::Done;
        self.order.push(id);
        Ok(())
    }

    fn is_anonymous_enum(&self, id: TypeId) -> Result<bool> {
        let id = self.btf.unqualified(id)?;
        Ok(self.btf.is_anonymous_aggregate(id) && matches!(self.btf.kind(id), Kind::Enum(_)))
    }

    fn members(&mut self, record: &'a Record<'a>) -> Result<()> {
        record.members.iter().try_for_each(|member| self.visit(member.ty, true))
    }

    /// Visits a use of `id`: by value, or only by name.
    fn visit(&mut self, id: TypeId, value: bool) -> Result<()> {
        if std::mem::replace(&mut self.seen[id as usize][usize::from(value)], true) {
            return self.still_open(id, value);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::btf(format!("type {id} nests too deeply")));
        }
        self.visit_new(id, value)?;
        self.depth -= 1;
        Ok(())
    }

    /// A named record that is met again by value while it is being defined contains itself.
    fn still_open(&mut self, id: TypeId, value: bool) -> Result<()> {
        let ty = self.btf.get(id);
        let named = matches!(ty.kind, Kind::Record(_)) && !ty.name.is_empty();
        if value && named { self.define(id) } else { Ok(()) }
    }

    fn visit_new(&mut self, id: TypeId, value: bool) -> Result<()> {
        let ty = self.btf.get(id);
        match &ty.kind {
            Kind::Modifier(_, to) => self.visit(*to, value),
            Kind::Pointer(to) if self.needs == Needs::Names => self.visit(*to, false),
            // Elements must be complete even behind a pointer.
            Kind::Array { element, .. } => self.visit(*element, true),
            Kind::Prototype(proto) if self.needs == Needs::Names => {
                self.visit(proto.returns, false)?;
                proto.params.iter().try_for_each(|(_, ty)| self.visit(*ty, false))
            }
            Kind::Typedef(to) => {
                let names = self.btf.is_anonymous_aggregate(self.btf.unqualified(*to)?);
                if names || self.needs == Needs::Names {
                    self.define(id)?;
                }
                if value && !names { self.visit(*to, true) } else { Ok(()) }
            }
            // Where uses are declared as integers, the names of the values still need a home.
            Kind::Enum(_) if !ty.name.is_empty() || self.needs == Needs::Values => self.define(id),
            Kind::Record(record) if ty.name.is_empty() => self.members(record),
            Kind::Record(_) if value => self.define(id),
            _ => Ok(()),
        }
    }
}
