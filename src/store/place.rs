//! Which file a path named when it was opened: somebody may move, remove or replace it under us.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A path and the file that it named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Place {
    /// The file that a path names now.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::new(path, &fs::metadata(path)?))
    }

    /// A path, and a file that was opened by it.
    pub(super) fn new(path: &Path, found: &fs::Metadata) -> Self {
        Self { path: path.to_owned(), device: found.dev(), inode: found.ino() }
    }

    /// The path, as it was given.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// True while the path still names that file.
    pub(super) fn is_kept(&self) -> bool {
        Self::of(&self.path).is_ok_and(|now| now == *self)
    }
}
