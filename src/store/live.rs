//! Frames of serial readers as they come: whatever waits is committed in one transaction, and what
//! of it came over one port is a batch.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use crate::domain::ids::ReaderId;

use super::chain;
use super::clock_steps::{self, ClockStep};
use super::piece::{NewPunch, Piece};
use super::ports::{self, PortNote};
use super::quarantine::{self, NewReject};
use super::{Store, StoreError, amendments, batches, commit, punches, readers};

/// A reader whose cable is loose, or whose protocol is another, does not fill the disk: so many of
/// its frames at most wait in quarantine.
const MOST_HELD: i64 = 5_000;

/// What serial readers and their ports have to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveEntry {
    /// A frame came.
    Frame(LiveFrame),
    /// Something is to be noted of a port.
    Port(PortNote),
    /// The host's clock stepped.
    ClockStep(ClockStep),
}

/// A frame on its way into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveFrame {
    /// The reader.
    pub reader: ReaderId,
    /// Its port.
    pub port: String,
    /// When its first byte came.
    pub received_at: DateTime<Utc>,
    /// Fingerprint of the rules that read it.
    pub decoder: [u8; 32],
    /// Its bytes.
    pub raw: Vec<u8>,
    /// What it is.
    pub content: LiveContent,
}

/// What a frame is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveContent {
    /// A punch.
    Punch {
        /// The civil time, as seconds since 1970-01-01T00:00:00: the device's own, or the host's at
        /// the first byte.
        local: i64,
        /// The offset from UTC in minutes, where the host stamped the time.
        offset_minutes: Option<i16>,
        /// Badge number.
        badge: String,
        /// The device's word for the direction; empty when it sends none.
        direction: String,
        /// The device's code of a reason.
        reason: Option<String>,
    },
    /// It cannot become a punch now.
    Reject {
        /// Why.
        reason: String,
        /// The civil time that it claims.
        local: Option<i64>,
        /// It only came too early.
        early: bool,
    },
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// A punch that was not known.
    New,
    /// A punch that was known.
    Known,
    /// It waits in quarantine.
    Held,
    /// It is not kept: too many wait in quarantine.
    Unkept,
    /// It is noted.
    Noted,
}

impl Store {
    /// Commits everything that waits, in the order in which it came; says of each entry what became
    /// of it. All or nothing.
    pub fn append_live(&mut self, entries: &[LiveEntry]) -> Result<Vec<Stored>, StoreError> {
        let mut stored = vec![Stored::Noted; entries.len()];
        let transaction = self.write()?;
        let mut deliveries: Vec<Delivery<'_>> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            if let LiveEntry::Frame(frame) = entry {
                match deliveries.iter_mut().find(|delivery| delivery.belongs(frame)) {
                    Some(delivery) => delivery.frames.push((index, frame)),
                    None => deliveries.push(Delivery { frames: vec![(index, frame)] }),
                }
            }
        }
        let mut next = Next { batch: batches::last(&transaction)? + 1, earliest: None };
        for delivery in &deliveries {
            delivery.append(&transaction, &mut next, &mut stored)?;
        }
        amendments::note_late(&transaction, next.earliest)?;
        for entry in entries {
            match entry {
                LiveEntry::Frame(_) => (),
                LiveEntry::Port(note) => ports::note(&transaction, note)?,
                LiveEntry::ClockStep(step) => clock_steps::note(&transaction, step)?,
            }
        }
        commit(transaction)?;
        Ok(stored)
    }

    /// Keeps the log of commits in place up to a size, and waits for other writers only so long: for
    /// a writer of many small commits.
    pub fn set_for_live(&self, patience: std::time::Duration) -> Result<(), StoreError> {
        self.connection.busy_timeout(patience)?;
        self.connection.pragma_update(None, "wal_autocheckpoint", 2_000)?;
        Ok(())
    }
}

/// What the ports of one commit share.
struct Next {
    /// The number of the next batch.
    batch: i64,
    /// The civil time of the earliest punch that was not known.
    earliest: Option<i64>,
}

/// What one port brought for one commit; never empty.
struct Delivery<'a> {
    frames: Vec<(usize, &'a LiveFrame)>,
}

