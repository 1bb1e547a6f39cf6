//! Rows in quarantine get another try: when the rules that refused them have changed, and when
//! what was only early has come.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use tracing::info;

use crate::config::{Config, FolderReader};
use crate::decode::decoder::Decoder;
use crate::decode::{Outcome, Row};
use crate::domain::civil;
use crate::domain::holders::Holders;
use crate::store::{HeldFate, HeldRow, NewPunch, NewReject, Piece, Store, StoreError};

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
        let rules = IntakeRules::new(config, &reader.reader, holders, now);
        let number = store.reader_number(reader.id())?;
        let before = released;
        loop {
            let held = store.held_rows(number, &rules.fingerprint, rules.latest())?;
            if held.is_empty() {
                break;
            }
            let settle = |row: HeldRow| {
                let fate = try_again(reader, &rules, &row);
                (row, fate)
            };
            let mut rows: Vec<_> = held.into_iter().map(settle).collect();
            released += rows.iter().filter(|(_, fate)| matches!(fate, HeldFate::Punch(_))).count() as u64;
            store.settle_held(number, &rules.fingerprint, &mut rows)?;
        }
        if released > before {
            info!(reader = %reader.id(), rows = released - before, "rows left quarantine and are punches now");
        }
    }
    Ok(released)
}

/// When the next row comes of age that waits only for its time.
pub fn next_early(
    store: &Store,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let tolerance = Duration::minutes(i64::from(config.intake.future_tolerance_minutes));
    let believed = civil::local_time(&(now + tolerance), config.host.zone).and_utc().timestamp();
    let local = store.next_early(believed)?.and_then(|local| DateTime::from_timestamp(local, 0));
    let at = |local: DateTime<Utc>| civil::device_instant(local.naive_utc(), None, config.host.zone).to_utc();
    Ok(local.map(|local| at(local) - tolerance))
}

/// Decodes one held row by the present rules.
fn try_again(reader: &FolderReader, rules: &IntakeRules<'_>, held: &HeldRow) -> HeldFate {
    let mut piece = Piece::new();
    let mut reject = None;
    let mut sink = |row: Row<'_>| match row.outcome {
        Outcome::Skipped => (),
        Outcome::Reject(reason) => reject = Some((reason.to_owned(), None, false)),
        Outcome::Punch(reading) => match rules.judge(&reading, reader.id(), None) {
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
        return HeldFate::Punch(piece);
    }
    let (reason, local, early) =
        reject.unwrap_or_else(|| ("it is no punch by the present rules".to_owned(), None, false));
    HeldFate::Reject(NewReject { line: held.line, raw: Vec::new(), seen: held.seen, reason, local, early })
}
