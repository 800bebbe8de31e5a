//! Running a module: what `wasm-bpf run` and `wasm-bpf-mini` have in common.

use std::error::Error;
use std::ffi::OsString;
use std::fmt::{self, Display};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use wasm_bpf_runtime::{
    Cache, CallbackNames, Grant, Module, Options, Outcome, Policy, PreopenedDir, Privileges, Runtime, Stop, WasiConfig,
    leave_descriptors, printable_lines,
};

use crate::ask::Answers;
use crate::cache;
use crate::limits::Limit;
use crate::log;

/// What a shell shows for a program that ended by SIGABRT: a trap is the guest's abort.
const TRAPPED: u8 = 134;
/// How much longer than its grace time a guest may take before the process ends around it.
const LAST_RESORT: Duration = Duration::from_millis(500);

/// The option that lets precompiled modules run.
pub(crate) const ALLOW_PRECOMPILED: &str = "--allow-precompiled";
/// What is taken where the command line names nothing else.
pub(crate) const GRACE: Grace = Grace(Duration::from_secs(5));
pub(crate) const WRAPPER_MODULE_NAME: &str = "callback-wrapper";
pub(crate) const CALLBACK_EXPORT_NAME: &str = "go-callback";

/// An error for people. Not anyhow's: it prints backtraces, and for that the small build would carry all that std has to
/// read debugging information, though it has none.
type Failure = Box<dyn Error + Send + Sync>;
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// What to run, and how; the options of the command line.
pub(crate) struct Launch {
    pub(crate) allow: Vec<Grant>,
    pub(crate) allow_precompiled: bool,
    /// The policy file.
    pub(crate) policy: Option<PathBuf>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) dirs: Vec<String>,
    pub(crate) env: Vec<String>,
    pub(crate) argv0: Option<String>,
    pub(crate) grace: Grace,
    pub(crate) wrapper_module_name: String,
    pub(crate) callback_export_name: String,
    pub(crate) raw_output: bool,
    /// A file with the kernel's types.
    pub(crate) btf: Option<PathBuf>,
    /// A BPF file system with delegated rights.
    pub(crate) bpf_token: Option<PathBuf>,
    pub(crate) no_cache: bool,
    pub(crate) drop_after_attach: bool,
    pub(crate) verbose: bool,
    /// The module, and the arguments that belong to it.
    pub(crate) module: Vec<OsString>,
}

/// How long a module may take to end by itself: up to a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grace(Duration);

impl FromStr for Grace {
    type Err = String;

    /// Seconds, with up to nine decimals. Not read as a `f64`, whose parser has tables of 10 KB.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let number =
            |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let parts =
            number(&format!("0{whole}")).zip(number(&format!("{decimals:0<9}")).filter(|_| decimals.len() <= 9));
        let grace = parts.filter(|_| whole.len() + decimals.len() > 0);
        let grace = grace.map(|(seconds, nanos)| Duration::new(seconds, nanos as u32));
        let grace = grace.filter(|grace| *grace <= Duration::from_secs(86_400)).map(Self);
        grace.ok_or_else(|| format!("{text} is not between 0 and 86400 seconds"))
    }
}

impl Display for Grace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_secs().fmt(f)
    }
}

/// Compiles a module that no earlier run has compiled.
pub(crate) type Compile = fn(&Runtime, &[u8], Option<&Cache>) -> Result<Module>;

impl Launch {
    /// Runs the module until it ends or is stopped.
    pub(crate) fn execute(self, compile: Compile) -> Result<ExitCode> {
        log::show(self.verbose);
        let path = PathBuf::from(&self.module[0]);
        let (file, wasm) = read(&path).map_err(failed("read", path.display()))?;
        let mut options = self.options()?;
        let answers = Answers::of(&path, Arc::clone(&wasm));
        let files = !options.wasi.dirs.is_empty() || options.btf.is_some();
        Privileges::of(&options.policy, &answers.possible(self.policy.is_some()), files).keep()?;
        options.policy = answers.extend(options.policy);
        let grace = options.grace;
        let runtime = Runtime::with_stack(options.limits.stack)?;
        options.cache = if self.no_cache { None } else { open_cache() };
        let prepare = || {
            let module = self.load(&runtime, file, &wasm, options.cache.as_ref(), compile)?;
            let guest = runtime.guest(&module, options.clone())?;
            Ok::<_, Failure>((module, guest))
        };
        let (module, guest) = prepare().map_err(failed("load", path.display()))?;
        answers.set_stop(guest.stop());
        let over = Arc::<AtomicBool>::default();
        forward_signals(guest.stop(), grace, Arc::clone(&over))?;
        if let Err(errno) = leave_descriptors() {
            tracing::debug!("the guest's system calls are slower than they could be: {errno}");
        }
        let stop = guest.stop();
        let outcome = guest.run()?;
        let stopped = stop.exit_code();
        over.store(true, Ordering::SeqCst);
        if let Outcome::Trapped(reason) = &outcome {
            eprintln!("wasm-bpf: `{}` trapped: {}", path.display(), printable_lines(reason.trim_end()));
        }
        // At a first start this waits for the compiler.
        drop(module);
        match outcome {
            Outcome::Exited(code) if stopped == Some(code) => end(&stop, code),
            Outcome::Exited(code) => Ok(ExitCode::from(code as u8)),
            Outcome::Trapped(_) => Ok(ExitCode::from(TRAPPED)),
        }
    }

