//! BTF as words: what the model leaves out and a writer must give back unchanged.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::model::TypeId;

/// Words before a type's items: name, info, size or type.
const HEAD: usize = 3;

/// How the words of one kind of type are to be read.
pub(crate) struct Shape {
    /// The third word is a type, not a size.
    pub(crate) refers: bool,
    /// Words of an item.
    pub(crate) item: usize,
    /// There are as many items as the info word says; otherwise one.
    counted: bool,
    /// Items start with a name.
    pub(crate) named: bool,
    /// Which words of an item are types.
    pub(crate) types: &'static [usize],
}

fn shape(kind: u32) -> Shape {
    let (refers, item, counted, named, types): (_, _, _, _, &[usize]) = match kind {
        1 => (false, 1, false, false, &[]),      // integer
        3 => (false, 3, false, false, &[0, 1]),  // array
        4 | 5 => (false, 3, true, true, &[1]),   // struct, union
        6 => (false, 2, true, true, &[]),        // enum
        7 | 16 => (false, 0, false, false, &[]), // forward, float
        13 => (true, 2, true, true, &[1]),       // prototype
        14 | 17 => (true, 1, false, false, &[]), // variable, declaration tag
        15 => (false, 3, true, false, &[0]),     // section
        19 => (false, 3, true, true, &[]),       // 64-bit enum
        _ => (true, 0, false, false, &[]),       // pointer, typedef, modifiers, function
    };
    Shape { refers, item, counted, named, types }
}

/// The words of all types, of BTF that the reader has accepted. They are read where they lie: of a kernel's megabytes few are needed.
pub(crate) struct Raw<'a> {
    words: &'a [[u8; 4]],
    /// Where each type starts; `void` is empty.
    starts: Vec<u32>,
}

impl<'a> Raw<'a> {
    pub(crate) fn new(types: &'a [u8]) -> Self {
        let (words, _) = types.as_chunks();
        let mut starts = vec![0];
        let mut at = 0;
        while let Some(info) = words.get(at + 1) {
            starts.push(at as u32);
            let info = u32::from_le_bytes(*info);
            let shape = shape(kind(info));
            let items = if shape.counted { (info & 0xffff) as usize } else { 1 };
            at += HEAD + shape.item * items;
        }
        Self { words, starts }
    }

    /// How many types there are, `void` included.
    pub(crate) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The head of type `id`.
    pub(crate) fn head(&self, id: TypeId) -> [u32; HEAD] {
        self.words(id).first_chunk().copied().unwrap_or_default().map(u32::from_le_bytes)
    }

    /// The head of type `id`, its shape and the words of its items.
    pub(crate) fn get(&self, id: TypeId) -> ([u32; HEAD], Shape, Vec<u32>) {
        let (head, items) = (self.head(id), self.words(id).get(HEAD..).unwrap_or_default());
        (head, shape(kind(head[1])), items.iter().map(|word| u32::from_le_bytes(*word)).collect())
    }

    fn words(&self, id: TypeId) -> &'a [[u8; 4]] {
        let start = |id: usize| self.starts.get(id).map(|start| *start as usize);
        let id = id as usize;
        let range = start(id).filter(|_| id != 0).map(|from| from..start(id + 1).unwrap_or(self.words.len()));
        range.and_then(|range| self.words.get(range)).unwrap_or_default()
    }

    /// All types that the words of type `id` name.
    pub(crate) fn references(&self, id: TypeId) -> Vec<TypeId> {
        let (head, shape, items) = self.get(id);
        let mut found: Vec<_> = shape.refers.then_some(head[2]).into_iter().collect();
        for item in items.chunks_exact(shape.item.max(1)) {
            found.extend(shape.types.iter().map(|at| item[*at]));
        }
        found
    }
}

fn kind(info: u32) -> u32 {
    (info >> 24) & 0x1f
}

/// The kernel's own limit on the place of a string.
const MAX_PLACE: usize = 0x00ff_ffff;

/// A new string table, filled from an old one; each string is in it once.
pub(crate) struct Strings<'a> {
    old: &'a [u8],
    new: Vec<u8>,
    places: HashMap<Vec<u8>, u32>,
    /// New places by old ones.
    kept: HashMap<u32, u32>,
}

impl<'a> Strings<'a> {
    pub(crate) fn new(old: &'a [u8]) -> Self {
        Self { old, new: vec![0], places: HashMap::from([(Vec::new(), 0)]), kept: HashMap::new() }
    }

    /// The string at `offset` of the old table.
    pub(crate) fn old(&self, offset: u32) -> Result<&'a [u8]> {
        let tail = self.old.get(offset as usize..).unwrap_or_default();
        let len = tail.iter().position(|byte| *byte == 0);
        len.map(|len| &tail[..len]).ok_or_else(|| Error::btf(format!("BTF has no string at {offset}")))
    }

    /// Takes over the string at `offset` of the old table; returns its new place.
    pub(crate) fn keep(&mut self, offset: u32) -> Result<u32> {
        if let Some(place) = self.kept.get(&offset) {
            return Ok(*place);
        }
        let place = self.add(self.old(offset)?)?;
        self.kept.insert(offset, place);
        Ok(place)
    }

    /// Adds a string; returns its place.
    pub(crate) fn add(&mut self, string: &[u8]) -> Result<u32> {
        if let Some(place) = self.places.get(string) {
            return Ok(*place);
        }
        // Strings that overlap in the old table take more room in the new one.
        if self.new.len() > MAX_PLACE {
            return Err(Error::unsupported("the strings of the BTF exceed the kernel's limit of 16 MiB"));
        }
        let place = self.new.len() as u32;
        self.new.extend(string);
        self.new.push(0);
        self.places.insert(string.to_vec(), place);
        Ok(place)
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.new
    }
}
