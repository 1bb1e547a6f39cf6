//! A letter becomes a sealed message: its Message-ID, its envelope, its bytes. They never change after
//! that.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::clauses::ChannelKind;
use crate::domain::ids::AgreementId;
use crate::domain::month::Month;
use crate::domain::release::Release;
use crate::mail::{Address, Envelope, MessageId, compose};
use crate::render::Letter;
use crate::store::NewMessage;

/// What a message needs beside its letter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sealing<'a> {
    /// What it is, as the outbox calls it.
    pub(super) kind: &'static str,
    /// The agreement and the month that it is about.
    pub(super) about: (&'a AgreementId, Month),
    /// The document's part of the Message-ID.
    pub(super) document: &'a str,
    /// Its number among those of its kind, agreement and month: 1, 2, ...
    pub(super) revision: u32,
    /// How it travels.
    pub(super) channel: ChannelKind,
    /// The one recipient.
    pub(super) recipient: &'a str,
    /// When it must have arrived.
    pub(super) deadline: DateTime<Utc>,
}

/// Seals a letter that leaves by itself.
pub(super) fn seal_letter(
    config: &Config,
    letter: &Letter,
    sealing: &Sealing<'_>,
    now: DateTime<Utc>,
) -> Result<NewMessage, String> {
    let Sealing { kind, about: (agreement, month), document, revision, channel, recipient, deadline } =
        *sealing;
    let mail = config.mail.settings();
    let message_id = MessageId::new(month, agreement, document, revision, &mail.message_id_domain)
        .map_err(|error| error.to_string())?;
    let envelope = Envelope {
        from: mail.from.clone(),
        to: Address::parse(recipient).map_err(|error| error.to_string())?,
        reply_to: mail.reply_to.clone(),
        date: now,
        message_id,
        certified: channel.is_certified(),
    };
    let sealed = compose(letter, &envelope, mail.largest_message).map_err(|error| error.to_string())?;
    Ok(NewMessage {
        kind,
        channel,
        recipient: recipient.to_owned(),
        sender: mail.from.as_str().to_owned(),
        message_id: envelope.message_id.to_string(),
        sha256: sealed.sha256,
        bytes: sealed.bytes,
        deadline,
        release: Release::Auto,
        release_at: None,
    })
}
