//! Secrets: from the file that the configuration names, or from the credential that systemd hands
//! over. Never from the configuration itself.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::config::{Config, ImapPart, KeyPlace, MailPart};
use crate::decode::osdp::SiteKey;
use crate::mail::imap::ImapSettings;
use crate::mail::{MailSettings, Secret};

/// A secret is one line: what is longer is another file.
const LONGEST: u64 = 4096;

/// The files that a configuration names for secrets and that cannot hold one, each with its key, the
/// file, and why; as far as whoever asks may see them.
pub fn faults(config: &Config) -> Vec<(String, PathBuf, &'static str)> {
    let alert = config.alert.mail.as_ref().and_then(|alert| alert.mail.password_file.as_ref());
    let imap = config.receipts.imap.as_ref().and_then(|imap| imap.password_file.as_ref());
    let passwords = [
        ("mail.smtp.password_file", config.mail.password_file.as_ref()),
        ("alert.smtp.password_file", alert),
        ("receipts.imap.password_file", imap),
    ];
    let passwords = passwords.into_iter().filter_map(|(key, file)| Some((key.to_owned(), file?)));
    let readers = config.buses.iter().flat_map(|bus| &bus.readers);
    let keys = readers.filter_map(|reader| match reader.key.as_ref()? {
        KeyPlace::File(file) => Some((format!("key_file of `{}`", reader.id()), file)),
        KeyPlace::Credential(_) => None,
    });
    let faulty = |(key, file): (String, &PathBuf)| fault(file).map(|fault| (key, file.clone(), fault));
    passwords.chain(keys).filter_map(faulty).collect()
}

/// Every secret that a configuration needs: its key, and the file that holds it, or the name of the
/// credential that systemd hands over.
pub fn needed(config: &Config) -> Vec<(String, Result<PathBuf, String>)> {
    let mut needed = Vec::new();
    let mut add = |key: &str, file: Option<&PathBuf>, credential: &str| {
        needed.push((key.to_owned(), file.cloned().ok_or_else(|| credential.to_owned())));
    };
    if config.mail.needs_password() {
        add("mail.smtp.password_file", config.mail.password_file.as_ref(), "smtp-password");
    }
    if let Some(alert) = config.alert.mail.as_ref().filter(|alert| alert.mail.needs_password()) {
        add("alert.smtp.password_file", alert.mail.password_file.as_ref(), "alert-smtp-password");
    }
    if let Some(imap) = &config.receipts.imap {
        add("receipts.imap.password_file", imap.password_file.as_ref(), "imap-password");
    }
    for reader in config.buses.iter().flat_map(|bus| &bus.readers) {
        let key = format!("key_file of `{}`", reader.id());
        match &reader.key {
            Some(KeyPlace::File(file)) => add(&key, Some(file), ""),
            Some(KeyPlace::Credential(name)) => add(&key, None, name),
            None => (),
        }
    }
    needed
}

/// The mail settings with the password, where one is needed.
pub(super) fn with_password(mail: &MailPart) -> Result<MailSettings, String> {
    if !mail.needs_password() {
        return Ok(mail.settings().clone());
    }
    let file = mail.password_file.as_deref();
    Ok(mail.with_password(password(file, "smtp-password", "mail.smtp", "the mail server")?))
}

/// The server of the alarms, with the password where one is needed.
pub(super) fn with_alert_password(mail: &MailPart) -> Result<MailSettings, String> {
    if !mail.needs_password() {
        return Ok(mail.settings().clone());
    }
    let file = mail.password_file.as_deref();
    Ok(mail.with_password(password(file, "alert-smtp-password", "alert.smtp", "the server of the alarms")?))
}

/// The mailbox with its password.
pub(super) fn with_imap_password(imap: &ImapPart) -> Result<ImapSettings, String> {
    let password = password(imap.password_file.as_deref(), "imap-password", "receipts.imap", "the mailbox")?;
    Ok(ImapSettings { password: Some(password), ..imap.settings.clone() })
}

/// The key of an OSDP reader.
pub(super) fn site_key(place: &KeyPlace) -> Result<SiteKey, String> {
    let path = match place {
        KeyPlace::File(path) => path.clone(),
        KeyPlace::Credential(name) => credential(name).ok_or_else(|| {
            format!("no key for the reader: set its key_file, or LoadCredential={name}:PATH in the unit and restart")
        })?,
    };
    let text = first_line("the key of the reader", &path)?;
    SiteKey::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// A password. `name` is what systemd calls it, `table` the table whose `password_file` names the
/// file, `of` what it is the password of.
fn password(file: Option<&Path>, name: &str, table: &str, of: &str) -> Result<Secret, String> {
    let path = file.map(Path::to_owned).or_else(|| credential(name)).ok_or_else(|| {
        format!(
            "no password for {of}: set {table}.password_file, or write it to /etc/credstore/timbra.{name} and restart"
        )
    })?;
    Ok(Secret::new(&first_line(&format!("the password of {of}"), &path)?))
}

/// Where systemd hands over a credential, if it does.
fn credential(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    folder.map(|folder| folder.join(name)).filter(|path| path.exists())
}

/// Why a file holds no secret, by its kind and length. One that may not be looked at may be all right.
fn fault(path: &Path) -> Option<&'static str> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Some("it is no regular file"),
        Ok(found) if found.len() > LONGEST => Some("it is longer than 4 KiB"),
        Err(error) if error.kind() == ErrorKind::NotFound => Some("there is no such file"),
        _ => None,
    }
}

/// A device or a pipe is not even opened: it could give bytes for ever, or none.
fn first_line(what: &str, path: &Path) -> Result<String, String> {
    let unreadable = |reason: &str| format!("{what} cannot be read from {}: {reason}", path.display());
    if let Some(fault) = fault(path) {
        return Err(unreadable(fault));
    }
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    read.map_err(|error| unreadable(&error.to_string()))?;
    match text.lines().next() {
        None | Some("") => Err(format!("the first line of {} is empty: it should be {what}", path.display())),
        Some(line) => Ok(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_out_of_the_first_line_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            site_key(&KeyPlace::File(path.clone()))
                .map_err(|error| error.replace(&*path.to_string_lossy(), "FILE"))
        };
        let digits = "000102030405060708090a0b0c0d0e0f";
        assert_eq!(read(&format!("{digits}\n")), Ok(SiteKey::parse(digits).unwrap()));
        assert_eq!(
            read("\n"),
            Err("the first line of FILE is empty: it should be the key of the reader".to_owned())
        );
        let told = read("secret").unwrap_err();
        assert!(
            told.starts_with("FILE: a key is 32 hexadecimal digits") && !told.contains("secret"),
            "{told}"
        );
        let told = read("303132333435363738393A3B3C3D3E3F\n").unwrap_err();
        assert!(told.starts_with("FILE: this is the default key that everybody knows"), "{told}");
        let long = "0".repeat(4097);
        assert_eq!(read(&long), Err(unreadable("FILE", "it is longer than 4 KiB")));
        std::fs::remove_file(&path).unwrap();
        for (path, reason) in [
            (path.as_path(), "there is no such file"),
            (folder.path(), "it is no regular file"),
            (Path::new("/dev/zero"), "it is no regular file"),
        ] {
            let told = site_key(&KeyPlace::File(path.to_owned()));
            assert_eq!(told, Err(unreadable(&path.to_string_lossy(), reason)));
        }
    }

    fn unreadable(path: &str, reason: &str) -> String {
        format!("the key of the reader cannot be read from {path}: {reason}")
    }
}
