//! What readers delivered: the chain of each reader's batches, and the batch of every punch.

use std::collections::HashMap;

use rusqlite::Connection;

use super::tally::{self, Tally};
use super::verify::{Checked, Tick};
use super::{StoreError, chain};

/// So many rows are looked at between two ticks.
const STRETCH: u64 = 65_536;

/// A reader while its chain is followed.
struct Reader {
    name: String,
    links: i64,
    head: Vec<u8>,
    at: i64,
    last: Vec<u8>,
    broken: bool,
}

/// The chain of each reader. Batches from before there was one have no link, nor have those whose import was
/// killed; their numbers have no gap all the same.
pub(super) fn batches(connection: &Connection) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("batches", "deliveries of readers");
    let mut readers: HashMap<i64, Reader> = HashMap::new();
    let mut statement = connection.prepare("SELECT id, name, links, ifnull(chain, x'') FROM reader")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let reader = Reader {
            name: row.get(1)?,
            links: row.get(2)?,
            head: row.get(3)?,
            at: 0,
            last: Vec::new(),
            broken: false,
        };
        readers.insert(row.get(0)?, reader);
    }
    let sql = "SELECT id, reader, origin, decoder, ifnull(content, x''), size, received_at, read_count, new_count,
                      rejected, skipped, link, ifnull(chain, x'') FROM batch ORDER BY reader, ifnull(link, 0), id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut newest = 0;
    while let Some(row) = rows.next()? {
        checked.count += 1;
        let (id, number): (i64, i64) = (row.get(0)?, row.get(1)?);
        newest = newest.max(id);
        let Some(link) = row.get::<_, Option<i64>>(11)? else { continue };
        let Some(reader) = readers.get_mut(&number).filter(|reader| !reader.broken) else { continue };
        let numbers =
            [id, number, row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?, row.get(9)?, row.get(10)?]
                .map(i64::to_be_bytes);
        let bytes = |index| Ok::<_, rusqlite::Error>(row.get_ref(index)?.as_bytes()?);
        let made = chain::link(&reader.last, &[bytes(2)?, bytes(3)?, bytes(4)?, numbers.as_flattened()]);
        let kept: Vec<u8> = row.get(12)?;
        reader.at += 1;
        if link != reader.at || kept != made {
            reader.broken = true;
            let name = &reader.name;
            checked.damage(format!(
                "reader {name}: delivery {link} (batch {id}) is not as it was written, or one before it is missing"
            ));
        }
        reader.last = kept;
    }
    let mut heads = Vec::new();
    let mut readers: Vec<Reader> = readers.into_values().collect();
    readers.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    for reader in readers {
        if !reader.broken && (reader.at != reader.links || reader.last != reader.head) {
            let Reader { name, links, at, .. } = &reader;
            checked.damage(format!("reader {name}: its chain has {at} deliveries, and {links} were noted"));
        }
        heads.push(reader.head);
    }
    // else its chain says so
    if checked.is_whole() && checked.count.cast_signed() != newest {
        checked.damage(format!(
            "deliveries of readers: there are {} batches, and the last is number {newest}: some are missing",
            checked.count
        ));
    }
    let heads: Vec<&[u8]> = heads.iter().map(Vec::as_slice).collect();
    checked.head = (!heads.is_empty()).then(|| chain::link(&[], &heads).to_vec());
    Ok(checked)
}

