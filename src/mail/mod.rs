//! FLOOR 2. Where letters go and what comes back: the only room that speaks SMTP and IMAP.
//!
//! A letter is composed once, into bytes that never change (`message`); a carrier makes one attempt
//! to hand those bytes over (`smtp` or `directory`) and says what surely happened, with a record of
//! the dialogue. When to try again is not decided here but in `domain::delivery`.
//!
//! What comes back is fetched from the office's mailbox (`imap`) and read (`receipt`); what follows from
//! it is decided by `domain::delivery` too.

pub mod address;
mod carrier;
mod certificate;
mod connect;
mod dialogue;
mod directory;
pub mod imap;
mod login;
pub mod message;
pub mod message_id;
pub mod package;
mod parts;
mod readdress;
pub mod receipt;
mod record;
mod reply;
mod session;
pub mod settings;
mod smtp;
mod tls;

pub use address::Address;
pub use carrier::{Attempt, Carrier};
pub use certificate::CertificateEnds;
pub use message::{Envelope, Sealed, compose, compose_text};
pub use message_id::MessageId;
pub use parts::{NamedPart, named_parts, subject};
pub use readdress::readdressed;
pub use settings::{Limits, MailSettings, Secret, SmtpSettings, Tls};

use std::path::PathBuf;

use crate::domain::delivery::Outcome;

/// Called when the server is ready for the text of the message and nothing of it has left yet. The
/// caller records that the message is being handed over; an error stops the attempt.
pub type BeforePayload<'a> = &'a mut (dyn FnMut() -> Result<(), String> + Send);

/// A sealed message on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outgoing<'a> {
    /// The sender: of the envelope and of the `From` header alike (RFC 6109, 3.1.1).
    pub from: &'a Address,
    /// The one recipient.
    pub to: &'a Address,
    /// Names the file of the directory transport.
    pub message_id: &'a MessageId,
    /// The sealed bytes: ASCII, lines ended by CRLF.
    pub bytes: &'a [u8],
}

/// A way out.
#[derive(Debug, Clone)]
pub enum Transport {
    /// One `.eml` file per message in this folder.
    Directory(PathBuf),
    /// Submission to a mail server.
    Smtp(Box<SmtpSettings>),
}

impl Transport {
    /// Makes one attempt over a connection of its own.
    pub async fn attempt(&self, message: &Outgoing<'_>, before_payload: BeforePayload<'_>) -> Outcome {
        let mut carrier = Carrier::new(self.clone());
        let attempt = carrier.attempt(message, before_payload).await;
        carrier.close().await;
        attempt.outcome
    }
}

/// Why bytes must not go on the wire: a lone CR or LF lets some servers see a second message where
/// we see one line.
fn unfit(bytes: &[u8]) -> Option<&'static str> {
    let mut previous = 0;
    let mut lone = false;
    for byte in bytes {
        lone |= (*byte == b'\n') != (previous == b'\r');
        previous = *byte;
    }
    if bytes.is_empty() {
        Some("the message is empty")
    } else if !bytes.is_ascii() {
        Some("the message holds bytes that are not ASCII")
    } else if lone || previous == b'\r' {
        Some("the message holds a CR or LF that is not part of a CRLF")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The daemon may give an attempt to a task of its own.
    #[test]
    fn an_attempt_can_move_between_threads() {
        fn sendable<T: Send>(value: T) {
            drop(value);
        }
        let transport = Transport::Directory(PathBuf::new());
        let address = Address::parse("a@ufficio.example").unwrap();
        let message_id = MessageId::parse("pres.2026-10.prova.prospetto.r1@timbra.example").unwrap();
        let message = Outgoing { from: &address, to: &address, message_id: &message_id, bytes: b"" };
        sendable(transport.attempt(&message, &mut || Ok(())));
    }

    #[test]
    fn only_clean_lines_go_out() {
        for good in ["a\r\n", "a", "\r\n\r\n.\r\n"] {
            assert_eq!(unfit(good.as_bytes()), None, "{good:?}");
        }
        for bad in ["", "a\n", "a\r", "a\rb", "\n", "a\r\r\n", "\r\n.\n", "à\r\n"] {
            assert!(unfit(bad.as_bytes()).is_some(), "{bad:?}");
        }
    }
}
