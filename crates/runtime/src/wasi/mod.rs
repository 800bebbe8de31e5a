//! WASI preview 1.
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use crate::state::State;
/// What a guest is given of the system.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Arguments.
    pub args: Vec<String>,
    /// Environment.
    pub env: Vec<(String, String)>,
    /// Directories.
    pub dirs: Vec<PreopenedDir>,
}
/// A directory that a guest may use.
#[derive(Clone, Debug)]
pub struct PreopenedDir {
    /// Where it is.
    pub host: PathBuf,
    /// How the guest calls it.
    pub guest: String,
    /// No writes.
    pub read_only: bool,
}
/// What a guest was given: arguments, environment, descriptors.
pub(crate) struct Ctx {}
impl Ctx {
    pub(crate) fn new(_c: &Config) -> Result<Self, crate::Error> {
        Ok(Ctx {})
    }
    pub(crate) fn host_fd(&self, _fd: u32) -> Option<BorrowedFd<'_>> {
        None
    }
}
pub(crate) fn add_to_linker(_l: &mut wasmtime::Linker<State>) -> wasmtime::Result<()> {
    Ok(())
}
