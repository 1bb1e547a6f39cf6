//! The text of a data file while it is written: numbers, words, dates and times as JSON has them.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike};

use crate::domain::civil::{TimeOfDay, date_and_second};
use crate::domain::minutes::Minutes;
use crate::domain::punch::Direction;

/// What is being written.
#[derive(Debug)]
pub(super) struct Text {
    bytes: Vec<u8>,
    /// The date that was written last, with its letters: most dates are the same again.
    date: (NaiveDate, [u8; 10]),
    /// The same of a time.
    moment: Moment,
}

/// The midnight of a time, by its own offset, with its letters.
#[derive(Debug)]
struct Moment {
    date: NaiveDate,
    offset: i32,
    letters: [u8; 27],
}

/// The beginning of 1970.
impl Default for Moment {
    fn default() -> Self {
        let letters = *br#""1970-01-01T00:00:00+00:00""#;
        Self { date: NaiveDate::default(), offset: 0, letters }
    }
}

impl Text {
    /// Goes on after what is there.
    pub(super) fn after(bytes: Vec<u8>) -> Self {
        Self { bytes, date: (NaiveDate::default(), *b"1970-01-01"), moment: Moment::default() }
    }

    /// All that was written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    #[inline]
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// What `fill` writes, in brackets, in the place of the comma with which each member begins.
    #[inline]
    pub(super) fn bracketed(&mut self, [open, close]: [u8; 2], fill: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        fill(self);
        match self.bytes.get_mut(start) {
            Some(comma) => {
                debug_assert_eq!(*comma, b',', "a key without key!");
                *comma = open;
            }
            None => self.push(open),
        }
        self.push(close);
    }

    /// `YYYY-MM-DD`, for years of four digits.
    pub(super) fn date(&mut self, date: NaiveDate) -> Option<[u8; 10]> {
        if self.date.0 != date {
            let year = u32::try_from(date.year()).ok().filter(|year| *year <= 9999)?;
            let mut text = *b"yyyy-mm-dd";
            for (place, number) in [(0, year / 100), (2, year % 100), (5, date.month()), (8, date.day())] {
                text[place..place + 2].copy_from_slice(&pair(number));
            }
            self.date = (date, text);
        }
        Some(self.date.1)
    }

    /// Writes a time in quotes: a date, the second of that day, and the offset in whole minutes, for years
    /// of four digits; false, and nothing, for others.
    fn moment(&mut self, date: NaiveDate, second: u32, offset: i32) -> bool {
        if self.moment.date != date {
            let Some(letters) = self.date(date) else { return false };
            self.moment.letters[1..11].copy_from_slice(&letters);
            self.moment.date = date;
        }
        if self.moment.offset != offset {
            let minutes = offset.unsigned_abs() / 60;
            let letters = &mut self.moment.letters;
            letters[20] = if offset < 0 { b'-' } else { b'+' };
            letters[21..23].copy_from_slice(&pair(minutes / 60));
            letters[24..26].copy_from_slice(&pair(minutes % 60));
            self.moment.offset = offset;
        }
        self.bytes.extend_from_slice(&self.moment.letters);
        // in the place where they stay: what was written just now is slow to read
        if let Some(letters) = self.bytes.last_chunk_mut::<27>() {
            letters[12..14].copy_from_slice(&pair(second / 3600));
            letters[15..17].copy_from_slice(&pair(second / 60 % 60));
            letters[18..20].copy_from_slice(&pair(second % 60));
        }
        true
    }
}

/// A key, and the same with each value that is a word of JSON: one constant is quicker than two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) key: &'static str,
    pub(super) null: &'static str,
    pub(super) yes: &'static str,
    pub(super) no: &'static str,
}

/// What can stand in a data file.
pub(super) trait Json: Sized {
    /// Writes it.
    fn write(self, out: &mut Text);

    /// Writes it with its key.
    #[expect(clippy::inline_always, reason = "a key is quick where its letters are known")]
    #[inline(always)]
    fn write_member(self, member: &Member, out: &mut Text) {
        out.extend(member.key.as_bytes());
        self.write(out);
    }
}

impl<T: Json> Json for Option<T> {
    #[inline]
    fn write_member(self, member: &Member, out: &mut Text) {
        match self {
            Some(value) => value.write_member(member, out),
            None => out.extend(member.null.as_bytes()),
        }
    }

    #[inline]
    fn write(self, out: &mut Text) {
        match self {
            Some(value) => value.write(out),
            None => out.extend(b"null"),
        }
    }
}

impl Json for bool {
    #[inline]
    fn write_member(self, member: &Member, out: &mut Text) {
        if self {
            out.extend(member.yes.as_bytes());
        } else {
            out.extend(member.no.as_bytes());
        }
    }

    #[inline]
    fn write(self, out: &mut Text) {
        if self {
            out.extend(b"true");
        } else {
            out.extend(b"false");
        }
    }
}

