//! The error numbers against the C library's.

use std::collections::HashMap;
use std::fs;

use nix::errno::Errno as Named;
use rustix::io::Errno;

use crate::wasi::errno::number;

#[test]
fn error_numbers_are_those_of_the_c_library() {
    let header = fs::read_to_string("/usr/include/wasm32-wasi/wasi/api.h").expect("this test needs wasi-libc");
    let numbers: HashMap<&str, u16> = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define __WASI_ERRNO_")?.split_once(' '))
        // `(UINT16_C(1))`
        .map(|(name, value)| (name, value.split(['(', ')']).find_map(|part| part.parse().ok()).unwrap()))
        .collect();
    assert_eq!(numbers.len(), 77);
    let mut seen = 0;
    for raw in 1..134 {
        let name = format!("{:?}", Named::from_raw(raw)).replace("EOPNOTSUPP", "ENOTSUP");
        // The C library's names are Linux's without the leading E, but for E2BIG.
        let Some(&expected) = numbers.get(&name[1..]) else {
            assert_eq!(number(Errno::from_raw_os_error(raw)), 29, "{name} has no number of its own: EIO");
            continue;
        };
        assert_eq!(number(Errno::from_raw_os_error(raw)), expected, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 75, "all but SUCCESS and NOTCAPABLE, which are not Linux's");
}
