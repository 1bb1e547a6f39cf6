//! Forgetting when the time has come: contents go, their fingerprints stay where a chain rests on them,
//! and that they were forgotten is on record.

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, Transaction};

use crate::domain::badge::BadgeHolding;
use crate::domain::delivery::State;
use crate::domain::ids::AgreementId;

use super::fingerprints::{self, Kind};
use super::punches::midnight;
use super::tally::{self, Tallies};
use super::{Store, StoreError, chain, commit};

/// Who forgets, and what is old enough.
#[derive(Debug, Clone, Copy)]
pub struct Purge<'a> {
    /// The system user, or `timbra` for the daemon.
    pub author: &'a str,
    /// When.
    pub at: DateTime<Utc>,
    /// What is older is forgotten.
    pub before: NaiveDate,
}

/// How much the store holds of an agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// Entries of the register whose content is kept.
    pub entries: u64,
    /// Punches of its badges.
    pub punches: u64,
    /// Statements whose data are kept.
    pub statements: u64,
    /// Messages whose bytes are kept.
    pub messages: u64,
    /// Receipts and other proofs whose bytes are kept.
    pub proofs: u64,
}

impl Contents {
    /// True when nothing is kept.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `14 entries, 320 punches, 5 statements, 7 messages, 12 proofs`
impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries, punches, statements, messages, proofs } = self;
        write!(
            f,
            "{entries} entries, {punches} punches, {statements} statements, {messages} messages, {proofs} proofs"
        )
    }
}

/// The messages of an agreement, as a list for `IN`.
const MESSAGES: &str = "(SELECT id FROM outbox WHERE agreement = ?1)";

impl Store {
    /// How many rows of quarantine came before an instant.
    pub fn quarantine_before(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        count(&self.connection, &format!("SELECT count(*) {OLD_QUARANTINE}"), [before.timestamp()])
    }

    /// Forgets the rows of quarantine that came before an instant. Returns how many.
    pub fn forget_quarantine(&mut self, purge: &Purge<'_>, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let transaction = self.write()?;
        let mut tallies = Tallies::default();
        let delete = tally::returning(&format!("DELETE {OLD_QUARANTINE}"), tally::HELD);
        let forgotten = tally::forget(&transaction, &delete, [before.timestamp()], &mut tallies)?;
        if forgotten > 0 {
            tallies.note(&transaction)?;
            note(&transaction, purge, "quarantine", &format!("{forgotten} rows"))?;
            commit(transaction)?;
        }
        Ok(forgotten)
    }

    /// How many configurations were replaced before an instant and are kept.
    pub fn configurations_before(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        count(
            &self.connection,
            &format!("SELECT count(*) FROM configuration {OLD_CONFIGURATION}"),
            [before.timestamp()],
        )
    }

    /// Forgets the texts of configurations that were replaced before an instant. Returns how many.
    pub fn forget_configurations(
        &mut self,
        purge: &Purge<'_>,
        before: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let transaction = self.write()?;
        let sql = format!("UPDATE configuration SET text = '' {OLD_CONFIGURATION}");
        let forgotten = change(&transaction, Kind::Configuration, &sql, [before.timestamp()])?;
        if forgotten > 0 {
            note(&transaction, purge, "configurations", &format!("{forgotten} texts"))?;
            commit(transaction)?;
        }
        Ok(forgotten)
    }

    /// Puts on record that files of the archive were removed.
    pub fn note_archive_purge(&mut self, purge: &Purge<'_>, files: u64) -> Result<(), StoreError> {
        let transaction = self.write()?;
        note(&transaction, purge, "archive", &format!("{files} files"))?;
        commit(transaction)
    }

    /// The agreements of which the store knows something, by name.
    pub fn known_agreements(&self) -> Result<Vec<AgreementId>, StoreError> {
        let sql = "SELECT agreement FROM register UNION SELECT agreement FROM statement
                   UNION SELECT agreement FROM outbox ORDER BY 1";
        let mut statement = self.connection.prepare(sql)?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(names.iter().filter_map(|name| AgreementId::new(name).ok()).collect())
    }

