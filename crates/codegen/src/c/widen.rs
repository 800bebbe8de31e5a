//! A shared header for guests: the members of some of its records lie where the BPF side has them, though pointers and
//! `long` have 4 bytes.
//!
//! ```text
//!   void *at;             void *at __attribute__((aligned(8))); unsigned : 32;
//!   size_t size, left; -> unsigned long long size, left;
//!   char *names[2];       char *names[2] __attribute__((aligned(8))); unsigned : 32; unsigned : 32;
//! ```
//!
//! A bit-field without a name takes part in no initializer. BTF says what each member is, the header's text only where.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::Widened;
use crate::error::Result;
use crate::layout::Layouts;
use crate::model::*;
use crate::narrow::is_long;

use super::declaration::{Declaration, Declarator, declaration};
use super::related::records;
use super::tokens::{Token, bodies, body, closing, is_attribute, tokens};

/// Longer arrays of pointers are left as they are.
const MAX_POINTERS: u32 = 64;
/// Records within records deeper than this are left as they are.
const MAX_DEPTH: usize = 32;
const ALIGNED: &str = " __attribute__((aligned(8)))";
/// Words that stay beside a `long`.
const QUALIFIERS: [&str; 5] = ["const", "volatile", "__const", "__volatile__", "__extension__"];
const PAD: &str = " unsigned : 32;";

/// The header with the records called `names` widened; with `arrays`, arrays of pointers as well.
pub(crate) fn widen(header: &str, btf: &Btf<'_>, names: &[String], arrays: bool) -> Result<Widened> {
    let tokens = tokens(header);
    let records: HashMap<String, TypeId> = records(btf, names)?.into_iter().map(|(id, name)| (name, id)).collect();
    let layouts = Layouts::new(btf);
    let mut work = Work { header, tokens: &tokens, btf, layouts, arrays, edits: Vec::new(), renames: Vec::new() };
    for body in bodies(&tokens) {
        if let Some(id) = body.name.and_then(|name| records.get(&name)) {
            work.record(*id, body.open, body.close, 0)?;
        }
    }
    let probe = (!work.renames.is_empty()).then(|| edited(header, work.renames));
    Ok(Widened { text: edited(header, work.edits), probe })
}

/// The header with the record called `name`, and the records in it, at other places in all that they are used for.
pub(crate) fn shift(header: &str, name: &str) -> String {
    let tokens = tokens(header);
    let bodies = bodies(&tokens);
    let mut edits = Vec::new();
    for outer in bodies.iter().filter(|body| body.name.as_deref() == Some(name)) {
        for inner in bodies.iter().filter(|inner| (outer.open..outer.close).contains(&inner.open)) {
            let brace = tokens[inner.open];
            edits.push((brace.end(), brace.end(), " char wasm_bpf_shift[4096];".to_owned()));
        }
    }
    edited(header, edits)
}

/// Bytes of the header, from and to, and what takes their place.
type Edit = (usize, usize, String);

/// How a member is to be declared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    Pointer,
    /// So many, one after the other.
    Pointers(u32),
    /// Or an array of them.
    Long {
        signed: bool,
    },
}

struct Work<'a> {
    header: &'a str,
    tokens: &'a [Token<'a>],
    btf: &'a Btf<'a>,
    layouts: Layouts<'a>,
    arrays: bool,
    edits: Vec<Edit>,
    /// Of arrays of pointers.
    renames: Vec<Edit>,
}

