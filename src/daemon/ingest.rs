//! One file into the store: read once, decoded, judged plausible or not, committed in pieces. What
//! is known already is recognised as early as possible, and by its content in any doubt.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};

use crate::config::FolderReader;
use crate::decode::decoder::Decoder;
use crate::decode::format::Format;
use crate::decode::{Outcome, Row};
use crate::hex;
use crate::source::FileFacts;
use crate::store::{
    BatchEnd, BatchStart, Counts, FileIdentity, NewPunch, NewReject, Portion, Store, StoreError, TakenBatch,
};

use super::intake_rules::{IntakeRules, Verdict};

/// Bytes read at a time.
const CHUNK: usize = 128 * 1024;

/// A file that changed so shortly before it was read may change again unseen: its content is read
/// again next time.
const RACY: Duration = Duration::seconds(2);

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingested {
    /// What was in it.
    pub counts: Counts,
    /// How many of the new punches have a badge that nobody holds.
    pub unmatched: u64,
    /// The batch that holds it.
    pub batch: i64,
    /// SHA-256 of its content, in hexadecimal; absent when the file was known by its identity.
    pub content: Option<String>,
}

/// Why a file could not be taken. Nothing is lost: it stays where it is.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The file failed.
    #[error("the file cannot be read: {0}")]
    File(#[from] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The daemon stops; the file is read again at the next start.
    #[error("stopped while reading; the file will be read again")]
    Stopped,
}

/// Takes one open file of a reader. `origin` is its name for the record.
pub fn ingest(
    store: &mut Store,
    reader: &FolderReader,
    rules: &IntakeRules<'_>,
    (file, facts): (&mut File, &FileFacts),
    origin: &str,
) -> Result<Ingested, IngestError> {
    let number = store.reader_number(reader.id())?;
    let identity =
        FileIdentity { device: facts.device, inode: facts.inode, size: facts.size, modified: facts.modified };
    let covered_by_file = covered_by_file(facts, rules.now);
    let racy = DateTime::from_timestamp_nanos(facts.modified) + RACY > rules.now;
    if !racy && let Some(known) = store.batch_of_file(number, &identity, &rules.fingerprint)? {
        let whole = !rules.growing || known.lines.is_some();
        let covered = (whole && !known.counts.all_rejected()).then_some(covered_by_file);
        store.note_delivery(number, covered, rules.now)?;
        return Ok(known_again(&known));
    }
    let start = BatchStart {
        reader: number,
        origin,
        file: identity,
        decoder: &rules.fingerprint,
        received_at: rules.now,
    };
    let earlier = if reader.format.is_resumable() { known_beginning(store, file, &start)? } else { None };
    let batch = store.start_batch(&start)?;
    let mut intake = Intake {
        store,
        reader,
        rules,
        start,
        batch,
        portion: Portion::default(),
        counts: Counts::default(),
        unmatched: 0,
        held_back: false,
        header: None,
        newest: None,
        before: None,
    };
    let (hash, lines) = intake.read(file, earlier)?;
    let content: [u8; 32] = hash.finalize().into();
    let newest = intake.newest.map(|local| rules.instant(local));
    let says_all = !intake.held_back && !intake.counts.all_rejected();
    let end = BatchEnd {
        content,
        lines,
        header: intake.header.take(),
        // A file of which nothing can be used says nothing of the days before it, and one whose last
        // line is still to come only what stands above that line.
        covered_until: says_all.then_some(covered_by_file).max(newest),
    };
    let (counts, unmatched) = intake.finish(&end)?;
    Ok(Ingested { counts, unmatched, batch, content: Some(hex::lower(&content)) })
}

/// A file known by its identity: all its punches are known.
fn known_again(known: &TakenBatch) -> Ingested {
    let counts = Counts { new: 0, ..known.counts };
    Ingested { counts, unmatched: 0, batch: known.id, content: None }
}

/// A file covers its reader until it was written, but not beyond now.
fn covered_by_file(facts: &FileFacts, now: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(facts.modified).min(now)
}

