//! Bytes of the standard and of real buses: each as sent, split everywhere, between noise, after echo.

use osdp::packet::{checksum8, crc16, crc16_le};
use osdp::{ParsedPacket, Sqn};

use super::super::command::Command;
use super::super::framer::Framer;
use super::super::link::Link;
use super::{clear, hex};
use crate::decode::card::Rendering;
use crate::decode::osdp::{Action, Event, Panel, Signal};
use crate::decode::wire::Moment;

/// Address, sequence, code and data length of whole packets.
const PACKETS: &[(&str, u8, u8, u8, usize)] = &[
    // Annex E, by libosdp's test-sc-sia-vectors.c
    ("53 7F 0D 00 04 6E 00 80 25 00 00 6E 38", 0x7F, 0, 0x6E, 5),
    ("53 00 09 00 04 61 00 C0 66", 0x00, 0, 0x61, 1),
    ("53 00 08 00 00 61 00 44", 0x00, 0, 0x61, 1),
    // libosdp's test-cp-phy.c
    ("53 65 08 00 04 60 60 90", 0x65, 0, 0x60, 0),
    ("53 65 09 00 04 61 00 D9 7A", 0x65, 0, 0x61, 1),
    ("53 05 08 00 04 60 BC 89", 0x05, 0, 0x60, 0),
    ("53 05 08 00 05 60 8D BA", 0x05, 1, 0x60, 0),
    // a real reader, by OSDP.Net
    ("53 80 08 00 05 40 68 9F", 0x80, 1, 0x40, 0),
    ("53 80 14 00 06 45 00 0E E3 10 10 00 00 74 97 23 06 06 1B 88", 0x80, 2, 0x45, 12),
    ("53 85 10 00 05 50 00 01 1A 00 BD 88 EB 80 03 25", 0x85, 1, 0x50, 8),
    ("53 85 10 00 06 50 00 01 1A 00 09 49 EC 40 F0 FE", 0x85, 2, 0x50, 8),
    ("53 05 16 00 06 69 00 00 02 02 01 02 00 0A 00 00 00 00 00 00 6E 71", 0x05, 2, 0x69, 14),
    ("53 05 0D 00 07 6A 00 02 02 01 01 1B BD", 0x05, 3, 0x6A, 5),
    ("53 00 0D 00 06 6A 00 02 02 02 01 59 92", 0x00, 2, 0x6A, 5),
];

#[test]
fn the_check_values() {
    // CRC-16/SPI-FUJITSU, and Annex E
    assert_eq!(crc16(b"123456789"), 0xE5CC);
    assert_eq!(crc16_le(&hex("53 7F 0D 00 04 6E 00 80 25 00 00")), [0x6E, 0x38]);
    assert_eq!(checksum8(&hex("53 00 08 00 00 61 00")), 0x44);
}

/// Everything that a framer finds in chunks, in words.
fn found(chunks: &[&[u8]]) -> Vec<String> {
    let mut framer = Framer::default();
    let mut all = Vec::new();
    let mut take = |framer: &mut Framer, ended: bool| {
        while let Some(found) = framer.next(ended) {
            let Ok((packet, _)) = ParsedPacket::parse(&found.bytes) else {
                all.push(format!("{} broken", found.offset));
                continue;
            };
            let (address, sequence) = (packet.addr.as_byte(), packet.ctrl.sqn.value());
            let length = packet.data.len();
            all.push(format!("{} {address:02X} {sequence} {:02X} {length}", found.offset, packet.code));
        }
    };
    for chunk in chunks {
        framer.push(chunk, Moment(0));
        take(&mut framer, false);
    }
    take(&mut framer, true);
    all
}

/// The same for the whole, for each byte alone, and for a split at every place.
fn found_always(bytes: &[u8]) -> Vec<String> {
    let whole = found(&[bytes]);
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(found(&single), whole);
    for at in 0..=bytes.len() {
        let (one, other) = bytes.split_at(at);
        assert_eq!(found(&[one, other]), whole, "split at {at}");
    }
    whole
}

