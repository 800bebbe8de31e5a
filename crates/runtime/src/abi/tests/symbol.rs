//! Names for addresses, against the kernel's own list and against programs whose source is known.

use std::fs;

use rustix::io::Errno;

use super::host::{At, Host};

/// A record as the guest gets it, its texts looked up.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    error: i32,
    name: String,
    object: String,
    file: String,
    line: u32,
    offset: u64,
    object_offset: u64,
}

/// What the records in `records` say.
fn found(host: &Host, records: At, text: At) -> Vec<Found> {
    let text = host.get(text);
    let all = host.get(records);
    let records = all.as_chunks::<48>().0.iter();
    let read = |record: &[u8; 48]| {
        let word = |at: usize| u32::from_le_bytes(record[4 * at..4 * at + 4].try_into().unwrap());
        let wide = |at: usize| u64::from_le_bytes(record[at..at + 8].try_into().unwrap());
        let text = |at: usize| {
            let (start, len) = (word(at) as usize, word(at + 1) as usize);
            assert!(len == 0 || text[start + len] == 0, "a NUL follows");
            String::from_utf8(text[start..start + len].to_vec()).unwrap()
        };
        Found {
            error: word(0) as i32,
            name: text(1),
            object: text(3),
            file: text(5),
            line: word(7),
            offset: wide(32),
            object_offset: wide(40),
        }
    };
    records.map(read).collect()
}

impl Host {
    fn addresses(&mut self, addresses: &[u64]) -> At {
        let bytes: Vec<u8> = addresses.iter().flat_map(|address| address.to_le_bytes()).collect();
        self.put(&bytes)
    }

    #[track_caller]
    fn kernel_symbols(&mut self, addresses: &[u64]) -> Vec<Found> {
        let (given, records, text) = (self.addresses(addresses), self.room(48 * addresses.len()), self.room(4096));
        self.must("kernel_symbols", &[given.addr, given.len, records.addr, records.len, text.addr, text.len]);
        found(self, records, text)
    }

    #[track_caller]
    fn kernel_symbol(&mut self, name: &str) -> Vec<u64> {
        let (name, out) = (self.put(name.as_bytes()), self.room(64));
        let count = self.must("kernel_symbol_find", &[name.addr, name.len, out.addr, out.len]);
        let bytes = self.get(out);
        bytes.as_chunks().0.iter().take(count as usize).map(|bytes| u64::from_le_bytes(*bytes)).collect()
    }
}

/// The kernel's list: address, type, name, module.
fn kallsyms() -> Vec<(u64, String, String, String)> {
    let list = fs::read_to_string("/proc/kallsyms").unwrap();
    let parse = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let module = words.get(3).map_or("", |module| module.trim_matches(['[', ']']));
        (u64::from_str_radix(words[0], 16).unwrap(), words[1].to_owned(), words[2].to_owned(), module.to_owned())
    };
    list.lines().map(parse).collect()
}

#[test]
fn kernel_addresses_have_the_names_of_the_kernels_list() {
    let list = kallsyms();
    let find = |name: &str| list.iter().find(|(_, _, found, _)| found == name).unwrap().0;
    let (read, write) = (find("vfs_read"), find("vfs_write"));
    let mut host = Host::new(&[]);
    assert_eq!(host.kernel_symbol("vfs_read"), [read]);
    let symbols = host.kernel_symbols(&[write + 4, read, 0x1000, u64::MAX]);
    let names: Vec<(i32, &str, u64)> =
        symbols.iter().map(|found| (found.error, found.name.as_str(), found.offset)).collect();
    let unknown = (-Errno::NOENT.raw_os_error(), "", 0);
    assert_eq!(names, [(0, "vfs_write", 4), (0, "vfs_read", 0), unknown, unknown]);
    assert!(symbols.iter().all(|found| found.object.is_empty() && found.file.is_empty()));
}

#[test]
fn a_name_of_many_symbols_has_all_their_addresses() {
    let list = kallsyms();
    let mut counts = std::collections::HashMap::<&str, Vec<u64>>::new();
    list.iter().for_each(|(address, _, name, _)| counts.entry(name).or_default().push(*address));
    let (name, addresses) = counts.iter_mut().find(|(_, addresses)| (2..8).contains(&addresses.len())).unwrap();
    addresses.sort_unstable();
    assert_eq!(Host::new(&[]).kernel_symbol(name), *addresses);
}

#[test]
fn symbols_of_modules_name_them() {
    let list = kallsyms();
    // BPF programs are listed in a module's place, and may be gone by now.
    let of_module =
        |(_, kind, _, module): &&(u64, String, String, String)| kind == "t" && !module.is_empty() && module != "bpf";
    let Some((address, _, _, module)) = list.iter().find(of_module) else { return };
    assert_eq!(Host::new(&[]).kernel_symbols(&[*address])[0].object, *module);
}

#[test]
fn what_is_wrong_with_a_question_is_said() {
    let mut host = Host::new(&[]);
    let (addresses, records, text) = (host.addresses(&[1, 2]), host.room(96), host.room(64));
    let mut fails = |import: &str, args: &[i64], errno| host.must_fail(import, args, errno);
    let [a, r, t] = [addresses.addr, records.addr, text.addr];
    fails("kernel_symbols", &[a, 16, r, 95, t, 64], Errno::INVAL);
    fails("kernel_symbols", &[a, 15, r, 96, t, 64], Errno::INVAL);
    fails("kernel_symbols", &[a, 8 * 1025, r, 48 * 1025, t, 64], Errno::INVAL);
    fails("kernel_symbols", &[a, 16, 0xffff_0000, 96, t, 64], Errno::FAULT);
    fails("kernel_symbols", &[a, 16, r, 96, t, 0xffff_0000], Errno::FAULT);
    fails("user_symbols", &[1, a, 16, r, 96, t, 64, 2], Errno::INVAL);
    fails("user_symbols", &[0, a, 16, r, 96, t, 64, 0], Errno::SRCH);
    fails("kernel_symbol_find", &[a, 3, r, 7], Errno::INVAL);
    let nothing = host.put(b"no_such_symbol_anywhere");
    host.must_fail("kernel_symbol_find", &[nothing.addr, nothing.len, records.addr, 96], Errno::NOENT);
}