/// The earlier file whose whole content this one begins with, and the hash up to there. The file
/// stands behind that part afterwards, or at its start.
fn known_beginning(
    store: &Store,
    file: &mut File,
    start: &BatchStart<'_>,
) -> Result<Option<(TakenBatch, Sha256)>, IngestError> {
    for earlier in store.batches_up_to(start.reader, start.file.size, start.decoder)? {
        file.seek(SeekFrom::Start(0))?;
        let mut hash = Sha256::new();
        let read = each_chunk(&mut file.take(earlier.size), |chunk| {
            hash.update(chunk);
            ControlFlow::Continue(())
        })?;
        let same = read == earlier.size && hash.clone().finalize().as_slice() == earlier.content;
        if same {
            return Ok(Some((earlier, hash)));
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(None)
}

/// Reads to the end, or until `each` has enough, and says how many bytes there were.
fn each_chunk(source: &mut impl Read, mut each: impl FnMut(&[u8]) -> ControlFlow<()>) -> io::Result<u64> {
    let mut buffer = vec![0; CHUNK];
    let mut total = 0;
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(length) => {
                total += length as u64;
                if each(buffer.get(..length).unwrap_or_default()).is_break() {
                    return Ok(total);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
}

/// A file on its way into the store.
struct Intake<'a> {
    store: &'a mut Store,
    reader: &'a FolderReader,
    rules: &'a IntakeRules<'a>,
    start: BatchStart<'a>,
    batch: i64,
    portion: Portion,
    counts: Counts,
    unmatched: u64,
    /// A last line without its end was left for the next reading.
    held_back: bool,
    header: Option<Vec<u8>>,
    /// The newest believable time in the file.
    newest: Option<i64>,
    /// The time of the last believable row: what an unbelievable one stands behind.
    before: Option<i64>,
}

impl Intake<'_> {
    /// Reads what is not known of the file. Returns the hash of all of it, and the number of its
    /// lines when the last one is complete.
    fn read(
        &mut self,
        file: &mut File,
        earlier: Option<(TakenBatch, Sha256)>,
    ) -> Result<(Sha256, Option<u64>), IngestError> {
        let format: Arc<Format> = Arc::clone(&self.reader.format);
        let (mut hash, mut decoder) = match earlier {
            Some((earlier, hash)) => {
                self.counts = Counts { new: 0, ..earlier.counts };
                (hash, Decoder::resume(format, earlier.lines.unwrap_or_default()))
            }
            None => (Sha256::new(), Decoder::new(format)),
        };
        let mut failure = None;
        let rules = self.rules;
        let mut sink = |row: Row<'_>| {
            if failure.is_none() {
                failure = self.take(&row).err();
            }
        };
        each_chunk(file, |chunk| {
            if rules.must_stop() {
                return ControlFlow::Break(());
            }
            hash.update(chunk);
            decoder.push(chunk, &mut sink);
            if let Some(listener) = rules.listener {
                (listener.0)(chunk.len() as u64);
            }
            ControlFlow::Continue(())
        })?;
        if rules.must_stop() {
            return Err(IngestError::Stopped);
        }
        let lines = decoder.complete_lines();
        decoder.finish(&mut sink);
        failure.map_or(Ok((hash, lines)), Err)
    }

    fn take(&mut self, row: &Row<'_>) -> Result<(), IngestError> {
        if self.rules.growing && !row.ended {
            self.held_back = true;
            return Ok(());
        }
        match row.outcome {
            Outcome::Skipped => {
                self.counts.skipped += 1;
                if self.header.is_none() && self.reader.format.has_header() {
                    self.header = Some(row.raw.to_owned());
                }
            }
            Outcome::Reject(reason) => {
                self.counts.read += 1;
                self.reject(row, reason.to_owned(), None, false);
            }
            Outcome::Punch(reading) => {
                self.counts.read += 1;
                match self.rules.judge(&reading, self.reader.id(), self.before) {
                    Verdict::Believed => {
                        self.before = Some(reading.local);
                        self.newest = self.newest.max(Some(reading.local));
                        self.portion.piece.push(&NewPunch {
                            local: reading.local,
                            badge: reading.badge,
                            direction: reading.direction,
                            offset_minutes: reading.offset_minutes,
                            reason: reading.reason,
                            line: row.line,
                            raw: row.raw,
                        });
                    }
                    Verdict::Expired => self.counts.expired += 1,
                    Verdict::Doubted { reason, early } => {
                        self.reject(row, reason, Some(reading.local), early);
                    }
                }
            }
        }
        if self.portion.is_full() {
            self.commit()?;
        }
        Ok(())
    }

    fn reject(&mut self, row: &Row<'_>, reason: String, local: Option<i64>, early: bool) {
        self.counts.rejected += 1;
        self.portion.rejects.push(NewReject {
            line: row.line,
            raw: row.raw.to_owned(),
            seen: None,
            reason,
            local,
            early,
        });
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let Self { store, rules, reader, unmatched, .. } = self;
        let mut on_new = |punch: &NewPunch<'_>| *unmatched += u64::from(!rules.is_held(punch, reader.id()));
        self.counts.new += store.commit_portion(self.batch, &self.start, &mut self.portion, &mut on_new)?;
        self.portion.clear();
        Ok(())
    }

    fn finish(mut self, end: &BatchEnd) -> Result<(Counts, u64), StoreError> {
        let Self { store, rules, reader, unmatched, start, portion, counts, batch, .. } = &mut self;
        let mut on_new = |punch: &NewPunch<'_>| *unmatched += u64::from(!rules.is_held(punch, reader.id()));
        store.finish_batch(*batch, start, portion, counts, end, &mut on_new)?;
        Ok((self.counts, self.unmatched))
    }
}
