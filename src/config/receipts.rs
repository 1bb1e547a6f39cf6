//! `[receipts]`: where receipts come from, and whom they must be signed by. The password is never
//! here: the service reads it from a file, or from the credential `imap-password` of systemd.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::mail::Tls;
use crate::mail::imap::ImapSettings;

use super::section::Section;
use super::values::{count, path, required_line};

/// `[receipts]`
#[derive(Debug, Clone)]
pub struct ReceiptsPart {
    /// A PEM file with the authorities that certify PEC providers; without one, signatures are only
    /// checked against the certificates that come with them.
    pub ca_file: Option<PathBuf>,
    /// Seconds between two looks while some receipt is awaited.
    pub poll_seconds: u32,
    /// Seconds between two looks else.
    pub idle_poll_seconds: u32,
    /// `[receipts.folder]`: a folder with `.eml` files, or a Maildir.
    pub folder: Option<PathBuf>,
    /// `[receipts.imap]`
    pub imap: Option<ImapPart>,
}

impl ReceiptsPart {
    /// True when receipts come from somewhere.
    pub fn has_source(&self) -> bool {
        self.folder.is_some() || self.imap.is_some()
    }
}

/// `[receipts.imap]`
#[derive(Debug, Clone)]
pub struct ImapPart {
    /// The mailbox, without its password.
    pub settings: ImapSettings,
    /// The file with the password; without one, the credential `imap-password`.
    pub password_file: Option<PathBuf>,
    /// Believe only receipts with a valid signature, though they lie in the office's own mailbox.
    pub require_signature: bool,
}

/// Reads `[receipts]`; an absent table is all defaults.
pub(super) fn read(section: Option<Section<'_>>, folder: &Path) -> ReceiptsPart {
    let default =
        ReceiptsPart { ca_file: None, poll_seconds: 60, idle_poll_seconds: 900, folder: None, imap: None };
    let Some(section) = section else { return default };
    let part = ReceiptsPart {
        ca_file: path(&section, "ca_file", folder),
        poll_seconds: count(&section, "poll_seconds", 1..=3600).unwrap_or(default.poll_seconds),
        idle_poll_seconds: count(&section, "idle_poll_seconds", 1..=86_400)
            .unwrap_or(default.idle_poll_seconds),
        folder: section.section("folder").and_then(|section| {
            let place = section.required("path", "\"/srv/pec/ricevute\"", path(&section, "path", folder));
            section.finish();
            place
        }),
        imap: section.section("imap").and_then(|section| imap(section, folder)),
    };
    section.finish();
    part
}

fn imap(section: Section<'_>, folder: &Path) -> Option<ImapPart> {
    let host = required_line(&section, "host", "\"imaps.pec.example\"");
    let user = required_line(&section, "user", "\"presenze@ufficio.example\"");
    let modes = [("implicit", Tls::Implicit), ("starttls", Tls::StartTls), ("none", Tls::None)];
    let tls = section.choice("tls", &modes).unwrap_or(Tls::Implicit);
    let port = count(&section, "port", 1..=65_535);
    let separator = section.read("separator", "the one character between names of folders", |value| {
        let text = value.as_text()?;
        let mut characters = text.chars();
        characters.next().filter(|c| c.is_ascii_punctuation() && characters.next().is_none())
    });
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    let name = section.read("folder", "the name of a folder in ASCII, as \"INBOX/Ricevute\"", |value| {
        value.as_text().filter(|text| plain(text)).map(str::to_owned)
    });
    let folder_name =
        name.unwrap_or_else(|| "INBOX".to_owned()).replace('/', &separator.unwrap_or('/').to_string());
    let limit = Duration::from_secs(count(&section, "timeout_seconds", 1..=600).unwrap_or(60));
    let ca_file = path(&section, "ca_file", folder);
    let password_file = path(&section, "password_file", folder);
    let require_signature = section.flag("require_signature").unwrap_or(false);
    section.finish();
    let settings = ImapSettings {
        host: host?,
        port: port.unwrap_or(if tls == Tls::Implicit { 993 } else { 143 }),
        tls,
        user: user?,
        password: None,
        ca_file,
        folder: folder_name,
        limit,
    };
    Some(ImapPart { settings, password_file, require_signature })
}
