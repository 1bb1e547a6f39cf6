//! Dovecot, a real IMAP server, on loopback: one mailbox whose files the test writes.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::office::{Office, PATIENCE, skipped};

/// A running server; ends with this value.
pub(crate) struct Dovecot {
    process: Child,
    root: tempfile::TempDir,
    imap: u16,
    imaps: u16,
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // asked to stop it would take seconds
        self.signal("KILL");
        drop(self.process.wait());
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(name)
}

impl Dovecot {
    /// Starts one, or says why not.
    pub(crate) fn start() -> Option<Self> {
        if !["/usr/sbin/dovecot", "/usr/bin/dovecot"].iter().any(|path| Path::new(path).exists()) {
            skipped("dovecot is not installed: no mailbox was read");
            return None;
        }
        let root = tempfile::tempdir().unwrap();
        let certificates = root.path().join("certificates");
        let made = Command::new("bash").arg(script("mkcerts.sh")).arg(&certificates).status();
        if !made.is_ok_and(|status| status.success()) {
            skipped("openssl cannot make certificates: no mailbox was read");
            return None;
        }
        let folder = root.path().join("dovecot");
        fs::create_dir(&folder).unwrap();
        let (imap, imaps) = (free_port(), free_port());
        let process = Command::new("bash")
            .arg(script("dovecot.sh"))
            .args([&folder, &certificates])
            .args([imap.to_string(), imaps.to_string()])
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", imaps)).is_err() {
            assert!(started.elapsed() < PATIENCE, "dovecot does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(Self { process, root, imap, imaps })
    }

    /// Sends a signal to the server and all its parts.
    pub(crate) fn signal(&self, name: &str) {
        let group = format!("-{}", self.process.id());
        drop(Command::new("kill").args(["-s", name, "--", &group]).status());
    }

    fn mail(&self) -> PathBuf {
        self.root.path().join("dovecot/mail")
    }

    /// Puts a message into the mailbox.
    pub(crate) fn deliver(&self, name: &str, message: impl AsRef<[u8]>) {
        let (partial, whole) = (self.mail().join("tmp").join(name), self.mail().join("new").join(name));
        fs::write(&partial, message).unwrap();
        fs::rename(partial, whole).unwrap();
    }

    /// The messages that nobody has seen or moved, by file.
    pub(crate) fn untouched(&self) -> Vec<String> {
        let entries = fs::read_dir(self.mail().join("new")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Somebody deletes every message.
    pub(crate) fn empty(&self) {
        for name in self.untouched() {
            fs::remove_file(self.mail().join("new").join(name)).unwrap();
        }
    }

    /// The server forgets its numbers.
    pub(crate) fn forget_numbers(&self) {
        for entry in fs::read_dir(self.mail()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::remove_file(path).unwrap();
            }
        }
    }

    /// What it noted.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.root.path().join("dovecot/dovecot.log")).unwrap()
    }

    /// `[receipts]` of a configuration that reads this mailbox. The password is in the file
    /// `imap-password`.
    pub(crate) fn receipts(&self, office: &Office, tls: &str, password: &str) -> String {
        fs::write(office.path("etc/imap-password"), password).unwrap();
        let port = if tls == "starttls" { self.imap } else { self.imaps };
        format!(
            "[receipts]\npoll_seconds = 1\nidle_poll_seconds = 1\n[receipts.imap]\nhost = \"localhost\"\nport = {port}\n\
             tls = \"{tls}\"\nuser = \"presenze@ospitante.example\"\npassword_file = \"imap-password\"\nca_file = \"{}\"\n\
             timeout_seconds = 2\n",
            self.root.path().join("certificates/ca.pem").display()
        )
    }
}
