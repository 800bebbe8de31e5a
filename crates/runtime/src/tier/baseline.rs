//! The module that is started: compiled quickly, with a way out of each of its functions.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, CustomSection, ExportKind, ExportSection, Function, GlobalSection, GlobalType,
    Module, SectionId, TableSection, ValType,
};
use wasmparser::{
    CustomSectionReader, ExportSectionReader, FunctionBody, GlobalSectionReader, Parser, TableSectionReader,
};
use wasmtime::Engine;

use super::backtrace::{Origin, Place};
use super::layout::{Layout, Shared};
use super::{FUNCTIONS, REPLACED};

/// Compiles `wasm` quickly with `compiler`, to the code of a module whose functions can be replaced. `None`: it cannot be made
/// two modules, or is none.
pub(crate) fn compile(compiler: &Engine, wasm: &[u8]) -> Option<(Vec<u8>, Origin)> {
    let layout = Layout::of(wasm).inspect_err(|why| tracing::debug!("the module is compiled in one piece: {why}"));
    let mut baseline = Module::new();
    let mut writer = Baseline { layout: &layout.ok()?, written: Vec::new() };
    writer.parse_core_module(&mut baseline, Parser::new(0), wasm).ok()?;
    // What is wrong with it, the engine says of the module as it is.
    let code = compiler.precompile_module(&baseline.finish()).ok()?;
    let origin = Origin { imported: writer.layout.imported_functions, functions: writer.written };
    Some((code, origin))
}

/// Writes the module again.
struct Baseline<'l> {
    layout: &'l Layout,
    /// Functions that are written.
    written: Vec<Place>,
}

impl Baseline<'_> {
    /// Calls the function that replaces the one with number `index`, if there is one, and returns what it does.
    fn add_way_out(&self, function: &mut Function, index: usize) {
        let layout = self.layout;
        let mut instructions = function.instructions();
        instructions.global_get(layout.globals.len() as u32).if_(BlockType::Empty);
        for parameter in 0..layout.parameters(index) {
            instructions.local_get(parameter);
        }
        instructions
            .i32_const(index as i32)
            .call_indirect(layout.tables.len() as u32, layout.functions[index])
            .return_()
            .end();
    }
}

impl Reencode for Baseline<'_> {
    type Error = Infallible;

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error<Infallible>> {
        if before == Some(SectionId::Memory) && !self.layout.has(SectionId::Table) {
            let mut tables = TableSection::new();
            tables.table(self.layout.replacing());
            module.section(&tables);
        }
        Ok(())
    }

    fn parse_table_section(
        &mut self,
        tables: &mut TableSection,
        section: TableSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_table_section(self, tables, section)?;
        tables.table(self.layout.replacing());
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_global_section(self, globals, section)?;
        let replaced = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(replaced, &ConstExpr::i32_const(0));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_export_section(self, exports, section)?;
        for (name, index, shared) in self.layout.shared() {
            let kind = match shared {
                Shared::Memory(_) => ExportKind::Memory,
                Shared::Table(_) => ExportKind::Table,
                Shared::Global(_) => ExportKind::Global,
            };
            exports.export(&name, kind, index);
        }
        exports.export(FUNCTIONS, ExportKind::Table, self.layout.tables.len() as u32);
        exports.export(REPLACED, ExportKind::Global, self.layout.globals.len() as u32);
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), Error<Infallible>> {
        let index = self.written.len();
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let locals = function.byte_len();
        if self.layout.replaceable[index] {
            self.add_way_out(&mut function, index);
        }
        let entry = function.byte_len();
        self.written.push(Place { start: self.layout.bodies[index].start, entry, added: entry - locals });
        let mut own = body.get_operators_reader()?.get_binary_reader();
        let rest = own.bytes_remaining();
        function.raw(own.read_bytes(rest)?.iter().copied());
        code.function(&function);
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

/// Of what no code depends on, only the functions' names are needed: for backtraces.
pub(super) fn keep_names(module: &mut Module, section: &CustomSectionReader<'_>) {
    if section.name() == "name" {
        module.section(&CustomSection { name: "name".into(), data: section.data().into() });
    }
}
