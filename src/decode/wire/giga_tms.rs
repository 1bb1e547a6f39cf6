//! GIGA-TMS TR320, `TR40xx`, TR4020: terminals that send each record with its own time.
//!
//! | column | what |
//! |---|---|
//! | 1 | event, `1` to `4`: the direction, as the site sets it up |
//! | 2 | `DD-MM-YYYY` |
//! | 3 | `hh:mm:ss` |
//! | 4 | `'` and the number of the card |
//! | 5 | shift, two digits |
//! | 6 | number of the terminal, two to four digits |
//!
//! Columns are separated by tabs, the record ends with CR LF. 9600 8N1. Source: the manuals.

use super::super::card::Card;
use super::super::fault::Fault;
use super::super::moment::Moment as Civil;
use super::grammar::{Found, Grammar, Resync, Silence, Step, Verdict};
use super::record::{self, Record};

/// This protocol; it has no options.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GigaTms {
    record: Record,
}

impl Grammar for GigaTms {
    fn longest(&self) -> usize {
        record::LONGEST
    }

    fn step(&self, frame: &[u8], byte: u8, noise: usize) -> Step {
        self.record.step(frame, byte, noise)
    }

    fn read(&self, frame: &[u8]) -> Verdict {
        let found = self.record.token(frame).and_then(columns);
        found.map_or_else(|reason| record::reject(frame, reason), Verdict::Read)
    }

    fn silence(&self, _frame: &[u8]) -> Silence {
        Silence::CUT
    }

    fn resync(&self, byte: u8) -> Resync {
        self.record.resync(byte)
    }
}

fn columns(token: &str) -> Result<Found, String> {
    let columns: Vec<&str> = token.split('\t').map(str::trim).collect();
    let [event, date, time, card, ..] = columns.as_slice() else {
        return Err(format!("{} columns, expected 4 to 6", columns.len()));
    };
    if columns.len() > 6 {
        return Err(format!("{} columns, expected 4 to 6", columns.len()));
    }
    if !matches!(*event, "1" | "2" | "3" | "4") {
        return Err("the event is none of 1 to 4".to_owned());
    }
    let card = card.strip_prefix('\'').unwrap_or(card);
    if card.is_empty() {
        return Err("the card has no number".to_owned());
    }
    let mut civil = Civil::default();
    [civil.day, civil.month, civil.year] =
        numbers(date, '-', [2, 2, 4]).ok_or_else(|| "the date is not like DD-MM-YYYY".to_owned())?;
    [civil.hour, civil.minute, civil.second] =
        numbers(time, ':', [2, 2, 2]).ok_or_else(|| "the time is not like hh:mm:ss".to_owned())?;
    let local = civil.local().map_err(|fault: Fault<'_>| fault.to_string())?;
    let card =
        if card.bytes().all(|byte| byte.is_ascii_digit()) { Card::decimal(card) } else { Card::text(card) };
    Ok(Found { local: Some(local), direction: (*event).to_owned(), ..Found::card(card) })
}

/// Three numbers of so many digits each.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[u16; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        *number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::super::settings::{Protocol, WireSettings};
    use super::super::tests::frames;
    use super::*;

    #[test]
    fn vectors() {
        let settings = WireSettings::new(Protocol::GigaTms(GigaTms::default()));
        let good =
            "1\t15-03-2024\t08:30:00\t'0012345\t01\t0001\r\n2\t15-03-2024\t14:02:09\t'0012345\t01\t01\r\n";
        assert_eq!(
            frames(&settings, good.as_bytes()),
            "0 read 0012345 at 1710491400 direction 1; 40 read 0012345 at 1710511329 direction 2"
        );
        let rows = [
            ("1\t31-02-2024\t08:30:00\t'1\t01\t01", "impossible date 2024-02-31"),
            ("1\t15-03-2024\t24:30:00\t'1\t01\t01", "impossible time 24:30:00"),
            ("1\t15/03/2024\t08:30:00\t'1\t01\t01", "the date is not like DD-MM-YYYY"),
            ("1\t15-03-2024\t8:30:00\t'1\t01\t01", "the time is not like hh:mm:ss"),
            ("1\t15-03-2024\t08:30:+1\t'1\t01\t01", "the time is not like hh:mm:ss"),
            ("5\t15-03-2024\t08:30:00\t'1\t01\t01", "the event is none of 1 to 4"),
            ("1\t15-03-2024\t08:30:00\t'\t01\t01", "the card has no number"),
            ("1\t15-03-2024\t08:30:00", "3 columns, expected 4 to 6"),
            ("1\t15-03-2024\t08:30:00\t'1\t01\t01\tx", "7 columns, expected 4 to 6"),
        ];
        for (line, reason) in rows {
            let told = frames(&settings, format!("{line}\r\n").as_bytes());
            assert_eq!(told, format!("0 reject {reason}"), "{line:?}");
        }
    }
}
