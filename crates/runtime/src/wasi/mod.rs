//! WASI preview 1: arguments, environment, clocks, random numbers, standard streams, files below granted directories.
//!
//! ```text
//!   guest ── wasi_snapshot_preview1.NAME ──> imports ──> args clock random proc   the process
//!                                               │    ──> fd file dir sock poll     descriptors: table, descriptor
//!                                               │    ──> path open times           files, by way of cap-std
//!                                               └──< errno: Linux's inside, WASI's at the edge
//! ```
//! Nothing here blocks but through [`crate::stop::Stop::wait`], so that a signal reaches a waiting guest.

mod args;
mod clock;
mod descriptor;
mod dir;
mod errno;
mod fd;
mod file;
mod imports;
mod iovs;
mod lookup;
mod open;
mod path;
mod poll;
mod proc;
mod random;
mod sock;
mod table;
mod terminal;
#[cfg(test)]
mod tests;
mod times;
mod types;

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::fs::Dir;
use rustix::fs::OFlags;
use rustix::io::Errno;

use self::descriptor::{Descriptor, Source};
use self::table::Table;
use crate::call::Call;
use crate::error::Error;
use crate::handle;
pub(crate) use imports::{MODULE, add_to_linker};

/// What a guest is given. Standard input, output and error are always the process's own.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The arguments, beginning with the program's name.
    pub args: Vec<String>,
    /// The environment: names and values.
    pub env: Vec<(String, String)>,
    /// Directories, in the order of their descriptors from 3 on.
    pub dirs: Vec<PreopenedDir>,
    /// Let terminals have what the guest prints as it is. Otherwise escape sequences are left out, but for those that
    /// colour text, move the cursor and clear.
    pub raw_output: bool,
}

/// A directory of the host that a guest may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreopenedDir {
    /// Its path on the host.
    pub host: PathBuf,
    /// Its path in the guest.
    pub guest: String,
    /// Every change is refused with EROFS.
    pub read_only: bool,
}

/// What could not be given to a guest: a directory of the host, an argument or a variable.
fn refuse(what: &Path, io: &io::Error) -> Error {
    let errno = Errno::from_io_error(io).unwrap_or(Errno::IO);
    Error::kernel(format!("failed to give `{}` to the module", what.display()), errno)
}

/// A running guest's arguments, environment and descriptors.
pub(crate) struct Ctx {
    args: Vec<String>,
    env: Vec<String>,
    table: Table,
    raw_output: bool,
}

impl Ctx {
    /// Opens what `config` grants. Fails on a directory that cannot be opened, and on a text with a NUL in it.
    pub(crate) fn new(config: Config) -> Result<Self, Error> {
        let env = config.env.into_iter().map(|(name, value)| format!("{name}={value}"));
        let mut ctx =
            Self { args: config.args, env: env.collect(), table: Table::default(), raw_output: config.raw_output };
        if let Some(text) = ctx.args.iter().chain(&ctx.env).find(|text| text.contains('\0')) {
            let what = format!("failed to give `{}` to the module: it contains a NUL", text.escape_default());
            return Err(Error::kernel(what, Errno::INVAL));
        }
        for (source, name) in [(Source::Stdin, "stdin"), (Source::Stdout, "stdout"), (Source::Stderr, "stderr")] {
            let stdio = Descriptor::stdio(source).map(|stdio| stdio.raw(config.raw_output));
            let inserted = stdio.and_then(|stdio| ctx.table.insert(stdio));
            inserted.map_err(|errno| refuse(name.as_ref(), &errno.into()))?;
        }
        for PreopenedDir { host, guest, read_only } in config.dirs {
            let mut options = OpenOptions::new();
            options.read(true).custom_flags(OFlags::DIRECTORY.bits() as i32);
            let inserted = options.open(&host).and_then(|file| {
                let descriptor = Descriptor::preopen(Dir::from_std_file(file), guest, read_only)?;
                Ok(ctx.table.insert(descriptor)?)
            });
            inserted.map_err(|io| refuse(&host, &io))?;
        }
        Ok(ctx)
    }

    /// Allows `limit` open files and directories, the first ones included.
    pub(crate) fn limit_files(&mut self, limit: usize) {
        self.table.set_limit(limit);
    }

    /// The host's descriptor behind a guest's, be it a file or a directory.
    pub(crate) fn host_fd(&self, fd: u32) -> Option<BorrowedFd<'_>> {
        self.table.get(fd).map(AsFd::as_fd)
    }
}

impl Call<'_, '_> {
    /// The descriptor `fd`. Every function of this room gets its descriptors here, so this is where a number that is a
    /// BPF handle leaves WASI: it is no descriptor.
    fn descriptor(&mut self, fd: u32) -> Result<Arc<Descriptor>, Errno> {
        if fd >= handle::FIRST as u32 {
            return Err(Errno::BADF);
        }
        self.state().wasi.table.get(fd).cloned().ok_or(Errno::BADF)
    }
}
