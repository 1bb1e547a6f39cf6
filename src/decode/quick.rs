//! The short way for plain rows of simple delimited formats: large exports are almost only these. It gives
//! the same punch as the long way, or nothing, and then the long way says what the row is.

use super::Reading;
use super::layout::Delimited;
use super::moment::Moment;
use super::pattern::Fixed;

/// Fields that are looked at; a format with later ones goes the long way.
const MOST: usize = 16;

/// What the short way needs to know of a format.
#[derive(Debug)]
pub(super) struct Quick {
    pub(super) rule: Delimited,
    pub(super) datetime_shape: Fixed,
    /// Columns from 0.
    pub(super) badge: usize,
    pub(super) datetime: usize,
    pub(super) direction: Option<usize>,
    pub(super) reason: Option<usize>,
}

impl Quick {
    /// True when the columns are ones that can be looked at.
    pub(super) fn is_possible(&self) -> bool {
        let columns = [Some(self.badge), Some(self.datetime), self.direction, self.reason];
        columns.into_iter().flatten().all(|column| column < self.rule.min_fields.min(MOST))
    }

    /// The punch of a line of plain ASCII, unless there is anything unusual about it.
    #[inline]
    pub(super) fn read<'a>(&self, line: &'a str) -> Option<Reading<'a>> {
        // the start of each field, and one after the end
        let mut starts = [0_u16; MOST + 2];
        let mut fields = 1;
        let end = u16::try_from(line.len() + 1).ok()?;
        each_match(line.as_bytes(), self.rule.separator, |at| {
            starts[fields.min(MOST)] = u16::try_from(at).unwrap_or(end) + 1;
            fields += 1;
        });
        if fields < self.rule.min_fields || fields > self.rule.max_fields || fields > MOST {
            return None;
        }
        starts[fields] = end;
        let field = |column: usize| {
            let column = column.min(MOST);
            line.get(usize::from(starts[column])..usize::from(starts[column + 1]) - 1)
        };
        let badge = field(self.badge)?;
        let badge = badge.get(badge.bytes().position(|byte| byte > b' ')?..)?;
        if badge.len() > 64 || badge.bytes().any(|byte| byte <= b' ') {
            return None;
        }
        let mut moment = Moment::default();
        if !self.datetime_shape.read(field(self.datetime)?.as_bytes(), &mut moment) {
            return None;
        }
        let local = moment.local().ok()?;
        let direction = match self.direction {
            Some(column) => tight(field(column)?)?,
            None => "",
        };
        let reason = match self.reason {
            Some(column) => Some(tight(field(column)?)?).filter(|code| code.bytes().any(|byte| byte != b'0')),
            None => None,
        };
        Some(Reading { badge, local, offset_minutes: None, direction, reason })
    }
}

/// A field that has no space at its ends.
#[inline]
fn tight(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let spaced =
        bytes.first().is_some_and(|byte| *byte <= b' ') || bytes.last().is_some_and(|byte| *byte <= b' ');
    if spaced { None } else { Some(text) }
}

/// Finds a byte, eight at a time: fields are too short for a search that has to start anew for each.
#[inline]
pub(super) fn each_match(bytes: &[u8], wanted: u8, mut found: impl FnMut(usize)) {
    let (words, rest) = bytes.as_chunks::<8>();
    let pattern = u64::from_le_bytes([wanted; 8]);
    let mut start = 0;
    for word in words {
        each_in_word(*word, pattern, u64::MAX, |at| found(start + at));
        start += 8;
    }
    // the rest, as the end of a word that starts in the one before
    let Some(word) = bytes.last_chunk::<8>().filter(|_| !rest.is_empty()) else {
        for (at, byte) in rest.iter().enumerate() {
            if *byte == wanted {
                found(start + at);
            }
        }
        return;
    };
    let seen = 8 - rest.len();
    each_in_word(*word, pattern, u64::MAX << (8 * seen), |at| found(start + at - seen));
}

/// Finds a byte among eight of which only some count.
#[inline]
fn each_in_word(word: [u8; 8], pattern: u64, counts: u64, mut found: impl FnMut(usize)) {
    const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    let difference = u64::from_le_bytes(word) ^ pattern;
    // the top bit of each byte that is the wanted one
    let mut marks = !(((difference & LOW) + LOW) | difference | LOW) & counts;
    while marks != 0 {
        found(marks.trailing_zeros() as usize / 8);
        marks &= marks - 1;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::config::presets::preset;
    use crate::decode::Row;
    use crate::decode::decoder::Decoder;

    /// Lines of which most are good, and some nearly.
    fn lines() -> impl Strategy<Value = String> {
        let badge = prop_oneof!["        [0-9]", " {0,9}[0-9]{0,9}", "[ A-Z0-9]{0,70}"];
        let date = prop_oneof!["20[0-9]{2}-[01][0-9]-[0-3][0-9]", "[0-9/-]{10}"];
        let time = prop_oneof![" [0-2][0-9]:[0-5][0-9]:[0-5][0-9]", " {0,2}[0-9]{2}:[0-9]{2}:[0-9]{2} {0,1}"];
        let rest = prop_oneof!["\t1\t[0-5]\t1\t[0-9]", "(\t[ 0-9]{0,3}){0,20}"];
        let line = (badge, date, time, rest).prop_map(|(a, b, c, d)| format!("{a}\t{b}{c}{d}\r\n"));
        prop::collection::vec(line, 1..8).prop_map(|lines| lines.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn the_short_way_and_the_long_way_give_the_same(text in lines()) {
            for name in ["zk-attlog", "zk-attlog-5"] {
                let short = preset(name).unwrap();
                assert!(short.quick.is_some());
                let mut long = preset(name).unwrap();
                long.quick = None;
                let [short, long] = [short, long].map(|format| {
                    let mut rows = Vec::new();
                    Decoder::new(Arc::new(format)).push(text.as_bytes(), &mut |row: Row<'_>| rows.push(format!("{row:?}")));
                    rows
                });
                prop_assert_eq!(short, long);
            }
        }
    }

    #[test]
    fn every_match_is_found_in_its_place() {
        for length in 0..40 {
            for (a, b) in (0..length).flat_map(|a| (a..length).map(move |b| (a, b))) {
                let mut bytes = vec![b'\x08'; length];
                (bytes[a], bytes[b]) = (b'\t', b'\t');
                let mut found = Vec::new();
                each_match(&bytes, b'\t', |at| found.push(at));
                let mut expected = vec![a, b];
                expected.dedup();
                assert_eq!(found, expected, "{length}");
            }
        }
    }
}
