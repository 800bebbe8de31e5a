//! Headers that guest and BPF programs share, in `wasm-bpf build`: what is made alike, what is refused, and what the
//! messages say. What such structs mean at run time is compared with native programs in `sdk_c_stacks.rs`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output};

use wasm_bpf_tests::binary;

const PROGRAM: &str = r#"
#include <linux/bpf.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>
#include "shared.h"
char LICENSE[] SEC("license") = "GPL";
unsigned int seen = 0;
SEC("socket") int on_packet(struct __sk_buff *skb) { seen++; return 0; }
"#;

const GUEST: &str = "#include <stddef.h>\n#include <bpf/libbpf.h>\n#include \"shared.h\"\n#include \"app.skel.h\"\n\
                     int main(void) { app_bpf__destroy(app_bpf__open()); return use(); }\n";

/// A folder with both sides, and what they share.
struct App(tempfile::TempDir);

impl App {
    /// `program` and `guest` are added to what includes `header`; the guest's has a function `use`.
    fn new(header: &str, program: &str, guest: &str) -> Self {
        let app = Self(tempfile::tempdir().expect("a temporary folder"));
        fs::create_dir(app.0.path().join("app")).unwrap();
        app.write("shared.h", header);
        app.write("app.bpf.c", &format!("{PROGRAM}{program}"));
        app.write("app.c", &GUEST.replace("int main", &format!("{guest}\nint main")));
        app
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join("app").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).unwrap();
    }

    fn build(&self, arguments: &[&str]) -> Output {
        let mut build = Command::new(binary());
        build.arg("build").args(arguments).current_dir(self.0.path()).env("XDG_CACHE_HOME", self.0.path());
        build.output().expect("the release binary runs")
    }

    /// Builds, and returns the messages.
    #[track_caller]
    fn must_build(&self, arguments: &[&str]) -> String {
        let output = self.build(arguments);
        let message = String::from_utf8(output.stderr).expect("messages are UTF-8");
        assert!(output.status.success(), "{message}");
        message
    }

    #[track_caller]
    fn must_fail(&self) -> String {
        let output = self.build(&["app"]);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("messages are UTF-8")
    }
}

/// That a guest has this size of this type.
fn uses(ty: &str, size: usize) -> String {
    format!("static int use(void) {{ _Static_assert(sizeof({ty}) == {size}, \"\"); {ty} it = {{}}; return !&it; }}")
}

#[test]
fn long_stays_as_it_is_where_the_c_library_is_given_pointers_to_it() {
    let app = App::new(
        "",
        "",
        "#include <stdio.h>\nint use(void) { unsigned long size = 0; char *line = NULL; return (int)getline(&line, &size, stdin); }",
    );
    assert_eq!(app.must_build(&["app", "--keep", "kept"]), "");
    let said = app.must_build(&["app", "--verbose"]);
    assert!(said.contains("The guest's `long` keeps 32 bits: with 64 there would be: app/app.c:6:"), "{said}");
    app.write("app.c", &GUEST.replace("int main", "int use(void) { return (int)(1UL << 40 >> 38); }\nint main"));
    assert_eq!(app.must_build(&["app", "--keep", "kept"]), "");
    let module = app.file("app.wasm");
    assert_eq!(Command::new(binary()).arg(module).status().expect("the release binary runs").code(), Some(4));
}

