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

/// What could not be made, in libbpf's lines, and its name: "prog 'NAME': BPF program load failed", "map 'NAME':
/// failed to create".
pub(crate) fn failed_part(lines: &[Line]) -> Option<(&'static str, &str)> {
    let named = |text, quoted: &str, failed: &str| {
        let (_, rest) = str::split_once(text, quoted)?;
        let (name, rest) = rest.split_once('\'')?;
        rest.contains(failed).then_some(name)
    };
    lines.iter().find_map(|line| {
        let program = named(&line.text, "prog '", "load failed").map(|name| ("program", name));
        program.or_else(|| named(&line.text, "map '", "failed to create").map(|name| ("map", name)))
    })
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
    fn the_part_that_the_kernel_refused_is_named() {
        let line = |text: &str| Line { level: Level::Warn, text: text.into() };
        let lines = ["libbpf: map 'odd': strange\n", "libbpf: prog 'on_entry': BPF program load failed: -EPERM\n"];
        assert_eq!(failed_part(&lines.map(line)), Some(("program", "on_entry")));
        assert_eq!(failed_part(&[line("libbpf: map 'm': failed to create: -EINVAL\n")]), Some(("map", "m")));
        assert_eq!(failed_part(&[line(lines[0])]), None);
    }

    #[test]
    fn other_failures_are_no_rejection() {
        assert_eq!(rejection(&[Line { level: Level::Warn, text: "libbpf: failed to open\n".into() }]), None);
    }
}
