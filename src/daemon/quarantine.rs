//! Rows in quarantine get another try: when the rules that refused them have changed, and when
//! what was only early has come.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tracing::info;

use crate::config::{Config, FolderReader};
use crate::decode::decoder::Decoder;
use crate::decode::{Outcome, Row};
use crate::domain::holders::Holders;
use crate::store::{HeldRow, NewPunch, NewReject, Piece, Store, StoreError};

use super::intake_rules::{IntakeRules, Verdict};

/// Tries the held rows of every reader. Returns how many became punches.
pub fn retry(
    store: &mut Store,
    config: &Config,
    holders: &Holders,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let mut released = 0;
    for reader in &config.folders {
        let rules = IntakeRules::new(config, reader, holders, now);
        let number = store.reader_number(&reader.folder.reader)?;
        let held = store.held_rows(number, &rules.fingerprint, rules.latest())?;
        let before = released;
        for row in held {
            released += u64::from(try_again(store, reader, &rules, number, &row)?);
        }
        if released > before {
            info!(reader = %reader.folder.reader, rows = released - before, "rows left quarantine and are punches now");
        }
    }
    Ok(released)
}

/// Decodes one held row by the present rules. True when it is a punch now.
fn try_again(
    store: &mut Store,
    reader: &FolderReader,
    rules: &IntakeRules<'_>,
    number: i64,
    held: &HeldRow,
) -> Result<bool, StoreError> {
    let mut piece = Piece::new();
    let mut reject = None;
    let mut sink = |row: Row<'_>| match row.outcome {
        Outcome::Skipped => (),
        Outcome::Reject(reason) => reject = Some((reason.to_owned(), None, false)),
        Outcome::Punch(reading) => match rules.judge(&reading, &reader.folder.reader, None) {
            Verdict::Doubted { reason, early } => reject = Some((reason, Some(reading.local), early)),
            Verdict::Expired => reject = Some(("past its retention".to_owned(), Some(reading.local), false)),
            Verdict::Believed => piece.push(&NewPunch {
                local: reading.local,
                badge: reading.badge,
                direction: reading.direction,
                offset_minutes: reading.offset_minutes,
                reason: reading.reason,
                line: held.line,
                raw: &held.raw,
            }),
        },
    };
    let mut decoder = Decoder::new(Arc::clone(&reader.format));
    for part in [held.header.as_deref(), Some(&held.raw)].into_iter().flatten() {
        decoder.push(part, &mut sink);
        decoder.push(b"\n", &mut sink);
    }
    decoder.finish(&mut sink);
    if !piece.is_empty() && reject.is_none() {
        store.release(number, held, &mut piece)?;
        return Ok(true);
    }
    let (reason, local, early) =
        reject.unwrap_or_else(|| ("it is no punch by the present rules".to_owned(), None, false));
    let reject = NewReject { line: held.line, raw: Vec::new(), reason, local, early };
    store.keep_held(held, &rules.fingerprint, &reject)?;
    Ok(false)
}
