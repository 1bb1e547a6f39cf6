//! Lines that lose, damage, delay and repeat; readers that go, come back, refuse and are busy.

use super::bus::Bus;
use super::device::Device;
use super::{clear, hex};
use crate::decode::osdp::{Event, Signal};

/// A bus whose reader has been online for a second.
fn online() -> Bus {
    let mut bus = Bus::new(clear(&[5]), vec![Device::new(5)]);
    bus.run(1_000);
    assert_eq!(bus.told().len(), 1);
    bus
}

#[test]
fn a_lost_reply_is_asked_for_again_and_its_card_comes_once() {
    let mut bus = online();
    let mut lost = 0;
    bus.fault = Box::new(move |reply| {
        let is_card = reply.get(5) == Some(&0x50);
        if is_card && lost < 3 {
            lost += 1;
            return Vec::new();
        }
        vec![(20, reply)]
    });
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(2_000);
    assert_eq!(bus.told(), ["0.0 card 8065495"]);
    let counts = bus.panel.counts();
    assert_eq!((counts.repeats, counts.restarts), (3, 0), "{counts:?}");
    assert_eq!(bus.devices[0].shown, ["green at 0", "beep at 0"]);
}

#[test]
fn a_damaged_reply_is_asked_for_again() {
    let mut bus = online();
    let mut damaged = 0;
    bus.fault = Box::new(move |mut reply| {
        if reply.get(5) == Some(&0x50) && damaged < 3 {
            reply[9] ^= 1 << damaged;
            damaged += 1;
        }
        vec![(20, reply)]
    });
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(2_000);
    assert_eq!(bus.told(), ["0.0 card 8065495"]);
    let counts = bus.panel.counts();
    assert_eq!((counts.broken, counts.repeats), (3, 3), "{counts:?}");
}

#[test]
fn a_late_reply_is_no_second_card() {
    let mut bus = online();
    // the first answer comes when it is asked for again, and then so does the second
    bus.fault = Box::new(|reply| {
        let delay = if reply.get(5) == Some(&0x50) { 240 } else { 20 };
        vec![(delay, reply)]
    });
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(3_000);
    assert_eq!(bus.told(), ["0.0 card 8065495"]);
    assert!(bus.panel.counts().late >= 1, "{:?}", bus.panel.counts());
}

#[test]
fn a_reply_that_comes_twice_counts_once() {
    let mut bus = online();
    bus.fault = Box::new(|reply| vec![(20, reply.clone()), (22, reply.clone()), (45, reply)]);
    for _ in 0..5 {
        bus.devices[0].card(26, &hex("BD88EB80"));
        bus.run(300);
    }
    assert_eq!(bus.told().len(), 5);
    assert_eq!(bus.panel.counts().repeats, 0);
}

#[test]
fn noise_around_and_within_does_not_hide_a_reply() {
    let mut bus = online();
    let mut turn = 0_usize;
    let noises =
        ["53", "53 85", "53 85 40 00", "53 85 FF 01 04", "00 FF 53 53", "53 85 08 00 06 40 00 00", ""];
    bus.fault = Box::new(move |reply| {
        turn += 1;
        let mut bytes = hex(noises[turn % noises.len()]);
        bytes.extend_from_slice(&reply);
        bytes.extend(hex(noises[(turn + 3) % noises.len()]));
        vec![(20, bytes)]
    });
    for _ in 0..20 {
        bus.devices[0].card(26, &hex("BD88EB80"));
        bus.run(1_000);
    }
    assert_eq!(bus.told().len(), 20);
    let counts = bus.panel.counts();
    assert!(counts.noise > 0 && counts.broken > 0, "{counts:?}");
    assert_eq!((counts.repeats, counts.restarts), (0, 0), "{counts:?}");
}

#[test]
fn others_on_the_line_are_counted_and_not_believed() {
    let mut bus = online();
    // a poll of another panel, an unknown reader, a known one that nobody asked, and a wrong sequence
    let card = "53 85 10 00 05 50 00 01 1A 00 BD 88 EB 80 03 25";
    for bytes in ["53 65 08 00 04 60 60 90", "53 80 08 00 05 40 68 9F", card, card] {
        bus.run(45);
        bus.panel.received(&hex(bytes), bus.now);
    }
    bus.run(500);
    assert_eq!(bus.told().len(), 0);
    let counts = bus.panel.counts();
    assert_eq!((counts.foreign, counts.late), (2, 2), "{counts:?}");
}

#[test]
fn a_silent_reader_is_offline_after_eight_seconds_and_comes_back() {
    let mut bus = online();
    bus.plugged = false;
    let unplugged = bus.now;
    bus.run(7_500);
    assert_eq!(bus.told(), [""; 0]);
    let covered = bus.panel.covered(0).unwrap();
    assert!(unplugged.since(covered) < 100 && covered <= unplugged, "{covered:?}");
    // always the same packet, with the same sequence
    let last = &bus.sent[bus.sent.len() - 20..];
    assert!(last.iter().all(|(_, bytes)| *bytes == last[0].1));
    bus.run(1_000);
    assert!(matches!(bus.events[..], [Event::Offline { since, .. }] if since == covered));
    assert_eq!(bus.panel.covered(0), None);
    assert_eq!(bus.told(), ["0 offline, None"]);
    bus.sent.clear();
    bus.run(60_000);
    assert_eq!(bus.told(), [""; 0]);
    assert!((10..30).contains(&bus.sent.len()), "{} tries in a minute", bus.sent.len());
    bus.plugged = true;
    bus.devices[0].power_cycle();
    bus.devices[0].status = (1, 0);
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(11_000);
    let back = ["0 online, secure false, serial Some(5)", "0 tamper true power false", "0.0 card 8065495"];
    assert_eq!(bus.told(), back);
    bus.panel.reopened(bus.now);
    bus.run(1_000);
    assert_eq!(bus.told(), back[..2]);
}

