//! The proof of one message, as a folder that stands for itself: whoever has it needs neither timbra
//! nor its store, only `sha256sum` and `openssl`.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use sha2::{Digest, Sha256};
use tracing::warn;

use crate::config::Config;
use crate::domain::alarm::{Alarm, AlarmKind, Level};
use crate::domain::delivery::State;
use crate::hex;
use crate::mail::named_parts;
use crate::mail::package::{self, PackageFile};
use crate::render::{Guide, by_hand_text, evidence_text};
use crate::store::{OutboxRow, Store, StoreError};

/// Where a message that must be delivered by hand is laid out, inside of the store's folder.
pub(super) const BY_HAND: &str = "consegna-a-mano";

/// The files of a bundle; none when there is no such message.
pub fn files(store: &Store, config: &Config, id: i64) -> Result<Option<Vec<PackageFile>>, StoreError> {
    let Some(row) = store.outbox_row(id)? else { return Ok(None) };
    let Some(sealed) = store.outbox_message(id)? else { return Ok(None) };
    let mut files = Vec::new();
    let mut add = |path: String, bytes: Vec<u8>| files.push(PackageFile { path, bytes });
    for part in named_parts(&sealed) {
        add(format!("attachments/{}", harmless(&part.name)), part.bytes);
    }
    for attempt in store.attempts(id)? {
        let head = format!(
            "attempt {} of message {id}\nbegan {}\nended {}\n\n",
            attempt.number,
            attempt.began_at.to_rfc3339(),
            attempt.ended_at.to_rfc3339()
        );
        add(format!("dialogue/attempt-{}.txt", attempt.number), (head + &attempt.dialogue).into_bytes());
    }
    for (number, receipt) in (1..).zip(store.receipts_of(id)?) {
        let believed = if receipt.received.trusted { "" } else { "-not-believed" };
        let stem = format!("receipts/{number:02}-{}{believed}", harmless(&receipt.received.kind));
        let data = named_parts(&receipt.message).into_iter().find(|part| is_data(&part.name));
        if let Some(xml) = data {
            add(format!("{stem}-daticert.xml"), xml.bytes);
        }
        if let Some(certificate) = receipt.certificate {
            add(format!("{stem}-signer.der"), certificate);
        }
        add(format!("{stem}.eml"), receipt.message);
    }
    for (number, given) in (1..).zip(store.evidence_of(id)?) {
        add(format!("protocol/{number:02}-{}", harmless(&given.name)), given.content);
    }
    add("events.json".to_owned(), events(store, &row, &sealed)?);
    add("LEGGIMI.txt".to_owned(), evidence_text(id).into_bytes());
    if !is_settled(&row) {
        add("ISTRUZIONI.txt".to_owned(), by_hand_text(&guide(&row, config)).into_bytes());
    }
    add("sent.eml".to_owned(), sealed);
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(Some(files))
}

fn is_settled(row: &OutboxRow) -> bool {
    row.state.is_final() || row.state == State::Delivered
}

fn guide<'a>(row: &'a OutboxRow, config: &'a Config) -> Guide<'a> {
    let agreement = config.agreements.iter().find(|agreement| agreement.id.as_str() == row.agreement);
    Guide {
        message: row.id,
        recipient: &row.recipient,
        deadline: row.deadline,
        host: &config.host,
        agreement,
    }
}

/// Every transition, with what is needed to check the chain by hand.
fn events(store: &Store, row: &OutboxRow, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let events: Vec<_> = store
        .outbox_events(row.id)?
        .into_iter()
        .map(|event| {
            let (machine, uptime) = event.uptime.unzip();
            json!({
                "id": event.id, "at": event.at.to_rfc3339(), "machine": machine, "uptime_ms": uptime,
                "state": event.state.code(), "detail": event.detail,
                "evidence_sha256": event.evidence.as_deref().map(hex::lower),
                "previous": hex::lower(&event.previous), "chain": hex::lower(&event.chain),
            })
        })
        .collect();
    let chain = "chain = SHA-256 over previous, message id, at, machine, uptime_ms, state, detail, evidence: each \
                 preceded by its length in 8 bytes; numbers are 8 bytes, at is in seconds since 1970; all big-endian. \
                 previous is the chain of the event before, of whatever message. Without uptime_ms: previous, message \
                 id, at, state, detail.";
    let protocol = store.protocols()?.remove(&row.id).map(|protocol| {
        let date = protocol.date.map(|date| date.to_string());
        json!({ "number": protocol.number(), "date": date, "register": protocol.register })
    });
    let object = json!({
        "message": {
            "id": row.id, "agreement": row.agreement, "month": row.period, "revision": row.revision,
            "channel": row.channel.code(), "recipient": row.recipient, "message_id": row.message_id,
            "state": row.state.code(), "deadline": row.deadline.to_rfc3339(), "protocol": protocol,
            "sha256": hex::lower(&Sha256::digest(sealed)),
        },
        "events": events,
        "chain": chain,
    });
    Ok(format!("{object:#}\n").into_bytes())
}

/// A name that cannot leave its folder.
fn harmless(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.chars().take(100).map(safe).collect();
    if name.trim_matches('.').is_empty() { "file".to_owned() } else { name }
}

fn is_data(name: &str) -> bool {
    ["daticert.xml", "certdata.xml"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// For a red alarm about a message that does not arrive, lays out what is needed to deliver it by
/// hand, once. A failure is told and does no harm: the command makes the same folder at any time.
pub(super) fn prepare(store: &Store, config: &Config, alarm: &Alarm) {
    let (AlarmKind::Delivery, Level::Red, Some(id)) = (alarm.kind, alarm.level, alarm.message) else {
        return;
    };
    let folder: PathBuf = config.store_folder.join(BY_HAND);
    let place = folder.join(id.to_string());
    if place.exists() {
        return;
    }
    let laid_out = files(store, config, id).map_err(|error| error.to_string()).and_then(|files| {
        let made =
            fs::create_dir_all(&folder).and_then(|()| package::write(&place, &files.unwrap_or_default()));
        made.map_err(|error| error.to_string())
    });
    match laid_out {
        Ok(()) => {
            warn!(message = id, folder = %place.display(), "what is needed to deliver it by hand was laid out");
        }
        Err(error) => warn!(message = id, error, "what is needed to deliver it by hand cannot be laid out"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_folder() {
        for (name, expected) in [
            ("prospetto.pdf", "prospetto.pdf"),
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("..", "file"),
            ("", "file"),
            ("a\nb", "a_b"),
        ] {
            assert_eq!(harmless(name), expected);
        }
    }
}