    /// The last day about which the store knows something of an agreement: the day of its last entry, or
    /// the month of its last statement.
    pub fn last_known_day(&self, agreement: &AgreementId) -> Result<Option<NaiveDate>, StoreError> {
        let sql = "SELECT max(day) FROM (
                       SELECT date(max(at), 'unixepoch') AS day FROM register WHERE agreement = ?1
                       UNION ALL SELECT date(max(month) || '-01', '+1 month', '-1 day') FROM statement WHERE agreement = ?1
                       UNION ALL SELECT date(max(at), 'unixepoch') FROM outbox_event WHERE outbox IN (SELECT id FROM outbox WHERE agreement = ?1))";
        let day: Option<String> = self.connection.query_row(sql, [agreement.as_str()], |row| row.get(0))?;
        Ok(day.and_then(|day| day.parse().ok()))
    }

    /// How much is kept of an agreement whose coworker held these badges.
    pub fn contents_of(
        &self,
        agreement: &AgreementId,
        held: &[BadgeHolding],
    ) -> Result<Contents, StoreError> {
        contents(&self.connection, agreement, held)
    }

    /// Forgets all contents of an agreement in one transaction. None while a message of it has not left, or
    /// waits for a person: then nothing is forgotten.
    pub fn forget_agreement(
        &mut self,
        purge: &Purge<'_>,
        agreement: &AgreementId,
        held: &[BadgeHolding],
    ) -> Result<Option<Contents>, StoreError> {
        let names = self.reader_names()?;
        self.connection.pragma_update(None, "secure_delete", true)?;
        let transaction = self.write()?;
        let states: Vec<String> = transaction
            .prepare("SELECT state FROM outbox WHERE agreement = ?1")?
            .query_map([agreement.as_str()], |row| row.get::<_, String>(0))?
            .collect::<Result<_, _>>()?;
        let mut states = states.iter().filter_map(|state| State::parse(state));
        if states.any(|state| state.is_inside() || state.needs_a_person()) {
            return Ok(None);
        }
        let contents = contents(&transaction, agreement, held)?;
        if contents.is_empty() {
            // somebody else was faster
            return Ok(Some(contents));
        }
        let id = note(&transaction, purge, &format!("agreement {agreement}"), &contents.to_string())?;
        transaction.execute(
            "UPDATE register SET content = '', for_person = NULL, reference = NULL, sender = NULL, purge = ?2
             WHERE agreement = ?1 AND purge IS NULL",
            (agreement.as_str(), id),
        )?;
        let (delete, mut tallies) = (tally::returning(PUNCHES, tally::PUNCH), Tallies::default());
        for badge in held {
            for (reader, name) in &names {
                if badge.reader.as_ref().is_none_or(|only| only == name) {
                    tally::forget(
                        &transaction,
                        &delete,
                        (&badge.number, reader, midnight(badge.valid_from), after(badge.valid_to)),
                        &mut tallies,
                    )?;
                }
            }
        }
        tallies.note(&transaction)?;
        // what went to the office stays with its address; the employee's own address goes
        let copies =
            "UPDATE outbox SET recipient = '' WHERE agreement = ?1 AND kind = 'copy' AND recipient <> ''";
        change(&transaction, Kind::Message, copies, [agreement.as_str()])?;
        for sql in [
            "UPDATE statement SET data = x'' WHERE agreement = ?1",
            "DELETE FROM reminded WHERE agreement = ?1",
            "DELETE FROM digested WHERE agreement = ?1",
            &format!("DELETE FROM sealed WHERE outbox IN {MESSAGES}"),
            &format!("UPDATE attempt SET dialogue = '' WHERE outbox IN {MESSAGES}"),
            &format!("UPDATE evidence SET content = x'' WHERE outbox IN {MESSAGES}"),
            &format!(
                "DELETE FROM received_message WHERE received IN (SELECT id FROM received WHERE outbox IN {MESSAGES})"
            ),
        ] {
            transaction.execute(sql, [agreement.as_str()])?;
        }
        commit(transaction)?;
        // what was forgotten must not stay in the log of the database
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(Some(contents))
    }

    /// The agreements whose contents were forgotten, by name, and the day before which their terms had ended.
    pub fn purged(&self) -> Result<HashMap<String, NaiveDate>, StoreError> {
        let sql =
            "SELECT substr(what, 11), max(before) FROM purge WHERE what LIKE 'agreement %' GROUP BY what";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let mut purged = HashMap::new();
        for row in rows {
            let (name, before) = row?;
            purged.extend(before.parse().ok().map(|before| (name, before)));
        }
        Ok(purged)
    }

    /// When the contents of an agreement were forgotten, by whom, and how much that was.
    pub fn purges_of(
        &self,
        agreement: &AgreementId,
    ) -> Result<Vec<(DateTime<Utc>, String, String)>, StoreError> {
        let sql = "SELECT at, author, counts FROM purge WHERE what = ?1 ORDER BY id";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([format!("agreement {agreement}")], |row| {
            let at = DateTime::from_timestamp(row.get(0)?, 0).unwrap_or_default();
            Ok((at, row.get(1)?, row.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Checks the chain over what was forgotten: the number of the first record that is not as it was
    /// written.
    pub fn verify_purges(&self) -> Result<Option<i64>, StoreError> {
        let mut statement = self
            .connection
            .prepare("SELECT id, at, author, what, before, counts, chain FROM purge ORDER BY id")?;
        let mut rows = statement.query([])?;
        let mut previous = Vec::new();
        while let Some(row) = rows.next()? {
            let text = |index| row.get::<_, String>(index);
            let link = link(&previous, row.get(1)?, &text(2)?, &text(3)?, &text(4)?, &text(5)?);
            let kept: Vec<u8> = row.get(6)?;
            if link.as_slice() != kept {
                return Ok(Some(row.get(0)?));
            }
            previous = kept;
        }
        Ok(None)
    }
}

const PUNCHES: &str = "DELETE FROM punch WHERE badge = ?1 AND reader = ?2 AND local >= ?3 AND local < ?4";

/// Changes rows that otherwise stay as they are, with their fingerprints. Returns how many.
fn change<P: rusqlite::Params>(
    transaction: &Transaction<'_>,
    kind: Kind,
    update: &str,
    params: P,
) -> Result<u64, StoreError> {
    let mut statement = transaction.prepare(&format!("{update} RETURNING rowid"))?;
    let rows: Vec<i64> = statement.query_map(params, |row| row.get(0))?.collect::<Result<_, _>>()?;
    rows.iter().try_for_each(|row| fingerprints::note(transaction, kind, *row, false))?;
    Ok(rows.len() as u64)
}

const OLD_QUARANTINE: &str = "FROM quarantine WHERE batch IN (SELECT id FROM batch WHERE received_at < ?1)";

/// Replaced, and not forgotten yet.
const OLD_CONFIGURATION: &str = "WHERE text <> '' AND EXISTS (SELECT 1 FROM configuration AS later
     WHERE later.id > configuration.id AND later.since < ?1)";

fn count<P: rusqlite::Params>(connection: &Connection, sql: &str, params: P) -> Result<u64, StoreError> {
    Ok(connection.query_row(sql, params, |row| row.get::<_, i64>(0))?.cast_unsigned())
}

/// Midnight after a day, as the civil seconds of [`midnight`].
fn after(day: NaiveDate) -> i64 {
    midnight(day.succ_opt().unwrap_or(day))
}

fn contents(
    connection: &Connection,
    agreement: &AgreementId,
    held: &[BadgeHolding],
) -> Result<Contents, StoreError> {
    let of = |sql: &str| count(connection, sql, [agreement.as_str()]);
    let mut punches = 0;
    for badge in held {
        let sql = "SELECT count(*) FROM punch JOIN reader ON reader.id = punch.reader
                   WHERE badge = ?1 AND local >= ?2 AND local < ?3 AND ifnull(reader.name = ?4, 1)";
        let only = badge.reader.as_ref().map(|reader| reader.as_str().to_owned());
        punches +=
            count(connection, sql, (&badge.number, midnight(badge.valid_from), after(badge.valid_to), only))?;
    }
    Ok(Contents {
        entries: of("SELECT count(*) FROM register WHERE agreement = ?1 AND purge IS NULL")?,
        punches,
        statements: of("SELECT count(*) FROM statement WHERE agreement = ?1 AND length(data) > 0")?,
        messages: of(&format!("SELECT count(*) FROM sealed WHERE outbox IN {MESSAGES}"))?,
        proofs: of(&format!(
            "SELECT (SELECT count(*) FROM received_message JOIN received ON received.id = received WHERE outbox IN {MESSAGES})
             + (SELECT count(*) FROM evidence WHERE length(content) > 0 AND outbox IN {MESSAGES})"
        ))?,
    })
}

/// Puts a purge on record: its number.
fn note(
    transaction: &Transaction<'_>,
    purge: &Purge<'_>,
    what: &str,
    counts: &str,
) -> Result<i64, StoreError> {
    let previous: Option<Vec<u8>> = {
        let mut last = transaction.prepare_cached("SELECT chain FROM purge ORDER BY id DESC LIMIT 1")?;
        let mut rows = last.query([])?;
        rows.next()?.map(|row| row.get(0)).transpose()?
    };
    let (at, before) = (purge.at.timestamp(), purge.before.to_string());
    let link = link(&previous.unwrap_or_default(), at, purge.author, what, &before, counts);
    transaction.execute(
        "INSERT INTO purge (at, author, what, before, counts, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (at, purge.author, what, before, counts, link.as_slice()),
    )?;
    Ok(transaction.last_insert_rowid())
}

fn link(previous: &[u8], at: i64, author: &str, what: &str, before: &str, counts: &str) -> [u8; 32] {
    let fields: [&[u8]; 5] =
        [&at.to_be_bytes(), author.as_bytes(), what.as_bytes(), before.as_bytes(), counts.as_bytes()];
    chain::link(previous, &fields)
}
