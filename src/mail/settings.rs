//! What the configuration says about mail, as plain values.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::{Address, Transport};

/// Everything about mail.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The way out.
    pub transport: Transport,
    /// The mailbox that sends: envelope and `From` alike.
    pub from: Address,
    /// Where answers of people should go, if elsewhere.
    pub reply_to: Option<Address>,
    /// The right side of every Message-ID. Fixed for ever: receipts are recognised by it.
    pub message_id_domain: String,
    /// The largest message in bytes, [`MailSettings::LARGEST_MESSAGE`] unless set.
    pub largest_message: usize,
}

impl MailSettings {
    /// 30 MB, the limit of PEC for one recipient (RFC 6109, 3.1.1).
    pub const LARGEST_MESSAGE: usize = 30_000_000;
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// TLS from the first byte, usually port 465.
    Implicit,
    /// TLS after `STARTTLS`, usually port 587. A server that does not offer it gets nothing.
    StartTls,
    /// No protection: a server on this machine, or one that the configuration accepts by name.
    /// A password goes to this machine only.
    None,
}

/// A mail server that takes our messages.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Its name, which its certificate must bear, or its address.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// The login name; without one no login is made. Often, but not always, the address.
    pub user: Option<String>,
    /// The password of that login.
    pub password: Option<Secret>,
    /// A PEM file with the only authorities to trust, instead of those of this machine.
    pub ca_file: Option<PathBuf>,
    /// How long to wait for what.
    pub limits: Limits,
}

/// How long to wait in each phase. The default is RFC 5321, 4.5.3.2, as minima ask: a shorter wait
/// after the final dot makes doubts out of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Name resolution and the TCP connection, over all addresses of the name.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// The greeting.
    pub banner: Duration,
    /// Each reply to `EHLO` and `STARTTLS`.
    pub hello: Duration,
    /// Each reply within `AUTH`.
    pub auth: Duration,
    /// The reply to `MAIL FROM`.
    pub sender: Duration,
    /// The reply to `RCPT TO`.
    pub recipient: Duration,
    /// The reply to `DATA`.
    pub data: Duration,
    /// Each block of the text.
    pub block: Duration,
    /// The reply to the final dot.
    pub final_dot: Duration,
    /// The reply to `QUIT`, which changes nothing.
    pub quit: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        Self {
            connect: minutes(1),
            tls: minutes(1),
            banner: minutes(5),
            hello: minutes(5),
            auth: minutes(5),
            sender: minutes(5),
            recipient: minutes(5),
            data: minutes(2),
            block: minutes(3),
            final_dot: minutes(10),
            quit: Duration::from_secs(5),
        }
    }
}

/// A password: it can be used, but not be shown by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a password as it stands; a line end at its end, as files have it, is not part of it.
    pub fn new(text: &str) -> Self {
        Self(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// The password.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// Two bytes of a salted hash: enough to see that a password was changed, too little to guess it
    /// from.
    pub fn mark(&self, salt: &str) -> u16 {
        let digest = Sha256::digest(format!("{salt}\0{}", self.0));
        u16::from_be_bytes([digest[0], digest[1]])
    }

    /// True when there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show() {
        let secret = Secret::new("segreta\r\n");
        assert_eq!(secret.reveal(), "segreta");
        assert_eq!(format!("{:?} {:?}", secret, Some(&secret)), "… Some(…)");
        assert_eq!(secret.mark("a"), Secret::new("segreta").mark("a"));
        assert_ne!(secret.mark("a"), secret.mark("b"));
        assert_ne!(secret.mark("a"), Secret::new("altra").mark("a"));
    }
}
