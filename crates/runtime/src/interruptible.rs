//! Compiling so that the code can be interrupted: `interrupt` needs an instruction that always traps.
//!
//! Nearly all modules have one, where a function finds its stack used up. To one that has none, a function that does
//! nothing but trap is added, which nobody calls.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, Function, FunctionSection};
use wasmparser::{CodeSectionReader, FunctionSectionReader, Parser};
use wasmtime::{Engine, Module};

use crate::interrupt::can_end;

/// Compiles `wasm`.
pub(crate) fn compile(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Module> {
    let module = Module::new(engine, wasm)?;
    if can_end(&module) {
        return Ok(module);
    }
    let mut trapping = wasm_encoder::Module::new();
    WithTrap.parse_core_module(&mut trapping, Parser::new(0), wasm)?;
    Module::new(engine, trapping.finish())
}

/// Writes a module again, with the trapping function behind its own ones.
struct WithTrap;

impl Reencode for WithTrap {
    type Error = Infallible;

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        // A body that only traps fits every type: that of the first function exists.
        let kind = section.clone().into_iter().next().transpose()?;
        utils::parse_function_section(self, functions, section)?;
        if let Some(kind) = kind {
            functions.function(kind);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_code_section(self, code, section)?;
        let mut body = Function::new([]);
        body.instructions().unreachable().end();
        code.function(&body);
        Ok(())
    }
}
