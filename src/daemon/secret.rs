//! Passwords: from the file that the configuration names, or from the credential that systemd hands
//! over. Never from the configuration itself.

use std::path::{Path, PathBuf};

use crate::config::{ImapPart, MailPart};
use crate::mail::imap::ImapSettings;
use crate::mail::{MailSettings, Secret};

/// The mail settings with the password, where one is needed.
pub(super) fn with_password(mail: &MailPart) -> Result<MailSettings, String> {
    if !mail.needs_password() {
        return Ok(mail.settings().clone());
    }
    let file = mail.password_file.as_deref();
    Ok(mail.with_password(password(file, "smtp-password", "mail.smtp", "the mail server")?))
}

/// The mailbox with its password.
pub(super) fn with_imap_password(imap: &ImapPart) -> Result<ImapSettings, String> {
    let password = password(imap.password_file.as_deref(), "imap-password", "receipts.imap", "the mailbox")?;
    Ok(ImapSettings { password: Some(password), ..imap.settings.clone() })
}

/// The first line of a file. `credential` is what systemd calls it, `table` the table whose
/// `password_file` names the file, `of` what it is the password of.
fn password(file: Option<&Path>, credential: &str, table: &str, of: &str) -> Result<Secret, String> {
    let handed =
        || std::env::var_os("CREDENTIALS_DIRECTORY").map(|folder| PathBuf::from(folder).join(credential));
    let path = file.map(Path::to_owned).or_else(handed);
    let path = path.ok_or_else(|| {
        format!("no password for {of}: set {table}.password_file, or LoadCredential={credential} in the unit")
    })?;
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("the password of {of} cannot be read from {}: {error}", path.display()))?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        return Err(format!("the first line of {} is empty: it should be the password", path.display()));
    }
    Ok(Secret::new(password))
}