#[test]
fn what_is_chosen_by_the_processor_is_chosen_for_this_one_but_for_its_code() {
    let guest = |chosen: &str| {
        format!(
            "int use(void)\n{{\n\tlong seven = 7UL << 40 >> 40;\n#if defined(__x86_64__) || defined(__aarch64__)\n\t{chosen}\n\
             #endif\n\treturn (int)seven;\n}}"
        )
    };
    for (chosen, wanted, said) in
        [("return (int)seven + 1;", 8, false), (r#"__asm__ volatile("" : : "a"(1), "w"(1)); return 1;"#, 7, true)]
    {
        let app = App::new("", "", &guest(chosen));
        let message = app.must_build(&["app", "--verbose"]);
        assert_eq!(message.contains("The guest's sources choose nothing by the processor"), said, "{message}");
        let status = Command::new(binary()).arg(app.file("app.wasm")).status().expect("the release binary runs");
        assert_eq!(status.code(), Some(wanted));
    }
}

#[test]
fn what_the_guest_lays_out_has_the_bpf_sides_layout() {
    for (header, ty, size) in [
        ("struct pair { long first; int second; };", "struct pair", 16),
        ("struct pair { int first; void *second; char third; };", "struct pair", 24),
        ("typedef struct { size_t first, second; } pair_t;", "pair_t", 16),
        (
            "struct pair { long first; void *second; }; _Static_assert(sizeof(struct pair) == 16, \"\");",
            "struct pair",
            16,
        ),
        ("union one { const char *name; int number; };", "union one", 8),
        ("struct inner { void *p; }; struct outer { struct inner inner[2]; int last; };", "struct outer", 24),
    ] {
        App::new(header, "", &uses(ty, size)).must_build(&["app"]);
    }
}

#[test]
fn what_the_guest_does_not_lay_out_may_differ() {
    let header = "struct args { const char *name; int flags; };
        union either { const char *name; long numbers[2]; };
        struct macro { struct args *of[8]; long more; };
        #ifdef __bpf__\nstruct hidden { void *task; int depth; };\n#else\ntypedef struct { long l; } guests_t;\n#endif\n
        static inline int flags(struct args *args) { return args->flags; }";
    let program = "SEC(\"socket\") int more(void *ctx) { struct hidden h = {ctx, 1}; struct macro m = {}; return m.of[seen & 7] == h.task; }";
    let guest = "struct args; void *pass(struct args *args); static int use(void) { return sizeof(guests_t) != 4; }";
    let app = App::new(header, program, guest);
    app.must_build(&["app", "--keep", "kept"]);
    assert!(!app.0.path().join("kept/shared").exists(), "nothing is widened");
}

#[test]
fn what_is_only_part_of_others_may_differ() {
    let header = "#define MADE void *p; int flags;\nstruct made { MADE };\nstruct list { void *all[2]; int last; };
        struct outer { struct list list; struct made made; union { struct { struct list l; } in; long n; } both; };";
    let program = "SEC(\"socket\") int more(void *ctx) { struct outer o = {}; o.list.all[seen & 1] = ctx; return !o.list.all[0] + o.made.flags; }";
    let app = App::new(header, program, "static int use(void) { struct outer *none = NULL; return !!none; }");
    app.must_build(&["app"]);
    for guest in ["(int)sizeof(struct outer)", "((struct outer *)0)->both.in.l.last", "((struct made *)0)->flags"] {
        app.write("app.c", &GUEST.replace("use()", guest));
        let message = app.must_fail();
        assert!(message.contains("agree on the structs that app/app.c shares"), "{guest}: {message}");
    }
}

#[test]
fn values_of_maps_stay_narrow_where_nothing_else_is_seen() {
    let map = "struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); \
               __type(value, struct pair); } pairs SEC(\".maps\");\n";
    let ring = "struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(\".maps\");\n";
    let shared = |member: &str| format!("struct pair {{ {member} first; int second; }};\n");
    App::new(&shared("size_t"), map, &uses("struct pair", 8)).must_build(&["app"]);
    App::new(&shared("size_t"), &format!("{map}{ring}"), &uses("struct pair", 16)).must_build(&["app"]);
    App::new(&shared("size_t"), &format!("{map}struct pair shown = {{}};"), &uses("struct pair", 16))
        .must_build(&["app"]);
    App::new(&shared("void *"), map, &uses("struct pair", 16)).must_build(&["app"]);
}

#[test]
fn arrays_of_pointers_are_the_guests_own_or_refused() {
    let header = "struct list { int first; void *all[2]; int last; };";
    App::new(header, "", &uses("struct list", 32)).must_build(&["app"]);
    let reads = "SEC(\"socket\") int more(void *ctx) { struct list l = {}; l.all[seen & 1] = ctx; return !l.all[0]; }";
    let message = App::new(header, reads, &uses("struct list", 16)).must_fail();
    assert!(message.contains("the BPF side has `all` of `struct list` at byte 8"), "{message}");
    assert!(message.contains("give both sides types of a fixed size"), "{message}");
    assert!(message.contains("agree on the structs that app/app.c shares with its BPF program"), "{message}");
}

#[test]
fn what_macros_make_is_refused() {
    let header = "#define LONGS long first; int second;\nstruct pair { LONGS };\n";
    let message = App::new(header, "", &uses("struct pair", 8)).must_fail();
    assert!(message.contains("the BPF side has `second` of `struct pair` at byte 8"), "{message}");
    assert!(!message.contains("`first`"), "only what differs is named: {message}");
}

#[test]
fn messages_name_the_users_own_header() {
    let app = App::new("struct pair {\n\tvoid *first; int second;\n};\n#warning here\n", "", &uses("struct pair", 16));
    let message = app.must_build(&["app"]);
    assert!(message.contains("app/shared.h:4:2: warning: here"), "{message}");
}

#[test]
fn all_sources_of_a_guest_have_the_same_structs_by_whatever_path() {
    let app = App::new(
        "struct pair {\n\tvoid *first; int second;\n};",
        "",
        "int other(void); static int use(void) { struct pair p = {}; return !&p + other(); }",
    );
    app.write("between.h", "#include \"shared.h\"\n");
    let other = "_Static_assert(sizeof(pair) == 16, \"\"); extern \"C\" int other(void) { return 0; }\n";
    app.write("other.cpp", &format!("#include \"between.h\"\n{other}"));
    let linked = app.0.path().join("linked");
    symlink("app", &linked).unwrap();
    for folder in ["app", "app/", "./app/../app", "linked", linked.to_str().unwrap()] {
        app.must_build(&[folder]);
    }
    // In a folder of links to the files, as build systems make them.
    let links = app.0.path().join("links");
    fs::create_dir(&links).unwrap();
    for name in ["app.bpf.c", "app.c", "shared.h", "between.h", "other.cpp"] {
        symlink(app.file(name), links.join(name)).unwrap();
    }
    app.must_build(&["links"]);
}