impl Work<'_> {
    /// The declarations between these braces.
    fn record(&mut self, id: TypeId, open: usize, close: usize, depth: usize) -> Result<()> {
        let (btf, tokens) = (self.btf, self.tokens);
        let Kind::Record(record) = btf.kind(id) else { return Ok(()) };
        if depth > MAX_DEPTH {
            return Ok(());
        }
        let packed = self.layouts.of(id, record)?.packed;
        let names: HashSet<&str> = record.members.iter().map(|member| member.name).collect();
        let mut unnamed = record.members.iter().filter(|member| member.name.is_empty());
        let mut at = open + 1;
        while let Some(declaration) = declaration(tokens, at, close, &names) {
            at = declaration.end + 1;
            // Those with a tag are found by themselves.
            if let Some(body) = declaration.aggregate.and_then(|keyword| body(tokens, keyword))
                && body.name.is_none()
            {
                let member = match declaration.declarators.first() {
                    Some(first) => record.members.iter().find(|member| member.name == tokens[first.name].text),
                    None => unnamed.next(),
                };
                if let Some(member) = member {
                    let inner = self.innermost(member.ty)?.0;
                    self.record(inner, body.open, body.close, depth + 1)?;
                }
            }
            self.declare(record, packed, &declaration)?;
        }
        Ok(())
    }

    /// Changes the declaration of one or more members.
    fn declare(&mut self, record: &Record<'_>, packed: bool, declaration: &Declaration) -> Result<()> {
        let mut changes = Vec::new();
        for declarator in &declaration.declarators {
            let name = self.tokens[declarator.name].text;
            let Some(member) = record.members.iter().find(|member| member.name == name) else { return Ok(()) };
            changes.push(self.change(member, declaration, declarator)?);
        }
        let long = |change: &Change| matches!(change, Change::Long { .. });
        let apart = changes.len() > 1 && !changes.iter().all(long);
        // A body in the specifiers cannot be written twice.
        let body = (declaration.start..declaration.end).any(|index| self.tokens[index].text == "{");
        if changes.iter().all(|change| *change == Change::Nothing) || apart && body {
            return Ok(());
        }
        for (index, (declarator, change)) in declaration.declarators.iter().zip(&changes).enumerate() {
            self.specify(declaration, declarator, *change, index == 0, apart);
            let end = self.tokens[declarator.end];
            let sign = if apart { ";" } else { end.text };
            let count = match change {
                Change::Pointer => 1,
                Change::Pointers(count) => *count as usize,
                _ => 0,
            };
            if matches!(change, Change::Pointers(_)) {
                // What the BPF program is tried with.
                let name = self.tokens[declarator.name];
                self.renames.push((name.at, name.end(), format!("wasm_bpf_of_the_guest_{}", name.text)));
            }
            let aligned = if packed || count == 0 { "" } else { ALIGNED };
            // In a union, what follows begins where the pointer does.
            let pads = PAD.repeat(if record.union { 0 } else { count });
            self.edits.push((end.at, end.end(), format!("{aligned}{sign}{pads}")));
        }
        Ok(())
    }

    /// Writes the specifiers of a declarator: those of the first are there, others may be in a declaration of their own now.
    fn specify(&mut self, of: &Declaration, declarator: &Declarator, change: Change, first: bool, apart: bool) {
        let specifiers = of.start..of.declarators.first().map_or(of.start, |first| first.start);
        let (from, to) = (self.tokens[specifiers.start].at, self.tokens[specifiers.end].at);
        let lines = self.header[from..to].matches('\n').count();
        let at = self.tokens[declarator.start].at;
        match change {
            Change::Long { signed } if first => {
                self.edits.push((from, to, self.long(specifiers, signed) + &"\n".repeat(lines)));
            }
            Change::Long { signed } if apart => self.edits.push((at, at, self.long(specifiers, signed))),
            _ if apart && !first => self.edits.push((at, at, self.joined(specifiers) + " ")),
            _ => {}
        }
    }

    /// What has to be done about a member, by its type.
    fn change(&self, member: &Member<'_>, declaration: &Declaration, declarator: &Declarator) -> Result<Change> {
        let (ty, count) = self.innermost(member.ty)?;
        // A macro with arguments may have made it as wide as it is already.
        let written = &self.tokens[declaration.start..declarator.end];
        let plain = written.iter().any(|token| token.text == "*") || written.iter().all(|token| token.text != "(");
        Ok(match (self.btf.kind(ty), count) {
            (Kind::Pointer(_), None) if plain => Change::Pointer,
            (Kind::Pointer(_), Some(count @ 1..=MAX_POINTERS)) if plain && self.arrays => Change::Pointers(count),
            (Kind::Int(int), _) if is_long(self.btf.get(ty).name, *int) => Change::Long { signed: int.signed },
            _ => Change::Nothing,
        })
    }

    /// The type of an array's elements, and how many there are; the type itself if it is none.
    fn innermost(&self, ty: TypeId) -> Result<(TypeId, Option<u32>)> {
        let mut ty = self.btf.resolved(ty)?;
        let mut count = None;
        for _ in 0..MAX_DEPTH {
            let Kind::Array { element, count: own } = self.btf.kind(ty) else { break };
            ty = self.btf.resolved(*element)?;
            count = Some(count.unwrap_or(1_u32).saturating_mul(*own));
        }
        Ok((ty, count))
    }

    /// `long long` with the qualifiers and attributes among these tokens.
    fn long(&self, specifiers: Range<usize>, signed: bool) -> String {
        let mut text = String::new();
        let mut at = specifiers.start;
        while at < specifiers.end {
            let word = self.tokens[at].text;
            let end = is_attribute(word).then(|| closing(self.tokens, at + 1)).flatten().unwrap_or(at);
            if end != at || QUALIFIERS.contains(&word) {
                text.push_str(&self.joined(at..end + 1));
                text.push(' ');
            }
            at = end + 1;
        }
        text + if signed { "long long " } else { "unsigned long long " }
    }

    /// These tokens in one line.
    fn joined(&self, tokens: Range<usize>) -> String {
        self.tokens[tokens].iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }
}

fn edited(header: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(from, ..)| *from);
    let mut text = String::new();
    let mut done = 0;
    for (from, to, new) in edits {
        // Only where BTF and header are of different programs.
        if from < done {
            continue;
        }
        text.push_str(&header[done..from]);
        text.push_str(&new);
        done = to;
    }
    text + &header[done..]
}
