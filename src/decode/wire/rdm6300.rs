//! RDM6300, RDM630 and EM-18 modules, and ID Innovations ID-2, ID-12, ID-20: 125 kHz EM4100 cards.
//!
//! | bytes | what |
//! |---|---|
//! | `02` | STX |
//! | 10 | five bytes as hexadecimal digits: version or customer, then the four of the number |
//! | 2 | checksum of the five bytes (not of the digits): XOR; some firmware adds them up |
//! | `0D 0A` | ID-12 family only |
//! | `03` | ETX |
//!
//! 9600 8N1. An RDM6300 repeats the frame about every 65 ms while the card is there. The number that
//! is usually printed on the card is the low four bytes, decimal, with ten digits.
//! Sources: the README of arduino12/rdm6300; ID Innovations' data sheet as its users quote it.

use super::super::card::Card;
use super::grammar::{Found, Grammar, Step, Verdict};

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
/// Where the checksum ends: STX, ten digits, two digits.
const DIGITS_END: usize = 13;

/// How the reader proves its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Checksum {
    /// XOR of the five bytes.
    #[default]
    Xor,
    /// Their sum modulo 256.
    Sum,
    /// Not looked at.
    None,
}

/// The options of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rdm6300 {
    /// How the last two digits are made.
    pub checksum: Checksum,
}

impl Grammar for Rdm6300 {
    fn longest(&self) -> usize {
        17
    }

    fn step(&self, frame: &[u8], byte: u8, _noise: usize) -> Step {
        match (frame.len(), byte) {
            (_, STX) => Step::Start,
            (0, b'\r' | b'\n') => Step::Between,
            (0, _) => Step::Noise,
            (_, ETX) => Step::End,
            (1..DIGITS_END, byte) if byte.is_ascii_hexdigit() => Step::Inside,
            (1..DIGITS_END, _) => Step::Broken("a byte of the frame is no hexadecimal digit"),
            (_, b'\r') if frame.len() == DIGITS_END => Step::Inside,
            (_, b'\n') if frame.len() <= DIGITS_END + 1 => Step::Inside,
            _ => Step::Broken("the frame does not end behind its checksum"),
        }
    }

    fn read(&self, frame: &[u8]) -> Verdict {
        let within = frame.strip_prefix(&[STX]).and_then(|rest| rest.strip_suffix(&[ETX]));
        let digits = within.unwrap_or_default().trim_ascii_end();
        let number = digits.get(..10).unwrap_or_default().to_ascii_uppercase();
        let card = Card::hex(&String::from_utf8_lossy(&number));
        let expected = digits.get(10..).and_then(byte);
        let (Some(bytes), Some(told), 12) = (card.number(), expected, digits.len()) else {
            let count = digits.len();
            return Verdict::Reject(format!("{count} digits between STX and ETX, expected 12"));
        };
        let (name, made) = match self.checksum {
            Checksum::None => return Verdict::Read(Found::card(card)),
            Checksum::Xor => ("XOR", bytes.iter().fold(0, |sum, byte| sum ^ byte)),
            Checksum::Sum => ("sum", bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))),
        };
        if made == told {
            return Verdict::Read(Found::card(card));
        }
        Verdict::Reject(format!("wrong checksum: the {name} is {made:02X}, the frame says {told:02X}"))
    }
}

/// Two hexadecimal digits.
fn byte(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::super::settings::{Protocol, WireSettings};
    use super::super::tests::{frames, vector};
    use super::*;

    fn settings(checksum: Checksum) -> WireSettings {
        WireSettings::new(Protocol::Rdm6300(Rdm6300 { checksum }))
    }

    #[test]
    fn vectors() {
        use Checksum::{None, Sum, Xor};
        let rows = [
            // RDM6300: the number printed on the card
            (Xor, "02 30 31 30 30 31 32 39 33 44 38 35 38 03", "0 read 0001217496"),
            (Xor, "02 30 31 30 30 43 44 41 34 45 43 38 34 03", "0 read 0013477100"),
            (Xor, "02 32 39 30 30 44 45 42 33 30 41 34 45 03", "0 read 0014594826"),
            (Xor, "02 36 32 45 33 30 38 36 43 45 44 30 38 03", "0 read 3808980205"),
            (Xor, "02 36 37 30 30 33 42 35 31 43 36 43 42 03", "0 read 0003887558"),
            (
                Xor,
                "02 36 38 30 30 33 42 35 31 43 36 43 42 03",
                "0 reject wrong checksum: the XOR is C4, the frame says CB",
            ),
            (None, "02 36 38 30 30 33 42 35 31 43 36 43 42 03", "0 read 0003887558"),
            // lower case, and the firmware that adds up: 2E00AF0EC9B4
            (Xor, "02 30 31 30 30 31 32 39 33 64 38 35 38 03", "0 read 0001217496"),
            (Sum, "02 32 45 30 30 41 46 30 45 43 39 42 34 03", "0 read 0011472585"),
            (
                Xor,
                "02 32 45 30 30 41 46 30 45 43 39 42 34 03",
                "0 reject wrong checksum: the XOR is 46, the frame says B4",
            ),
            // ID-12
            (Xor, "02 30 31 30 30 31 32 39 33 44 38 35 38 0D 0A 03", "0 read 0001217496"),
            (Xor, "02 36 37 30 30 33 42 35 31 43 36 43 42 0D 0A 03", "0 read 0003887558"),
            // what is no frame
            (Xor, "02 30 31 03", "0 reject 2 digits between STX and ETX, expected 12"),
            (Xor, "02 03", "0 reject 0 digits between STX and ETX, expected 12"),
            (
                Xor,
                "02 30 31 02 30 31 30 30 31 32 39 33 44 38 35 38 03",
                "0 reject the frame is cut short by the next one (3 bytes that are in no frame); \
                 3 read 0001217496",
            ),
            (
                Xor,
                "FF 00 0D 0A 02 30 31 30 30 31 32 39 33 44 38 35 38 03 55 AA",
                "0 reject noise: 2 bytes that are in no frame; 4 read 0001217496; \
                 18 reject noise: 2 bytes that are in no frame",
            ),
            (
                Xor,
                "02 30 31 30 30 31 32 39 33 44 38 35 38 37 03",
                "0 reject the frame does not end behind its checksum (15 bytes that are in no frame)",
            ),
        ];
        for (checksum, bytes, expected) in rows {
            assert_eq!(frames(&settings(checksum), &vector(bytes)), expected, "{bytes}");
        }
    }
}
