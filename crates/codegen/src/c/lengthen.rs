//! A guest's source with a `long` of 64 bits, which has 32 on wasm32: programs for native libbpf keep addresses, times and
//! sums in it.
//!
//! ```text
//!   unsigned long sum = 1UL << 40;           unsigned long long sum = 1ULL << 40;
//!   struct { size_t size; size_t *of; };  -> struct { unsigned long long size; size_t *of; };
//!   age = strtol(text, NULL, 10);            age = strtoll(text, NULL, 10);
//!   lock = (void *)age;                      lock = (void *)WASM_BPF_ADDRESS(age);
//!   complain("%ld\n", age);                  WASM_BPF_VARIADIC_1(complain, "%ld\n", age);
//! ```
//!
//! Types of the C library stay, so what passes pointers to its own ones to it does not compile afterwards.

use std::collections::BTreeMap;

use super::tokens::{Token, bodies, closing, scan, tokens};

/// What `long` is part of the name of, and what is its counterpart for `long long`; and names of processors.
const NAMES: [(&str, &str); 18] = [
    ("LONG_MAX", "LLONG_MAX"),
    ("LONG_MIN", "LLONG_MIN"),
    ("ULONG_MAX", "ULLONG_MAX"),
    ("__LONG_MAX__", "__LONG_LONG_MAX__"),
    ("__SIZEOF_LONG__", "8"),
    ("strtol", "strtoll"),
    ("strtoul", "strtoull"),
    ("atol", "atoll"),
    ("labs", "llabs"),
    ("lround", "llround"),
    ("lrint", "llrint"),
    ("__builtin_clzl", "__builtin_clzll"),
    ("__builtin_ctzl", "__builtin_ctzll"),
    ("__builtin_ffsl", "__builtin_ffsll"),
    ("__builtin_parityl", "__builtin_parityll"),
    ("__builtin_popcountl", "__builtin_popcountll"),
    // A guest's compiler makes code for none of these processors, but what sources choose by them, such as a table of
    // the system calls' names, is chosen for one.
    ("__x86_64__", "WASM_BPF_X86_64"),
    ("__aarch64__", "WASM_BPF_AARCH64"),
];
const WIDE: &str = "unsigned long long";
/// For so many parameters before the `...` there is a macro.
const MOST_FIXED: usize = 4;

/// A program's own functions with `...`: how many parameters come before it, of which the last is a format. 0: of
/// functions of the same name another number.
pub type Variadic = BTreeMap<String, usize>;

/// Words before a parenthesis that is a cast's, and not a call's or a declaration's.
const BEFORE_CASTS: [&str; 4] = ["return", "else", "case", "do"];

/// Where in the text, how many bytes of it, and what takes their place.
type Edits = BTreeMap<usize, (usize, String)>;

/// The text, with `long` as `long long`.
pub(crate) fn lengthen(source: &str, variadic: &Variadic) -> String {
    let (code, directives) = scan(source);
    let mut edits = Edits::new();
    words(&code, 0, variadic, &mut edits);
    for line in &directives {
        let Some(body) = body(line.text) else { continue };
        words(&tokens(&line.text[body..]), line.at + body, variadic, &mut edits);
    }
    members(&code, &mut edits);
    casts(&code, &mut edits);
    let (mut text, mut at) = (String::with_capacity(source.len() + 16 * edits.len()), 0);
    for (from, (length, new)) in edits {
        text.push_str(&source[at..from]);
        text.push_str(&new);
        at = from + length;
    }
    text + &source[at..]
}

/// Adds the functions with `...` that a text declares.
pub(crate) fn variadic(source: &str, all: &mut Variadic) {
    let code = tokens(source);
    for open in 1..code.len() {
        if code[open].text == "(" && code[open - 1].is_word() && has_ellipsis(&code, open) {
            let count = fixed(&code, open);
            let known = all.entry(code[open - 1].text.to_owned()).or_insert(count);
            if *known != count {
                *known = 0;
            }
        }
    }
}

