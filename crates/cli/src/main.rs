//! `wasm-bpf`: run, build and inspect eBPF applications packed as WebAssembly modules.

mod ask;
mod build;
mod cache;
mod compile;
mod doctor;
mod float;
mod r#gen;
mod inspect;
mod launch;
mod lengthened;
mod limits;
mod link;
mod log;
mod min_btf;
mod new;
mod overlay;
mod progress;
mod project;
mod run;
mod scale;
mod shared;
mod sysroot;
mod toolchain;
mod widened;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Run eBPF applications packed as WebAssembly modules.
///
/// `wasm-bpf MODULE ARGS...` is short for `wasm-bpf run MODULE ARGS...`; what follows the module belongs to it.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Run,
}

#[derive(Subcommand)]
enum Command {
    /// Run a module.
    Run(run::Run),
    /// Compile a folder of C sources into a module.
    Build(build::Build),
    /// Compile a module to native code, ahead of its first run.
    Compile(compile::Compile),
    /// Show what a module holds and needs, without running it.
    Inspect(inspect::Inspect),
    /// Say what this kernel and this process can do, and what to do about what they cannot.
    Doctor(doctor::Doctor),
    /// Write a new project that `build` compiles.
    New(new::New),
    /// Generate C headers (skeletons, types for guests, vmlinux.h), and the types that modules need of other kernels.
    Gen(r#gen::Gen),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        None => cli.run.execute(),
        Some(Command::Run(run)) => run.execute(),
        Some(Command::Build(build)) => build.execute().map(|()| ExitCode::SUCCESS),
        Some(Command::Compile(compile)) => compile.execute().map(|()| ExitCode::SUCCESS),
        Some(Command::Inspect(inspect)) => inspect.execute().map(|()| ExitCode::SUCCESS),
        Some(Command::Doctor(doctor)) => doctor.execute(),
        Some(Command::New(new)) => new.execute().map(|()| ExitCode::SUCCESS),
        Some(Command::Gen(generate)) => generate.execute().map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        // Paths and names in it may be a stranger's.
        eprintln!("wasm-bpf: {}", wasm_bpf_runtime::printable_lines(&format!("{error:#}")));
        ExitCode::FAILURE
    })
}
