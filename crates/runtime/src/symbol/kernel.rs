//! The kernel's symbols, as /proc/kallsyms lists them (Documentation/admin-guide/sysctl/kernel.rst: kptr_restrict).
//! Read here and not by blazesym, which leaves out the modules' names.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::Symbol;
use crate::error::Error;

const LIST: &str = "/proc/kallsyms";
/// Lines between two looks at whether the guest is to stop: a few milliseconds.
const STRIDE: usize = 4096;
/// Modules and BPF programs come and go: an older list is read again where it lacks an address.
const FRESH: Duration = Duration::from_secs(1);
/// The list has no sizes. Nothing that is further behind a function's start is in it, in bytes.
const MAX_FUNCTION: u64 = 1 << 20;

/// The symbols by address.
pub(crate) struct Kernel {
    entries: Vec<Entry>,
    names: String,
    modules: Vec<String>,
    read_at: Instant,
}

struct Entry {
    address: u64,
    /// Where the name is in `names`.
    name: u32,
    len: u16,
    /// An index into `modules`; 0 is the kernel itself.
    module: u16,
    is_function: bool,
}

impl Kernel {
    /// Reads the list, about a tenth of a second. `go_on` is asked now and then; its error ends the reading.
    pub(crate) fn read<E: From<Error>>(mut go_on: impl FnMut() -> Result<(), E>) -> Result<Self, E> {
        let fail = |error: std::io::Error| {
            let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
            Error::kernel(format!("failed to read {LIST}"), errno)
                .advise("this needs a kernel with CONFIG_KALLSYMS=y and /proc")
        };
        let mut list = BufReader::with_capacity(1 << 16, File::open(LIST).map_err(fail)?);
        let mut kernel =
            Self { entries: Vec::new(), names: String::new(), modules: vec![String::new()], read_at: Instant::now() };
        let mut line = String::new();
        for number in 0usize.. {
            if number.is_multiple_of(STRIDE) {
                go_on()?;
            }
            line.clear();
            if list.read_line(&mut line).map_err(fail)? == 0 {
                break;
            }
            kernel.add(&line);
        }
        if kernel.entries.iter().all(|entry| entry.address == 0) {
            let error = Error::kernel(format!("{LIST} shows no addresses"), Errno::PERM);
            return Err(error.advise(
                "the kernel hides them: run as root or with CAP_SYSLOG, and with /proc/sys/kernel/kptr_restrict at 0 or 1",
            ).into());
        }
        // Stable: of several names for one address the kernel's first stays first, as in its own traces.
        kernel.entries.sort_by_key(|entry| entry.address);
        Ok(kernel)
    }

    /// Takes a line in: ADDRESS TYPE NAME, and for a module's symbol [MODULE].
    fn add(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        let (Some(address), Some(kind), Some(name)) = (words.next(), words.next(), words.next()) else { return };
        let (Ok(address), Ok(at), Ok(len)) =
            (u64::from_str_radix(address, 16), u32::try_from(self.names.len()), u16::try_from(name.len()))
        else {
            return;
        };
        let module = words.next().map_or(0, |module| self.module(module.trim_matches(['[', ']'])));
        self.names.push_str(name);
        let is_function = matches!(kind, "t" | "T" | "w" | "W");
        self.entries.push(Entry { address, name: at, len, module, is_function });
    }

    /// The index of a module's name. A module's symbols stand together, and there are no 65,535 modules.
    fn module(&mut self, name: &str) -> u16 {
        let known = self.modules.iter().rposition(|known| known == name);
        let index = known.unwrap_or_else(|| {
            self.modules.push(name.to_owned());
            self.modules.len() - 1
        });
        u16::try_from(index).unwrap_or(0)
    }

    fn name(&self, entry: &Entry) -> &str {
        let start = entry.name as usize;
        &self.names[start..start + usize::from(entry.len)]
    }

    /// The function that an address lies in.
    pub(crate) fn find(&self, address: u64) -> Option<Symbol> {
        let end = self.entries.partition_point(|entry| entry.address <= address);
        let start = self.entries.get(end.checked_sub(1)?)?.address;
        let first = self.entries.partition_point(|entry| entry.address < start);
        let entry = self.entries[first..end].iter().find(|entry| entry.is_function)?;
        let offset = address - start;
        (offset < MAX_FUNCTION).then(|| Symbol {
            name: self.name(entry).to_owned(),
            offset,
            object: self.modules[usize::from(entry.module)].clone(),
            ..Symbol::default()
        })
    }

    /// The addresses of all symbols called so, functions and data, ascending.
    pub(crate) fn addresses(&self, name: &str) -> Vec<u64> {
        self.entries.iter().filter(|entry| self.name(entry) == name).map(|entry| entry.address).collect()
    }

    /// Whether reading the list again could bring up what is missing.
    pub(crate) fn is_stale(&self) -> bool {
        self.read_at.elapsed() > FRESH
    }
}
