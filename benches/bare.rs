//! The floor of an import: `bare FILE DATABASE` reads with the same decoder and writes the same
//! columns in the same way, but to a plain table: no key, no de-duplication, no record of the file.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be set up must stop")]

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use rusqlite::{Connection, Statement};
use timbra::config::presets::preset;
use timbra::decode::decoder::Decoder;
use timbra::decode::{Outcome, Reading, Row};

/// Rows of one INSERT and of one commit, as the store has them.
const ROWS: usize = 64;
const COMMIT: usize = 10_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    // `cargo bench` runs every target: this one is for peers.sh
    let [file, database] = arguments.as_slice() else { return };
    let connection = Connection::open(database).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.pragma_update(None, "cache_size", -1024).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE punch (local INTEGER NOT NULL, badge TEXT NOT NULL, direction TEXT NOT NULL,
             reader INTEGER NOT NULL, zone_minutes INTEGER, reason TEXT, batch INTEGER NOT NULL,
             line INTEGER NOT NULL, raw BLOB NOT NULL)",
        )
        .unwrap();
    let many = connection.prepare(&insert(ROWS)).unwrap();
    let one = connection.prepare(&insert(1)).unwrap();
    let mut bare = Bare { connection: &connection, many, one, rows: Vec::new(), texts: Vec::new() };
    let mut decoder = Decoder::new(Arc::new(preset("zk-attlog").unwrap()));
    let mut buffer = vec![0; 128 * 1024];
    let mut file = File::open(file).unwrap();
    loop {
        let length = file.read(&mut buffer).unwrap();
        if length == 0 {
            break;
        }
        decoder.push(buffer.get(..length).unwrap(), &mut |row| bare.take(&row));
    }
    decoder.finish(&mut |row| bare.take(&row));
    bare.commit();
}

/// Rows that wait for a commit; their texts stand in one buffer, one after the other.
struct Bare<'a> {
    connection: &'a Connection,
    many: Statement<'a>,
    one: Statement<'a>,
    rows: Vec<Waiting>,
    texts: Vec<u8>,
}

struct Waiting {
    local: i64,
    line: u64,
    /// Where raw text, badge, direction and reason start, and the end.
    places: [usize; 5],
    has_reason: bool,
    offset_minutes: Option<i16>,
}

impl Bare<'_> {
    fn take(&mut self, row: &Row<'_>) {
        let Outcome::Punch(reading) = row.outcome else { return };
        let Reading { badge, local, offset_minutes, direction, reason } = reading;
        let mut places = [self.texts.len(); 5];
        let texts = [row.raw, badge.as_bytes(), direction.as_bytes(), reason.unwrap_or_default().as_bytes()];
        for (place, text) in places.iter_mut().skip(1).zip(texts) {
            self.texts.extend_from_slice(text);
            *place = self.texts.len();
        }
        self.rows.push(Waiting {
            local,
            line: row.line,
            places,
            has_reason: reason.is_some(),
            offset_minutes,
        });
        if self.rows.len() == COMMIT {
            self.commit();
        }
    }

    fn commit(&mut self) {
        self.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let (many, rest) = self.rows.as_chunks::<ROWS>();
        for rows in many {
            bind_and_run(&mut self.many, rows, &self.texts);
        }
        for row in rest {
            bind_and_run(&mut self.one, std::slice::from_ref(row), &self.texts);
        }
        self.connection.execute_batch("COMMIT").unwrap();
        self.rows.clear();
        self.texts.clear();
    }
}

fn insert(rows: usize) -> String {
    let values: Vec<String> = (0..rows)
        .map(|row| {
            let columns: Vec<String> = (0..7).map(|column| format!("?{}", 3 + row * 7 + column)).collect();
            format!("({},?1,?2)", columns.join(","))
        })
        .collect();
    format!(
        "INSERT INTO punch (local, badge, direction, zone_minutes, reason, line, raw, batch, reader) VALUES {}",
        values.join(",")
    )
}

fn bind_and_run(statement: &mut Statement<'_>, rows: &[Waiting], texts: &[u8]) {
    statement.raw_bind_parameter(1, 1).unwrap();
    statement.raw_bind_parameter(2, 1).unwrap();
    let mut parameter = 3;
    for row in rows {
        let text = |index: usize| texts.get(row.places[index]..row.places[index + 1]).unwrap();
        let word = |index: usize| std::str::from_utf8(text(index)).unwrap();
        statement.raw_bind_parameter(parameter, row.local).unwrap();
        statement.raw_bind_parameter(parameter + 1, word(1)).unwrap();
        statement.raw_bind_parameter(parameter + 2, word(2)).unwrap();
        statement.raw_bind_parameter(parameter + 3, row.offset_minutes).unwrap();
        statement.raw_bind_parameter(parameter + 4, row.has_reason.then(|| word(3))).unwrap();
        statement.raw_bind_parameter(parameter + 5, row.line.cast_signed()).unwrap();
        statement.raw_bind_parameter(parameter + 6, text(0)).unwrap();
        parameter += 7;
    }
    statement.raw_execute().unwrap();
}