#[test]
fn packets_are_found_however_they_come() {
    for (text, address, sequence, code, length) in PACKETS {
        let packet = hex(text);
        let expected = |offset: usize| format!("{offset} {address:02X} {sequence} {code:02X} {length}");
        assert_eq!(found_always(&packet), [expected(0)], "{text}");
        let twice = [packet.clone(), packet.clone()].concat();
        assert_eq!(found_always(&twice), [expected(0), expected(packet.len())], "{text}");
        for noise in
            ["FF", "00 11 22", "53", "53 53", "53 85", "53 85 00 00 04", "53 85 08 00 F4", "53 00 07"]
        {
            let noise = hex(noise);
            let around = [noise.clone(), packet.clone(), noise.clone()].concat();
            let all = found_always(&around);
            assert!(all.contains(&expected(noise.len())), "{text} in {noise:02X?}: {all:?}");
        }
    }
}

#[test]
fn a_damaged_packet_is_broken_wherever_the_damage_is() {
    for (text, ..) in PACKETS {
        let packet = hex(text);
        for at in 0..packet.len() {
            let mut damaged = packet.clone();
            damaged[at] ^= 0x40;
            let all = found_always(&damaged);
            assert!(all.iter().all(|one| one.ends_with("broken")), "{text}, byte {at}: {all:?}");
        }
    }
}

#[test]
fn commands_are_the_bytes_of_the_vectors() {
    let sequence = |number| Sqn::new(number).unwrap();
    let rows = [
        (0x65, 0, Command::Poll, "53 65 08 00 04 60 60 90"),
        (0x05, 1, Command::Poll, "53 05 08 00 05 60 8D BA"),
        (0x65, 0, Command::Identify, "53 65 09 00 04 61 00 D9 7A"),
        (0x00, 0, Command::Identify, "53 00 09 00 04 61 00 C0 66"),
        (
            0x05,
            2,
            Command::Light { head: 0, signal: Signal::Accepted },
            "53 05 16 00 06 69 00 00 02 02 01 02 00 0A 00 00 00 00 00 00 6E 71",
        ),
        (0x05, 3, Command::Beep { head: 0 }, "53 05 0D 00 07 6A 00 02 02 01 01 1B BD"),
    ];
    for (address, number, command, expected) in rows {
        assert_eq!(
            Link::Clear.packet(address, sequence(number), true, &command),
            hex(expected),
            "{expected}"
        );
    }
    let checksum = Link::Clear.packet(0, Sqn::ZERO, false, &Command::Identify);
    assert_eq!(checksum, hex("53 00 08 00 00 61 00 44"));
}

/// Lets a panel come to its first poll of reader 5, with sequence 1 or 2, and answers that with bytes
/// in chunks.
fn answered(sequence: u8, chunks: &[&[u8]], echo: bool) -> Vec<Event> {
    let mut panel = Panel::new(clear(&[5]), [0; 16], Moment(0));
    let mut now = Moment(0);
    let mut events = Vec::new();
    let mut polls = 0;
    for _ in 0..100 {
        match panel.next(now) {
            Action::Wait(until) => now = until,
            Action::Tell(event) => events.push(event),
            Action::Send(bytes) => {
                if echo {
                    panel.received(&bytes, now);
                }
                let (packet, _) = ParsedPacket::parse(&bytes[1..]).unwrap();
                polls += u32::from(packet.code == 0x60);
                let number = packet.ctrl.sqn.value();
                if packet.code == 0x60 && number == sequence && polls > 3 {
                    for chunk in chunks {
                        now = now.after(1);
                        panel.received(chunk, now);
                    }
                    while let Action::Tell(event) = panel.next(now) {
                        events.push(event);
                    }
                    return events;
                }
                let mut ack = vec![0x53, 0x85, 8, 0, 4 | number, 0x40];
                ack.extend(crc16_le(&ack));
                panel.received(&ack, now);
            }
        }
    }
    panic!("it does not poll");
}

#[test]
fn cards_of_real_readers_come_out_of_a_poll() {
    let rows = [
        (1, "53 85 10 00 05 50 00 01 1A 00 BD 88 EB 80 03 25", "123,04567"),
        (2, "53 85 10 00 06 50 00 01 1A 00 09 49 EC 40 F0 FE", "018,37848"),
    ];
    for (sequence, reply, printed) in rows {
        let reply = hex(reply);
        for at in 0..=reply.len() {
            for echo in [false, true] {
                let (one, other) = reply.split_at(at);
                let events = answered(sequence, &[one, other], echo);
                let Some(Event::Card { card, raw, reader: 0, head: 0, .. }) = events.last() else {
                    panic!("{events:?}")
                };
                assert_eq!(card.rendering(Rendering::FacilityCard).as_deref(), Some(printed));
                assert_eq!(*raw, reply[5..14]);
            }
        }
    }
}
