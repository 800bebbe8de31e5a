//! One virtual machine: started, listened to until it is off.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, str};

use anyhow::{Context, Result};
use wasm_bpf_tests::feature;

use crate::image::Image;
use crate::kernels::Release;
use crate::qemu::Qemu;

/// How long the serial line may be silent: a suite prints when it is through, on a host that may be busy with others.
const SILENCE: Duration = Duration::from_secs(600);
/// For the image, its unpacked copy and the tests.
const MEMORY: &str = "1536";
/// Emulated fully, which works everywhere; what is not needed is off.
const MACHINE: [&str; 10] = [
    "-accel",
    "tcg,thread=multi",
    "-smp",
    "1",
    "-nodefaults",
    "-no-user-config",
    "-nographic",
    "-no-reboot",
    "-serial",
    "stdio",
];
/// Mitigations and grace periods cost time only, and BPF is a security module at boot only where it is asked for.
const COMMAND_LINE: &str = "console=ttyS0 quiet panic=-1 clocksource=acpi_pm lsm=lockdown,yama,bpf mitigations=off \
                            rcupdate.rcu_expedited=1 rdinit=/init";

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
    /// The processor time of the host's that it took, in all and until each suite's end.
    pub(crate) processor: Duration,
    pub(crate) suites: Vec<(String, Duration)>,
    /// Whether all suites were run.
    pub(crate) complete: bool,
}

/// Boots a kernel and listens until the machine is off.
pub(crate) fn boot(qemu: &Qemu, release: &Release, image: &Image) -> Result<Machine> {
    let initramfs = image.with(release)?;
    let start = Instant::now();
    let mut qemu = qemu.system();
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
    let config = release.folder.join("config");
    let config = fs::read_to_string(&config).with_context(|| format!("cannot read {}", config.display()))?;
    let mut listener = Listener::of(&release.name, &config);
    loop {
        listener.machine.processor = processor_time(child.id()).unwrap_or(listener.machine.processor);
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

/// What a process has used of the processors, in user space and in the kernel; `None` once it has ended.
fn processor_time(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // After the name, which may have anything in it: state, then from the 12th field on both times, in ticks.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second()))
}

/// Takes the serial line apart.
#[derive(Default)]
struct Listener {
    kernel: (u32, u32),
    /// What the kernel was built with.
    options: BTreeSet<String>,
    machine: Machine,
    suite: Option<String>,
    /// Of the running suite, or of the kernel outside of one.
    output: String,
}

impl Listener {
    fn of(release: &str, config: &str) -> Self {
        Self { kernel: feature::version(release), options: feature::options(config), ..Self::default() }
    }

    /// Whether a feature is missing for this reason. The test has looked itself; but it may have looked wrong.
    fn is_justified(&self, reason: &str) -> bool {
        feature::ALL.iter().any(|feature| feature.lacks(self.kernel, &self.options).as_deref() == Some(reason))
    }

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
                if self.is_justified(reason) {
                    self.set(test, Verdict::Skip(reason.to_owned()));
                } else {
                    self.machine.messages += &format!("--- {test} was skipped, but not because `{reason}`\n");
                    self.set(test, Verdict::Fail);
                }
            }
            Some(("end", code)) => {
                if code != "0" {
                    let suite = self.suite.as_deref().unwrap_or_default();
                    self.machine.messages += &format!("--- {suite} ended with {code}:\n{}", self.output);
                    self.set("(all)", Verdict::Fail);
                }
                let name = self.suite.take().unwrap_or_default();
                self.machine.suites.push((name, self.machine.processor));
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
        // Tests are skipped by the features that they name.
        "FAILED" | "ignored" => Some((test, Verdict::Fail)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a machine of this release comes to that prints `lines`.
    fn machine(release: &str, config: &str, lines: &[&str]) -> Machine {
        let mut listener = Listener::of(release, config);
        lines.iter().for_each(|line| listener.hear(line));
        listener.finish(release, Duration::ZERO)
    }

    fn verdict(release: &str, config: &str, reason: &str) -> Verdict {
        let skip = format!("### skip kprobe_multi\t{reason}");
        let machine = machine(release, config, &["### suite kinds", "test kprobe_multi ... ok", &skip, "### end 0"]);
        machine.tests[&("kinds".to_owned(), "kprobe_multi".to_owned())].clone()
    }

    #[test]
    fn a_skip_counts_only_where_the_kernel_lacks_the_feature() {
        let old = "kprobe.multi, kretprobe.multi needs Linux 5.18";
        let option = "kprobe.multi, kretprobe.multi needs CONFIG_FPROBE";
        assert_eq!(verdict("5.10.0-46-cloud-amd64", "", old), Verdict::Skip(old.into()));
        assert_eq!(verdict("6.1.0-57-cloud-amd64", "CONFIG_KPROBES=y", option), Verdict::Skip(option.into()));
        assert_eq!(verdict("6.12.1", "CONFIG_FPROBE=y", option), Verdict::Fail);
        assert_eq!(verdict("6.12.1", "CONFIG_FPROBE=y", old), Verdict::Fail);
        assert_eq!(verdict("6.12.1", "", "I do not feel like it"), Verdict::Fail);
    }

    #[test]
    fn failed_ignored_and_missing_suites_are_told() {
        let lines = ["### suite a", "test one ... ok", "test two ... FAILED", "test three ... ignored", "### end 101"];
        let machine = machine("6.12.1", "", &lines);
        let failed = machine.tests.iter().filter(|(_, verdict)| **verdict == Verdict::Fail);
        let names: Vec<&str> = failed.map(|((_, test), _)| test.as_str()).collect();
        assert_eq!(names, ["(all)", "three", "two"]);
        assert!(!machine.complete, "it was never done");
    }
}
