//! The running kernel's types as bytes: megabytes, of which few are looked at.

use std::fs::{self, File};
use std::io;
use std::{ptr, slice};

use rustix::fs::fstatfs;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// Where the kernel shows them.
pub(crate) const KERNEL: &str = "/sys/kernel/btf/vmlinux";
/// What statfs(2) calls sysfs (linux/magic.h).
const SYSFS_MAGIC: i64 = 0x6265_6572;

/// Lets `look` at the bytes. They are mapped where the kernel lets them (Linux 6.16), and read by the page where it does not.
pub(crate) fn with_kernel_types<R>(look: impl FnOnce(&[u8]) -> R) -> io::Result<R> {
    let file = File::open(KERNEL)?;
    let size = file.metadata()?.len() as usize;
    // Another file, mounted over the kernel's, could change or end while it is mapped.
    let own = fstatfs(&file).is_ok_and(|system| system.f_type == SYSFS_MAGIC);
    // SAFETY: a mapping of its own, which nobody else knows of.
    let mapped = own.then(|| unsafe { mmap(ptr::null_mut(), size, ProtFlags::READ, MapFlags::PRIVATE, &file, 0) });
    let Some(Ok(start)) = mapped else { return Ok(look(&fs::read(KERNEL)?)) };
    // SAFETY: `size` bytes are mapped there until after this use. They are a part of the kernel's image, which never changes.
    let result = look(unsafe { slice::from_raw_parts(start.cast(), size) });
    // SAFETY: the mapping from above, which nobody uses any more.
    let _ = unsafe { munmap(start, size) };
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_file() {
        let read = fs::read(KERNEL).unwrap();
        assert!(read.len() > 1 << 20);
        assert!(with_kernel_types(|bytes| bytes == read).unwrap());
    }
}
