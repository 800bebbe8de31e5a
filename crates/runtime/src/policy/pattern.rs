//! Patterns of a policy file: text in which `*` stands for any characters and `?` for one.

use std::fs;
use std::path::Path;

/// A text with `*` and `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(String);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether it fits `text`, which may be a pattern itself, a guest's: then it fits all that this one does, as no
    /// `?` here stands for a `*` there.
    pub(super) fn covers(&self, text: &str) -> bool {
        let (pattern, text): (Vec<char>, Vec<char>) = (self.0.chars().collect(), text.chars().collect());
        let (mut at, mut in_text) = (0, 0);
        // The last `*`, and how far it reaches: only that one ever has to be tried again.
        let mut star: Option<(usize, usize)> = None;
        while in_text < text.len() {
            let fits = pattern.get(at).is_some_and(|&wanted| match wanted {
                '?' => text[in_text] != '*',
                '*' => false,
                _ => wanted == text[in_text] && text[in_text] != '?',
            });
            if fits {
                (at, in_text) = (at + 1, in_text + 1);
            } else if pattern.get(at) == Some(&'*') {
                star = Some((at, in_text));
                at += 1;
            } else if let Some((back, reach)) = star {
                star = Some((back, reach + 1));
                (at, in_text) = (back + 1, reach + 1);
            } else {
                return false;
            }
        }
        pattern[at..].iter().all(|&rest| rest == '*')
    }

    /// As [`Pattern::covers`], for a path that exists or not: what a link or `..` leads to counts.
    pub(super) fn covers_path(&self, path: &str) -> bool {
        let real = real(path);
        if self.0.contains(['*', '?']) { self.covers(&real) } else { real == self::real(&self.0) }
    }
}

/// The real path. A name without a slash is one that libbpf looks up where libraries and programs are.
fn real(path: &str) -> String {
    if !path.contains('/') {
        return path.to_owned();
    }
    match fs::canonicalize(path) {
        Ok(real) => real.to_string_lossy().into_owned(),
        // What is not there cannot be used, but must not look like what is somewhere else.
        Err(_) if Path::new(path).components().any(|part| part.as_os_str() == "..") => String::new(),
        Err(_) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, fits) in [
            ("tcp_*", "tcp_v4_connect", true),
            ("tcp_*", "udp_tcp_x", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbX", false),
            ("?b", "ab", true),
            ("?b", "b", false),
            ("sched/*", "sched/sched_switch", true),
            ("**x", "x", true),
        ] {
            assert_eq!(Pattern::new(pattern).covers(text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_guests_pattern_is_covered_only_as_a_whole() {
        for (pattern, text, fits) in [
            ("*", "*", true),
            ("tcp_*", "tcp_v4_*", true),
            ("tcp_*", "tcp_?", true),
            ("tcp_*", "*", false),
            ("tcp_*", "tc*", false),
            ("tcp_?", "tcp_*", false),
            ("tcp_?", "tcp_?", true),
            ("tcp_v4", "tcp_v?", false),
        ] {
            assert_eq!(Pattern::new(pattern).covers(text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_full_of_stars_takes_no_time() {
        let (pattern, text) = ("*a".repeat(200), "a".repeat(5000) + "b");
        assert!(!Pattern::new(&pattern).covers(&text));
    }

    #[test]
    fn a_path_is_what_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let name = |file: &str| folder.path().join(file).to_str().unwrap().to_owned();
        fs::write(name("real"), "").unwrap();
        std::os::unix::fs::symlink(name("real"), name("link")).unwrap();
        assert!(Pattern::new(&name("link")).covers_path(&name("real")));
        assert!(Pattern::new(&name("real")).covers_path(&name("link")));
        assert!(!Pattern::new(&name("link*")).covers_path(&name("link")));
        assert!(!Pattern::new(&name("*")).covers_path("/etc/passwd"));
        assert!(!Pattern::new("/usr/*").covers_path("/usr/../etc/passwd"));
        assert!(!Pattern::new("/usr/*").covers_path("/usr/../no-such-file"));
        assert!(Pattern::new("libc.so.*").covers_path("libc.so.6"));
    }
}