/// How many parameters there are before the `...`: so many commas.
fn fixed(code: &[Token<'_>], open: usize) -> usize {
    let (mut depth, mut commas) = (0_i32, 0);
    for token in &code[open..closing(code, open).unwrap_or(open)] {
        depth += i32::from(token.text == "(") - i32::from(token.text == ")");
        commas += usize::from(depth == 1 && token.text == ",");
    }
    commas
}

/// Where in a line of the preprocessor's code begins, if it has some.
fn body(line: &str) -> Option<usize> {
    let word = line.find(|c: char| c.is_ascii_alphabetic())?;
    let length = line[word..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(line.len() - word);
    matches!(&line[word..word + length], "define" | "if" | "ifdef" | "ifndef" | "elif").then_some(word + length)
}

/// Types, names, literals and calls, of a text that begins at `start`.
fn words(code: &[Token<'_>], start: usize, variadic: &Variadic, edits: &mut Edits) {
    for (index, token) in code.iter().enumerate() {
        let near = |by: isize| index.checked_add_signed(by).and_then(|at| code.get(at)).map_or("", |near| near.text);
        let mut replace = |at: &Token<'_>, new: String| edits.insert(start + at.at, (at.text.len(), new));
        if token.text == "long" {
            if !["long", "double"].iter().any(|word| near(1) == *word || near(-1) == *word) {
                replace(token, "long long".to_owned());
            }
        } else if let Some((_, new)) = NAMES.iter().find(|(name, _)| *name == token.text) {
            replace(token, (*new).to_owned());
        } else if token.text.starts_with(|c: char| c.is_ascii_digit()) {
            // The parts of a number with a point are tokens of their own.
            if let Some(new) = literal(token.text).filter(|_| near(-1) != "." && near(1) != ".") {
                replace(token, new);
            }
        } else if token.text == "va_arg" && near(1) == "(" {
            let Some(close) = closing(code, index + 1).filter(|close| code[close - 1].text == "size_t") else {
                continue;
            };
            replace(&code[close - 1], WIDE.to_owned());
        } else if let Some(fixed) = variadic.get(token.text).filter(|_| near(1) == "(" && is_call(code, index)) {
            let kind = if (1..=MOST_FIXED).contains(fixed) { format!("_{fixed}") } else { String::new() };
            replace(token, format!("WASM_BPF_VARIADIC{kind}({}", token.text));
            replace(&code[index + 1], ",".to_owned());
        }
    }
}

/// A literal of type `long` as one of `long long`.
fn literal(number: &str) -> Option<String> {
    let hexadecimal = number.starts_with("0x") || number.starts_with("0X");
    let digits = number.trim_end_matches(['u', 'U', 'l', 'L']);
    let suffix = &number[digits.len()..];
    if !hexadecimal && digits.contains(['e', 'E']) {
        return None;
    }
    match suffix.matches(['l', 'L']).collect::<Vec<_>>()[..] {
        [letter] => Some(format!("{digits}{}", suffix.replace(letter, &letter.repeat(2)))),
        _ => None,
    }
}

/// Whether the function named there is called, and not declared.
fn is_call(code: &[Token<'_>], name: usize) -> bool {
    let declares = |before: &Token<'_>| {
        (before.is_word() && !matches!(before.text, "return" | "else" | "do")) || matches!(before.text, "*" | "." | ">")
    };
    let Some(close) = closing(code, name + 1) else { return false };
    let declared = name.checked_sub(1).is_some_and(|before| declares(&code[before]));
    !declared && close > name + 2 && !has_ellipsis(code, name + 1)
}

/// Whether the list of parameters ends with `...`.
fn has_ellipsis(code: &[Token<'_>], open: usize) -> bool {
    code.get(open).is_some_and(|token| token.text == "(")
        && closing(code, open).is_some_and(|close| {
            close > open + 4 && code[close - 4].text == "," && code[close - 3..close].iter().all(|dot| dot.text == ".")
        })
}

/// Numbers that are cast to pointers, where what is cast is one name or between parentheses: `(void *)number`.
fn casts(code: &[Token<'_>], edits: &mut Edits) {
    for index in 2..code.len().saturating_sub(1) {
        let cast = code[index].text == ")" && code[index - 1].text == "*";
        let Some(open) = (cast).then(|| (0..index).rev().find(|at| !is_type(&code[*at]))).flatten() else { continue };
        let before = open.checked_sub(1).map_or("", |before| code[before].text);
        let named = before.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') || matches!(before, ")" | "]");
        if code[open].text != "(" || open + 1 == index - 1 || (named && !BEFORE_CASTS.contains(&before)) {
            continue;
        }
        let value = &code[index + 1];
        let end = if value.text == "(" { closing(code, index + 1) } else { value.is_word().then_some(index + 1) };
        let Some(end) = end.filter(|end| code.get(end + 1).is_none_or(|after| is_after_value(after.text))) else {
            continue;
        };
        let (from, to) = (value.at, code[end].end());
        if !edits.contains_key(&from) && !edits.contains_key(&to) {
            edits.insert(from, (0, "WASM_BPF_ADDRESS(".to_owned()));
            edits.insert(to, (0, ")".to_owned()));
        }
    }
}

/// Whether it may be part of the name of a pointer's type.
fn is_type(token: &Token<'_>) -> bool {
    token.is_word() || token.text == "*"
}

/// Whether a value that this comes after is whole: neither called, nor a member's or an element's owner.
fn is_after_value(sign: &str) -> bool {
    matches!(sign, ";" | "," | ")" | "}" | "]" | ":" | "?" | "=" | "!" | "&" | "|")
}

/// `size_t` as members, but for pointers to it and what functions take and return.
fn members(code: &[Token<'_>], edits: &mut Edits) {
    for body in bodies(code) {
        let mut at = body.open + 1;
        while at < body.close {
            let end = (at..body.close).find(|index| matches!(code[*index].text, ";" | "{" | "}")).unwrap_or(body.close);
            let declaration = &code[at..end];
            if !declaration.iter().any(|token| token.text == "*") {
                let mut depth = 0_i32;
                for token in declaration {
                    depth += i32::from(matches!(token.text, "(" | "[")) - i32::from(matches!(token.text, ")" | "]"));
                    if depth == 0 && token.text == "size_t" {
                        edits.insert(token.at, (token.text.len(), WIDE.to_owned()));
                    }
                }
            }
            at = end + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_has_the_width_of_two() {
        let same =
            "long long a; long double b; 1.5L; 1e5L; 0x1ULL; \"long 1L\"; size_t c; // long\n#include <long.h>\n";
        assert_eq!(lengthen(same, &Variadic::new()), same);
        let code = "static unsigned long\na; long int b = 0xfeL, c = 7ul; s = sizeof(long);\n#define M(x) \\\n (long)LONG_MAX\n";
        let long = "static unsigned long long\na; long long int b = 0xfeLL, c = 7ull; s = sizeof(long long);\n\
                    #define M(x) \\\n (long long)LLONG_MAX\n";
        assert_eq!(lengthen(code, &Variadic::new()), long);
        assert_eq!(
            lengthen("#if __SIZEOF_LONG__ == 8\natol(s), strtoul(s, 0, 0)", &Variadic::new()),
            "#if 8 == 8\natoll(s), strtoull(s, 0, 0)"
        );
        let [chosen, for_one] = ["__x86_64__", "WASM_BPF_X86_64"].map(|name| {
            format!("#ifdef {name}\n#elif !defined(__arm__) && !defined({name})\n#endif\n# ifndef {name}\n# endif\n")
        });
        assert_eq!(lengthen(&chosen, &Variadic::new()), for_one);
    }

    #[test]
    fn numbers_cast_to_pointers_are_written_down() {
        let same = "int (*f)(void *); void g(const char *) __attribute__((x)); n = sizeof(void *); p = (void *)f(x) + a * (b);\n\
                    q = (struct s *)x->y; r = (void *)(int)z; int (*t)(void *) = f; s = (struct s *){0}; u = (char *)a[1];";
        assert_eq!(lengthen(same, &Variadic::new()), same);
        let code =
            "return (void *)address; g((const struct lock *)(a + b), (void*)c); void *p = (char *) d ? (void *)e : 0;";
        let kept = "return (void *)WASM_BPF_ADDRESS(address); g((const struct lock *)WASM_BPF_ADDRESS((a + b)), \
                    (void*)WASM_BPF_ADDRESS(c)); void *p = (char *) WASM_BPF_ADDRESS(d) ? (void *)WASM_BPF_ADDRESS(e) : 0;";
        assert_eq!(lengthen(code, &Variadic::new()), kept);
    }

    #[test]
    fn sizes_are_wide_as_members_alone() {
        let code = "struct a { size_t n, m[2]; size_t *p; int (*f)(size_t); struct { size_t o; } q; } b; size_t f(size_t n);\n\
                    void g(void) { struct c d = { sizeof(size_t) }; size_t x; }";
        let wide = "struct a { unsigned long long n, m[2]; size_t *p; int (*f)(size_t); struct { unsigned long long o; } q; } b; \
                    size_t f(size_t n);\nvoid g(void) { struct c d = { sizeof(size_t) }; size_t x; }";
        assert_eq!(lengthen(code, &Variadic::new()), wide);
    }

    #[test]
    fn what_takes_any_arguments_is_called_through_a_macro() {
        let declared =
            "static int say(const char *format, ...)\n{ n = va_arg(list, size_t); }\nint (*f)(int, ...); int g(int);";
        let mut all = Variadic::new();
        variadic(declared, &mut all);
        variadic("void __attribute__((format(printf, 1, 2))) __say(int (*f)(int, int), char *format, ...);", &mut all);
        assert_eq!(all, Variadic::from([("say".to_owned(), 1), ("__say".to_owned(), 2)]));
        variadic("int say(int level, const char *format, ...);", &mut all);
        assert_eq!(all["say"], 0);
        let code = format!("{declared}\n#define SAY(...) say(__VA_ARGS__)\nreturn say(\"x\", 1); o->say(2);");
        let called = "static int say(const char *format, ...)\n{ n = va_arg(list, unsigned long long); }\nint (*f)(int, ...); int g(int);\n\
                      #define SAY(...) WASM_BPF_VARIADIC_1(say,__VA_ARGS__)\n\
                      return WASM_BPF_VARIADIC_1(say,\"x\", 1); o->say(2);";
        assert_eq!(lengthen(&code, &Variadic::from([("say".to_owned(), 1)])), called);
    }
}
