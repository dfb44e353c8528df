//! How changes are noticed, and why not by events.

use std::path::Path;

/// How changes are noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// At once; the poll is only the floor.
    Events,
    /// At the next poll; why, and what to do about it.
    Polling { why: String },
}

impl Mode {
    pub(super) fn polling(why: impl Into<String>) -> Self {
        Self::Polling { why: why.into() }
    }

    /// What an error of the system's watching comes to.
    pub(super) fn failed(error: &notify::Error) -> Self {
        Self::polling(match &error.kind {
            notify::ErrorKind::MaxFilesWatch => {
                "the system's limit of watched folders is reached; raise it: `sysctl -w fs.inotify.max_user_watches=524288`".into()
            }
            notify::ErrorKind::Io(io) if io.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) => {
                "the system's limit of watchers, or of open files, is reached; raise it: `sysctl -w fs.inotify.max_user_instances=1024`, \
                 or `ulimit -n`"
                    .into()
            }
            _ => format!("the system's events are not to be had: {error}"),
        })
    }

    /// File systems that other machines write to give no events for what those do.
    pub(super) fn of_file_system(root: &Path) -> Option<Self> {
        let name = shared_file_system(root)?;
        Some(Self::polling(format!("the directory is on {name}, which tells nothing of changes made elsewhere")))
    }
}

#[cfg(target_os = "linux")]
fn shared_file_system(root: &Path) -> Option<&'static str> {
    shared_kind(rustix::fs::statfs(root).ok()?.f_type)
}

#[cfg(not(target_os = "linux"))]
fn shared_file_system(_: &Path) -> Option<&'static str> {
    None
}

/// By the magic numbers of statfs(2).
#[cfg(target_os = "linux")]
fn shared_kind(magic: i64) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "NFS",
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => "SMB",
        0x0102_1997 => "9P",
        0x00c3_6400 => "CephFS",
        0x5346_414f => "AFS",
        0x6573_5546 => "FUSE",
        0x786f_4256 => "a shared folder of VirtualBox",
        0x0bd0_0bd0 => "Lustre",
        _ => return None,
    })
}

#[cfg(all(test, target_os = "linux"))]
#[rstest::rstest]
#[case::nfs(0x6969, true)]
#[case::ext4(0xef53, false)]
#[case::tmpfs(0x0102_1994, false)]
fn file_systems_without_events_are_known(#[case] magic: i64, #[case] shared: bool) {
    assert_eq!(shared_kind(magic).is_some(), shared);
}
