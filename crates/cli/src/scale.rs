//! Indexes in a form that the engine can scale.
//!
//! Of `table[hash >> 19]`, with elements of 8 bytes, clang makes `table + (hash >> 16 & 0xfff8)`. As `table + (hash >> 19 << 3)`,
//! shift and addition are one instruction of the processor: x86-64 and arm64 scale an index by up to 8 while they add it.

use std::convert::Infallible;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, Module};
use wasmparser::{FunctionBody, Operator, Parser};

/// The module `wasm` with all such masks as shifts.
///
/// # Errors
/// When the module is damaged.
pub(crate) fn scale(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut scaled = Module::new();
    Scale.parse_core_module(&mut scaled, Parser::new(0), wasm).context("cannot read the linked module")?;
    Ok(scaled.finish())
}

/// Writes a module again.
struct Scale;

impl Reencode for Scale {
    type Error = Infallible;

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), Error<Infallible>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let operators = body.get_operators_reader()?.into_iter_with_offsets();
        let operators = operators.collect::<Result<Vec<_>, _>>()?;
        let (bytes, start) = (body.as_bytes(), body.range().start);
        let mut rest = &operators[..];
        while let [(_, from), ..] = rest {
            let shifts = rest.first_chunk().and_then(|[(a, _), (b, _), (c, _), (d, _)]| shifts([a, b, c, d]));
            let taken = if let Some((right, left)) = shifts {
                function.instructions().i32_const(right).i32_shr_u().i32_const(left).i32_shl();
                4
            } else {
                let to = rest.get(1).map_or(body.range().end, |(_, to)| *to);
                function.raw(bytes[(from - start) as usize..(to - start) as usize].iter().copied());
                1
            };
            rest = &rest[taken..];
        }
        code.function(&function);
        Ok(())
    }
}

/// By how much to shift to the right and back, where the operators shift to the right and clear the lowest one to three bits.
fn shifts(operators: [&Operator<'_>; 4]) -> Option<(i32, i32)> {
    let [Operator::I32Const { value: right }, Operator::I32ShrU, Operator::I32Const { value: mask }, Operator::I32And] =
        operators
    else {
        return None;
    };
    let left = mask.trailing_zeros();
    let all = u32::MAX.checked_shr(u32::try_from(*right).ok()?)?;
    let clears = (1..=3).contains(&left) && mask.cast_unsigned() == all & u32::MAX << left;
    (clears && right.cast_unsigned() + left < u32::BITS).then_some((right + left.cast_signed(), left.cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(body: &str) -> Vec<u8> {
        let text = format!(
            "(module (memory 1) (func $before (result i32) i32.const 7) (func $it (param i32) (result i32) {body}))"
        );
        wat::parse_str(text).unwrap()
    }

    fn shift_and_mask(right: i32, mask: i32) -> Option<(i32, i32)> {
        let (right, mask) = (Operator::I32Const { value: right }, Operator::I32Const { value: mask });
        shifts([&right, &Operator::I32ShrU, &mask, &Operator::I32And])
    }

    #[test]
    fn only_the_form_changes() {
        let body = |index: &str| module(&format!("call $before local.get 0 {index} i32.add i32.load8_u offset=300"));
        let masked = body("i32.const 16 i32.shr_u i32.const 65528 i32.and");
        let shifted = body("i32.const 19 i32.shr_u i32.const 3 i32.shl");
        assert_eq!(scale(&masked).unwrap(), shifted);
        assert_eq!(scale(&shifted).unwrap(), shifted);
        assert!(scale(&masked[..masked.len() - 3]).is_err());
    }

    #[test]
    fn every_shift_gives_the_same_number() {
        let mut found = 0;
        for right in 0..32 {
            for left in 0..6 {
                let mask = (u32::MAX >> right) & (u32::MAX << left);
                let Some((to_right, to_left)) = shift_and_mask(right, mask.cast_signed()) else { continue };
                found += 1;
                for number in [0, 1, 0x1234_5678, 0x9e37_79b1, u32::MAX, 1 << 31, 0x0f0f_f0f0] {
                    assert_eq!(number >> right & mask, number >> to_right << to_left, "{right} {left}");
                }
            }
        }
        assert_eq!(found, 3 * 32 - 6);
    }

    #[test]
    fn other_masks_stay() {
        for (right, mask) in
            [(16, 0x7ff8), (16, 0xffff), (16, 0xfff0), (16, 0x1_fff8), (15, 0xfff8), (32, 8), (-1, 8), (30, 0)]
        {
            assert_eq!(shift_and_mask(right, mask), None, "{right} {mask:#x}");
        }
    }
}
