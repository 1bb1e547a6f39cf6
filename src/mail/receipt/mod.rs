//! What comes back: PEC receipts (RFC 6109), bounces of ordinary mail (RFC 3464), and incoming mail
//! that is neither.
//!
//! [`read`] turns the bytes of one message into what it says, without deciding anything: it never
//! fails, what is wrong becomes a [`Flaw`]. [`Receipt::judge`] then says whether it is believed.
//! Only what stands at the top level of a message counts: anybody can send a message that holds a
//! receipt, nobody but the provider can put one into the box.

mod ber;
mod cause;
mod certificate;
mod daticert;
mod inside;
mod key;
mod mime;
mod notice;
mod protocol;
mod report;
mod signature;
mod trust;

use chrono::{DateTime, FixedOffset};

use crate::domain::delivery::Effect;

pub use cause::Cause;
pub use certificate::Anchors;
pub use inside::Claim;
pub use notice::Notice;
pub use protocol::Exception;
pub use signature::{Signature, Verdict};
pub use trust::{Flaw, Judgement, Place};

use daticert::Certified;
use inside::Inside;
use mime::{Entity, bare_id, plain};
use report::{Action, Report};

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A PEC receipt: the value of its `X-Ricevuta`, in lower case.
    Receipt(String),
    /// A bounce of ordinary mail.
    Dsn,
    /// An incoming PEC, or ordinary mail that a PEC provider wrapped: the value of its
    /// `X-Trasporto`. Never acted on.
    Envelope(String),
    /// Anything else.
    None,
}

impl Kind {
    /// The word used in the store and in JSON.
    pub fn code(&self) -> &str {
        match self {
            Self::Receipt(value) => value,
            Self::Dsn => "dsn",
            Self::Envelope(_) => "envelope",
            Self::None => "none",
        }
    }
}

/// A recipient as the provider lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The address, as written.
    pub address: String,
    /// False for an address without PEC (`esterno`): no proof of delivery ever comes from there.
    pub certified: bool,
}

/// What one message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What it is.
    pub kind: Kind,
    /// Its own Message-ID, without brackets.
    pub own_id: Option<String>,
    /// The address in its `From`.
    pub from: Option<String>,
    /// Its subject, which proves nothing.
    pub subject: Option<String>,
    /// Its `Date`.
    pub date: Option<DateTime<FixedOffset>>,
    /// The Message-ID of the message it is about, without brackets.
    pub message_id: Option<String>,
    /// What the provider calls the message it is about (`identificativo`).
    pub identifier: Option<String>,
    /// Who sent the message it is about (`mittente`); of an envelope, the author.
    pub sender: Option<String>,
    /// The recipients it is about.
    pub recipients: Vec<Recipient>,
    /// `errore`, none for "nessuno"; of a bounce, the enhanced status code, none for one of success.
    pub error: Option<String>,
    /// The provider's or server's own words.
    pub detail: Option<String>,
    /// The legal time of what it reports; of a bounce, its `Date`.
    pub at: Option<DateTime<FixedOffset>>,
    /// Which of the two warnings it is.
    pub notice: Option<Notice>,
    /// What it means, if it is believed.
    pub effect: Option<Effect>,
    /// What is wrong with it, whoever sent it.
    pub flaws: Vec<Flaw>,
    /// Its signature.
    pub signature: Signature,
    /// Receipts that lie inside of it, and prove nothing.
    pub claims: Vec<Claim>,
    /// The refusal of a protocol desk that lies inside of it.
    pub exception: Option<Exception>,
}

impl Receipt {
    /// Why it was not delivered, for a failure.
    pub fn cause(&self) -> Option<Cause> {
        Cause::of(self.error.as_deref(), self.detail.as_deref())
    }
}

/// Reads one message. `anchors` are the authorities to believe, if the configuration names any.
pub fn read(raw: &[u8], anchors: Option<&Anchors>) -> Receipt {
    let message = Entity::message(raw);
    let kind = kind(&message);
    let mut receipt = Receipt {
        own_id: message.field("Message-ID").and_then(|id| bare_id(&id)),
        from: address_of(&message),
        subject: message.headers().and_then(|headers| headers.subject()).map(|subject| plain(subject, 200)),
        date: date_of(&message),
        message_id: None,
        identifier: None,
        sender: None,
        recipients: Vec::new(),
        error: None,
        detail: None,
        at: None,
        notice: None,
        effect: None,
        flaws: Vec::new(),
        signature: Signature {
            verdict: Verdict::Missing,
            why: String::new(),
            certificate: None,
            signer: None,
        },
        claims: Vec::new(),
        exception: None,
        kind,
    };
    match receipt.kind.clone() {
        Kind::Receipt(kind) => read_receipt(&mut receipt, &kind, &message),
        Kind::Dsn => read_report(&mut receipt, inside::report(&message)),
        Kind::Envelope(_) => {
            if let Some(Ok(certified)) = certificate_in(&message).into_iter().next() {
                receipt.sender.clone_from(&certified.sender);
                receipt.at = certified.at;
            }
            read_inside(&mut receipt, &message);
        }
        Kind::None => read_inside(&mut receipt, &message),
    }
    let instant = receipt.at.or(receipt.date).map(|at| at.timestamp());
    receipt.signature = signature::check(&message, anchors, instant);
    receipt
}

