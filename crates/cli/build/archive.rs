//! The archive itself: the same bytes for the same files, wherever and whenever it is made.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

use crate::{Entries, strip};

/// Writes the archive and returns a hash of all names and contents, in hexadecimal.
pub(crate) fn write(entries: &Entries, out: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    let mut tar = tar::Builder::new(GzBuilder::new().write(File::create(out)?, Compression::best()));
    for (name, source) in entries {
        let content = fs::read(source).with_context(|| format!("cannot read {}", source.display()))?;
        let content = strip::library(content).with_context(|| format!("cannot strip {}", source.display()))?;
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(&content);

        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, content.as_slice())?;
    }
    tar.into_inner()?.finish()?;
    Ok(hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect())
}
