//! A daemon whose store lies on a disk of its own that is small, in a mount namespace.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::office::{Daemon, Office, TIMBRA, skipped};

/// The inside of the namespace.
const INSIDE: &str = "mount -t tmpfs -o size=$1 none \"$2/store\" && exec \"$3\" run --config \"$2/etc\"";

/// The disk, and the daemon on it.
pub(crate) struct SmallDisk<'a> {
    office: &'a Office,
    pub(crate) daemon: Daemon,
}

impl<'a> SmallDisk<'a> {
    /// Starts the daemon on a disk of so many kilobytes. `None`, and a line that says so, where nobody may
    /// have mount namespaces.
    pub(crate) fn start(office: &'a Office, kilobytes: usize) -> Option<Self> {
        let allowed = Command::new("unshare").args(["-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
        if !allowed.is_ok_and(|output| output.status.success()) {
            skipped("no mount namespaces here: the full disk was not tried");
            return None;
        }
        fs::create_dir_all(office.path("store")).unwrap();
        let journal = fs::File::create(office.path("journal")).unwrap();
        let child = Command::new("unshare")
            .args(["-Urm", "sh", "-c", INSIDE, "sh", &format!("{kilobytes}k")])
            .args([office.path("").as_os_str(), TIMBRA.as_ref()])
            .stdout(Stdio::null())
            .stderr(journal)
            .spawn()
            .unwrap();
        Some(Self { office, daemon: Daemon { child } })
    }

    /// A path of the office as the daemon sees it.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.daemon.child.id()));
        root.join(self.office.path(inside).strip_prefix("/").unwrap())
    }

    /// Fills the disk to its last byte.
    pub(crate) fn fill(&self) {
        let mut filler = fs::File::create(self.path("store/filler")).unwrap();
        for size in [4096, 1] {
            while filler.write_all(&[0_u8; 4096][..size]).is_ok() {}
        }
    }

    /// Makes room again: a larger disk.
    pub(crate) fn grow(&self, kilobytes: usize) {
        let store = self.office.path("store");
        let resize = format!("mount -o remount,size={kilobytes}k '{}'", store.display());
        let pid = self.daemon.child.id().to_string();
        let resized = Command::new("nsenter")
            .args(["-t", &pid, "-U", "-m", "--preserve-credentials", "sh", "-c", &resize])
            .status();
        assert!(resized.unwrap().success());
    }

    /// A number out of the store. `SQLite` cannot be sent into the namespace: it gets a copy.
    pub(crate) fn number(&self, sql: &str) -> Option<i64> {
        let read = |name: &str| fs::read(self.path("store").join(name)).unwrap_or_default();
        let copy = loop {
            let (log, store, later) =
                (read("timbra.sqlite-wal"), read("timbra.sqlite"), read("timbra.sqlite-wal"));
            // whole unless the log began anew meanwhile
            if later.starts_with(&log) {
                break [("timbra.sqlite", store), ("timbra.sqlite-wal", later)];
            }
        };
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in copy {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let store = rusqlite::Connection::open(folder.path().join("timbra.sqlite")).ok()?;
        store.query_row(sql, [], |row| row.get(0)).ok()
    }
}
