//! The scan of a drop folder: `read_dir` decides what there is, whatever woke us. A file is ready
//! when it stood still long enough; odd things are refused once and left in place.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::archive::CLAIMED;
use super::file::{self, FileFacts, Refusal};
use super::mount::is_mount_point;
use super::{FolderMode, FolderSettings};

/// Why a folder cannot be looked into.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// Nothing is mounted on it.
    #[error("nothing is mounted on {0}: mount the share, or set require_mount = false")]
    NotMounted(PathBuf),
    /// It cannot be read.
    #[error("the folder {path} cannot be read: {error}")]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// What a scan found.
#[derive(Debug, Default)]
pub struct Scan {
    /// Files that are complete, by name.
    pub ready: Vec<PathBuf>,
    /// Files refused since the last scan.
    pub refused: Vec<(PathBuf, Refusal)>,
    /// Some file is still growing, or was only just seen: look again soon.
    pub unsettled: bool,
}

/// A file as last seen.
#[derive(Debug)]
struct Sight {
    facts: FileFacts,
    since: Instant,
    taken: bool,
}

/// One folder under watch.
#[derive(Debug)]
pub struct FolderScan {
    settings: FolderSettings,
    seen: HashMap<OsString, Sight>,
    refused: HashSet<OsString>,
}

impl FolderScan {
    /// Nothing seen yet.
    pub fn new(settings: FolderSettings) -> Self {
        Self { settings, seen: HashMap::new(), refused: HashSet::new() }
    }

    /// Looks at the folder. `now` is a monotonic instant: a step of the wall clock changes nothing.
    pub fn scan(&mut self, now: Instant) -> Result<Scan, Unavailable> {
        let folder = &self.settings.path;
        if self.settings.require_mount && !is_mount_point(folder) {
            return Err(Unavailable::NotMounted(folder.clone()));
        }
        let unreadable = |error| Unavailable::Unreadable { path: folder.clone(), error };
        let mut names = HashSet::new();
        let mut scan = Scan::default();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            if self.is_ours(&name) {
                names.insert(name);
            }
        }
        self.seen.retain(|name, _| names.contains(name));
        self.refused.retain(|name| names.contains(name));
        for name in names {
            self.look(name, now, &mut scan);
        }
        scan.ready.sort_unstable();
        scan.refused.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Ok(scan)
    }

    /// A followed file was read as it is: it is ready again only when it changes.
    pub fn taken(&mut self, path: &std::path::Path) {
        if let Some(sight) = path.file_name().and_then(|name| self.seen.get_mut(name)) {
            sight.taken = true;
        }
    }

    /// Hidden files, and the names under which programs keep half-written ones, are nobody's.
    fn is_ours(&self, name: &OsString) -> bool {
        let bytes = name.as_bytes();
        let partial = [".part", ".partial", ".tmp", ".filepart", ".crdownload"];
        let hidden = bytes.first() == Some(&b'.') || bytes == CLAIMED.as_bytes();
        let half_written = partial.iter().any(|end| bytes.to_ascii_lowercase().ends_with(end.as_bytes()));
        !hidden && !half_written && self.settings.takes(&name.to_string_lossy())
    }

    fn look(&mut self, name: OsString, now: Instant, scan: &mut Scan) {
        let path = self.settings.path.join(&name);
        // A file that is gone again is no news.
        let Ok(metadata) = std::fs::symlink_metadata(&path) else { return };
        if let Err(refusal) = file::check(&metadata, self.settings.max_file_size) {
            if self.refused.insert(name) {
                scan.refused.push((path, refusal));
            }
            return;
        }
        self.refused.remove(&name);
        let facts = FileFacts::of(&metadata);
        let sight = self.seen.entry(name).or_insert(Sight { facts, since: now, taken: false });
        if sight.facts != facts {
            *sight = Sight { facts, since: now, taken: false };
        }
        if sight.taken && self.settings.mode == FolderMode::Follow {
            return;
        }
        let stable = Duration::from_secs(u64::from(self.settings.stable_seconds));
        if now.duration_since(sight.since) >= stable {
            scan.ready.push(path);
        } else {
            scan.unsettled = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FilePattern;

    fn folder(path: &std::path::Path, mode: FolderMode) -> FolderScan {
        FolderScan::new(FolderSettings {
            path: path.to_owned(),
            files: vec![FilePattern::new("*.dat").unwrap()],
            mode,
            require_mount: false,
            max_file_size: 10,
            poll_seconds: 60,
            stable_seconds: 2,
        })
    }

    #[test]
    fn a_file_is_ready_when_it_stood_still() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("a.dat");
        let mut folder = folder(place.path(), FolderMode::Claim);
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        std::fs::write(&file, "1").unwrap();
        assert!(folder.scan(start).unwrap().unsettled);
        std::fs::write(&file, "12").unwrap();
        assert!(folder.scan(after(2)).unwrap().ready.is_empty(), "it grew");
        assert_eq!(folder.scan(after(4)).unwrap().ready, [file]);
    }

    #[test]
    fn a_followed_file_comes_again_only_when_it_changes() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("a.dat");
        let mut folder = folder(place.path(), FolderMode::Follow);
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        std::fs::write(&file, "1").unwrap();
        folder.scan(start).unwrap();
        assert_eq!(folder.scan(after(2)).unwrap().ready, std::slice::from_ref(&file));
        folder.taken(&file);
        assert!(folder.scan(after(9)).unwrap().ready.is_empty());
        std::fs::write(&file, "12").unwrap();
        assert!(folder.scan(after(10)).unwrap().unsettled);
        assert_eq!(folder.scan(after(12)).unwrap().ready, [file]);
    }

    #[test]
    fn odd_things_are_refused_once_and_left_in_place() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("folder.dat")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", place.path().join("link.dat")).unwrap();
        std::fs::write(place.path().join("large.dat"), "12345678901").unwrap();
        std::fs::write(place.path().join(".hidden.dat"), "1").unwrap();
        std::fs::write(place.path().join("other.txt"), "1").unwrap();
        let mut folder = folder(place.path(), FolderMode::Claim);
        let told: Vec<String> = folder
            .scan(Instant::now())
            .unwrap()
            .refused
            .iter()
            .map(|(path, why)| format!("{}: {why}", path.file_name().unwrap().display()))
            .collect();
        assert_eq!(
            told,
            [
                "folder.dat: it is a folder, not a regular file",
                "large.dat: it has 11 bytes, more than max_file_size (10)",
                "link.dat: it is a symbolic link, not a regular file",
            ]
        );
        assert!(folder.scan(Instant::now()).unwrap().refused.is_empty());
    }

    #[test]
    fn an_unmounted_share_is_no_empty_folder() {
        let place = tempfile::tempdir().unwrap();
        let mut folder = folder(place.path(), FolderMode::Claim);
        folder.settings.require_mount = true;
        assert!(matches!(folder.scan(Instant::now()), Err(Unavailable::NotMounted(_))));
        folder.settings.path = "/proc".into();
        assert!(folder.scan(Instant::now()).is_ok());
    }
}