/// The punches and the rows in quarantine of each batch are those that it noted.
pub(super) fn punches(connection: &Connection, tick: &mut Tick<'_>) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("punches", "punches");
    checked.count =
        connection.query_row("SELECT count(*) FROM punch", [], |row| row.get::<_, i64>(0))?.cast_unsigned();
    let (mut done, total) = (0, checked.count);
    let mut found = tally::stored(connection, &mut || {
        if done % STRETCH == 0 {
            tick("punches", done, total);
        }
        done += 1;
    })?;
    let mut statement = connection.prepare(
        "SELECT batch.id, name, kept, tally FROM batch LEFT JOIN reader ON reader.id = reader ORDER BY batch.id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (batch, reader): (i64, Option<String>) = (row.get(0)?, row.get(1)?);
        let noted = Tally::noted(row.get(2)?, row.get(3)?);
        let there = found.0.remove(&batch).unwrap_or_default();
        let reader = reader.unwrap_or_default();
        if there.rows != noted.rows {
            checked.damage(format!(
                "reader {reader}, batch {batch}: {} rows were kept of it (punches and quarantine), and there are {}",
                noted.rows, there.rows
            ));
        } else if there != noted {
            checked.damage(format!(
                "reader {reader}, batch {batch}: a punch or a row in quarantine is not as it was written"
            ));
        }
    }
    let mut strays: Vec<i64> = found.0.into_keys().collect();
    strays.sort_unstable();
    for batch in strays {
        checked.damage(format!("a punch names batch {batch}, which is not there"));
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ReaderId;
    use crate::store::{LiveContent, LiveEntry, LiveFrame, Store};

    fn store(folder: &std::path::Path) -> Store {
        let mut store = Store::open(folder).unwrap();
        for (reader, minute) in [("porta", 0), ("garage", 1), ("porta", 2), ("porta", 3)] {
            let received_at = chrono::DateTime::from_timestamp(1_793_865_600 + minute * 60, 0).unwrap();
            let frame = LiveFrame {
                reader: ReaderId::new(reader).unwrap(),
                port: "/dev/ttyS0".to_owned(),
                decoder: [7; 32],
                received_at,
                raw: b"0005".to_vec(),
                content: LiveContent::Punch {
                    local: received_at.timestamp(),
                    offset_minutes: None,
                    badge: "5".to_owned(),
                    direction: String::new(),
                    reason: None,
                },
            };
            store.append_live(&[LiveEntry::Frame(frame)]).unwrap();
        }
        store
    }

    #[test]
    fn tampering_with_deliveries_and_punches_is_seen() {
        for (change, seen) in [
            ("SELECT 1", ""),
            ("UPDATE batch SET origin = '/dev/x' WHERE id = 1", "reader porta: delivery 1 (batch 1) is not"),
            ("UPDATE batch SET received_at = 1 WHERE id = 2", "reader garage: delivery 1 (batch 2) is not"),
            ("DELETE FROM batch WHERE id = 3", "reader porta: delivery 3 (batch 4) is not"),
            // of an import that was killed
            (
                "UPDATE batch SET taken = 0, link = NULL, chain = NULL WHERE reader = 2;
                 UPDATE reader SET links = 0, chain = NULL WHERE id = 2;
                 DELETE FROM punch WHERE reader = 2; DELETE FROM batch WHERE reader = 2",
                "there are 3 batches, and the last is number 4: some are missing",
            ),
            ("DELETE FROM batch WHERE id = 4", "reader porta: its chain has 2 deliveries, and 3 were noted"),
            (
                "INSERT INTO punch VALUES (1, '5', '', 1, NULL, NULL, 9, 1, x'')",
                "a punch names batch 9, which is not there",
            ),
            (
                "INSERT INTO punch (local, badge, direction, reader, batch, line, raw) VALUES (1, '5', '', 1, 1, 1, x'')",
                "reader porta, batch 1: 1 rows were kept of it (punches and quarantine), and there are 2",
            ),
            (
                "DELETE FROM punch WHERE batch = 1",
                "batch 1: 1 rows were kept of it (punches and quarantine), and there are 0",
            ),
            (
                "UPDATE punch SET raw = x'30303037' WHERE batch = 1",
                "batch 1: a punch or a row in quarantine is not as",
            ),
            (
                "UPDATE punch SET reason = '' WHERE batch = 1",
                "batch 1: a punch or a row in quarantine is not as",
            ),
            (
                "UPDATE punch SET zone_minutes = 60 WHERE batch = 2",
                "reader garage, batch 2: a punch or a row",
            ),
            (
                "UPDATE punch SET badge = '6' WHERE batch = 4",
                "batch 4: a punch or a row in quarantine is not as",
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let store = store(folder.path());
            store.connection.execute_batch(change).unwrap();
            let mut damages = batches(&store.connection).unwrap().damages;
            let heads = batches(&store.connection).unwrap();
            assert!(heads.head.is_some() && heads.count >= 3);
            if !change.starts_with("DELETE FROM batch") {
                damages.extend(punches(&store.connection, &mut |_, _, _| ()).unwrap().damages);
            }
            match seen {
                "" => assert!(damages.is_empty(), "{change}: {damages:?}"),
                seen => assert!(damages.len() == 1 && damages[0].contains(seen), "{change}: {damages:?}"),
            }
        }
    }

    #[test]
    fn what_comes_again_waits_or_is_forgotten_by_rule_is_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(folder.path());
        let whole = |store: &Store, kept: i64| {
            let found = punches(&store.connection, &mut |_, _, _| ()).unwrap();
            assert!(found.is_whole(), "{found:?}");
            let sum = "SELECT sum(kept) FROM batch";
            assert_eq!(store.connection.query_row(sum, [], |row| row.get::<_, i64>(0)).unwrap(), kept);
        };
        let at = chrono::DateTime::from_timestamp(1_793_865_600, 0).unwrap();
        let frame = |raw: &[u8], content| {
            LiveEntry::Frame(LiveFrame {
                reader: ReaderId::new("porta").unwrap(),
                port: "/dev/ttyS0".to_owned(),
                decoder: [7; 32],
                received_at: at,
                raw: raw.to_vec(),
                content,
            })
        };
        let reject = || LiveContent::Reject { reason: "odd".to_owned(), local: None, early: false };
        let known = LiveContent::Punch {
            local: at.timestamp(),
            offset_minutes: None,
            badge: "5".to_owned(),
            direction: String::new(),
            reason: None,
        };
        store.append_live(&[frame(b"0005", known), frame(b"??", reject()), frame(b"!!", reject())]).unwrap();
        whole(&store, 6);
        // known already
        store.append_live(&[frame(b"??", reject())]).unwrap();
        whole(&store, 6);
        let reader = store.reader_number(&ReaderId::new("porta").unwrap()).unwrap();
        let mut held = store.held_rows(reader, &[8; 32], 0).unwrap();
        assert_eq!(held.len(), 2);
        let mut piece = crate::store::Piece::new();
        let row = held.remove(0);
        let punch = crate::store::NewPunch {
            local: 9,
            badge: "6",
            direction: "E",
            offset_minutes: Some(60),
            reason: Some("17"),
            line: row.line,
            raw: &row.raw,
        };
        piece.push(&punch);
        store.settle_held(reader, &[8; 32], &mut [(row, crate::store::HeldFate::Punch(piece))]).unwrap();
        whole(&store, 7);
        let purge = crate::store::Purge { author: "anna", at, before: at.date_naive() };
        let later = at + chrono::TimeDelta::hours(1);
        assert_eq!(store.forget_quarantine(&purge, later).unwrap(), 2);
        whole(&store, 5);
        let tomorrow = at.date_naive().succ_opt().unwrap();
        assert_eq!(store.forget_unmatched(tomorrow, |badge, _, _| badge == "6").unwrap(), 4);
        whole(&store, 1);
    }
}
