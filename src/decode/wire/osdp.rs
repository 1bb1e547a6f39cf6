//! What was captured on an OSDP bus, both directions: the cards that readers reported. To use such
//! readers somebody has to ask them, see [`crate::decode::osdp`]; this only looks.
//!
//! | bytes | what |
//! |---|---|
//! | `FF` | mark, also several or none |
//! | `53` | start |
//! | 1 | address; replies have the highest bit |
//! | 2 | length from start to end, the low byte first |
//! | 1 | control: sequence, kind of check, security block |
//! | | security block, where there is one |
//! | 1 | command or reply; cards are `50` (bits) and `51` (text) |
//! | | data |
//! | 4 | MAC, in a secure channel |
//! | 1 or 2 | checksum, or CRC with the low byte first |
//!
//! Source: SIA OSDP 2.2, the same as IEC 60839-11-5.

use ::osdp::{MAX_BUS_PACKET, ParsedPacket, SOM};

use super::super::osdp::card;
use super::super::osdp::framer::{Length, MARK, length};
use super::grammar::{Found, Grammar, Step, Verdict};

/// This protocol has no options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Osdp;

impl Grammar for Osdp {
    fn longest(&self) -> usize {
        MAX_BUS_PACKET + 1
    }

    fn step(&self, frame: &[u8], byte: u8, _noise: usize) -> Step {
        match (frame, byte) {
            ([], SOM) => return Step::Start,
            ([], MARK) => return Step::Between,
            ([], _) => return Step::Noise,
            _ => {}
        }
        // the length is known with the fifth byte
        let known = if frame.len() < 5 { length(&[frame, &[byte]].concat()) } else { length(frame) };
        match known {
            Length::Unknown => Step::Inside,
            Length::None => Step::Broken("what begins like a packet cannot be one"),
            Length::Of(length) if frame.len() + 1 < length => Step::Inside,
            Length::Of(_) => match ParsedPacket::parse(&[frame, &[byte]].concat()) {
                Ok(_) => Step::End,
                Err(::osdp::Error::BadCrc { .. } | ::osdp::Error::BadChecksum { .. }) => {
                    Step::Broken("a packet was damaged: its check bytes are wrong")
                }
                Err(_) => Step::Broken("a packet is not made as the standard says"),
            },
        }
    }

    fn read(&self, frame: &[u8]) -> Verdict {
        let Ok((packet, _)) = ParsedPacket::parse(frame) else { return Verdict::Skipped };
        if !packet.addr.is_reply() {
            return Verdict::Skipped;
        }
        match card(packet.code, packet.data) {
            None => Verdict::Skipped,
            Some(_) if packet.scb.is_some_and(|block| block.ty.is_encrypted()) => {
                let reason = "a card in a secure channel: only the panel with the key can read it";
                Verdict::Reject(reason.to_owned())
            }
            Some(Ok(card)) => Verdict::Read(Found::card(card)),
            Some(Err(reason)) => Verdict::Reject(reason.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::{Protocol, WireSettings};
    use super::super::tests::{frames, vector};
    use super::*;

    #[test]
    fn vectors() {
        let settings = WireSettings::new(Protocol::Osdp(Osdp));
        let rows = [
            // the standard, libosdp, a real reader
            ("53 7F 0D 00 04 6E 00 80 25 00 00 6E 38", "0 skipped"),
            ("53 00 09 00 04 61 00 C0 66 53 00 08 00 00 61 00 44", "0 skipped; 9 skipped"),
            ("FF 53 65 08 00 04 60 60 90", "1 skipped"),
            ("53 80 08 00 05 40 68 9F", "0 skipped"),
            ("53 80 14 00 06 45 00 0E E3 10 10 00 00 74 97 23 06 06 1B 88", "0 skipped"),
            // cards: 123,4567 and 18,37848
            ("53 85 10 00 05 50 00 01 1A 00 BD 88 EB 80 03 25", "0 read 0008065495"),
            (
                "FF 53 05 08 00 05 60 8D BA FF 53 85 10 00 06 50 00 01 1A 00 09 49 EC 40 F0 FE",
                "1 skipped; 10 read 0001217496",
            ),
            // what only looks like a card's reply: a command with its code, and a card in a secure channel
            ("53 05 0C 00 04 50 00 01 01 00 53 A2", "0 skipped"),
            (
                "53 85 1E 00 0E 02 18 50 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 AA BB CC DD A3 88",
                "0 reject a card in a secure channel: only the panel with the key can read it",
            ),
            // damage and noise
            (
                "53 85 10 00 05 50 00 01 1A 00 BD 88 EB 81 03 25",
                "0 reject a packet was damaged: its check bytes are wrong (16 bytes that are in no frame)",
            ),
            (
                "53 85 53 85 10 00 05 50 00 01 1A 00 BD 88 EB 80 03 25 00",
                "0 reject what begins like a packet cannot be one (2 bytes that are in no frame); \
                 2 read 0008065495; 18 reject noise: 1 byte that is in no frame",
            ),
        ];
        for (bytes, expected) in rows {
            assert_eq!(frames(&settings, &vector(bytes)), expected, "{bytes}");
        }
    }
}
