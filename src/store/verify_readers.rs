//! What readers delivered: the chain of each reader's batches, and the batch of every punch.

use std::collections::HashMap;

use rusqlite::Connection;

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

/// The chain of each reader. Batches from before there was one have no link.
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
    while let Some(row) = rows.next()? {
        checked.count += 1;
        let (id, number): (i64, i64) = (row.get(0)?, row.get(1)?);
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
    let heads: Vec<&[u8]> = heads.iter().map(Vec::as_slice).collect();
    checked.head = (!heads.is_empty()).then(|| chain::link(&[], &heads).to_vec());
    Ok(checked)
}

/// Every punch came with a batch, and no batch has more punches than it brought.
pub(super) fn punches(connection: &Connection, tick: &mut Tick<'_>) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("punches", "punches");
    let mut brought: HashMap<i64, i64> = HashMap::new();
    let mut statement = connection.prepare("SELECT id, taken, new_count + rejected FROM batch")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        // of one that a crash cut short nobody has counted the rows
        let count = if row.get(1)? { row.get(2)? } else { i64::MAX };
        brought.insert(row.get(0)?, count);
    }
    let total = connection.query_row("SELECT count(*) FROM punch", [], |row| row.get::<_, i64>(0))?;
    let mut statement = connection.prepare("SELECT batch FROM punch")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if checked.count.is_multiple_of(STRETCH) {
            tick("punches", checked.count, total.cast_unsigned());
        }
        checked.count += 1;
        let batch: i64 = row.get(0)?;
        match brought.get_mut(&batch) {
            None => checked.damage(format!("a punch names batch {batch}, which is not there")),
            Some(left) => {
                *left -= 1;
                if *left == -1 {
                    checked.damage(format!("batch {batch} has more punches than it brought"));
                }
            }
        }
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
            ("DELETE FROM batch WHERE id = 4", "reader porta: its chain has 2 deliveries, and 3 were noted"),
            ("UPDATE punch SET batch = 9 WHERE batch = 1", "a punch names batch 9, which is not there"),
            (
                "INSERT INTO punch (local, badge, direction, reader, batch, line, raw) VALUES (1, '5', '', 1, 1, 1, x'')",
                "batch 1 has more punches than it brought",
            ),
            ("DELETE FROM punch WHERE batch = 1", ""), // retention does that
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
}
