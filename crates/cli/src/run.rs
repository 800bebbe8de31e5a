//! `wasm-bpf run`: run a module until it ends or is stopped.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use wasm_bpf_runtime::Grant;

use crate::compile;
use crate::launch::{CALLBACK_EXPORT_NAME, GRACE, Grace, Launch, WRAPPER_MODULE_NAME};
use crate::limits::Limit;

#[derive(Args)]
pub(crate) struct Run {
    #[arg(long, value_name = "GRANT", value_delimiter = ',', help = allow_help())]
    allow: Vec<Grant>,
    /// Let the module do everything that its programs can do.
    #[arg(long)]
    allow_all: bool,
    /// Run a module that `wasm-bpf compile` made: native code, which no grant or sandbox holds back.
    #[arg(long)]
    allow_precompiled: bool,
    /// Let the policy file decide what the module may do, beside what --allow grants [docs/security.md].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Let the module use a host directory, as GUEST or under its own name; /proc and /sys can only be read.
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    dirs: Vec<String>,
    /// Set an environment variable of the module's; without a value, take it from this environment.
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// The name by which the module sees itself [default: the module's path]
    #[arg(long, value_name = "NAME")]
    argv0: Option<String>,
    #[arg(short = 'W', value_name = "LIMIT=VALUE", value_delimiter = ',', help = Limit::help())]
    limits: Vec<Limit>,
    /// Seconds that a module may take to end by itself after Ctrl-C.
    #[arg(long, value_name = "SECONDS", default_value_t = GRACE)]
    grace: Grace,
    /// The module from which guests without function pointers import `wasm_bpf_buffer_poll`.
    #[arg(short = 'm', long, value_name = "NAME", default_value = WRAPPER_MODULE_NAME)]
    wrapper_module_name: String,
    /// The export that such guests want called for each record.
    #[arg(short = 'c', long, value_name = "NAME", default_value = CALLBACK_EXPORT_NAME)]
    callback_export_name: String,
    /// Let the terminal have every escape sequence that the module prints, not only colours and moves of the cursor.
    #[arg(long)]
    raw_output: bool,
    /// Take the kernel's types from this file (BTF, or ELF with BTF), in place of those that the kernel shows.
    #[arg(long, value_name = "FILE")]
    btf: Option<PathBuf>,
    /// Take the rights to use BPF from the BPF file system mounted there, in place of capabilities [Linux 6.9].
    #[arg(long, value_name = "DIR")]
    bpf_token: Option<PathBuf>,
    /// Compile the module anew, read all of the kernel's types, and keep nothing of it.
    #[arg(long)]
    no_cache: bool,
    /// Give up all capabilities once the module has attached and waits [Linux 5.19].
    #[arg(long)]
    drop_after_attach: bool,
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
        let all = self.allow_all.then_some(Grant::All);
        let launch = Launch {
            allow: self.allow.into_iter().chain(all).collect(),
            allow_precompiled: self.allow_precompiled,
            policy: self.policy,
            limits: self.limits,
            dirs: self.dirs,
            env: self.env,
            argv0: self.argv0,
            grace: self.grace,
            wrapper_module_name: self.wrapper_module_name,
            callback_export_name: self.callback_export_name,
            raw_output: self.raw_output,
            btf: self.btf,
            bpf_token: self.bpf_token,
            no_cache: self.no_cache,
            drop_after_attach: self.drop_after_attach,
            verbose: self.verbose,
            module: self.module,
        };
        launch.execute(compile::with_progress).map_err(anyhow::Error::from_boxed)
    }
}
