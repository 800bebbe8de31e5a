//! One virtual machine: started, listened to until it is off.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, str};

use anyhow::{Context, Result};

use crate::image::Image;
use crate::kernels::Release;

/// How long the serial line may be silent: a suite prints when it is through, on a host that may be busy with others.
const SILENCE: Duration = Duration::from_secs(600);
/// For the image, its unpacked copy and the tests.
const MEMORY: &str = "1536";
/// Emulated fully, which works everywhere; what is not needed is off.
const MACHINE: [&str; 12] = [
    "-accel",
    "tcg,thread=multi",
    "-cpu",
    "max",
    "-smp",
    "1",
    "-nodefaults",
    "-no-user-config",
    "-nographic",
    "-no-reboot",
    "-serial",
    "stdio",
];
/// Mitigations cost time only, and BPF is a security module at boot only where it is asked for.
const COMMAND_LINE: &str =
    "console=ttyS0 quiet panic=-1 clocksource=acpi_pm lsm=lockdown,yama,apparmor,bpf mitigations=off rdinit=/init";

/// What a test came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Fail,
    /// And why.
    Skip(String),
}

/// What a machine told.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    pub(crate) release: String,
    /// By suite and test.
    pub(crate) tests: BTreeMap<(String, String), Verdict>,
    /// The whole output of suites that failed, and what the kernel said at its end where it came before all suites were through.
    pub(crate) messages: String,
    pub(crate) duration: Duration,
    /// Whether all suites were run.
    pub(crate) complete: bool,
}

/// Boots a kernel and listens until the machine is off.
pub(crate) fn boot(release: &Release, image: &Image) -> Result<Machine> {
    let initramfs = image.with(release)?;
    let start = Instant::now();
    let mut qemu = Command::new("qemu-system-x86_64");
    qemu.args(MACHINE).args(["-m", MEMORY, "-append", COMMAND_LINE]);
    qemu.arg("-kernel").arg(release.folder.join("vmlinuz")).arg("-initrd").arg(&initramfs);
    let mut child =
        qemu.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot run qemu-system-x86_64")?;
    let serial = BufReader::new(child.stdout.take().context("piped")?);
    let (sender, lines) = channel();
    let reader = thread::spawn(move || {
        for line in serial.split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let mut listener = Listener::default();
    loop {
        match lines.recv_timeout(SILENCE) {
            Ok(line) => listener.hear(&line),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                listener.hear(&format!("(silent for {} s, and ended)", SILENCE.as_secs()));
                child.kill().context("cannot end the machine")?;
            }
        }
    }
    child.wait().context("cannot wait for the machine")?;
    reader.join().expect("the reader does not panic");
    let _ = fs::remove_file(initramfs);
    Ok(listener.finish(&release.name, start.elapsed()))
}

/// Takes the serial line apart.
#[derive(Default)]
struct Listener {
    machine: Machine,
    suite: Option<String>,
    /// Of the running suite, or of the kernel outside of one.
    output: String,
}

impl Listener {
    fn hear(&mut self, line: &str) {
        if std::env::var_os("VERBOSE").is_some() {
            eprintln!("{line}");
        }
        match line.strip_prefix("### ").and_then(|order| order.split_once(' ').or(Some((order, "")))) {
            Some(("kernel", release)) => self.machine.release = release.to_owned(),
            Some(("suite", name)) => {
                self.suite = Some(name.to_owned());
                self.output.clear();
            }
            Some(("skip", skip)) => {
                let (test, reason) = skip.split_once('\t').unwrap_or((skip, "no reason"));
                self.set(test, Verdict::Skip(reason.to_owned()));
            }
            Some(("end", code)) => {
                if code != "0" {
                    let suite = self.suite.as_deref().unwrap_or_default();
                    self.machine.messages += &format!("--- {suite} ended with {code}:\n{}", self.output);
                    self.set("(all)", Verdict::Fail);
                }
                self.suite = None;
                self.output.clear();
            }
            Some(("done", _)) => self.machine.complete = true,
            _ => {
                if let Some((test, verdict)) = result(line) {
                    self.set(test, verdict);
                }
                self.output += line;
                self.output.push('\n');
            }
        }
    }

    fn set(&mut self, test: &str, verdict: Verdict) {
        let suite = self.suite.clone().unwrap_or_default();
        self.machine.tests.insert((suite, test.to_owned()), verdict);
    }

    fn finish(mut self, release: &str, duration: Duration) -> Machine {
        if !self.machine.complete {
            self.machine.messages += &format!("--- the machine ended early:\n{}", self.output);
        }
        self.machine.release = release.to_owned();
        self.machine.duration = duration;
        self.machine
    }
}

/// `test NAME ... ok`
fn result(line: &str) -> Option<(&str, Verdict)> {
    let (test, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    match result {
        "ok" => Some((test, Verdict::Pass)),
        "FAILED" => Some((test, Verdict::Fail)),
        _ => None,
    }
}