fn kind(message: &Entity<'_>) -> Kind {
    let word = |value: String| plain(&value, 50).to_ascii_lowercase();
    if let Some(transport) = message.field("X-Trasporto") {
        Kind::Envelope(word(transport))
    } else if let Some(kind) = message.field("X-Ricevuta") {
        Kind::Receipt(word(kind))
    } else if report::find(message).is_some() {
        Kind::Dsn
    } else {
        Kind::None
    }
}

fn read_receipt(receipt: &mut Receipt, kind: &str, message: &Entity<'_>) {
    let reference = message.field("X-Riferimento-Message-ID").and_then(|id| bare_id(&id));
    let mut kinds = message.fields("X-Ricevuta");
    kinds.dedup();
    if kinds.len() > 1 {
        receipt.flaws.push(Flaw::TwoKinds);
    }
    if !receipt.from.as_deref().is_some_and(signature::is_provider) {
        receipt.flaws.push(Flaw::NoProvider);
    }
    let mut found = certificate_in(message);
    let certified = match (found.pop(), found.is_empty()) {
        (Some(Ok(certified)), true) => certified,
        (Some(Err(reason)), true) => {
            receipt.flaws.push(Flaw::Unreadable(reason));
            Certified::default()
        }
        (None, _) => {
            receipt.flaws.push(Flaw::NoCertificate);
            Certified::default()
        }
        (Some(_), false) => {
            receipt.flaws.push(Flaw::TwoCertificates);
            Certified::default()
        }
    };
    if !certified.kind.is_empty() && trust::one_name(&certified.kind) != trust::one_name(kind) {
        receipt.flaws.push(Flaw::OtherKind(certified.kind.clone()));
    }
    if let (Some(header), Some(certified)) = (&reference, &certified.message_id)
        && header != certified
    {
        receipt.flaws.push(Flaw::OtherReference(header.clone()));
    }
    receipt.message_id = certified.message_id.or(reference);
    receipt.identifier = certified.identifier;
    receipt.sender = certified.sender;
    receipt.recipients = certified.recipients;
    receipt.at = certified.at;
    let virus =
        message.field("X-VerificaSicurezza").is_some_and(|value| value.eq_ignore_ascii_case("errore"));
    receipt.error = certified.error.or_else(|| virus.then(|| "virus".to_owned()));
    receipt.detail = certified.detail;
    if kind == "preavviso-errore-consegna" {
        let texts = inside::texts(message);
        let detail = receipt.detail.as_deref();
        receipt.notice = Some(Notice::of(detail.into_iter().chain(texts.iter().map(String::as_str))));
    }
    match trust::meaning(kind, receipt.notice) {
        Some(effect) => receipt.effect = effect,
        None => receipt.flaws.push(Flaw::UnknownKind),
    }
}

fn read_report(receipt: &mut Receipt, report: Option<Report>) {
    let Some(report) = report else { return };
    receipt.effect = match report.action {
        Action::Failed => Some(Effect::Undelivered),
        Action::Delayed => Some(Effect::Warning),
        Action::Other => None,
    };
    receipt.message_id = report.message_id;
    receipt.recipients = report.recipients;
    receipt.error = report.status.filter(|status| !status.starts_with('2'));
    receipt.detail = report.diagnostic;
    receipt.at = receipt.date;
    if receipt.message_id.is_none() {
        receipt.flaws.push(Flaw::NoReference);
    }
}

fn read_inside(receipt: &mut Receipt, message: &Entity<'_>) {
    let Inside { claims, exception, report } = inside::look(message);
    receipt.claims = claims;
    receipt.exception = exception;
    // wrapped by a PEC provider: told, not believed
    if let Some(report) = report {
        receipt.claims.push(Claim { kind: "dsn".to_owned(), message_id: report.message_id });
    }
}

/// Every `daticert.xml` that belongs to the message itself: inside the signed part, where there is
/// one, and never inside another message.
fn certificate_in(message: &Entity<'_>) -> Vec<Result<Certified, String>> {
    let mut found = Vec::new();
    inside::leaves(message, &mut |leaf| {
        if inside::is_certificate(leaf) && found.len() < 3 {
            let content = leaf.content().ok_or_else(|| "its encoding is damaged".to_owned());
            found.push(content.and_then(|content| daticert::read(&content)));
        }
    });
    found
}

fn address_of(message: &Entity<'_>) -> Option<String> {
    let from = message.headers()?.from()?;
    let address = from.first()?.address()?;
    Some(plain(address, 254)).filter(|address| !address.is_empty())
}

fn date_of(message: &Entity<'_>) -> Option<DateTime<FixedOffset>> {
    let date = message.headers()?.date()?.to_rfc3339();
    DateTime::parse_from_rfc3339(&date).ok()
}

#[cfg(test)]
mod tests;
