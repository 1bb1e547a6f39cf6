//! The folders that timbra itself, or other software, fills: no reader's exports are there, and what is
//! there must not be taken for one.

use std::path::{Component, Path, PathBuf};

/// Folders and what they hold.
#[derive(Debug, Default)]
pub(super) struct OwnFolders(Vec<(PathBuf, &'static str)>);

/// What is in the archive is named by the program, folders included.
const ARCHIVE: &str = "the archive of what was read";

impl OwnFolders {
    /// The folders of the configuration and of the store.
    pub(super) fn new(configuration: &Path, store: &Path) -> Self {
        let mut own = Self::default();
        own.add(store, "the store");
        own.add(&store.join("archive"), ARCHIVE);
        own.add(configuration, "the configuration");
        for folder in ["agreements", "profiles", "formats"] {
            own.add(&configuration.join(folder), "the configuration");
        }
        own
    }

    /// One more folder.
    pub(super) fn add(&mut self, folder: &Path, holds: &'static str) {
        self.0.push((plain(folder), holds));
    }

    /// What a folder holds that is not for a reader. The folder must be [`plain`].
    pub(super) fn what_holds(&self, folder: &Path) -> Option<&'static str> {
        let holds = |(own, holds): &&(PathBuf, &'static str)| {
            own == folder || (*holds == ARCHIVE && folder.starts_with(own))
        };
        self.0.iter().find(holds).map(|(_, holds)| *holds)
    }
}

/// The path without `.` and doubled slashes, and with `..` resolved by name: to compare, no more.
pub fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