impl Json for Direction {
    #[inline]
    fn write(self, out: &mut Text) {
        match self {
            Self::In => out.extend(br#""in""#),
            Self::Out => out.extend(br#""out""#),
        }
    }
}

/// A word of ours: nothing in it needs an escape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code(pub(super) &'static str);

impl Json for Code {
    #[inline]
    fn write(self, out: &mut Text) {
        out.push(b'"');
        out.extend(self.0.as_bytes());
        out.push(b'"');
    }
}

impl Json for &str {
    fn write(self, out: &mut Text) {
        let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        // all of them, without stopping at the first: many bytes are looked at together
        if self.bytes().fold(false, |found, byte| found | special(byte)) {
            out.extend(serde_json::Value::from(self).to_string().as_bytes());
        } else {
            out.push(b'"');
            out.extend(self.as_bytes());
            out.push(b'"');
        }
    }
}

impl Json for i64 {
    fn write(self, out: &mut Text) {
        if self < 0 {
            out.push(b'-');
        }
        let (mut digits, mut rest) = ([b'0'; 20], self.unsigned_abs());
        let mut first = digits.len();
        while first == digits.len() || rest > 0 {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        out.extend(&digits[first..]);
    }
}

macro_rules! numbers {
    ($($number:ty)*) => { $(impl Json for $number {
        fn write(self, out: &mut Text) {
            i64::from(self).write(out);
        }
    })* };
}

numbers!(u8 u32 i32);

/// Most are of a few hours.
impl Json for Minutes {
    #[inline]
    fn write(self, out: &mut Text) {
        match u32::try_from(self.0) {
            Ok(number @ 0..10) => out.push(pair(number)[1]),
            Ok(number @ 10..100) => out.extend(&pair(number)),
            Ok(number @ 100..1000) => {
                out.push(pair(number / 100)[1]);
                out.extend(&pair(number % 100));
            }
            _ => self.0.write(out),
        }
    }
}

/// `"HH:MM"`
impl Json for TimeOfDay {
    fn write(self, out: &mut Text) {
        self.to_string().as_str().write(out);
    }
}

/// `"YYYY-MM-DD"`
impl Json for NaiveDate {
    fn write(self, out: &mut Text) {
        match out.date(self) {
            Some(text) => {
                out.push(b'"');
                out.extend(&text);
                out.push(b'"');
            }
            None => self.to_string().as_str().write(out),
        }
    }
}

/// RFC 3339 with the offset, as [`DateTime::to_rfc3339`].
impl Json for DateTime<FixedOffset> {
    fn write(self, out: &mut Text) {
        let (date, second) = date_and_second(&self, *self.offset());
        let offset = self.offset().local_minus_utc();
        let is_plain = self.naive_utc().nanosecond() == 0 && offset % 60 == 0;
        if !(is_plain && out.moment(date, second, offset)) {
            self.to_rfc3339().as_str().write(out);
        }
    }
}

/// `00` to `99`.
const PAIRS: [[u8; 2]; 100] = {
    let (mut pairs, mut number) = ([[0; 2]; 100], 0_u8);
    while number < 100 {
        pairs[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    pairs
};

/// The two digits of a number below a hundred.
#[inline]
fn pair(number: u32) -> [u8; 2] {
    PAIRS.get(number as usize).copied().unwrap_or(*b"??")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn written(value: impl Json) -> String {
        let mut out = Text::after(Vec::new());
        value.write(&mut out);
        String::from_utf8(out.bytes).unwrap()
    }

    #[test]
    fn values_are_written_as_the_library_writes_them() {
        for text in ["", "Città", "a \"b\" \\ c", "tab\t, line\n, bell \u{7}, del \u{7f}", "\u{1f600}"] {
            assert_eq!(written(text), Value::from(text).to_string());
        }
        for number in [0, 7, 10, -1, -480, 99_999, i64::MAX, i64::MIN] {
            assert_eq!(written(number), number.to_string());
        }
        for text in [
            "2026-10-05T08:00:59+02:00",
            "2026-01-01T00:00:00-03:30",
            "0001-12-31T23:59:59+00:00",
            "2026-10-05T08:00:59.250+02:00",
        ] {
            let at = DateTime::parse_from_rfc3339(text).unwrap();
            assert_eq!(written(at), format!("\"{text}\""));
            assert_eq!(written(at.date_naive()), format!("\"{}\"", at.date_naive()));
        }
        for far in [NaiveDate::MIN, NaiveDate::MAX] {
            assert_eq!(written(far), format!("\"{far}\""));
            let at = far.and_time(chrono::NaiveTime::MIN).and_utc().fixed_offset();
            assert_eq!(written(at), format!("\"{}\"", at.to_rfc3339()));
        }
        let far = NaiveDate::from_ymd_opt(12_026, 2, 3).unwrap();
        assert_eq!(written(far), format!("\"{far}\""));
        for direction in [Direction::In, Direction::Out] {
            assert_eq!(written(direction), format!("\"{}\"", direction.code()));
        }
        for minutes in [-480, -1, 0, 9, 10, 99, 100, 432, 999, 1000, i32::MAX, i32::MIN] {
            assert_eq!(written(Minutes(minutes)), minutes.to_string());
        }
        assert_eq!(written(Some(true)) + &written(None::<i32>), "truenull");
        assert_eq!(written(TimeOfDay::END), "\"24:00\"");
    }

    #[test]
    fn each_time_is_written_whole_whatever_stood_before_it() {
        let offsets = [7200, 3600, -12_600, 0, 7200 + 30, 86_340, -86_340];
        let seconds =
            [0, 1, 59, 60, 3_599, 3_600, 86_399, 86_400, 50 * 86_400, -1, 1_790_000_000, 300_000_000_000];
        let times: Vec<DateTime<FixedOffset>> = offsets
            .iter()
            .flat_map(|offset| seconds.map(|second| (FixedOffset::east_opt(*offset).unwrap(), second)))
            .map(|(offset, second)| DateTime::from_timestamp(second, 0).unwrap().with_timezone(&offset))
            .collect();
        // each after each
        let times = times.iter().flat_map(|one| times.iter().flat_map(|other| [*one, *other]));
        let (mut out, mut expected) = (Text::after(Vec::new()), String::new());
        for at in times {
            at.write(&mut out);
            at.date_naive().write(&mut out);
            expected += &format!("\"{}\"\"{}\"", at.to_rfc3339(), at.date_naive());
        }
        assert_eq!(String::from_utf8(out.into_bytes()).unwrap(), expected);
    }
}
