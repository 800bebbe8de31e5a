//! The examples whose hooks not every kernel has: they work, or say in one line that they cannot.

use std::fs;

use rustix::fs::{AtFlags, CWD, unlinkat};
use rustix::io::Errno;
use wasm_bpf_tests::{Example, Feature, Run, Running, feature, skip_unless};

/// The example, running; `None` where it has said, as it must on this kernel, that it cannot attach to `hook`.
#[track_caller]
fn start(run: Run, feature: &Feature, hook: &str) -> Option<Running> {
    if !skip_unless(feature) {
        let mut guest = run.must_start();
        guest.must_print_where("that it is attached", |_| true);
        return Some(guest);
    }
    let ended = run.must_end().must_exit(1);
    assert_eq!(ended.stdout, "");
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    ended.must_say(&format!(": cannot attach to {hook}: ")).must_say(" (this needs ");
    None
}

/// The example shows the deletion of a file, and the attempt to delete it again.
#[track_caller]
fn must_show_deletions(name: &str, feature: &Feature, hook: &str) {
    let Some(mut guest) = start(Example::must_build(name).run(), feature, hook) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("with space ünd umlaut");
    fs::write(&path, "").expect("a file");
    unlinkat(CWD, &path, AtFlags::empty()).expect("a file");
    assert_eq!(unlinkat(CWD, &path, AtFlags::empty()), Err(Errno::NOENT));
    let pid = format!("{:<8} ", std::process::id());
    let is_ours =
        |line: &str, errno: i32| line.starts_with(&pid) && line.ends_with(&format!(" {errno:>4} {}", path.display()));
    let errnos = [0, Errno::NOENT.raw_os_error()];
    for errno in errnos {
        guest.must_print_where("the attempt", |line| is_ours(line, errno));
    }
    let ended = guest.must_stop();
    for errno in errnos {
        assert_eq!(ended.stdout.lines().filter(|line| is_ours(line, errno)).count(), 1, "{}", ended.stdout);
    }
}

#[test]
fn kprobe_shows_deletions() {
    must_show_deletions("kprobe", &feature::KPROBE, "do_unlinkat");
}

#[test]
fn ksyscall_shows_deletions() {
    must_show_deletions("ksyscall", &feature::KPROBE, "unlinkat");
}

#[test]
fn fentry_shows_deletions() {
    must_show_deletions("fentry", &feature::FENTRY, "do_unlinkat");
}

#[test]
fn lsm_keeps_directories_from_being_removed() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let name = format!("wb-keep-{}", std::process::id());
    let run = Example::must_build("lsm").run_with(&["--allow", "lsm"]).arg(&name);
    let Some(mut guest) = start(run, &feature::LSM, "inode_rmdir") else { return };
    let (kept, other) = (parent.path().join(&name), parent.path().join(format!("{name}-not")));
    [&kept, &other].into_iter().for_each(|path| fs::create_dir(path).expect("a directory"));
    fs::remove_dir(&other).expect("another name is not protected");
    assert_eq!(unlinkat(CWD, &kept, AtFlags::REMOVEDIR), Err(Errno::PERM));
    let pid = format!("{:<8} ", std::process::id());
    let says = format!(" may not remove {name}");
    guest.must_print_where("the refusal", |line| line.starts_with(&pid) && line.ends_with(&says));
    guest.must_stop();
    fs::remove_dir(&kept).expect("nobody protects it any more");
}
