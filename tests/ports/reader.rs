//! The far end of a serial port, and the office that it belongs to.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::office::Office;

/// A reader with its cable: what is sent here arrives at the port. Unplugged when dropped.
pub(crate) struct Reader {
    end: File,
    port: PathBuf,
}

impl Reader {
    /// A reader that nobody knows yet.
    pub(crate) fn new() -> Self {
        let end = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&end).unwrap();
        unlockpt(&end).unwrap();
        let port = PathBuf::from(ptsname(&end, Vec::new()).unwrap().into_string().unwrap());
        Self { end: end.into(), port }
    }

    /// Plugs it in under a name, as udev does.
    pub(crate) fn plug_in(office: &Office, name: &str) -> Self {
        let reader = Self::new();
        let (name, new) = (office.path(name), office.path("new-name"));
        symlink(&reader.port, &new).unwrap();
        std::fs::rename(new, name).unwrap();
        reader
    }

    /// The device that the port is.
    pub(crate) fn path(&self) -> &Path {
        &self.port
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.end.write_all(bytes).unwrap();
    }

    /// Shows cards to it, one after the other.
    pub(crate) fn show(&mut self, cards: impl IntoIterator<Item = u32>) {
        for card in cards {
            self.send(&frame(card));
        }
    }
}

/// The frame that an RDM6300 sends for a card; its badge is the number with ten digits.
pub(crate) fn frame(card: u32) -> Vec<u8> {
    let checksum = card.to_be_bytes().iter().fold(1, |sum, byte| sum ^ byte);
    format!("\x0201{card:08X}{checksum:02X}\x03").into_bytes()
}

/// The table of a reader whose port is `name` in the office's folder.
pub(crate) fn table(id: &str, name: &str) -> String {
    format!(
        "[[serial]]\nid = \"{id}\"\nport = \"../{name}\"\nprotocol = \"rdm6300\"\ndirection = \"toggle\"\n"
    )
}

/// An office with one reader `porta` on the port `porta` and no other.
pub(crate) fn office() -> Office {
    let mut office = Office::new();
    office.readers = table("porta", "porta");
    office.write();
    office
}

/// Waits until the port of a reader is open, for the n-th time.
pub(crate) fn until_open(office: &Office, id: &str, times: usize) {
    let told = format!("the port is open reader={id} ");
    office.until("the port is open", || office.journal().matches(&told).count() >= times);
}

/// What the status says of a reader.
pub(crate) fn status(office: &Office, id: &str) -> serde_json::Value {
    let status = office.timbra(&["status", "--json"]).json();
    let readers = status["readers"].as_array().unwrap();
    readers.iter().find(|reader| reader["id"] == id).unwrap_or_else(|| panic!("{status}")).clone()
}
