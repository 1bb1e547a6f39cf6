//! A folder that somebody else puts mail into: `.eml` files, or a Maildir. Nothing in it is ever
//! moved, renamed or changed.

use std::collections::{HashMap, HashSet};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::file::{self, FileFacts, Refusal};
use super::scan::Unavailable;

/// A file with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailFile {
    /// Where it is now; a Maildir moves it when it is read.
    pub path: PathBuf,
    /// What it is known by, wherever it moves: of a Maildir the name without its flags; else the
    /// name with its size and date, because the next one may have the same name.
    pub name: String,
    /// Last change, nanoseconds since 1970.
    pub modified: i64,
}

/// What a look into the folder found.
#[derive(Debug, Default)]
pub struct MailScan {
    /// Files that are complete, by name.
    pub ready: Vec<MailFile>,
    /// Files refused since the last look.
    pub refused: Vec<(PathBuf, Refusal)>,
    /// Some file was only just seen: look again soon.
    pub unsettled: bool,
}

/// One folder with mail.
#[derive(Debug)]
pub struct MailFolder {
    path: PathBuf,
    stable: Duration,
    largest: u64,
    seen: HashMap<PathBuf, (FileFacts, Instant)>,
    refused: HashSet<PathBuf>,
}

impl MailFolder {
    /// Nothing seen yet. A file must have kept its size for `stable`; one of more than `largest`
    /// bytes is refused.
    pub fn new(path: &Path, stable: Duration, largest: u64) -> Self {
        Self { path: path.to_owned(), stable, largest, seen: HashMap::new(), refused: HashSet::new() }
    }

    /// The folders in which something may appear.
    pub fn places(&self) -> Vec<PathBuf> {
        let parts = ["new", "cur"].map(|part| self.path.join(part));
        let maildir = parts.iter().all(|part| part.is_dir());
        std::iter::once(self.path.clone()).chain(parts.into_iter().filter(|_| maildir)).collect()
    }

    /// Looks at the folder. `now` is a monotonic instant.
    pub fn scan(&mut self, now: Instant) -> Result<MailScan, Unavailable> {
        let mut scan = MailScan::default();
        let mut present = HashSet::new();
        for (number, place) in self.places().into_iter().enumerate() {
            let unreadable = |error| Unavailable::Unreadable { path: place.clone(), error };
            for entry in std::fs::read_dir(&place).map_err(unreadable)? {
                let path = entry.map_err(unreadable)?.path();
                let in_maildir = number > 0;
                if is_mail(&path, in_maildir) {
                    self.look(&path, in_maildir, now, &mut scan);
                    present.insert(path);
                }
            }
        }
        self.seen.retain(|path, _| present.contains(path));
        self.refused.retain(|path| present.contains(path));
        scan.ready.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        scan.ready.dedup_by(|one, other| one.name == other.name);
        scan.refused.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Ok(scan)
    }

    fn look(&mut self, path: &Path, in_maildir: bool, now: Instant, scan: &mut MailScan) {
        // A file that is gone again was moved by whoever read it, and is found elsewhere.
        let Ok(metadata) = std::fs::symlink_metadata(path) else { return };
        if let Err(refusal) = file::check(&metadata, self.largest) {
            if self.refused.insert(path.to_owned()) {
                scan.refused.push((path.to_owned(), refusal));
            }
            return;
        }
        self.refused.remove(path);
        let facts = FileFacts::of(&metadata);
        let sight = self.seen.entry(path.to_owned()).or_insert((facts, now));
        if sight.0 != facts {
            *sight = (facts, now);
        }
        // A Maildir shows whole files only.
        if !in_maildir && now.duration_since(sight.1) < self.stable {
            scan.unsettled = true;
            return;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = if in_maildir {
            name.split(':').next().unwrap_or_default().to_owned()
        } else {
            format!("{name}/{}/{}", facts.size, facts.modified)
        };
        scan.ready.push(MailFile { path: path.to_owned(), name, modified: facts.modified });
    }
}

/// Everything in a Maildir is mail but what is hidden; elsewhere only `.eml` is.
fn is_mail(path: &Path, in_maildir: bool) -> bool {
    let name = path.file_name().unwrap_or_default();
    let hidden = name.as_bytes().first() == Some(&b'.');
    let eml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("eml"));
    !hidden && (in_maildir || eml)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(scan: &MailScan) -> Vec<&str> {
        scan.ready.iter().map(|file| file.name.split('/').next().unwrap()).collect()
    }

    #[test]
    fn files_are_ready_when_they_stood_still() {
        let place = tempfile::tempdir().unwrap();
        let mut folder = MailFolder::new(place.path(), Duration::from_secs(2), 10);
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        for (name, content) in [("a.eml", "1"), ("B.EML", "2"), ("c.txt", "3"), (".d.eml", "4")] {
            fs::write(place.path().join(name), content).unwrap();
        }
        fs::write(place.path().join("large.eml"), "12345678901").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", place.path().join("link.eml")).unwrap();
        let first = folder.scan(start).unwrap();
        assert!(first.unsettled && first.ready.is_empty());
        let refused: Vec<String> = first.refused.iter().map(|(_, why)| why.to_string()).collect();
        assert_eq!(
            refused,
            ["it has 11 bytes, more than max_file_size (10)", "it is a symbolic link, not a regular file"]
        );
        fs::write(place.path().join("a.eml"), "12").unwrap();
        assert_eq!(names(&folder.scan(after(2)).unwrap()), ["B.EML"], "the other grew");
        let all = folder.scan(after(4)).unwrap();
        assert_eq!(names(&all), ["B.EML", "a.eml"]);
        assert!(all.refused.is_empty(), "told once");
        // the next one under the same name is another one
        fs::write(place.path().join("a.eml"), "123").unwrap();
        folder.scan(after(5)).unwrap();
        let again = folder.scan(after(7)).unwrap();
        assert_ne!(again.ready[1].name, all.ready[1].name);
    }

    #[test]
    fn a_maildir_is_read_at_once_and_a_file_keeps_its_name_when_it_moves() {
        let place = tempfile::tempdir().unwrap();
        for part in ["new", "cur", "tmp"] {
            fs::create_dir(place.path().join(part)).unwrap();
        }
        fs::write(place.path().join("new/1.a.host"), "1").unwrap();
        fs::write(place.path().join("tmp/2.b.host"), "2").unwrap();
        fs::write(place.path().join("3.eml"), "3").unwrap();
        let mut folder = MailFolder::new(place.path(), Duration::from_secs(2), 10);
        let now = Instant::now();
        let scan = folder.scan(now).unwrap();
        assert_eq!(names(&scan), ["1.a.host"]);
        assert!(scan.unsettled);
        fs::rename(place.path().join("new/1.a.host"), place.path().join("cur/1.a.host:2,S")).unwrap();
        let moved = folder.scan(now).unwrap();
        assert_eq!(moved.ready[0].name, scan.ready[0].name);
        assert!(moved.ready[0].path.ends_with("cur/1.a.host:2,S"));
        assert!(MailFolder::new(&place.path().join("gone"), Duration::ZERO, 10).scan(now).is_err());
    }
}
