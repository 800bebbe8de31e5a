//! What the running kernel can do.

pub(crate) use super::sys::probe::{helper, map_type, program_type};
