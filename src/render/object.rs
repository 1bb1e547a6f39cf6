//! JSON written straight into bytes: compact, in the order of the calls, without a tree in between.
//! Data files are written by the thousand.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike};

use crate::domain::civil::TimeOfDay;
use crate::domain::minutes::Minutes;

/// An object that is being written. Its keys are plain ASCII words. After each member stand already the
/// comma and the quote with which the next would begin: one write less for each of thousands.
#[derive(Debug)]
pub(super) struct Object<'a> {
    out: &'a mut Vec<u8>,
}

/// Writes an object; `fill` puts its keys into it.
pub(super) fn object(out: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
    out.extend_from_slice(b"{\"");
    fill(&mut Object { out });
    // the quote, and the comma when there was a member
    out.pop();
    close(out, b'}');
}

impl Object<'_> {
    /// A key with a value. Inlined, its key is a few stores instead of a copy of so many bytes.
    #[inline]
    pub(super) fn put(&mut self, key: &str, value: impl Json) {
        self.key(key);
        value.write(self.out);
        self.next();
    }

    /// A key with an object.
    pub(super) fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        object(self.out, fill);
        self.next();
    }

    /// A key with an object, or null.
    pub(super) fn object_of<T>(
        &mut self,
        key: &str,
        value: Option<T>,
        fill: impl FnOnce(&mut Object<'_>, T),
    ) {
        match value {
            Some(value) => self.object(key, |object| fill(object, value)),
            None => self.put(key, None::<bool>),
        }
    }

    /// A key with a list of values.
    pub(super) fn list(&mut self, key: &str, values: impl IntoIterator<Item = impl Json>) {
        self.key(key);
        self.out.push(b'[');
        for value in values {
            value.write(self.out);
            self.out.push(b',');
        }
        close(self.out, b']');
        self.next();
    }

    /// A key with a list of objects.
    pub(super) fn objects<T>(
        &mut self,
        key: &str,
        values: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(&mut Object<'_>, T),
    ) {
        self.key(key);
        self.out.push(b'[');
        for value in values {
            object(self.out, |object| fill(object, value));
            self.out.push(b',');
        }
        close(self.out, b']');
        self.next();
    }

    #[inline]
    fn next(&mut self) {
        self.out.extend_from_slice(b",\"");
    }

    #[inline]
    fn key(&mut self, key: &str) {
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}

/// The closing bracket takes the place of the comma after the last member.
fn close(out: &mut Vec<u8>, bracket: u8) {
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(bracket);
}

/// What can stand in a data file.
pub(super) trait Json {
    /// Writes it.
    fn write(self, out: &mut Vec<u8>);
}

impl<T: Json> Json for Option<T> {
    fn write(self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl Json for bool {
    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self { b"true" } else { b"false" });
    }
}

impl Json for &str {
    fn write(self, out: &mut Vec<u8>) {
        let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        if self.bytes().any(special) {
            out.extend_from_slice(serde_json::Value::from(self).to_string().as_bytes());
        } else {
            out.push(b'"');
            out.extend_from_slice(self.as_bytes());
            out.push(b'"');
        }
    }
}

impl Json for i64 {
    fn write(self, out: &mut Vec<u8>) {
        if self < 0 {
            out.push(b'-');
        }
        let (mut digits, mut rest) = ([b'0'; 20], self.unsigned_abs());
        if let Some(pair) = usize::try_from(rest).ok().and_then(|rest| PAIRS.get(rest)) {
            return out.extend_from_slice(if rest < 10 { &pair[1..] } else { pair });
        }
        let mut first = digits.len();
        while first == digits.len() || rest > 0 {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        out.extend_from_slice(&digits[first..]);
    }
}

macro_rules! numbers {
    ($($number:ty)*) => { $(impl Json for $number {
        fn write(self, out: &mut Vec<u8>) {
            i64::from(self).write(out);
        }
    })* };
}

numbers!(u8 u32 i32);

impl Json for Minutes {
    fn write(self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
}

/// `"HH:MM"`
impl Json for TimeOfDay {
    fn write(self, out: &mut Vec<u8>) {
        self.to_string().as_str().write(out);
    }
}

/// `"YYYY-MM-DD"`
impl Json for NaiveDate {
    fn write(self, out: &mut Vec<u8>) {
        match written_date(self) {
            Some(text) => {
                out.push(b'"');
                out.extend_from_slice(&text);
                out.push(b'"');
            }
            None => self.to_string().as_str().write(out),
        }
    }
}

/// RFC 3339 with the offset, as [`DateTime::to_rfc3339`].
impl Json for DateTime<FixedOffset> {
    fn write(self, out: &mut Vec<u8>) {
        let (local, offset) = (self.naive_local(), self.offset().local_minus_utc());
        let minutes = offset.unsigned_abs() / 60;
        let date = written_date(local.date()).filter(|_| local.nanosecond() == 0 && offset % 60 == 0);
        let Some(date) = date else { return self.to_rfc3339().as_str().write(out) };
        let mut text = *br#""yyyy-mm-ddThh:mm:ss+hh:mm""#;
        text[1..11].copy_from_slice(&date);
        for (place, number) in [
            (12, local.hour()),
            (15, local.minute()),
            (18, local.second()),
            (21, minutes / 60),
            (24, minutes % 60),
        ] {
            two_digits(&mut text, place, number);
        }
        if offset < 0 {
            text[20] = b'-';
        }
        out.extend_from_slice(&text);
    }
}

/// `YYYY-MM-DD`, for years of four digits.
pub(super) fn written_date(date: NaiveDate) -> Option<[u8; 10]> {
    let year = u32::try_from(date.year()).ok().filter(|year| *year <= 9999)?;
    let mut text = *b"yyyy-mm-dd";
    for (place, number) in [(0, year / 100), (2, year % 100), (5, date.month()), (8, date.day())] {
        two_digits(&mut text, place, number);
    }
    Some(text)
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

fn two_digits(text: &mut [u8], place: usize, number: u32) {
    if let (Some(place), Some(pair)) = (text.get_mut(place..place + 2), PAIRS.get(number as usize)) {
        place.copy_from_slice(pair);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn written(value: impl Json) -> String {
        let mut out = Vec::new();
        value.write(&mut out);
        String::from_utf8(out).unwrap()
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
        let far = NaiveDate::from_ymd_opt(12_026, 2, 3).unwrap();
        assert_eq!(written(far), format!("\"{far}\""));
        assert_eq!(written(Some(true)) + &written(None::<i32>), "truenull");
        assert_eq!(written(TimeOfDay::END), "\"24:00\"");
    }

    #[test]
    fn brackets_close_with_and_without_members() {
        let mut out = Vec::new();
        object(&mut out, |all| {
            all.object("empty", |_| ());
            all.list("numbers", [1, 2]);
            all.list("none", [0; 0]);
            all.objects("few", [1], |one, number| one.put("n", number));
            all.object_of("absent", None::<i32>, |_, _| ());
        });
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"empty":{},"numbers":[1,2],"none":[],"few":[{"n":1}],"absent":null}"#
        );
    }
}
