//! Writes BTF that no compiler writes (any more).

pub(crate) const INT: u32 = 1;
pub(crate) const POINTER: u32 = 2;
pub(crate) const ARRAY: u32 = 3;
pub(crate) const STRUCT: u32 = 4;
pub(crate) const TYPEDEF: u32 = 8;
pub(crate) const CONST: u32 = 10;
pub(crate) const PROTOTYPE: u32 = 13;
pub(crate) const TAG: u32 = 17;

/// BTF under construction.
pub(crate) struct Maker {
    types: Vec<u8>,
    strings: Vec<u8>,
}

impl Maker {
    pub(crate) fn new() -> Self {
        Self { types: Vec::new(), strings: vec![0] }
    }

    pub(crate) fn name(&mut self, name: &str) -> u32 {
        let at = self.strings.len() as u32;
        self.strings.extend(name.bytes().chain([0]));
        at
    }

    pub(crate) fn words(&mut self, words: &[u32]) {
        self.types.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    }

    pub(crate) fn ty(&mut self, name: u32, kind: u32, count: u32, size: u32, rest: &[u32]) {
        self.words(&[name, kind << 24 | count, size]);
        self.words(rest);
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0x9f, 0xeb, 1, 0];
        let (types, strings) = (self.types.len() as u32, self.strings.len() as u32);
        for word in [24, 0, types, types, strings] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(&self.types);
        bytes.extend(&self.strings);
        bytes
    }
}
