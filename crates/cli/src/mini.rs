//! `wasm-bpf-mini`: runs modules that `wasm-bpf compile` has compiled, on machines where every megabyte counts.
//!
//! It has no compiler and no tools, and otherwise does what `wasm-bpf run` does: the same imports, the same policy, the same options.

mod ask;
mod cache;
mod launch;
mod limits;
mod log;
#[cfg(panic = "abort")]
mod no_unwind;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};
use wasm_bpf_runtime::{Cache, Grant, Module, Runtime};

use launch::{CALLBACK_EXPORT_NAME, GRACE, Launch, Result, WRAPPER_MODULE_NAME};
use limits::Limit;

const HELP: &str = "\
Run eBPF applications packed as WebAssembly modules and compiled by `wasm-bpf compile`: native code, which no grant or
sandbox holds back, so run only what you trust like a program that you start.

Usage: wasm-bpf-mini [OPTIONS] MODULE [ARGS]...

      --allow GRANT               Let the module do more than observe; several are separated by commas
      --allow-all                 Let the module do everything that its programs can do
      --allow-precompiled         Accepted for the sake of scripts
      --policy FILE               Let the policy file decide what the module may do, beside what --allow grants
      --dir HOST[::GUEST]         Let the module use a host directory, as GUEST or under its own name
      --env NAME[=VALUE]          Set an environment variable of the module's
      --argv0 NAME                The name by which the module sees itself
  -W LIMIT=VALUE                  Limit what the module may use; several are separated by commas
      --grace SECONDS             How long a module may take to end by itself after Ctrl-C [default: 5]
  -m, --wrapper-module-name NAME  The module from which guests without function pointers import
  -c, --callback-export-name NAME The export that such guests want called for each record
      --raw-output                Let the terminal have every escape sequence that the module prints
      --btf FILE                  Take the kernel's types from this file, in place of those that the kernel shows
      --bpf-token DIR             Take the rights to use BPF from the BPF file system mounted there [Linux 6.9]
      --no-cache                  Read all of the kernel's types, and keep nothing of them
      --drop-after-attach         Give up all capabilities once the module has attached and waits [Linux 5.19]
  -v, --verbose                   Show what libbpf and the runtime do
  -h, --help                      Print help
  -V, --version                   Print the version";

fn main() -> ExitCode {
    // `run` is what wasm-bpf calls this.
    let args = std::env::args_os().skip(1).enumerate().filter(|(at, arg)| *at > 0 || arg != "run");
    let launch = match parse(Parser::from_args(args.map(|(_, arg)| arg))) {
        Ok(Some(launch)) => launch,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wasm-bpf-mini: {error}\n  `wasm-bpf-mini --help` lists the options");
            // As wasm-bpf's own parser does.
            return ExitCode::from(2);
        }
    };
    launch.execute(refuse).unwrap_or_else(|error| {
        eprintln!("wasm-bpf-mini: {error}");
        ExitCode::FAILURE
    })
}

/// The command line; `None` where it only asks for a text.
fn parse(mut parser: Parser) -> Result<Option<Launch>> {
    let mut launch = Launch {
        allow: Vec::new(),
        allow_precompiled: true,
        policy: None,
        limits: Vec::new(),
        dirs: Vec::new(),
        env: Vec::new(),
        argv0: None,
        grace: GRACE,
        wrapper_module_name: WRAPPER_MODULE_NAME.to_owned(),
        callback_export_name: CALLBACK_EXPORT_NAME.to_owned(),
        raw_output: false,
        btf: None,
        bpf_token: None,
        no_cache: false,
        drop_after_attach: false,
        verbose: false,
        module: Vec::new(),
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("allow") => launch.allow.extend(grants(parser.value()?)?),
            Arg::Long("allow-all") => launch.allow.push(Grant::All),
            Arg::Long("allow-precompiled") => {}
            Arg::Long("policy") => launch.policy = Some(PathBuf::from(parser.value()?)),
            Arg::Short('W') => launch.limits.extend(limits(parser.value()?)?),
            Arg::Long("raw-output") => launch.raw_output = true,
            Arg::Long("dir") => launch.dirs.push(parser.value()?.string()?),
            Arg::Long("env") => launch.env.push(parser.value()?.string()?),
            Arg::Long("argv0") => launch.argv0 = Some(parser.value()?.string()?),
            Arg::Long("grace") => {
                launch.grace = parser.value()?.parse().map_err(|error| format!("--grace: {error}"))?
            }
            Arg::Short('m') | Arg::Long("wrapper-module-name") => {
                launch.wrapper_module_name = parser.value()?.string()?
            }
            Arg::Short('c') | Arg::Long("callback-export-name") => {
                launch.callback_export_name = parser.value()?.string()?;
            }
            Arg::Long("btf") => launch.btf = Some(PathBuf::from(parser.value()?)),
            Arg::Long("bpf-token") => launch.bpf_token = Some(PathBuf::from(parser.value()?)),
            Arg::Long("no-cache") => launch.no_cache = true,
            Arg::Long("drop-after-attach") => launch.drop_after_attach = true,
            Arg::Short('v') | Arg::Long("verbose") => launch.verbose = true,
            Arg::Short('h') | Arg::Long("help") => {
                println!("{HELP}");
                return Ok(None);
            }
            Arg::Short('V') | Arg::Long("version") => {
                println!("wasm-bpf-mini {}", env!("CARGO_PKG_VERSION"));
                return Ok(None);
            }
            Arg::Value(module) => {
                // What follows the module belongs to it.
                launch.module = std::iter::once(module).chain(parser.raw_args()?).collect();
            }
            other => return Err(other.unexpected().into()),
        }
    }
    if launch.module.is_empty() {
        return Err("no module is named".into());
    }
    Ok(Some(launch))
}

fn grants(value: OsString) -> Result<Vec<Grant>> {
    let names = value.string()?;
    let grant = |name: &str| name.parse().map_err(|error| format!("--allow {name}: {error}").into());
    names.split(',').map(grant).collect()
}

fn limits(value: OsString) -> Result<Vec<Limit>> {
    let texts = value.string()?;
    let limit = |text: &str| text.parse().map_err(|error| format!("-W {text}: {error}").into());
    texts.split(',').map(limit).collect()
}

fn refuse(_: &Runtime, _: &[u8], _: Option<&Cache>) -> Result<Module> {
    Err("it is not compiled, and wasm-bpf-mini has no compiler\n  compile it with `wasm-bpf compile`".into())
}
