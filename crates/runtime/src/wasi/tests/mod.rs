//! WASI against real guests: C programs built with the installed wasi-libc, and bare calls from text modules.

use std::sync::Arc;
use std::time::Duration;

use super::Config;
use crate::run::{Options, Outcome, Runtime};
use crate::stop::Stop;

mod smoke;

/// Runs a command module to its end; `meanwhile` gets its stop before it starts.
fn run(module: &[u8], wasi: Config, meanwhile: impl FnOnce(&Arc<Stop>)) -> i32 {
    let runtime = Runtime::new().unwrap();
    let module = runtime.compile(module).unwrap();
    let options = Options { wasi, grace: Duration::from_secs(60), ..Options::default() };
    let guest = runtime.guest(&module, options).unwrap();
    meanwhile(&guest.stop());
    match guest.run().unwrap() {
        Outcome::Exited(code) => code,
        Outcome::Trapped(reason) => panic!("the guest trapped: {reason}"),
    }
}
