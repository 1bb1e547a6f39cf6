//! What a watched folder needs to know; the configuration fills it.

use std::path::PathBuf;

use super::pattern::FilePattern;

/// What happens to a delivered file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FolderMode {
    /// It is taken over: renamed, read, archived.
    #[default]
    Claim,
    /// The device goes on writing it: it is read in place and stays.
    Follow,
}

/// A watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderSettings {
    /// The folder.
    pub path: PathBuf,
    /// What happens to its files.
    pub mode: FolderMode,
    /// Which file names count; never empty.
    pub files: Vec<FilePattern>,
    /// The folder must be a mount point: an unmounted share is not an empty folder.
    pub require_mount: bool,
    /// Larger files are set aside unread, in bytes.
    pub max_file_size: u64,
    /// Seconds between two looks, whatever the system tells in between.
    pub poll_seconds: u32,
    /// A file must have kept its size for so many seconds before it is taken.
    pub stable_seconds: u32,
}

impl FolderSettings {
    /// True when a file of this name is delivered to this reader.
    pub fn takes(&self, name: &str) -> bool {
        self.files.iter().any(|pattern| pattern.matches(name))
    }
}