#[cfg(feature = "user-symbols")]
mod user {
    use std::io::{BufRead, BufReader};
    use std::path::Path;
    use std::process::{Child, ChildStdout, Command, Stdio};

    use tempfile::TempDir;

    use super::*;

    /// Says where two of its functions are, then waits for its end.
    const SOURCE: &str = r#"
#include <stdio.h>

namespace outer {
__attribute__((noinline)) int busy(int number) { return number + 1; }
}

extern "C" __attribute__((noinline)) int plain(int number) { return outer::busy(number) + 1; }

int main()
{
	printf("%p\n%p\n", (void *)&outer::busy, (void *)&plain);
	fflush(stdout);
	return getchar() + plain(1);
}
"#;

    /// The program, running; ended with it.
    struct Program {
        child: Child,
        _output: BufReader<ChildStdout>,
        addresses: [u64; 2],
        folder: TempDir,
    }

    impl Program {
        #[track_caller]
        fn start() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let [source, program] = ["source.cc", "program"].map(|name| folder.path().join(name));
            fs::write(&source, SOURCE).unwrap();
            let mut clang = Command::new(std::env::var_os("CLANG").unwrap_or_else(|| "clang-19".into()));
            let built = clang.args(["-O1", "-g", "-gz=none"]).arg(&source).arg("-o").arg(&program).status().unwrap();
            assert!(built.success());
            let mut child =
                Command::new(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program");
            let mut output = BufReader::new(child.stdout.take().unwrap());
            let addresses = [(); 2].map(|()| {
                let mut line = String::new();
                output.read_line(&mut line).unwrap();
                u64::from_str_radix(line.trim().trim_start_matches("0x"), 16).unwrap()
            });
            Self { child, _output: output, addresses, folder }
        }

        fn path(&self, name: &str) -> String {
            let path = self.folder.path().join(name);
            path.canonicalize().unwrap_or_else(|_| Path::new(&path).to_owned()).to_str().unwrap().to_owned()
        }
    }

    impl Drop for Program {
        fn drop(&mut self) {
            // It may have ended already.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    impl Host {
        #[track_caller]
        fn user_symbols(&mut self, pid: u32, addresses: &[u64], flags: i64) -> Vec<Found> {
            let (given, records, text) = (self.addresses(addresses), self.room(48 * addresses.len()), self.room(4096));
            let args = [pid.into(), given.addr, given.len, records.addr, records.len, text.addr, text.len, flags];
            self.must("user_symbols", &args);
            found(self, records, text)
        }
    }

    #[test]
    fn addresses_of_a_process_have_function_file_and_line() {
        let program = Program::start();
        let (pid, [busy, plain]) = (program.child.id(), program.addresses);
        let mut host = Host::new(&[]);
        let lines = host.user_symbols(pid, &[plain + 1, 0, busy], 1);
        assert_eq!(lines[1].error, -Errno::NOENT.raw_os_error());
        for (found, name, offset, line) in [(&lines[0], "plain", 1, 8), (&lines[2], "outer::busy(int)", 0, 5)] {
            assert_eq!((found.error, found.name.as_str(), found.offset, found.line), (0, name, offset, line));
            assert_eq!((&found.object, &found.file), (&program.path("program"), &program.path("source.cc")));
        }
        // The same without lines, from what is known by now, and in a file that nobody else can find any more.
        fs::remove_file(program.path("program")).unwrap();
        for mut host in [host, Host::new(&[])] {
            let plainly = host.user_symbols(pid, &[busy], 0);
            assert_eq!((plainly[0].name.as_str(), plainly[0].line), ("outer::busy(int)", 0));
            assert_eq!(plainly[0].object_offset, lines[2].object_offset);
        }
    }

    #[test]
    fn a_text_that_does_not_fit_is_left_out() {
        let program = Program::start();
        let mut host = Host::new(&[]);
        let (given, records, text) = (host.addresses(&program.addresses), host.room(96), host.room(17));
        let pid = program.child.id().into();
        let args = [pid, given.addr, 16, records.addr, 96, text.addr, 17, 0];
        // Room for one function's name, not for the file's.
        assert_eq!(host.must("user_symbols", &args), 17);
        let found = found(&host, records, text);
        assert_eq!((found[0].error, found[0].name.as_str()), (-Errno::NOSPC.raw_os_error(), "outer::busy(int)"));
        assert_eq!((found[1].error, found[1].name.as_str()), (-Errno::NOSPC.raw_os_error(), ""));
    }

    #[test]
    fn a_process_that_has_ended_is_esrch() {
        let mut program = Program::start();
        program.child.kill().unwrap();
        program.child.wait().unwrap();
        let mut host = Host::new(&[]);
        let (given, records) = (host.addresses(&program.addresses), host.room(96));
        let pid = program.child.id();
        let said =
            host.must_fail("user_symbols", &[pid.into(), given.addr, 16, records.addr, 96, 0, 0, 0], Errno::SRCH);
        assert!(said.contains(&format!("process {pid}")), "{said}");
    }
}
