//! Files and directories through wasi-libc.

use std::fs;
use std::os::unix::fs::symlink;

use super::Guest;

#[test]
fn files_behave_as_on_linux() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Guest::new("files").dir(folder.path(), "/data", false).run(), 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the guest removed all it made");
}

#[test]
fn nothing_outside_a_granted_directory_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let jail = folder.path().join("jail");
    fs::create_dir_all(jail.join("deep/in")).unwrap();
    fs::write(folder.path().join("secret"), "secret").unwrap();
    fs::write(jail.join("own"), "own").unwrap();
    for (target, link) in [("..", "up"), ("/", "root"), ("/etc/passwd", "abs"), ("../../up", "deep/in/chain")] {
        symlink(target, jail.join(link)).unwrap();
    }
    assert_eq!(Guest::new("escape").dir(&jail, "/jail", false).run(), 0);
    assert_eq!(fs::read_to_string(folder.path().join("secret")).unwrap(), "secret");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the guest made something outside");
    assert_eq!(fs::read_dir(&jail).unwrap().count(), 5);
}

#[test]
fn a_directory_granted_for_reading_stays_as_it_is() {
    let (ro, rw) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(ro.path().join("file"), "text").unwrap();
    fs::create_dir(ro.path().join("dir")).unwrap();
    fs::write(rw.path().join("mine"), "m").unwrap();
    let guest = Guest::new("readonly").dir(ro.path(), "/ro", true).dir(rw.path(), "/rw", false);
    assert_eq!(guest.run(), 0);
    assert_eq!(fs::read_to_string(ro.path().join("file")).unwrap(), "text");
}

#[test]
fn of_the_links_that_are_no_paths_only_namespaces_are_seen() {
    assert_eq!(Guest::new("magic").dir("/proc".as_ref(), "/proc", true).run(), 0);
}

#[test]
fn files_of_proc_and_sys_are_read_whole() {
    // Sizes in stat are 0 and 4096 here, and reads are short.
    for path in
        ["/proc/version", "/proc/sys/kernel/pid_max", "/proc/devices", "/sys/kernel/mm/transparent_hugepage/enabled"]
    {
        let guest = Guest::new("cat").arg(path).dir("/proc".as_ref(), "/proc", true).dir("/sys".as_ref(), "/sys", true);
        assert_eq!(guest.output(), (0, fs::read_to_string(path).unwrap()), "{path}");
    }
    let guest = Guest::new("cat").arg("/proc/kallsyms").dir("/proc".as_ref(), "/proc", true);
    let (code, text) = guest.output();
    // Symbols of modules and BPF programs, in brackets, come and go.
    let lasting = |text: &str| text.lines().filter(|line| !line.contains('[')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(code, 0);
    assert!(lasting(&text) == lasting(&fs::read_to_string("/proc/kallsyms").unwrap()), "the list of symbols differs");
}