impl Delivery<'_> {
    fn belongs(&self, frame: &LiveFrame) -> bool {
        self.frames.first().is_some_and(|(_, first)| {
            (&first.reader, &first.port, first.decoder) == (&frame.reader, &frame.port, frame.decoder)
        })
    }

    fn append(
        &self,
        transaction: &Transaction<'_>,
        next: &mut Next,
        stored: &mut [Stored],
    ) -> Result<(), StoreError> {
        let (Some((_, first)), Some((_, last))) = (self.frames.first(), self.frames.last()) else {
            return Ok(());
        };
        let head = readers::head(transaction, &first.reader)?;
        let (reader, batch) = (head.reader, next.batch);
        let mut piece = Piece::new();
        let mut rejects = Vec::new();
        let (mut content, mut size) = ([0; 32], 0);
        for (line, (index, frame)) in (1_u64..).zip(&self.frames) {
            content = frame.digest(&content);
            size += frame.raw.len() as u64;
            match &frame.content {
                LiveContent::Punch { local, offset_minutes, badge, direction, reason } => {
                    note(stored, *index, Stored::Known);
                    piece.push(&NewPunch {
                        local: *local,
                        badge,
                        direction,
                        offset_minutes: *offset_minutes,
                        reason: reason.as_deref(),
                        line,
                        raw: &frame.raw,
                    });
                }
                LiveContent::Reject { reason, local, early } => {
                    note(stored, *index, Stored::Held);
                    rejects.push(NewReject {
                        line,
                        raw: frame.raw.clone(),
                        seen: Some(frame.received_at),
                        reason: reason.clone(),
                        local: *local,
                        early: *early,
                    });
                }
            }
        }
        let rejected = rejects.len();
        for unkept in rejects.split_off(room(transaction, reader, &rejects)?) {
            note(stored, self.index(unkept.line), Stored::Unkept);
        }
        let on_new: &mut dyn FnMut(&NewPunch<'_>) =
            &mut |punch| note(stored, self.index(punch.line), Stored::New);
        let written =
            punches::append_only(transaction, (batch, reader), &mut piece, &mut next.earliest, on_new)?;
        let new = written.rows.cast_unsigned();
        // Frames come in the order of their first bytes: none is older than the last one.
        let seen = last.received_at;
        if new == 0 && rejects.is_empty() {
            return batches::cover(transaction, reader, Some(seen), seen);
        }
        next.batch += 1;
        let counts = [self.frames.len() as u64, new, rejected as u64].map(u64::cast_signed);
        let received = first.received_at.timestamp();
        let numbers = [batch, reader, size.cast_signed(), received, counts[0], counts[1], counts[2], 0]
            .map(i64::to_be_bytes);
        let fields = [first.port.as_bytes(), &first.decoder, &content, numbers.as_flattened()];
        let link = head.append(transaction, seen, &fields)?;
        let (kept, tally) = written.columns();
        transaction
            .prepare_cached(
                "INSERT INTO batch (id, reader, origin, size, received_at, decoder, content, read_count,
                 new_count, rejected, taken, link, chain, kept, tally)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1, ?11, ?12, ?13, ?14)",
            )?
            .execute((
                batch,
                reader,
                &first.port,
                size.cast_signed(),
                received,
                first.decoder.as_slice(),
                content.as_slice(),
                counts[0],
                counts[1],
                counts[2],
                link.number,
                link.chain.as_slice(),
                kept,
                tally,
            ))?;
        quarantine::hold(transaction, (batch, reader), &first.decoder, &rejects)?.note(transaction, batch)
    }

    /// Which entry the frame of a line is.
    fn index(&self, line: u64) -> usize {
        let frame = usize::try_from(line).ok().and_then(|line| self.frames.get(line.wrapping_sub(1)));
        frame.map_or(usize::MAX, |(index, _)| *index)
    }
}

fn note(stored: &mut [Stored], index: usize, what: Stored) {
    if let Some(place) = stored.get_mut(index) {
        *place = what;
    }
}

/// How many of these may still be held.
fn room(transaction: &Transaction<'_>, reader: i64, rejects: &[NewReject]) -> Result<usize, StoreError> {
    if rejects.is_empty() {
        return Ok(0);
    }
    let held: i64 = transaction
        .prepare_cached("SELECT count(*) FROM quarantine WHERE reader = ?1 AND released = 0")?
        .query_row([reader], |row| row.get(0))?;
    Ok(usize::try_from(MOST_HELD - held).unwrap_or_default().min(rejects.len()))
}

impl LiveFrame {
    /// SHA-256 over what is stored of it and what came before it in its batch.
    fn digest(&self, before: &[u8; 32]) -> [u8; 32] {
        let received = self.received_at.timestamp_millis().to_be_bytes();
        match &self.content {
            LiveContent::Punch { local, offset_minutes, badge, direction, reason } => {
                let (local, offset) = (local.to_be_bytes(), offset_minutes.map(i16::to_be_bytes));
                let offset = offset.as_ref().map_or(&[][..], |bytes| bytes);
                let reason = reason.as_deref().unwrap_or_default();
                let texts = [badge.as_bytes(), direction.as_bytes(), reason.as_bytes()];
                chain::link(before, &[&received, &local, offset, texts[0], texts[1], texts[2], &self.raw])
            }
            LiveContent::Reject { reason, .. } => {
                chain::link(before, &[&received, reason.as_bytes(), &self.raw])
            }
        }
    }
}

#[cfg(test)]
mod tests;
