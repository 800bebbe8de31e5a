//! A network namespace of a test's own.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::process::must_run;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A network namespace, kept by a process; gone when dropped.
pub struct Network {
    keeper: Child,
}

impl Network {
    /// Makes one, with its loopback device up, in which `bash -c SETUP` has run.
    #[track_caller]
    pub fn must_make(setup: &str) -> Self {
        let script = format!("ip link set lo up && {setup} && echo && read");
        let mut unshare = Command::new("unshare");
        let unshare =
            unshare.args(["--net", "--mount", "bash", "-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = unshare.spawn().expect("unshare");
        let read = keeper.stdout.as_mut().expect("piped").read(&mut [0]).expect("bash");
        assert_eq!(read, 1, "`{setup}` failed");
        Self { keeper }
    }

    /// Its file.
    pub fn path(&self) -> PathBuf {
        format!("/proc/{}/ns/net", self.keeper.id()).into()
    }

    /// Makes a file of it that can be opened through a sandbox, as `ip netns` does.
    #[track_caller]
    pub fn must_mount(&self) -> Mounted {
        let folder = TempDir::new().expect("a temporary folder");
        let file = folder.path().join("network");
        File::create(&file).expect("a writable folder");
        let file = file.to_str().expect("plain characters").to_owned();
        must_run("mount", &["--bind", self.path().to_str().expect("plain characters"), &file]);
        Mounted { folder, file }
    }

    /// Does something there, on a thread of its own.
    #[track_caller]
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(self.path()).expect("a namespace");
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).expect("root may");
                work()
            });
            worker.join().expect("no panic inside")
        })
    }

    /// The index of one of its devices.
    #[track_caller]
    pub fn index(&self, device: &str) -> String {
        let name = device.to_owned();
        self.inside(move || {
            let socket = rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::DGRAM, None);
            let index = rustix::net::netdevice::name_to_index(socket.expect("a socket"), &name);
            index.expect("a device").to_string()
        })
    }
}

/// A namespace's file; gone when dropped.
pub struct Mounted {
    folder: TempDir,
    file: String,
}

impl Mounted {
    /// The folder that it is alone in, and the file.
    pub fn paths(&self) -> (&str, &str) {
        (self.folder.path().to_str().expect("plain characters"), &self.file)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        must_run("umount", &[&self.file]);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Both fail where it has ended and was waited for, which is as well.
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
