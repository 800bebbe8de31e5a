//! `wasm-bpf run`: run a module until it ends or is stopped.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, thread};

use anyhow::{Context, bail};
use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use wasm_bpf_runtime::{
    Cache, CallbackNames, Grant, Options, Outcome, Policy, PreopenedDir, Runtime, Stop, WasiConfig,
};

use crate::cache;

/// What a shell shows for a program that ended by SIGABRT: a trap is the guest's abort.
const TRAPPED: u8 = 134;
/// How much longer than its grace time a guest may take before the process ends around it.
const LAST_RESORT: Duration = Duration::from_millis(500);

#[derive(Args)]
pub(crate) struct Run {
    #[arg(long, value_name = "GRANT", value_delimiter = ',', help = allow_help())]
    allow: Vec<Grant>,
    /// Let the module do everything that its programs can do.
    #[arg(long)]
    allow_all: bool,
    /// Let the module use a host directory, as GUEST or under its own name; /proc and /sys can only be read.
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    dirs: Vec<String>,
    /// Set an environment variable of the module's; without a value, take it from this environment.
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// The name by which the module sees itself [default: the module's path]
    #[arg(long, value_name = "NAME")]
    argv0: Option<String>,
    /// Seconds that a module may take to end by itself after Ctrl-C.
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    grace: f64,
    /// The module from which guests without function pointers import `wasm_bpf_buffer_poll`.
    #[arg(short = 'm', long, value_name = "NAME", default_value = "callback-wrapper")]
    wrapper_module_name: String,
    /// The export that such guests want called for each record.
    #[arg(short = 'c', long, value_name = "NAME", default_value = "go-callback")]
    callback_export_name: String,
    /// Compile the module anew, read all of the kernel's types, and keep nothing of it.
    #[arg(long)]
    no_cache: bool,
    /// Show what libbpf and the runtime do.
    #[arg(short, long)]
    verbose: bool,
    /// The module, and the arguments that belong to it.
    #[arg(required = true, trailing_var_arg = true, value_name = "MODULE [ARGS]...")]
    module: Vec<OsString>,
}

fn allow_help() -> String {
    let names: Vec<&str> = Grant::names().collect();
    format!("Let the module do more than observe: {} (separated by commas, or several times)", names.join(", "))
}

impl Run {
    pub(crate) fn execute(self) -> anyhow::Result<ExitCode> {
        show_log(self.verbose);
        let path = PathBuf::from(&self.module[0]);
        let wasm = fs::read(&path).with_context(|| format!("failed to read `{}`", path.display()))?;
        let mut options = self.options()?;
        let grace = options.grace;
        let runtime = Runtime::new()?;
        let cache = if self.no_cache { None } else { open_cache() };
        options.cache.clone_from(&cache);
        let module = match cache.as_ref().and_then(|cache| runtime.cached(&wasm, cache)) {
            Some(module) => module,
            None => runtime
                .compile(&wasm, cache.as_ref())
                .with_context(|| format!("failed to load `{}`", path.display()))?,
        };
        let guest = runtime.guest(&module, options).with_context(|| format!("failed to load `{}`", path.display()))?;
        forward_signals(guest.stop(), grace)?;
        match guest.run()? {
            Outcome::Exited(code) => Ok(ExitCode::from(code as u8)),
            Outcome::Trapped(reason) => {
                eprintln!("wasm-bpf: `{}` trapped: {}", path.display(), reason.trim_end());
                Ok(ExitCode::from(TRAPPED))
            }
        }
    }

    fn options(&self) -> anyhow::Result<Options> {
        let mut args = Vec::new();
        for arg in &self.module {
            let Some(arg) = arg.to_str() else { bail!("the argument {arg:?} is not UTF-8") };
            args.push(arg.to_owned());
        }
        if let Some(argv0) = &self.argv0 {
            args[0].clone_from(argv0);
        }
        if !(0.0..=86_400.0).contains(&self.grace) {
            bail!("--grace {} is not between 0 and 86400 seconds", self.grace);
        }
        let all = self.allow_all.then_some(Grant::All);
        Ok(Options {
            wasi: WasiConfig { args, env: self.env(), dirs: self.dirs.iter().map(|dir| directory(dir)).collect() },
            policy: Policy::new(self.allow.iter().copied().chain(all)),
            grace: Duration::from_secs_f64(self.grace),
            callback: CallbackNames {
                module: self.wrapper_module_name.clone(),
                export: self.callback_export_name.clone(),
            },
            cache: None,
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

/// Ctrl-C and its like reach the guest; a guest that cannot be stopped any more ends with the process.
fn forward_signals(stop: Arc<Stop>, grace: Duration) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("failed to listen for signals")?;
    thread::spawn(move || {
        for signal in signals.forever() {
            stop.signal(signal);
            let stop = Arc::clone(&stop);
            thread::spawn(move || {
                // Only a call into the kernel that does not come back can still be running by then.
                thread::sleep(grace + LAST_RESORT);
                if let Some(code) = stop.exit_code() {
                    std::process::exit(code);
                }
            });
        }
    });
    Ok(())
}

fn show_log(verbose: bool) {
    let level = if verbose { tracing::Level::DEBUG } else { tracing::Level::WARN };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        .init();
}
