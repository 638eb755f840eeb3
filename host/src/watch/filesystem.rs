//! Where changes may happen that this system does not tell about, because another one makes them, or
//! because they are made by another name.
//!
//! Does not know what is watched there.

use std::fmt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, StatxFlags, statfs, statx};

/// That not all changes of something are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Silence {
    pub(super) path: PathBuf,
    reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// Others than this system write to it.
    Shared(&'static str),
    /// What is changed in a layer below is not told. All else is, and whoever works in a container
    /// changes nothing below.
    Overlay,
    /// A file that is mounted for itself: its changes are told in the directory that it is from.
    Mounted,
}

impl Silence {
    /// Whether the user has to expect it.
    pub(super) fn is_likely(&self) -> bool {
        self.reason != Reason::Overlay
    }
}

/// What the place is, as the end of a sentence.
impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Reason::Shared(name) => {
                write!(f, "on a file system ({name}) that does not tell about all of them")
            }
            Reason::Overlay => write!(f, "on layers of file systems"),
            Reason::Mounted => {
                write!(f, "a mount of its own, which does not tell about all of them")
            }
        }
    }
}

/// Whether changes in a directory may not be told.
pub(super) fn silence_of_directory(path: &Path) -> Option<Silence> {
    let reason = reason(u64::try_from(statfs(path).ok()?.f_type).ok()?)?;
    Some(Silence { path: path.to_owned(), reason })
}

/// Whether changes of a file may not be told although those in its directory are.
pub(super) fn silence_of_file(path: &Path) -> Option<Silence> {
    let mount = |path: &Path| {
        let found = statx(CWD, path, AtFlags::empty(), StatxFlags::MNT_ID).ok()?;
        let is_known = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::MNT_ID);
        is_known.then_some(found.stx_mnt_id)
    };
    let (own, directory) = (mount(path)?, mount(path.parent()?)?);
    (own != directory).then(|| Silence { path: path.to_owned(), reason: Reason::Mounted })
}

/// By the numbers of `linux/magic.h` and, for those that are not in it, of their drivers.
fn reason(magic: u64) -> Option<Reason> {
    let name = match magic {
        0x6969 => "NFS",
        0x517b | 0xfe53_4d42 | 0xff53_4d42 => "SMB",
        0x0102_1997 => "9p",
        // With sshfs, bindfs, virtiofs and the shared folders of Docker Desktop, Lima and Colima.
        0x6573_5546 => "FUSE",
        0x00c3_6400 => "Ceph",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x7375_7245 => "Coda",
        0x0116_1970 => "GFS2",
        0x7461_636f => "OCFS2",
        0x0bd0_0bd0 => "Lustre",
        0x4750_4653 => "GPFS",
        0x786f_4256 => "VirtualBox",
        0xbacb_acbc => "VMware",
        0x7c7c_6673 => "Parallels",
        0x794c_7630 => return Some(Reason::Overlay),
        _ => return None,
    };
    Some(Reason::Shared(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_that_others_write_to_do_not_tell_all() {
        for (magic, name) in [
            (0x6969, "NFS"),
            (0xff53_4d42, "SMB"),
            (0xfe53_4d42, "SMB"),
            (0x0102_1997, "9p"),
            (0x6573_5546, "FUSE"),
        ] {
            assert_eq!(reason(magic), Some(Reason::Shared(name)));
        }
        assert_eq!(reason(0x794c_7630), Some(Reason::Overlay));
    }

    #[test]
    fn file_systems_of_this_machine_tell_all() {
        // ext4, XFS, Btrfs, tmpfs, ZFS, F2FS, bcachefs.
        for magic in
            [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x2fc1_2fc1, 0xf2f5_2010, 0xca45_1a4e]
        {
            assert_eq!(reason(magic), None, "{magic:#x}");
        }
    }

    #[test]
    fn a_file_in_its_own_directory_is_no_mount() {
        assert_eq!(silence_of_file(&std::env::current_exe().unwrap()), None);
    }

    #[test]
    fn the_reason_is_told_with_the_place() {
        let told = |reason| Silence { path: "src".into(), reason }.to_string();

        assert_eq!(
            told(Reason::Shared("9p")),
            "on a file system (9p) that does not tell about all of them"
        );
        assert_eq!(
            told(Reason::Mounted),
            "a mount of its own, which does not tell about all of them"
        );
    }
}
