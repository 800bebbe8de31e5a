//! What the suites in `tests/` are written with: real guests, the release binary, this machine's kernel.
//!
//! ```text
//!   guests/NAME.c + NAME.bpf.c --must_build--> module --Run--> Running --must_end--> Ended
//!                                                                 |
//!            Producer: records on demand        Ids: what the kernel holds, and for whom
//! ```
//!
//! - `must_` panics at the caller's line, with what the guest printed; `require_` speaks of the environment.
//! - Nothing waits for a time: [`must_become`] and [`Running::must_print`] wait for what is to happen, and give up
//!   after [`PATIENCE`].
//! - Tests run at the same time as each other and as anything else on this kernel: they look at their own
//!   processes, ids and names only.

mod both;
mod doctor;
mod environment;
mod example;
pub mod feature;
mod guest;
mod histogram;
pub mod hostile;
mod kernel;
mod kinds;
mod kit;
mod language;
mod network;
mod prebuilt;
mod privilege;
mod process;
mod producer;
mod records;
mod run;
mod scratch;
mod tool;
mod wait;

pub use both::Both;
pub use doctor::Report;
pub use environment::{event_links, has, is_emulated, possible_cpus, require_root, skip_unless};
pub use example::Example;
pub use feature::Feature;
pub use guest::{Build, binary, mini, must_build, must_build_native, must_build_wat, workspace};
pub use histogram::{Histogram, take_turns};
pub use kernel::{Ids, must_count_runs, take_turn};
pub use kinds::{Attach, Kind, must_build_folder};
pub use kit::{
    KIT, Kit, Skeleton, both_ways, both_with_skeleton, clang, for_each, libbpf_map, must_agree, must_agree_with,
    must_output, with_libbpf,
};
pub use language::Language;
pub use network::{Mounted, Network};
pub use prebuilt::Prebuilt;
pub use privilege::Privileges;
pub use process::{Prepared, Program, must_run};
pub use producer::{Producer, stay_on_one_cpu};
pub use records::{RING_HOLDS, must_add_up};
pub use run::{Ended, Run, Running};
pub use rustix::process::Signal;
pub use scratch::Cgroup;
pub use tool::start_tool;
pub use wait::{PATIENCE, must_become};
