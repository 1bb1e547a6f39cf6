//! What lies inside a message: its own leaves, and the messages that it carries. The latter prove
//! nothing, but a person must hear of them.

use super::daticert;
use super::mime::{Entity, bare_id, plain};
use super::protocol::{self, Exception};
use super::report::{self, Report};

/// Deeper than that nothing is looked at.
const DEEPEST: u32 = 8;

/// More parts than that are not looked at, over all depths.
const MOST: u32 = 200;

/// More than that is not told.
const MOST_CLAIMS: usize = 10;

/// The longest text that is read for what it says, in characters.
const LONGEST_TEXT: usize = 20_000;

/// A message inside another that claims to be a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What it claims to be.
    pub kind: String,
    /// The Message-ID it claims to be about, without brackets.
    pub message_id: Option<String>,
}

/// What was found inside.
#[derive(Debug, Default)]
pub(super) struct Inside {
    pub(super) claims: Vec<Claim>,
    pub(super) exception: Option<Exception>,
    pub(super) report: Option<Report>,
}

/// The message without its signature.
fn signed<'a>(message: &Entity<'a>) -> Option<Entity<'a>> {
    if !message.is("multipart", Some("signed")) {
        return None;
    }
    message.parts().first().map(|part| Entity::part(part))
}

/// Every leaf of the message itself; those of messages inside of it are left alone, as is what a
/// signature does not cover.
pub(super) fn leaves(message: &Entity<'_>, visit: &mut impl FnMut(&Entity<'_>)) {
    let mut budget = MOST;
    match signed(message) {
        Some(inner) => walk(&inner, DEEPEST, &mut budget, visit),
        None => walk(message, DEEPEST, &mut budget, visit),
    }
}

fn walk(entity: &Entity<'_>, depth: u32, budget: &mut u32, visit: &mut impl FnMut(&Entity<'_>)) {
    if depth == 0 || *budget == 0 {
        return;
    }
    *budget -= 1;
    if entity.is("multipart", None) {
        for part in entity.parts() {
            walk(&Entity::part(part), depth - 1, budget, visit);
        }
    } else if !entity.is("message", None) {
        visit(entity);
    }
}

/// True for a leaf that is the provider's certificate.
pub(super) fn is_certificate(leaf: &Entity<'_>) -> bool {
    match leaf.file_name() {
        Some(name) => name == "daticert.xml" || name == "certdata.xml",
        None => leaf.is("application", Some("xml")) || leaf.is("text", Some("xml")),
    }
}

/// The plain texts of a message, each cut to a reasonable length.
pub(super) fn texts(message: &Entity<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    leaves(message, &mut |leaf| {
        if leaf.is("text", Some("plain")) && leaf.file_name().is_none() {
            texts.extend(leaf.text().map(|text| plain(&text, LONGEST_TEXT)));
        }
    });
    texts
}

/// The bounce that a message is.
pub(super) fn report(message: &Entity<'_>) -> Option<Report> {
    report::find(message)
}

/// Looks into a message that is no receipt.
pub(super) fn look(message: &Entity<'_>) -> Inside {
    let mut inside = Inside::default();
    let mut budget = MOST;
    search(message, message, DEEPEST, &mut budget, &mut inside);
    inside
}

/// `around` is the message that the entity is a part of.
fn search(entity: &Entity<'_>, around: &Entity<'_>, depth: u32, budget: &mut u32, inside: &mut Inside) {
    if depth == 0 || *budget == 0 {
        return;
    }
    *budget -= 1;
    if entity.is("multipart", None) {
        for part in entity.parts() {
            search(&Entity::part(part), around, depth - 1, budget, inside);
        }
    } else if entity.is("message", Some("rfc822")) || entity.has_extension("eml") {
        // some programs encode what should not be encoded
        match entity.content() {
            Some(content) if content.as_ref() != entity.body() => {
                carried(&Entity::message(&content), depth - 1, budget, inside);
            }
            _ => carried(&Entity::message(entity.body()), depth - 1, budget, inside),
        }
    } else if inside.exception.is_none() {
        inside.exception = protocol::read(entity, around);
    }
}

/// A message inside another.
fn carried(message: &Entity<'_>, depth: u32, budget: &mut u32, inside: &mut Inside) {
    if let Some(kind) = message.field("X-Ricevuta") {
        let mut certified = None;
        leaves(message, &mut |leaf| {
            if certified.is_none() && is_certificate(leaf) {
                certified = leaf.content().and_then(|content| daticert::read(&content).ok());
            }
        });
        let header = || message.field("X-Riferimento-Message-ID").and_then(|id| bare_id(&id));
        let message_id = certified.and_then(|certified| certified.message_id).or_else(header);
        if inside.claims.len() < MOST_CLAIMS {
            inside.claims.push(Claim { kind: plain(&kind, 50).to_ascii_lowercase(), message_id });
        }
    }
    if inside.report.is_none() {
        inside.report = report::find(message);
    }
    search(message, message, depth, budget, inside);
}
