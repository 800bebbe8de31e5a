//! The emulator, chosen by `scripts/qemu`: the system's, or a newer one that is not installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// What the emulated processor is, for machines and for programs alike.
pub(crate) const PROCESSOR: [&str; 2] = ["-cpu", "max"];
/// Where the system has the machines' firmware.
const FIRMWARE: &str = "/usr/share/seabios";

/// QEMU.
pub(crate) struct Qemu {
    /// Where it was unpacked; `None`: the system's.
    unpacked: Option<PathBuf>,
}

impl Qemu {
    /// Looks for it, and keeps in `folder` what has to be fetched.
    pub(crate) fn find(folder: &Path) -> Result<Self> {
        let script = wasm_bpf_tests::workspace().join("scripts/qemu");
        let output = Command::new(&script).arg(folder).stderr(Stdio::piped()).output();
        let output = output.with_context(|| format!("cannot run {}", script.display()))?;
        let messages = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{} failed:\n{messages}", script.display());
        let printed = String::from_utf8_lossy(&output.stdout);
        Ok(Self { unpacked: printed.lines().next().map(PathBuf::from) })
    }

    /// A machine.
    pub(crate) fn system(&self) -> Command {
        let mut command = self.command("qemu-system-x86_64");
        if let Some(folder) = &self.unpacked {
            command.arg("-L").arg(folder.join("usr/share/qemu")).args(["-L", FIRMWARE]);
        }
        command
    }

    /// A program of this system on that processor.
    pub(crate) fn user(&self) -> Command {
        self.command("qemu-x86_64")
    }

    fn command(&self, name: &str) -> Command {
        let mut command = match &self.unpacked {
            Some(folder) => Command::new(folder.join("usr/bin").join(name)),
            None => Command::new(name),
        };
        command.args(PROCESSOR);
        command
    }
}
