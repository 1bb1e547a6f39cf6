//! To whom what a restore laid out belongs. Whoever gets it may write to the folder around it, and put something
//! else into its place meanwhile: so each file is opened once, never through a link, and given as it is held.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Dir, Mode, OFlags, openat};

/// To whom something belongs from now on.
#[derive(Debug, Clone, Copy)]
pub struct Belonging {
    /// The user; none: as it is.
    pub user: Option<u32>,
    /// The group.
    pub group: u32,
    /// What may be done with its files.
    pub mode: u32,
}

/// What could not be given, and why.
type Refused = (PathBuf, io::Error);

impl Belonging {
    /// Gives a folder and all below it, the innermost first: until then nobody else gets in there.
    pub fn give(self, folder: &Path) -> Result<(), Refused> {
        self.give_at(CWD, folder.as_os_str(), folder)
    }

    fn give_at(self, at: BorrowedFd<'_>, name: &OsStr, path: &Path) -> Result<(), Refused> {
        let refused = |error: io::Error| (path.to_owned(), error);
        let file = open(at, name).map_err(refused)?;
        let found = file.metadata().map_err(refused)?;
        if found.is_dir() {
            let mut entries = Dir::read_from(&file).map_err(|error| refused(error.into()))?;
            while let Some(entry) = entries.read() {
                let entry = entry.map_err(|error| refused(error.into()))?;
                let name = OsStr::from_bytes(entry.file_name().to_bytes());
                if name != "." && name != ".." {
                    self.give_at(file.as_fd(), name, &path.join(name))?;
                }
            }
        } else if !found.is_file() || found.nlink() > 1 {
            return Err(refused(io::Error::other("somebody has put something else there")));
        }
        if found.gid() != self.group || self.user.is_some_and(|user| user != found.uid()) {
            fchown(&file, self.user, Some(self.group)).map_err(refused)?;
        }
        let mode = if found.is_dir() { 0o750 } else { self.mode };
        file.set_permissions(Permissions::from_mode(mode)).map_err(refused)?;
        // the entries of a folder become durable
        if found.is_dir() { file.sync_all().map_err(refused) } else { Ok(()) }
    }
}

/// Gives a folder alone.
pub fn give_folder(folder: &Path, user: u32, group: u32) -> io::Result<()> {
    fchown(open(CWD, folder.as_os_str())?, Some(user), Some(group))
}

/// Opens a file or a folder: no link, and nobody waits at a pipe.
fn open(at: BorrowedFd<'_>, name: &OsStr) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(File::from(openat(at, name, flags, Mode::empty())?))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_somebody_put_there_is_not_given() {
        let place = tempfile::tempdir().unwrap();
        let (work, victim) = (place.path().join("work"), place.path().join("victim"));
        fs::create_dir_all(work.join("archive")).unwrap();
        fs::write(work.join("archive/a"), "1").unwrap();
        fs::write(&victim, "mine").unwrap();
        fs::set_permissions(&victim, Permissions::from_mode(0o600)).unwrap();
        let own = fs::metadata(place.path()).unwrap();
        let belonging = Belonging { user: Some(own.uid()), group: own.gid(), mode: 0o640 };
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        belonging.give(&work).unwrap();
        assert_eq!(
            [mode(&work), mode(&work.join("archive")), mode(&work.join("archive/a"))],
            [0o750, 0o750, 0o640]
        );
        let other = work.join("archive/b");
        symlink(&victim, &other).unwrap();
        assert_eq!(belonging.give(&work).unwrap_err().0, other);
        fs::remove_file(&other).unwrap();
        fs::hard_link(&victim, &other).unwrap();
        assert_eq!(belonging.give(&work).unwrap_err().0, other);
        fs::remove_file(&other).unwrap();
        symlink(&work, place.path().join("link")).unwrap();
        belonging.give(&place.path().join("link")).unwrap_err();
        give_folder(&place.path().join("link"), own.uid(), own.gid()).unwrap_err();
        assert_eq!(mode(&victim), 0o600);
    }
}
