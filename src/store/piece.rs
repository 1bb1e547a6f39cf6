//! Rows that wait for one commit: a bounded, reused buffer, put in the order of the table's key.

use std::ops::Range;

/// A punch on its way into the store, as the device wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPunch<'a> {
    /// The device's civil time, as seconds since 1970-01-01T00:00:00 of its own clock.
    pub local: i64,
    /// Badge number.
    pub badge: &'a str,
    /// The device's word for the direction; empty when it writes none.
    pub direction: &'a str,
    /// The device's offset from UTC in minutes, when it wrote one.
    pub offset_minutes: Option<i16>,
    /// The device's code of a reason.
    pub reason: Option<&'a str>,
    /// The line it stands on, counted from 1.
    pub line: u64,
    /// The line as delivered.
    pub raw: &'a [u8],
}

/// Where the texts of a row stand: badge, direction and reason one after the other, raw apart,
/// since only the former are known to be text.
#[derive(Debug, Clone, Copy)]
struct Row {
    local: i64,
    line: u64,
    text: u32,
    raw: u32,
    badge: u16,
    direction: u16,
    reason: Option<u16>,
    raw_length: u16,
    offset_minutes: Option<i16>,
}

/// At most [`Piece::CAPACITY`] punches.
#[derive(Debug, Default)]
pub struct Piece {
    rows: Vec<Row>,
    texts: String,
    raws: Vec<u8>,
}

impl Piece {
    /// Rows of one commit: enough to pay for the fsync, few enough that another writer waits only
    /// milliseconds.
    pub const CAPACITY: usize = 10_000;

    /// An empty piece.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a row. Texts longer than 64 KiB are cut; decoders refuse such lines before.
    pub fn push(&mut self, punch: &NewPunch<'_>) {
        let place = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let (text, raw) = (place(self.texts.len()), place(self.raws.len()));
        let kept = punch.raw.get(..usize::from(u16::MAX)).unwrap_or(punch.raw);
        self.raws.extend_from_slice(kept);
        let row = Row {
            local: punch.local,
            line: punch.line,
            text,
            raw,
            badge: self.store(punch.badge),
            direction: self.store(punch.direction),
            reason: punch.reason.map(|reason| self.store(reason)),
            raw_length: u16::try_from(kept.len()).unwrap_or(u16::MAX),
            offset_minutes: punch.offset_minutes,
        };
        self.rows.push(row);
    }

    fn store(&mut self, text: &str) -> u16 {
        if let Ok(length) = u16::try_from(text.len()) {
            self.texts.push_str(text);
            return length;
        }
        let cut = (0..=u16::MAX).rev().find(|end| text.is_char_boundary(usize::from(*end))).unwrap_or(0);
        self.texts.push_str(text.get(..usize::from(cut)).unwrap_or_default());
        cut
    }

    /// How many rows wait.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when none waits.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// True when it should be committed.
    pub fn is_full(&self) -> bool {
        self.rows.len() >= Self::CAPACITY
    }

    /// Forgets the rows and keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.texts.clear();
        self.raws.clear();
    }

    /// Puts the rows in the order of the table's key, the earlier line first where keys are equal.
    pub(super) fn sort(&mut self) {
        let texts = &self.texts;
        let text = |range: Range<usize>| texts.get(range).unwrap_or_default();
        let key = |row: &Row| {
            let start = row.text as usize;
            let badge = start + usize::from(row.badge);
            (text(start..badge), text(badge..badge + usize::from(row.direction)))
        };
        // No two rows have the same line: there is one order only.
        self.rows.sort_unstable_by(|one, other| {
            let by_time = one.local.cmp(&other.local);
            by_time.then_with(|| key(one).cmp(&key(other)).then(one.line.cmp(&other.line)))
        });
    }

    /// The row at an index.
    pub(super) fn get(&self, index: usize) -> Option<NewPunch<'_>> {
        self.rows.get(index).map(|row| self.punch(row))
    }

    fn punch(&self, row: &Row) -> NewPunch<'_> {
        let mut at = row.text as usize;
        let mut next = |length: u16| {
            let range = at..at + usize::from(length);
            at = range.end;
            self.texts.get(range).unwrap_or_default()
        };
        let (badge, direction) = (next(row.badge), next(row.direction));
        let raw = row.raw as usize;
        NewPunch {
            local: row.local,
            badge,
            direction,
            offset_minutes: row.offset_minutes,
            reason: row.reason.map(next),
            line: row.line,
            raw: self.raws.get(raw..raw + usize::from(row.raw_length)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_in_in_key_order() {
        let mut piece = Piece::new();
        let row = |local, badge, line| NewPunch {
            local,
            badge,
            direction: "1",
            offset_minutes: Some(60),
            reason: (line == 2).then_some("17"),
            line,
            raw: b"raw",
        };
        for punch in [row(20, "b", 1), row(20, "a", 2), row(10, "c", 3), row(20, "a", 4)] {
            piece.push(&punch);
        }
        piece.sort();
        let lines: Vec<u64> = (0..4).filter_map(|i| piece.get(i)).map(|punch| punch.line).collect();
        assert_eq!(lines, [3, 2, 4, 1]);
        assert_eq!(piece.get(1), Some(row(20, "a", 2)));
        assert_eq!(piece.get(4), None);
        piece.clear();
        assert!(piece.is_empty());
    }
}
