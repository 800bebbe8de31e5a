//! Functions' bodies: which can run for long in one call, and which could not be in two modules.

use wasmparser::{FunctionBody, Operator};

use super::layout::{DAMAGED, Layout, Unfit};

/// What a function does, as far as it concerns its being replaced.
pub(super) struct Body {
    /// Where it starts in the module, in bytes.
    pub(super) start: u64,
    has_loop: bool,
    /// The module's own functions that it calls, by their numbers.
    calls: Vec<usize>,
}

impl Body {
    /// Reads a body of the module of which `layout` has all that comes before. An error says what it changes that only one of
    /// two modules would have, or that it takes what the baseline has in addition.
    pub(super) fn read(body: &FunctionBody<'_>, layout: &Layout) -> Result<Self, Unfit> {
        let mut operators = body.get_operators_reader().map_err(|_| DAMAGED)?;
        let mut read = Self { start: body.range().start, has_loop: false, calls: Vec::new() };
        while !operators.eof() {
            match operators.read().map_err(|_| DAMAGED)? {
                Operator::Loop { .. } => read.has_loop = true,
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    read.calls
                        .extend(function_index.checked_sub(layout.imported_functions).map(|number| number as usize));
                }
                Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index } => {
                    layout.check_global(global_index)?;
                }
                Operator::CallIndirect { table_index, .. }
                | Operator::ReturnCallIndirect { table_index, .. }
                | Operator::TableGet { table: table_index }
                | Operator::TableSize { table: table_index } => layout.check_table(table_index)?,
                Operator::MemoryInit { .. } | Operator::DataDrop { .. } => {
                    return Err("it initializes memory while it runs");
                }
                Operator::TableInit { .. }
                | Operator::ElemDrop { .. }
                | Operator::TableSet { .. }
                | Operator::TableFill { .. }
                | Operator::TableCopy { .. }
                | Operator::TableGrow { .. } => return Err("it changes tables while it runs"),
                _ => {}
            }
        }
        Ok(read)
    }
}

/// Of a module's functions those that can run for long in one call: they have loops, or calls come back to them.
pub(super) fn long(bodies: &[Body]) -> Vec<bool> {
    let calls: Vec<&[usize]> = bodies.iter().map(|body| &*body.calls).collect();
    come_back(&calls).iter().zip(bodies).map(|(come_back, body)| *come_back || body.has_loop).collect()
}

/// How far the search has come with a function.
#[derive(Clone, Copy, PartialEq)]
enum Search {
    NotFound,
    /// Its callees are being searched.
    Open,
    Done,
}

/// The functions that a chain of calls comes back to: of each circle of calls, one at least. `calls[f]` are the functions that
/// function `f` calls. Takes time in proportion to the calls.
fn come_back(calls: &[impl AsRef<[usize]>]) -> Vec<bool> {
    let mut come_back = vec![false; calls.len()];
    let mut search = vec![Search::NotFound; calls.len()];
    for first in 0..calls.len() {
        // The chain of calls that is being followed, each function with the number of its callees that have been followed. Not
        // on the stack: a module's chains are as long as it wants.
        let mut chain = vec![(first, 0)];
        while let Some((function, followed)) = chain.pop() {
            if followed == 0 && search[function] != Search::NotFound {
                continue;
            }
            search[function] = Search::Open;
            let Some(&callee) = calls[function].as_ref().get(followed) else {
                search[function] = Search::Done;
                continue;
            };
            chain.push((function, followed + 1));
            match search.get(callee) {
                Some(Search::NotFound) => chain.push((callee, 0)),
                Some(Search::Open) => come_back[callee] = true,
                _ => {}
            }
        }
    }
    come_back
}

#[cfg(test)]
mod tests {
    use super::come_back;

    /// The functions that come back, where each pair is a call.
    fn of(functions: usize, calls: &[(usize, usize)]) -> Vec<usize> {
        let callees = |caller| calls.iter().filter(|call| call.0 == caller).map(|call| call.1).collect();
        let found = come_back(&(0..functions).map(callees).collect::<Vec<Vec<usize>>>());
        (0..functions).filter(|function| found[*function]).collect()
    }

    #[test]
    fn each_circle_has_one() {
        assert_eq!(of(3, &[(0, 1), (0, 2), (1, 2), (0, 2)]), Vec::<usize>::new());
        assert_eq!(of(2, &[(0, 1), (1, 1)]), [1]);
        assert_eq!(of(4, &[(0, 1), (1, 2), (2, 3), (3, 1)]), [1]);
        assert_eq!(of(5, &[(1, 2), (2, 1), (3, 4), (4, 3), (0, 4), (2, 4)]), [1, 4]);
        // Calls to functions that there are none of are found by whoever validates the module.
        assert_eq!(of(1, &[(0, 7)]), Vec::<usize>::new());
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let mut calls: Vec<Vec<usize>> = (1..1_000_000).map(|callee| vec![callee]).collect();
        calls.push(vec![0]);
        assert_eq!(come_back(&calls).iter().position(|found| *found), Some(0));
    }
}
