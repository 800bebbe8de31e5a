//! The verifier's log, as libbpf prints it around a failed load.

use super::Line;

const BEGIN: &str = "-- BEGIN PROG LOAD LOG --\n";
const END: &str = "-- END PROG LOAD LOG --";

/// How many lines of the log an error shows.
const TAIL: usize = 8;

/// A program that the verifier refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// The program's name.
    pub(crate) program: String,
    /// The last lines of the verifier's log, statistics left out.
    pub(crate) tail: String,
}

/// Finds the refused program in libbpf's lines.
pub(crate) fn rejection(lines: &[Line]) -> Option<Rejection> {
    let line = lines.iter().rev().find(|line| line.text.contains(BEGIN))?;
    let (head, log) = line.text.split_once(BEGIN)?;
    let log = log.split(END).next().unwrap_or(log);
    let program = head.split('\'').nth(1).unwrap_or_default().to_owned();
    let useful: Vec<&str> = log.lines().filter(|line| !line.is_empty() && !is_statistics(line)).collect();
    let tail = useful[useful.len().saturating_sub(TAIL)..].join("\n");
    Some(Rejection { program, tail })
}

/// The program that could not be loaded, in libbpf's lines: "prog 'NAME': BPF program load failed".
pub(crate) fn failed_program(lines: &[Line]) -> Option<&str> {
    let failed =
        lines.iter().find_map(|line| line.text.split_once("prog '").filter(|(_, rest)| rest.contains("load failed")));
    failed?.1.split('\'').next()
}

fn is_statistics(line: &str) -> bool {
    line.starts_with("processed ") && line.contains(" insns ")
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn the_reason_is_found_and_the_statistics_are_not_it() {
        let text = format!(
            "libbpf: prog 'bad': {BEGIN}0: R1=ctx() R10=fp0\n0: (79) r0 = *(u64 *)(r2 +0)\nR2 !read_ok\n\
             processed 1 insns (limit 1000000) max_states_per_insn 0\n{END}\n"
        );
        let found = rejection(&[Line { level: Level::Warn, text }]).unwrap();
        assert_eq!(found.program, "bad");
        assert!(found.tail.ends_with("R2 !read_ok"), "{}", found.tail);
    }

    #[test]
    fn a_program_that_the_kernel_refused_is_named() {
        let line = |text: &str| Line { level: Level::Warn, text: text.into() };
        let lines =
            [line("libbpf: map 'm': odd\n"), line("libbpf: prog 'on_entry': BPF program load failed: -EPERM\n")];
        assert_eq!(failed_program(&lines), Some("on_entry"));
        assert_eq!(failed_program(&lines[..1]), None);
    }

    #[test]
    fn other_failures_are_no_rejection() {
        assert_eq!(rejection(&[Line { level: Level::Warn, text: "libbpf: failed to open\n".into() }]), None);
    }
}
