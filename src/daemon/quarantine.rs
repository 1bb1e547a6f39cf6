//! Rows in quarantine get another try: when the rules that refused them have changed, and when
//! what was only early has come.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use tracing::info;

use crate::config::{Config, Reader, SerialReader};
use crate::decode::card::Rendering;
use crate::decode::decoder::Decoder;
use crate::decode::format::Format;
use crate::decode::osdp::card;
use crate::decode::wire::decoder::WireDecoder;
use crate::decode::wire::{Frame, Moment, WireOutcome, WireRead};
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
    let zone = config.host.zone;
    let mut released = 0;
    let mut retry_one = |reader: &Reader, decode: &dyn Fn(&HeldRow, Sink<'_>)| {
        let rules = IntakeRules::new(config, reader, holders, now);
        released += retry_reader(store, reader, &rules, decode)?;
        Ok::<_, StoreError>(())
    };
    for folder in &config.folders {
        retry_one(&folder.reader, &|row, sink| decode_row(&folder.format, row, sink))?;
    }
    for serial in &config.serials {
        retry_one(&serial.reader, &|row, sink| decode_frame(serial, zone, row, sink))?;
    }
    for polled in config.buses.iter().flat_map(|bus| &bus.readers) {
        retry_one(&polled.reader, &|row, sink| decode_reply(polled.badge, zone, row, sink))?;
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

/// A frame of a port.
fn decode_frame(reader: &SerialReader, zone: Tz, held: &HeldRow, sink: Sink<'_>) {
    let mut sink = |frame: Frame<'_>| match frame.outcome {
        WireOutcome::Skipped => (),
        WireOutcome::Reject(reason) => sink(Err(reason)),
        WireOutcome::Read(read) => sink(timed(&read, held, zone)),
    };
    let mut decoder = WireDecoder::new(&reader.wire);
    decoder.push(&held.raw, Moment::default(), &mut sink);
    decoder.finish(&mut sink);
}

/// A reply on a bus, as the panel tells it: its code and its data, decrypted.
fn decode_reply(rendering: Rendering, zone: Tz, held: &HeldRow, sink: Sink<'_>) {
    let Some((code, data)) = held.raw.split_first() else { return };
    let card = match card(*code, data) {
        Some(Ok(card)) => card,
        Some(Err(unreadable)) => return sink(Err(&unreadable.to_string())),
        None => return,
    };
    match card.badge(rendering) {
        Ok(badge) => {
            let read = WireRead { badge: &badge, card: &card, local: None, direction: "", reason: None };
            sink(timed(&read, held, zone));
        }
        Err(none) => sink(Err(&none.to_string())),
    }
}

/// A read with its time: the host's when its first byte came, where it carries none.
fn timed<'r>(read: &WireRead<'r>, held: &HeldRow, zone: Tz) -> Result<Reading<'r>, &'static str> {
    if let Some(local) = read.local {
        return Ok(read.reading(local, None));
    }
    let seen = held.seen.ok_or("nobody knows when it came")?;
    let (local, offset) = civil::stamp(&seen, zone);
    Ok(read.reading(local, Some(offset)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::domain::ids::ReaderId;
    use crate::store::{LiveContent, LiveEntry, LiveFrame};

    #[test]
    fn cards_of_a_bus_are_tried_again_under_another_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let text = include_str!("../../fixtures/demo/timbra.toml");
        let bus = "\n[[osdp]]\nport = \"/dev/null\"\n[[osdp.reader]]\nid = \"salone\"\naddress = 0\n\
                   direction = \"in\"\nbadge = \"facility_card\"\n";
        std::fs::write(folder.path().join("timbra.toml"), text.to_owned() + bus).unwrap();
        let config = config::load(folder.path()).config.unwrap();
        let mut store = Store::open(&folder.path().join("store")).unwrap();
        let received_at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        // as the panel hands them over, decrypted: 123,4567; a damaged one; what the reader says of itself
        let replies: [&[u8]; 3] = [
            &[0x50, 0, 1, 26, 0, 0xBD, 0x88, 0xEB, 0x80],
            &[0x50, 0, 1, 26, 0, 0xBD, 0x88, 0xEB, 0x00],
            &[0x45, 0, 1],
        ];
        let entries = replies.map(|raw| {
            LiveEntry::Frame(LiveFrame {
                reader: ReaderId::new("salone").unwrap(),
                port: "/dev/null".to_owned(),
                received_at,
                decoder: [7; 32],
                raw: raw.to_owned(),
                content: LiveContent::Reject { reason: "other rules".to_owned(), local: None, early: false },
            })
        });
        store.append_live(&entries).unwrap();
        let holders = Holders::new(&config.agreements);
        let now = received_at + Duration::hours(1);
        assert_eq!(retry(&mut store, &config, &holders, now).unwrap(), 1);
        assert_eq!(store.held_counts().unwrap(), [("salone".to_owned(), 2)]);
        let day = civil::local_time(&received_at, config.host.zone);
        let punches = store.punches_of(&["123,04567"].into(), day.date(), day.date()).unwrap();
        assert_eq!(punches.iter().map(|punch| punch.local).collect::<Vec<_>>(), [day]);
        assert_eq!(retry(&mut store, &config, &holders, now).unwrap(), 0, "nothing changed since");
    }
}
