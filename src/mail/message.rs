//! A letter becomes bytes, once. The same letter and envelope give the same bytes: date, Message-ID
//! and boundaries are inputs or follow from them.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Body, MessageBuilder, MultiPart, MultiPartKind, SinglePart};
use sha2::{Digest, Sha256};

use super::{Address, MessageId};
use crate::hex;
use crate::render::Letter;

/// Who writes to whom, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The mailbox that sends.
    pub from: Address,
    /// The one recipient: PEC gives one proof per recipient.
    pub to: Address,
    /// Where answers of people should go, if elsewhere.
    pub reply_to: Option<Address>,
    /// The `Date` header, in whole seconds.
    pub date: DateTime<Utc>,
    /// The `Message-ID` header.
    pub message_id: MessageId,
    /// True for certified mail: the receipt of delivery is asked to bring the whole message back,
    /// which is the strongest proof (RFC 6109, 2.1.1.1.1).
    pub certified: bool,
}

/// Bytes that never change again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The message of RFC 5322: ASCII, CRLF.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
}

/// Why a letter cannot be sealed. All of these are defects of a template or of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The subject.
    #[error("the subject must be 1 to 120 printable ASCII characters: \"{0}\"")]
    Subject(String),
    /// The name of an attachment.
    #[error("an attachment's name must be 1 to 100 characters of a-z, A-Z, 0-9, '.', '-' and '_': \"{0}\"")]
    AttachmentName(String),
    /// The media type of an attachment.
    #[error("the attachment {name} has no valid media type: \"{media_type}\"")]
    MediaType {
        /// Its name.
        name: String,
        /// What it has.
        media_type: String,
    },
    /// More bytes than the mailbox may send.
    #[error("the message has {size} bytes, more than the {largest} that may be sent")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        largest: usize,
    },
    /// The library refused.
    #[error("the message cannot be built: {0}")]
    Build(String),
}

/// Composes the message: a mixed part with the alternatives (text, then HTML) and the attachments.
/// `largest` is the limit in bytes, [`MailSettings::LARGEST_MESSAGE`](super::MailSettings::LARGEST_MESSAGE)
/// unless the configuration says less.
pub fn compose(letter: &Letter, envelope: &Envelope, largest: usize) -> Result<Sealed, ComposeError> {
    check_subject(&letter.subject)?;
    let alternatives = multipart(MultiPartKind::Alternative, &envelope.message_id)
        .singlepart(text(ContentType::TEXT_PLAIN, &letter.text)?)
        .singlepart(text(ContentType::TEXT_HTML, &letter.html)?);
    let mut content = multipart(MultiPartKind::Mixed, &envelope.message_id).multipart(alternatives);
    for attachment in &letter.attachments {
        content = content.singlepart(file(attachment)?);
    }
    seal(head(envelope, &letter.subject).multipart(content), largest)
}

/// Composes a plain message: one text, nothing else.
pub fn compose_text(subject: &str, body: &str, envelope: &Envelope) -> Result<Sealed, ComposeError> {
    check_subject(subject)?;
    let content = text(ContentType::TEXT_PLAIN, body)?;
    seal(head(envelope, subject).singlepart(content), super::MailSettings::LARGEST_MESSAGE)
}

fn check_subject(subject: &str) -> Result<(), ComposeError> {
    let printable = |b: u8| (b' '..=b'~').contains(&b);
    if (1..=120).contains(&subject.len()) && subject.bytes().all(printable) {
        return Ok(());
    }
    Err(ComposeError::Subject(subject.to_owned()))
}

/// Who writes to whom, when, about what: RFC 6109, 3.1.1 allows one sender and nobody hidden.
fn head(envelope: &Envelope, subject: &str) -> MessageBuilder {
    let mut builder = Message::builder()
        .date(SystemTime::from(envelope.date))
        .message_id(Some(envelope.message_id.to_string()))
        .from(envelope.from.mailbox())
        .to(envelope.to.mailbox());
    if let Some(address) = &envelope.reply_to {
        builder = builder.reply_to(address.mailbox());
    }
    // RFC 3834: keeps holiday answers away
    builder = builder.subject(subject).raw_header(header("Auto-Submitted", "auto-generated"));
    if envelope.certified {
        builder = builder.raw_header(header("X-TipoRicevuta", "completa"));
    }
    builder
}

fn seal(message: Result<Message, lettre::error::Error>, largest: usize) -> Result<Sealed, ComposeError> {
    let bytes = message.map_err(|error| ComposeError::Build(error.to_string()))?.formatted();
    if bytes.len() > largest {
        return Err(ComposeError::TooLarge { size: bytes.len(), largest });
    }
    if let Some(reason) = super::unfit(&bytes) {
        return Err(ComposeError::Build(reason.to_owned()));
    }
    let sha256 = Sha256::digest(&bytes).into();
    Ok(Sealed { bytes, sha256 })
}

/// A multipart whose boundary follows from the Message-ID. No encoded line can hold it: quoted
/// printable has no `=_`, base64 has no `_`.
fn multipart(kind: MultiPartKind, id: &MessageId) -> MultiPart {
    let name = if matches!(kind, MultiPartKind::Mixed) { "mixed" } else { "alternative" };
    let digest = hex::lower(&Sha256::digest(id.bare()));
    let short: String = digest.chars().take(32).collect();
    MultiPart::builder().kind(kind).boundary(format!("=_{name}_{short}")).build()
}

/// A text in UTF-8, whatever the characters and the length of its lines.
fn text(content_type: ContentType, text: &str) -> Result<SinglePart, ComposeError> {
    let body = Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::QuotedPrintable)
        .map_err(|_| ComposeError::Build("a text has no quoted-printable form".to_owned()))?;
    Ok(SinglePart::builder().header(content_type).body(body))
}

fn file(attachment: &crate::render::Attachment) -> Result<SinglePart, ComposeError> {
    let name = &attachment.name;
    let safe = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
    if !(1..=100).contains(&name.len()) || !name.bytes().all(safe) || name.starts_with('.') {
        return Err(ComposeError::AttachmentName(name.clone()));
    }
    let content_type = ContentType::parse(attachment.media_type).map_err(|_| ComposeError::MediaType {
        name: name.clone(),
        media_type: attachment.media_type.to_owned(),
    })?;
    let body = Body::new_with_encoding(attachment.bytes.clone(), ContentTransferEncoding::Base64)
        .map_err(|_| ComposeError::Build(format!("{name} has no base64 form")))?;
    let disposition = ContentDisposition::attachment(name);
    Ok(SinglePart::builder().header(disposition).header(content_type).body(body))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests;
