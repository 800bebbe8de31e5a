//! The module that takes over: the same functions, with the baseline's memories, tables and globals for their own.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, GlobalSection, ImportSection,
    MemorySection, Module, SectionId, TableSection,
};
use wasmparser::{
    CustomSectionReader, DataSectionReader, ElementSectionReader, FunctionBody, GlobalSectionReader,
    ImportSectionReader, MemorySectionReader, Parser, TableSectionReader,
};

use super::baseline::keep_names;
use super::layout::{Layout, Shared};
use super::{FUNCTIONS, MODULE};

/// The module for [`MODULE`] made of `wasm`, of which a baseline could be made.
pub(super) fn module(wasm: &[u8]) -> Option<Vec<u8>> {
    let layout = Layout::of(wasm).ok()?;
    let mut optimized = Module::new();
    Optimized { layout: &layout }.parse_core_module(&mut optimized, Parser::new(0), wasm).ok()?;
    Some(optimized.finish())
}

/// Writes the module again.
struct Optimized<'l> {
    layout: &'l Layout,
}

impl Optimized<'_> {
    /// All functions, for the table behind the module's own ones. Its own segments, written before, replace functions in
    /// the tables that they share.
    fn add_functions(&self, elements: &mut ElementSection) {
        let first = self.layout.imported_functions;
        let functions: Vec<u32> = (first..).take(self.layout.functions.len()).collect();
        let table = self.layout.tables.len() as u32;
        elements.active(Some(table), &ConstExpr::i32_const(0), Elements::Functions(functions.into()));
    }
}

impl Reencode for Optimized<'_> {
    type Error = Infallible;

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        after: Option<SectionId>,
        _before: Option<SectionId>,
    ) -> Result<(), Error<Infallible>> {
        if after == Some(SectionId::Export) && !self.layout.has(SectionId::Element) {
            let mut elements = ElementSection::new();
            self.add_functions(&mut elements);
            module.section(&elements);
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_import_section(self, imports, section)?;
        for (name, _, shared) in self.layout.shared() {
            let kind: EntityType = match shared {
                Shared::Memory(kind) => self.memory_type(kind)?.into(),
                Shared::Table(kind) => self.table_type(kind)?.into(),
                Shared::Global(kind) => self.global_type(kind)?.into(),
            };
            imports.import(MODULE, &name, kind);
        }
        imports.import(MODULE, FUNCTIONS, self.layout.replacing());
        Ok(())
    }

    fn parse_table_section(
        &mut self,
        _tables: &mut TableSection,
        _section: TableSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        Ok(())
    }

    fn parse_memory_section(
        &mut self,
        _memories: &mut MemorySection,
        _section: MemorySectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        _globals: &mut GlobalSection,
        _section: GlobalSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        Ok(())
    }

    fn parse_element_section(
        &mut self,
        elements: &mut ElementSection,
        section: ElementSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_element_section(self, elements, section)?;
        self.add_functions(elements);
        Ok(())
    }

    fn data_count(&mut self, _count: u32) -> Result<u32, Error<Infallible>> {
        Ok(0)
    }

    fn parse_data_section(
        &mut self,
        _data: &mut DataSection,
        _section: DataSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), Error<Infallible>> {
        code.raw(body.as_bytes());
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: CustomSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        keep_names(module, &section);
        Ok(())
    }
}
