//! The password of the mail server: from the file that the configuration names, or from the
//! credential that systemd hands over. Never from the configuration itself.

use std::path::PathBuf;

use crate::config::MailPart;
use crate::mail::{MailSettings, Secret};

/// The name of the credential.
const CREDENTIAL: &str = "smtp-password";

/// The mail settings with the password, where one is needed.
pub(super) fn with_password(mail: &MailPart) -> Result<MailSettings, String> {
    if !mail.needs_password() {
        return Ok(mail.settings().clone());
    }
    let credential =
        || std::env::var_os("CREDENTIALS_DIRECTORY").map(|folder| PathBuf::from(folder).join(CREDENTIAL));
    let Some(path) = mail.password_file.clone().or_else(credential) else {
        return Err("no password for the mail server: set mail.smtp.password_file, or LoadCredential=smtp-password in \
                    the unit"
            .to_owned());
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
