//! Rows in quarantine get another try: when the rules that refused them have changed, and when
//! what was only early has come.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use tracing::info;

use crate::config::{Config, Reader, SerialReader};
use crate::decode::decoder::Decoder;
use crate::decode::format::Format;
use crate::decode::wire::decoder::WireDecoder;
use crate::decode::wire::{Frame, Moment, WireOutcome};
use crate::decode::{Outcome, Reading, Row};
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
        let decode = |row: &HeldRow, sink: Sink<'_>| decode_row(&reader.format, row, sink);
        released += retry_reader(
            store,
            &reader.reader,
            &IntakeRules::new(config, &reader.reader, holders, now),
            &decode,
        )?;
    }
    for reader in &config.serials {
        let decode = |row: &HeldRow, sink: Sink<'_>| decode_frame(reader, config.host.zone, row, sink);
        released += retry_reader(
            store,
            &reader.reader,
            &IntakeRules::new(config, &reader.reader, holders, now),
            &decode,
        )?;
    }
    Ok(released)
}

/// Where the readings of a held row go, or why it gives none.
type Sink<'s> = &'s mut dyn FnMut(Result<Reading<'_>, &str>);

/// Tries the held rows of one reader. Returns how many became punches.
fn retry_reader(
    store: &mut Store,
    reader: &Reader,
    rules: &IntakeRules<'_>,
    decode: &dyn Fn(&HeldRow, Sink<'_>),
) -> Result<u64, StoreError> {
    let number = store.reader_number(&reader.id)?;
    let mut released = 0;
    loop {
        let held = store.held_rows(number, &rules.fingerprint, rules.latest())?;
        if held.is_empty() {
            break;
        }
        let settle = |row: HeldRow| {
            let fate = try_again(reader, rules, decode, &row);
            (row, fate)
        };
        let mut rows: Vec<_> = held.into_iter().map(settle).collect();
        released += rows.iter().filter(|(_, fate)| matches!(fate, HeldFate::Punch(_))).count() as u64;
        store.settle_held(number, &rules.fingerprint, &mut rows)?;
    }
    if released > 0 {
        info!(reader = %reader.id, rows = released, "rows left quarantine and are punches now");
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
fn try_again(
    reader: &Reader,
    rules: &IntakeRules<'_>,
    decode: &dyn Fn(&HeldRow, Sink<'_>),
    held: &HeldRow,
) -> HeldFate {
    let mut piece = Piece::new();
    let mut reject = None;
    decode(held, &mut |outcome| match outcome {
        Err(reason) => reject = Some((reason.to_owned(), None, false)),
        Ok(reading) => match rules.judge(&reading, &reader.id, None) {
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
    });
    if !piece.is_empty() && reject.is_none() {
        return HeldFate::Punch(piece);
    }
    let (reason, local, early) =
        reject.unwrap_or_else(|| ("it is no punch by the present rules".to_owned(), None, false));
    let raw = Vec::new();
    HeldFate::Reject(NewReject { line: held.line, raw, seen: held.seen, reason, local, early })
}

/// A row of a file.
fn decode_row(format: &Arc<Format>, held: &HeldRow, sink: Sink<'_>) {
    let mut sink = |row: Row<'_>| match row.outcome {
        Outcome::Skipped => (),
        Outcome::Reject(reason) => sink(Err(reason)),
        Outcome::Punch(reading) => sink(Ok(reading)),
    };
    let mut decoder = Decoder::new(Arc::clone(format));
    for part in [held.header.as_deref(), Some(&held.raw)].into_iter().flatten() {
        decoder.push(part, &mut sink);
        decoder.push(b"\n", &mut sink);
    }
    decoder.finish(&mut sink);
}

/// A frame of a port: its time is the host's when its first byte came, where it carries none.
fn decode_frame(reader: &SerialReader, zone: Tz, held: &HeldRow, sink: Sink<'_>) {
    let mut sink = |frame: Frame<'_>| match frame.outcome {
        WireOutcome::Skipped => (),
        WireOutcome::Reject(reason) => sink(Err(reason)),
        WireOutcome::Read(read) => {
            let stamp = held.seen.map(|seen| civil::stamp(&seen, zone));
            match (read.local, stamp) {
                (Some(local), _) => sink(Ok(read.reading(local, None))),
                (None, Some((local, offset))) => sink(Ok(read.reading(local, Some(offset)))),
                (None, None) => sink(Err("nobody knows when it came")),
            }
        }
    };
    let mut decoder = WireDecoder::new(&reader.wire);
    decoder.push(&held.raw, Moment::default(), &mut sink);
    decoder.finish(&mut sink);
}
