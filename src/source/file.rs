//! One dropped file: what the file system says of it, and why it may be refused.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// What the file system says of a file: enough to see that it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFacts {
    /// Device.
    pub device: u64,
    /// Inode.
    pub inode: u64,
    /// Bytes.
    pub size: u64,
    /// Last change, nanoseconds since 1970.
    pub modified: i64,
}

impl FileFacts {
    /// Reads them off.
    pub fn of(metadata: &Metadata) -> Self {
        let modified = metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec());
        Self { device: metadata.dev(), inode: metadata.ino(), size: metadata.len(), modified }
    }
}

/// Why a file is left where it is.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A folder, pipe, socket, device or symbolic link.
    #[error("it is {0}, not a regular file")]
    NotRegular(&'static str),
    /// Larger than allowed.
    #[error("it has {size} bytes, more than max_file_size ({limit})")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It cannot be opened.
    #[error("it cannot be opened: {0}")]
    Unreadable(io::Error),
}

/// What a directory entry is, when it is not a regular file.
fn irregular(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return None;
    }
    Some(match () {
        () if kind.is_dir() => "a folder",
        () if kind.is_symlink() => "a symbolic link",
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    })
}

/// Opens a regular file of at most `limit` bytes. Never waits on a pipe and never follows a link
/// in the last part of the path.
pub fn open_regular(path: &Path, limit: u64) -> Result<(File, FileFacts), Refusal> {
    let before = std::fs::symlink_metadata(path).map_err(Refusal::Unreadable)?;
    check(&before, limit)?;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(Refusal::Unreadable)?;
    // Again on the open file: the name may stand for another one by now.
    let metadata = file.metadata().map_err(Refusal::Unreadable)?;
    check(&metadata, limit)?;
    Ok((file, FileFacts::of(&metadata)))
}

pub(super) fn check(metadata: &Metadata, limit: u64) -> Result<(), Refusal> {
    if let Some(kind) = irregular(metadata) {
        return Err(Refusal::NotRegular(kind));
    }
    if metadata.len() > limit {
        return Err(Refusal::TooLarge { size: metadata.len(), limit });
    }
    Ok(())
}
