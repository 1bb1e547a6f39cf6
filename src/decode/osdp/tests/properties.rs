//! What holds for any bytes at any time.

use proptest::prelude::*;

use super::bus::Bus;
use super::device::Device;
use super::{clear, hex, secure};
use crate::decode::osdp::{Action, BusSettings, Panel};
use crate::decode::wire::Moment;

/// Pieces of packets, whole packets and rubbish: what random bytes alone would hardly ever be.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let packets = [
        "53 85 08 00 05 40 5A 48",
        "53 85 10 00 05 50 00 01 1A 00 BD 88 EB 80 03 25",
        "53 85 10 00 06 50 00 01 1A 00 09 49 EC 40 F0 FE",
        "53 05 08 00 04 60 BC 89",
        "53 85 FF 05 04",
        "53 85 13 00 0E 02 18 50",
    ];
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        proptest::collection::vec(Just(0x53), 0..50),
        proptest::sample::select(packets.map(hex).to_vec()),
        (proptest::sample::select(packets.map(hex).to_vec()), 0..20_usize)
            .prop_map(|(packet, cut)| packet[..cut.min(packet.len())].to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_panel_bears_anything(
        with_key: bool,
        steps in proptest::collection::vec((piece(), 0..300_u64, any::<bool>()), 0..60),
    ) {
        let settings = if with_key { secure(true) } else { clear(&[5, 6]) };
        bears(settings, &steps);
    }

    #[test]
    fn no_card_is_lost_or_doubled_on_a_bad_line(faults in proptest::collection::vec(0..8_u8, 1..64)) {
        let mut bus = Bus::new(clear(&[5]), vec![Device::new(5)]);
        bus.run(1_000);
        bus.told();
        let mut turn = 0;
        bus.fault = Box::new(move |mut reply| {
            turn += 1;
            // never more than two bad ones in turn
            let fault = if turn % 3 == 0 { 7 } else { faults[turn % faults.len()] };
            match fault {
                0 => Vec::new(),
                1 => { reply[7] ^= 0x10; vec![(20, reply)] }
                2 => vec![(20, reply.clone()), (25, reply)],
                3 => vec![(230, reply)],
                4 => vec![(10, vec![0x53, 0x85, 0x20]), (20, reply)],
                5 => { reply.pop(); vec![(20, reply)] }
                _ => vec![(20, reply)],
            }
        });
        let cards: Vec<Vec<u8>> = (1..=10_u8).map(|number| vec![0, 0, 0, number]).collect();
        for card in &cards {
            bus.devices[0].card(32, card);
            bus.run(3_000);
        }
        let expected: Vec<String> = (1..=10).map(|number| format!("0.0 card {number}")).collect();
        prop_assert_eq!(bus.told(), expected);
    }
}

/// Any bytes at any time: no panic, no spinning, at most one event a packet sent, bounded memory.
fn bears(settings: BusSettings, steps: &[(Vec<u8>, u64, bool)]) {
    let mut now = Moment(0);
    let mut panel = Panel::new(settings, [3; 16], now);
    let (mut events, mut sent) = (0, 0);
    for (bytes, pause, repeated) in steps {
        for _ in 0..if *repeated { 3 } else { 1 } {
            panel.received(bytes, now);
            assert!(panel.held() < 1440 + bytes.len(), "{} bytes held", panel.held());
        }
        for _ in 0..100 {
            match panel.next(now) {
                Action::Tell(_) => events += 1,
                Action::Send(_) => sent += 1,
                Action::Wait(until) => {
                    assert!(until > now);
                    break;
                }
            }
        }
        now = now.after(*pause);
    }
    assert!(events <= 3 * sent + 2, "{events} events of {sent} packets");
}

#[test]
fn a_flood_costs_no_memory_and_little_time() {
    let mut panel = Panel::new(clear(&[5]), [3; 16], Moment(0));
    for noise in [vec![0x53; 1 << 16], vec![0; 1 << 16], hex("53 85 A0 05 04").repeat(1 << 13)] {
        for _ in 0..16 {
            panel.received(&noise, Moment(1));
            assert!(panel.held() <= 1440, "{} bytes held", panel.held());
        }
    }
}
