//! Whether a guest may print or read floating-point numbers: where it cannot, the C library's formatting without them,
//! smaller by a tenth of a typical module, does as well.

use anyhow::Result;
use wasmparser::{Parser, Payload, ValType};

/// Whether the object `wasm` computes with floating-point numbers, or has a text that could be a format for them.
///
/// A number gets into a call of printf() by an instruction for it, or is copied there as bytes from where some other
/// place in the program put it; then only the format tells.
///
/// # Errors
/// When the object is damaged.
pub(crate) fn may_print(wasm: &[u8]) -> Result<bool> {
    let is_float = |kind: &ValType| matches!(kind, ValType::F32 | ValType::F64);
    for payload in Parser::new(0).parse_all(wasm) {
        let found = match payload? {
            Payload::TypeSection(types) => {
                let mut found = false;
                for function in types.into_iter_err_on_gc_types() {
                    let function = function?;
                    found |= function.params().iter().chain(function.results()).any(is_float);
                }
                found
            }
            Payload::DataSection(segments) => {
                let mut found = false;
                for segment in segments {
                    found |= has_conversion(segment?.data);
                }
                found
            }
            Payload::CodeSectionEntry(body) => {
                let mut operators = body.get_operators_reader()?;
                let mut found = false;
                while !operators.eof() {
                    let at = operators.original_position();
                    operators.read()?;
                    found |= wasm.get(at as usize).is_some_and(|&opcode| is_float_opcode(opcode));
                }
                found
            }
            _ => false,
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The first bytes of instructions that touch f32 or f64, or vectors, which may hold them (WebAssembly 2.0, 5.4).
fn is_float_opcode(opcode: u8) -> bool {
    matches!(opcode,
        0x2a | 0x2b | 0x38 | 0x39 | 0x43 | 0x44 // load, store, const
        | 0x5b..=0x66 | 0x8b..=0xa6             // comparisons, arithmetic
        | 0xa8..=0xab | 0xae..=0xbf             // conversions
        | 0xfd)
}

/// Whether a text in `data` has one of the conversions a, e, f and g, as printf() and scanf() know them.
fn has_conversion(data: &[u8]) -> bool {
    data.iter().enumerate().filter(|(_, byte)| **byte == b'%').any(|(at, _)| {
        let modifiers = b"-+ #'0123456789.*$hlLqjzt";
        let conversion = data[at + 1..].iter().find(|byte| !modifiers.contains(byte));
        conversion.is_some_and(|byte| b"aAeEfFgG".contains(byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_print(text: &str) -> bool {
        super::may_print(&wat::parse_str(text).expect("a module")).expect("a readable module")
    }

    #[test]
    fn formats_are_found_and_other_texts_are_not() {
        for format in ["%f", "x %-8.3lf", "%*.*e", "%LG", "100%% %5.1f%%", "%2$a"] {
            assert!(has_conversion(format.as_bytes()), "{format}");
        }
        for format in ["%d", "100%", "%s of %llu", "%%", "%-16s free", "%08lx"] {
            assert!(!has_conversion(format.as_bytes()), "{format}");
        }
    }

    #[test]
    fn instructions_types_and_texts_tell() {
        assert!(!may_print(r#"(module (memory 1) (data (i32.const 0) "%d %s") (func (drop (i64.const 0x44))))"#));
        assert!(may_print(r#"(module (memory 1) (data (i32.const 0) "%6.2f"))"#));
        assert!(may_print("(module (memory 1) (func (drop (f64.load (i32.const 0)))))"));
        assert!(may_print("(module (func (param i32) (drop (f64.convert_i32_s (local.get 0)))))"));
        assert!(may_print("(module (import \"env\" \"strtod\" (func (param i32 i32) (result f64))))"));
    }
}
