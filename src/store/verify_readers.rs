//! What readers delivered: the chain of each reader's batches, and the batch of every punch.

use std::collections::{HashMap, HashSet};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::punches::offset;
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

/// What no month can be computed of, in a row of [`tally::PUNCH`], whatever its batch noted: a store of an older
/// version noted nothing, and what stood there was taken as it was. Never tells the badge.
fn defect(row: &Row<'_>, known: &HashSet<i64>) -> rusqlite::Result<Option<String>> {
    let [reader, local, minutes] = [row.get_ref(1)?, row.get_ref(2)?, row.get_ref(4)?];
    let is_text = |index| row.get_ref(index).map(|value| value.as_str().is_ok());
    let what = if !matches!(local, ValueRef::Integer(_)) {
        "its time is no number"
    } else if !matches!(reader, ValueRef::Integer(_)) {
        "its reader is no number"
    } else if !reader.as_i64().is_ok_and(|reader| known.contains(&reader)) {
        "its reader does not exist"
    } else if !minutes.as_i64_or_null().is_ok_and(|minutes| minutes.is_none_or(|it| offset(it).is_some())) {
        "its offset is none from UTC"
    } else if !is_text(5)? {
        "its badge is no text"
    } else if !is_text(6)? {
        "its direction is no text"
    } else if row.get_ref(7)? != ValueRef::Null && !is_text(7)? {
        "its reason is no text"
    } else {
        return Ok(None);
    };
    let number = |value: ValueRef<'_>| value.as_i64().map_or_else(|_| "?".to_owned(), |it| it.to_string());
    Ok(Some(format!("punch of reader number {}, local {}: {what}", number(reader), number(local))))
}

/// The punches and the rows in quarantine of each batch are those that it noted, and can be read.
pub(super) fn punches(connection: &Connection, tick: &mut Tick<'_>) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("punches", "punches");
    checked.count =
        connection.query_row("SELECT count(*) FROM punch", [], |row| row.get::<_, i64>(0))?.cast_unsigned();
    let (mut done, total) = (0, checked.count);
    let mut known = connection.prepare("SELECT id FROM reader")?;
    let known = known.query_map([], |row| row.get(0))?.collect::<Result<HashSet<i64>, _>>()?;
    let mut found = tally::stored(connection, &mut |row, is_punch| {
        if done % STRETCH == 0 {
            tick("punches", done, total);
        }
        done += 1;
        if is_punch && let Some(defect) = defect(row, &known)? {
            checked.damage(defect);
        }
        Ok(())
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
    fn a_punch_of_which_nothing_can_be_computed_is_named_whatever_was_noted() {
        for (change, seen) in [
            ("local = 'x'", "reader number 1, local ?: its time is no number"),
            ("local = 1.5", "reader number 1, local ?: its time is no number"),
            ("local = 7, reader = 'x'", "reader number ?, local 7: its reader is no number"),
            ("local = 7, reader = 77", "reader number 77, local 7: its reader does not exist"),
            ("local = 7, zone_minutes = 99999", "local 7: its offset is none from UTC"),
            ("local = 7, zone_minutes = 'x'", "local 7: its offset is none from UTC"),
            ("local = 7, badge = CAST(x'ff' AS TEXT)", "local 7: its badge is no text"),
            ("local = 7, badge = x'30'", "local 7: its badge is no text"),
            ("local = 7, direction = CAST(x'ff' AS TEXT)", "local 7: its direction is no text"),
            ("local = 7, reason = CAST(x'ff' AS TEXT)", "local 7: its reason is no text"),
            ("local = 7, reason = '17', zone_minutes = -840", ""),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let store = store(folder.path());
            store.connection.execute_batch(&format!("UPDATE punch SET {change} WHERE batch = 1")).unwrap();
            // as an upgrade does
            let transaction = store.connection.unchecked_transaction().unwrap();
            transaction.execute("UPDATE batch SET kept = 0, tally = 0", []).unwrap();
            tally::stored(&transaction, &mut |_, _| Ok(())).unwrap().note(&transaction).unwrap();
            transaction.commit().unwrap();
            let damages = punches(&store.connection, &mut |_, _, _| ()).unwrap().damages;
            match seen {
                "" => assert!(damages.is_empty(), "{change}: {damages:?}"),
                seen => assert!(damages.len() == 1 && damages[0].ends_with(seen), "{change}: {damages:?}"),
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
