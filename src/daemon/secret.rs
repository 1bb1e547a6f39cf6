//! The password of the mail server: from the file that the configuration names, or from the
//! credential that systemd hands over. Never from the configuration itself.

use std::path::PathBuf;

use crate::config::MailPart;
use crate::mail::{MailSettings, Secret};

/// Which server a password is for: the key that names its file, and its credential.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose {
    key: &'static str,
    credential: &'static str,
}

/// The server that takes the statements.
pub(super) const MAIL: Purpose = Purpose { key: "mail.smtp.password_file", credential: "smtp-password" };

/// The server that takes the alarms.
pub(super) const ALERT: Purpose =
    Purpose { key: "alert.smtp.password_file", credential: "alert-smtp-password" };

/// The mail settings with the password, where one is needed.
pub(super) fn with_password(mail: &MailPart, purpose: Purpose) -> Result<MailSettings, String> {
    if !mail.needs_password() {
        return Ok(mail.settings().clone());
    }
    let Purpose { key, credential } = purpose;
    let given =
        || std::env::var_os("CREDENTIALS_DIRECTORY").map(|folder| PathBuf::from(folder).join(credential));
    let Some(path) = mail.password_file.clone().or_else(given) else {
        return Err(format!(
            "no password for the mail server: set {key}, or LoadCredential={credential} in the unit"
        ));
    };
    let text = std::fs::read_to_string(&path).map_err(|error| {
        format!("the password of the mail server cannot be read from {}: {error}", path.display())
    })?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        return Err(format!("the first line of {} is empty: it should be the password", path.display()));
    }
    Ok(mail.with_password(Secret::new(password)))
}
