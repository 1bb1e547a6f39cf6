//! Anviz `TC_B` protocol 2.1: records that the terminal pushes as they happen.
//!
//! | bytes | what |
//! |---|---|
//! | `A5` | start |
//! | 4 | number of the device |
//! | 1 | command: `DF` is a live record; others are questions, and answers that nobody here asked for |
//! | 1 | result, only where the command is 80 or more: what comes from the terminal |
//! | 2 | length of the data, high byte first |
//! | data | |
//! | 2 | CRC-16 of all before it, low byte first: 0x1021 reflected, begun with FFFF |
//!
//! | bytes of a record | what |
//! |---|---|
//! | 5 | number of the user |
//! | 4 | seconds since the epoch, high byte first, of the device's civil clock |
//! | 1 | how the user was recognised (8: by card) |
//! | 1 | bit 7: the door was opened; low four bits: the state, which is the direction |
//! | 3 | work code |
//!
//! RS-232, RS-485 or TCP. Source: CommsProtocol.pdf in benperiton/anviz-protocol. It says that the
//! epoch is 2000-01-01; on two makers' devices it was found to be 2000-01-02, so it is a setting.

use chrono::NaiveDate;

use super::super::card::Card;
use super::grammar::{Found, Grammar, Step, Verdict};

const START: u8 = 0xA5;
const LIVE: u8 = 0xDF;
/// The data of the longest answer: 25 records.
const MOST: usize = 400;

/// The options of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anviz {
    /// The civil day on which the device's seconds begin.
    pub epoch: NaiveDate,
}

impl Default for Anviz {
    fn default() -> Self {
        Self { epoch: NaiveDate::from_ymd_opt(2000, 1, 2).unwrap_or_default() }
    }
}

impl Grammar for Anviz {
    fn longest(&self) -> usize {
        header(LIVE) + MOST + 3
    }

    fn step(&self, frame: &[u8], byte: u8, _noise: usize) -> Step {
        match frame {
            [] if byte == START => Step::Start,
            [] => Step::Noise,
            [_, _, _, _, _, command, ..] => {
                let header = header(*command);
                let mut length = frame.get(header - 2..).unwrap_or_default().iter().chain([&byte]);
                let (Some(high), Some(low)) = (length.next(), length.next()) else { return Step::Inside };
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                match frame.len() + 1 {
                    _ if length > MOST => Step::Broken("longer than any frame of this protocol"),
                    count if count == header + length + 2 => Step::End,
                    _ => Step::Inside,
                }
            }
            _ => Step::Inside,
        }
    }

    fn read(&self, frame: &[u8]) -> Verdict {
        let [_, _, _, _, _, command, .., low, high] = frame else {
            return Verdict::Reject("shorter than any frame of this protocol".to_owned());
        };
        let made = crc(frame.get(..frame.len() - 2).unwrap_or_default());
        let told = u16::from_le_bytes([*low, *high]);
        if made != told {
            let reason = format!("wrong CRC: the frame says {told:04X}, its bytes make {made:04X}");
            // a length that was hit swallows the next frame
            let next = frame.iter().skip(1).position(|byte| *byte == START);
            return next.map_or_else(
                || Verdict::Reject(reason.clone()),
                |next| Verdict::RejectFirst(reason.clone(), next + 1),
            );
        }
        if *command != LIVE {
            return Verdict::Skipped;
        }
        let data = frame.get(header(*command)..frame.len() - 2).unwrap_or_default();
        let [u0, u1, u2, u3, u4, s0, s1, s2, s3, _, state, w0, w1, w2] = data else {
            return Verdict::Reject(format!("a live record has 14 bytes, this one {}", data.len()));
        };
        let user = u64::from_be_bytes([0, 0, 0, *u0, *u1, *u2, *u3, *u4]);
        let seconds = u32::from_be_bytes([*s0, *s1, *s2, *s3]);
        let epoch = self.epoch.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
        let work = u32::from_be_bytes([0, *w0, *w1, *w2]);
        Verdict::Read(Found {
            card: Card::decimal(&user.to_string()),
            local: Some(epoch + i64::from(seconds)),
            direction: (state & 0x0F).to_string(),
            reason: (work != 0).then(|| work.to_string()),
        })
    }
}

/// The bytes before the data.
fn header(command: u8) -> usize {
    if command >= 0x80 { 9 } else { 8 }
}

/// CRC-16 with the reflected polynomial 0x8408, begun with FFFF.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x8408 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::super::settings::{Protocol, WireSettings};
    use super::super::tests::{frames, vector};
    use super::*;

    const PUNCH: &str = "A5 00 00 00 01 DF 00 00 0E 00 00 00 01 02 2D 85 72 08 08 80 00 00 00 FC A8";

    #[test]
    fn vectors() {
        let day = |day| Anviz { epoch: NaiveDate::from_ymd_opt(2000, 1, day).unwrap() };
        let read = "read 258 at 1710491400 direction 0";
        let rows: &[(Anviz, &str, &str)] = &[
            (Anviz::default(), PUNCH, &format!("0 {read}")),
            (day(1), PUNCH, "0 read 258 at 1710405000 direction 0"),
            // questions of a computer: get time, record information, 25 new records
            (Anviz::default(), "A5 00 00 00 01 38 00 00 28 CA", "0 skipped"),
            (Anviz::default(), "A5 00 00 00 01 3C 00 00 49 A9", "0 skipped"),
            (Anviz::default(), "A5 00 00 00 01 40 00 02 02 19 3E C0", "0 skipped"),
            // noise; a false start that swallows a record; a length that was hit
            (
                Anviz::default(),
                &format!("00 A5 {PUNCH}"),
                &format!(
                    "0 reject longer than any frame of this protocol (2 bytes that are in no frame); 2 {read}"
                ),
            ),
            (
                Anviz::default(),
                &format!("A5 00 00 00 01 DF 00 00 20 00 00 {PUNCH} {PUNCH}"),
                &format!(
                    "0 reject wrong CRC: the frame says 00DF, its bytes make CCE2; 11 {read}; 36 {read}"
                ),
            ),
            (
                Anviz::default(),
                &PUNCH.replace("FC", "FD"),
                "0 reject wrong CRC: the frame says A8FD, its bytes make A8FC",
            ),
            (
                Anviz::default(),
                "A5 00 00 00 01 DF 00 00 01 00 47 86",
                "0 reject a live record has 14 bytes, this one 1",
            ),
        ];
        for (options, bytes, expected) in rows {
            let settings = WireSettings::new(Protocol::Anviz(*options));
            assert_eq!(&frames(&settings, &vector(bytes)), expected, "{bytes}");
        }
        assert_eq!(crc(b"123456789"), 0x6F91);
    }
}
