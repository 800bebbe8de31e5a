//! What two modules made from one have in common, and whether it can be made two.

use wasm_encoder::{RefType, SectionId};
use wasmparser::{
    CompositeInnerType, ElementKind, ExternalKind, GlobalType, MemoryType, Parser, Payload, RecGroup, TableType,
    TypeRef,
};

use super::body::{self, Body};

/// The largest code, in bytes, that is compiled several times: each time takes the background some half of a second.
const MAX_CODE: u64 = 256 << 10;

/// What a module defines, and in which sections.
#[derive(Default)]
pub(super) struct Layout {
    /// Of each type, how many parameters a function of it has.
    parameters: Vec<u32>,
    pub(super) imported_functions: u32,
    /// The types of the functions that it defines.
    pub(super) functions: Vec<u32>,
    /// Which of them are left for others: those that can run for long in one call, and those that the host calls.
    pub(super) replaceable: Vec<bool>,
    /// Their bodies.
    pub(super) bodies: Vec<Body>,
    pub(super) tables: Vec<TableType>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<GlobalType>,
    sections: Vec<SectionId>,
    /// The functions that it exports, by their indexes.
    exported: Vec<u32>,
}

/// Why a module is compiled in one piece.
pub(super) type Unfit = &'static str;

impl Layout {
    /// Reads a module. An error says what of it two modules could not share.
    pub(super) fn of(wasm: &[u8]) -> Result<Self, Unfit> {
        let mut layout = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            layout.read(&payload.map_err(|_| DAMAGED)?)?;
        }
        // Every guest that does anything has these.
        let needed = [SectionId::Type, SectionId::Import, SectionId::Function, SectionId::Memory, SectionId::Global];
        let complete = needed.iter().chain(&[SectionId::Export, SectionId::Code]).all(|id| layout.has(*id));
        if !complete {
            return Err("it lacks a section");
        }
        let typed = layout.functions.iter().all(|kind| (*kind as usize) < layout.parameters.len());
        if !typed || layout.functions.len() != layout.bodies.len() {
            return Err(DAMAGED);
        }
        layout.replaceable = body::long(&layout.bodies);
        for index in &layout.exported {
            let own = index.checked_sub(layout.imported_functions);
            if let Some(replaceable) = own.and_then(|number| layout.replaceable.get_mut(number as usize)) {
                *replaceable = true;
            }
        }
        Ok(layout)
    }

    pub(super) fn has(&self, section: SectionId) -> bool {
        self.sections.contains(&section)
    }

    /// The table behind the module's own ones, for the functions that replace the baseline's.
    pub(super) fn replacing(&self) -> wasm_encoder::TableType {
        let size = self.functions.len() as u64;
        wasm_encoder::TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: size,
            maximum: Some(size),
            shared: false,
        }
    }

    /// An error if there is no such table: the baseline will have one more.
    pub(super) fn check_table(&self, index: u32) -> Result<(), Unfit> {
        if (index as usize) < self.tables.len() { Ok(()) } else { Err(DAMAGED) }
    }

    /// The same for globals.
    pub(super) fn check_global(&self, index: u32) -> Result<(), Unfit> {
        if (index as usize) < self.globals.len() { Ok(()) } else { Err(DAMAGED) }
    }

    /// How many parameters the function defined as number `index` has.
    pub(super) fn parameters(&self, index: usize) -> u32 {
        let kind = self.functions[index] as usize;
        self.parameters[kind]
    }

    /// All that the modules share: the name that the baseline exports it by, its number among its kind, and its type.
    pub(super) fn shared(&self) -> Vec<(String, u32, Shared)> {
        let mut shared = Vec::new();
        let mut add = |name, index, kind| shared.push((format!("wasm-bpf:{name}{index}"), index, kind));
        (0..).zip(&self.memories).for_each(|(index, kind)| add("memory", index, Shared::Memory(*kind)));
        (0..).zip(&self.tables).for_each(|(index, kind)| add("table", index, Shared::Table(*kind)));
        (0..).zip(&self.globals).for_each(|(index, kind)| add("global", index, Shared::Global(*kind)));
        shared
    }

    fn read(&mut self, payload: &Payload<'_>) -> Result<(), Unfit> {
        let damaged = |_| DAMAGED;
        match payload {
            Payload::TypeSection(section) => {
                self.sections.push(SectionId::Type);
                section.clone().into_iter().try_for_each(|group| self.add_type(&group.map_err(damaged)?))
            }
            Payload::ImportSection(section) => {
                self.sections.push(SectionId::Import);
                section.clone().into_imports().try_for_each(|import| match import.map_err(damaged)?.ty {
                    TypeRef::Func(_) => {
                        self.imported_functions += 1;
                        Ok(())
                    }
                    _ => Err("it imports more than functions"),
                })
            }
            Payload::FunctionSection(section) => {
                self.sections.push(SectionId::Function);
                self.functions = section.clone().into_iter().collect::<Result<_, _>>().map_err(damaged)?;
                Ok(())
            }
            Payload::TableSection(section) => {
                self.sections.push(SectionId::Table);
                let tables = section.clone().into_iter().map(|table| table.map(|table| table.ty));
                self.tables = tables.collect::<Result<_, _>>().map_err(damaged)?;
                Ok(())
            }
            Payload::MemorySection(section) => {
                self.sections.push(SectionId::Memory);
                self.memories = section.clone().into_iter().collect::<Result<_, _>>().map_err(damaged)?;
                Ok(())
            }
            Payload::GlobalSection(section) => {
                self.sections.push(SectionId::Global);
                let globals = section.clone().into_iter().map(|global| global.map(|global| global.ty));
                self.globals = globals.collect::<Result<_, _>>().map_err(damaged)?;
                Ok(())
            }
            Payload::ExportSection(section) => {
                self.sections.push(SectionId::Export);
                section.clone().into_iter().try_for_each(|export| {
                    let export = export.map_err(damaged)?;
                    match export.kind {
                        ExternalKind::Func => self.exported.push(export.index),
                        ExternalKind::Table => self.check_table(export.index)?,
                        ExternalKind::Global => self.check_global(export.index)?,
                        _ => {}
                    }
                    Ok(())
                })
            }
            Payload::ElementSection(section) => {
                self.sections.push(SectionId::Element);
                section.clone().into_iter().try_for_each(|element| match element.map_err(damaged)?.kind {
                    ElementKind::Active { table_index, .. } => self.check_table(table_index.unwrap_or(0)),
                    ElementKind::Declared => Ok(()),
                    ElementKind::Passive => Err("it fills tables while it runs"),
                })
            }
            Payload::CodeSectionStart { size, .. } if u64::from(*size) > MAX_CODE => Err("it is large"),
            Payload::CodeSectionStart { .. } => {
                self.sections.push(SectionId::Code);
                Ok(())
            }
            Payload::CodeSectionEntry(body) => {
                let body = Body::read(body, self)?;
                self.bodies.push(body);
                Ok(())
            }
            Payload::StartSection { .. } => Err("it has a start function"),
            Payload::TagSection(_) => Err("it has exceptions"),
            // Lines of sources are found by where the code lies in the module.
            Payload::CustomSection(section) if section.name().starts_with(".debug_") => Err("it is to be debugged"),
            _ => Ok(()),
        }
    }

    fn add_type(&mut self, group: &RecGroup) -> Result<(), Unfit> {
        for kind in group.types() {
            let CompositeInnerType::Func(function) = &kind.composite_type.inner else {
                return Err("it has types that are no functions'");
            };
            self.parameters.push(function.params().len() as u32);
        }
        Ok(())
    }
}

/// One of the things that two modules share.
pub(super) enum Shared {
    Memory(MemoryType),
    Table(TableType),
    Global(GlobalType),
}

/// The engine will say what is wrong with it.
pub(super) const DAMAGED: Unfit = "it is damaged";