#[test]
fn a_dead_reader_does_not_hold_up_the_others() {
    let mut bus = Bus::new(clear(&[5, 6]), vec![Device::new(6)]);
    bus.run(9_000);
    assert_eq!(bus.told(), ["1 online, secure false, serial Some(6)", "0 offline, None"]);
    for _ in 0..100 {
        bus.devices[0].card(26, &hex("BD88EB80"));
        bus.run(700);
    }
    assert_eq!(bus.told().len(), 100);
    assert_eq!(bus.devices[0].shown.len(), 200);
}

#[test]
fn a_reader_that_lost_its_power_starts_anew_at_once() {
    let mut bus = online();
    for _ in 0..3 {
        bus.devices[0].power_cycle();
        bus.devices[0].card(26, &hex("BD88EB80"));
        bus.run(500);
    }
    assert_eq!(bus.told(), ["0.0 card 8065495"; 3]);
    let counts = bus.panel.counts();
    assert_eq!((counts.restarts, counts.refusals), (3, 3), "{counts:?}");
}

#[test]
fn another_device_at_the_same_address_is_told() {
    let mut bus = online();
    bus.devices[0].power_cycle();
    let mut other = Device::new(5);
    std::mem::swap(&mut bus.devices[0], &mut other);
    bus.fault = Box::new(|mut reply| {
        // another serial number
        if reply.get(5) == Some(&0x45) {
            reply[11] = 77;
            let end = reply.len() - 2;
            let crc = osdp::packet::crc16_le(&reply[..end]);
            reply[end..].copy_from_slice(&crc);
        }
        vec![(20, reply)]
    });
    bus.run(500);
    assert_eq!(bus.told(), ["0 online, secure false, serial Some(77)"]);
}

#[test]
fn a_busy_reader_is_asked_the_same_again() {
    let mut bus = online();
    let mut busy = 0;
    // BUSY has sequence 0 whatever the command had, and the reader has not taken the command
    let reply = hex("53 85 08 00 04 79");
    let mut reply_bytes = reply.clone();
    reply_bytes.extend(osdp::packet::crc16_le(&reply));
    bus.fault = Box::new(move |reply| {
        if reply.get(5) == Some(&0x50) && busy < 5 {
            busy += 1;
            return vec![(10, reply_bytes.clone())];
        }
        vec![(20, reply)]
    });
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(1_000);
    assert_eq!(bus.told(), ["0.0 card 8065495"]);
    let counts = bus.panel.counts();
    assert_eq!((counts.busy, counts.restarts), (5, 0), "{counts:?}");
    let always =
        hex("53 85 08 00 04 79").into_iter().chain(osdp::packet::crc16_le(&reply)).collect::<Vec<_>>();
    bus.fault = Box::new(move |_| vec![(10, always.clone())]);
    bus.run(8_500);
    assert_eq!(bus.told(), ["0 offline, None"]);
}

#[test]
fn an_old_reader_with_checksums_is_found() {
    let mut device = Device::new(5);
    device.checksum_only = true;
    let mut bus = Bus::new(clear(&[5]), vec![device]);
    bus.run(1_000);
    assert_eq!(bus.told(), ["0 online, secure false, serial Some(5)"]);
    assert_eq!(bus.sent.last().unwrap().1.len(), 8, "the mark, and a poll with a checksum");
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(500);
    assert_eq!(bus.told().len(), 1);
    assert_eq!(bus.devices[0].shown.len(), 2);
}

#[test]
fn a_reader_that_knows_few_commands_is_used_for_what_it_knows() {
    let mut bus = Bus::new(clear(&[5]), vec![Device::new(5)]);
    // everything but polls is refused
    bus.fault = Box::new(|reply| {
        if matches!(reply.get(5), Some(0x40 | 0x50)) && reply.len() != 9 {
            return vec![(20, reply)];
        }
        let mut refusal = vec![0x53, 0x85, 9, 0, reply[4], 0x41, 0x03];
        refusal.extend(osdp::packet::crc16_le(&refusal));
        vec![(20, refusal)]
    });
    bus.run(1_000);
    assert_eq!(bus.told(), ["0 online, secure false, serial None"]);
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(500);
    assert_eq!(bus.told(), ["0.0 card 8065495"]);
}

#[test]
fn a_light_that_would_come_too_late_is_not_shown() {
    let mut bus = online();
    bus.signal = None;
    bus.plugged = false;
    for _ in 0..20 {
        bus.panel.signal(0, 0, Signal::Accepted, bus.now);
    }
    bus.run(3_000);
    bus.plugged = true;
    bus.run(1_000);
    assert!(bus.devices[0].shown.len() <= 1, "{:?}", bus.devices[0].shown);
    assert!(bus.panel.counts().stale >= 39, "{:?}", bus.panel.counts());
}