    fn load(
        &self,
        runtime: &Runtime,
        file: File,
        wasm: &[u8],
        cache: Option<&Cache>,
        compile: Compile,
    ) -> Result<Module> {
        if Runtime::is_precompiled(wasm) {
            if !self.allow_precompiled {
                let why = "it is precompiled: native code, which is free to do what this user may do\n  \
                           if you trust it like a program that you start, run it with";
                return Err(format!("{why} `{ALLOW_PRECOMPILED}`").into());
            }
            return Ok(runtime.precompiled(file)?);
        }
        match cache.and_then(|cache| runtime.cached(wasm, cache)) {
            Some(module) => Ok(module),
            None => compile(runtime, wasm, cache),
        }
    }

    fn options(&self) -> Result<Options> {
        let mut args = Vec::new();
        for arg in &self.module {
            let Some(arg) = arg.to_str() else { return Err(format!("the argument {arg:?} is not UTF-8").into()) };
            args.push(arg.to_owned());
        }
        if let Some(argv0) = &self.argv0 {
            args[0].clone_from(argv0);
        }
        let mut policy = Policy::new(self.allow.iter().copied());
        if let Some(path) = &self.policy {
            policy = policy.with_file(path)?;
        }
        let dirs = self.dirs.iter().chain(policy.dirs()).map(|dir| directory(dir)).collect();
        Ok(Options {
            wasi: WasiConfig { args, env: self.env(), dirs, raw_output: self.raw_output },
            policy,
            limits: Limit::apply(&self.limits),
            grace: self.grace.0,
            callback: CallbackNames {
                module: self.wrapper_module_name.clone(),
                export: self.callback_export_name.clone(),
            },
            btf: self.btf.clone(),
            bpf_token: self.bpf_token.clone(),
            cache: None,
            drop_after_attach: self.drop_after_attach,
        })
    }

    fn env(&self) -> Vec<(String, String)> {
        let pair = |text: &String| match text.split_once('=') {
            Some((name, value)) => Some((name.to_owned(), value.to_owned())),
            None => std::env::var(text).ok().map(|value| (text.clone(), value)),
        };
        self.env.iter().filter_map(pair).collect()
    }
}

/// Says what has failed, and why.
fn failed<E: Display>(what: &str, on: impl Display) -> impl FnOnce(E) -> Failure {
    move |why| format!("failed to {what} `{on}`: {why}").into()
}

/// The module's file and what is in it, read while the process may still do all that its user may.
fn read(path: &Path) -> std::io::Result<(File, Arc<[u8]>)> {
    let mut file = File::open(path)?;
    let mut wasm = Vec::new();
    file.read_to_end(&mut wasm)?;
    Ok((file, wasm.into()))
}

/// What earlier runs have kept, unless the folder is not this user's alone: then nothing is kept.
fn open_cache() -> Option<Cache> {
    let folder = cache::folder()?.join("run");
    let opened = Cache::open(&folder);
    if !matches!(opened, Ok(Some(_))) {
        tracing::debug!("not using the cache {}: it is not this user's alone", folder.display());
    }
    opened.ok().flatten()
}

/// `HOST::GUEST`, or one path for both. Files of the kernel's are for reading: writing to some of them (`/proc/self/mem`,
/// `/proc/sys`) is control over the host.
fn directory(text: &str) -> PreopenedDir {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    let real = fs::canonicalize(host).unwrap_or_else(|_| host.into());
    let read_only = real.starts_with("/proc") || real.starts_with("/sys");
    PreopenedDir { host: host.into(), guest: guest.into(), read_only }
}

/// Ctrl-C and its like reach the guest; a guest that cannot be stopped any more ends with the process. Once the guest is
/// `over` they change nothing: its exit code stands.
fn forward_signals(stop: Arc<Stop>, grace: Duration, over: Arc<AtomicBool>) -> Result<()> {
    let forwarded = [SIGINT, SIGTERM, SIGHUP];
    let ignored = ignored_signals();
    forwarded.into_iter().filter(|signal| ignored >> (signal - 1) & 1 != 0).for_each(|signal| stop.ignore(signal));
    let mut signals = Signals::new(forwarded).map_err(|error| format!("failed to listen for signals: {error}"))?;
    thread::spawn(move || {
        for signal in signals.forever() {
            stop.signal(signal);
            let (stop, over) = (Arc::clone(&stop), Arc::clone(&over));
            thread::spawn(move || {
                thread::sleep(grace);
                loop {
                    let code = stop.exit_code();
                    thread::sleep(LAST_RESORT);
                    // Only a call into the kernel that does not come back can still be running.
                    if let Some(code) = code.filter(|_| !over.load(Ordering::SeqCst)) {
                        end(&stop, code);
                    }
                }
            });
        }
    });
    Ok(())
}

/// The signals that this process was started to ignore, as by `nohup` or a shell's `&`: the lowest bit is signal 1.
fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Ends the process as the guest was ended: by its signal, as natively, so that shells stop their loops on Ctrl-C.
fn end(stop: &Stop, code: i32) -> ! {
    // The first process of a container does not die of a signal that it sends itself.
    if let Some(signal) = stop.signal_that_ended().filter(|_| std::process::id() != 1) {
        let _ = emulate_default_handler(signal);
    }
    std::process::exit(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grace_time_has_decimals() {
        for (text, millis) in
            [("5", 5000), ("0", 0), ("0.5", 500), ("1.050", 1050), ("86400", 86_400_000), ("2.", 2000), (".5", 500)]
        {
            assert_eq!(text.parse::<Grace>().unwrap().0, Duration::from_millis(millis), "{text}");
        }
        for text in
            ["", ".", "-1", "+1", "x", "1.x", "86400.1", "86401", "1.0000000001", "1.-5", "99999999999999999999"]
        {
            let error = text.parse::<Grace>().unwrap_err();
            assert!(error.contains("between 0 and 86400 seconds"), "{text}: {error}");
        }
    }
}
