//! The secure channel: its vectors, its key, and who breaks it.

use osdp::reply::CCrypt;
use osdp::secure::crypto::{SessionKeys, client_cryptogram};
use osdp::secure::{Disconnected, SCBK_D, Session};

use super::bus::Bus;
use super::device::Device;
use super::{clear, hex, secure};

const SITE: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

fn device(key: [u8; 16]) -> Device {
    let mut device = Device::new(5);
    device.key = key;
    device.strict = true;
    device
}

/// SIA OSDP 2.2, Annex E: the crate computes what the standard says.
#[test]
fn annex_e() {
    let a = [0xB0, 0xB1, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7];
    let b = [0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7];
    let keys = SessionKeys::derive(&SCBK_D, &a);
    assert_eq!(keys.s_enc.to_vec(), hex("BF8DC2A8329ACB8C67C6D0CD9A451682"));
    assert_eq!(keys.s_mac1.to_vec(), hex("5E86C676603BDEE2D8BEAFE178637332"));
    assert_eq!(keys.s_mac2.to_vec(), hex("6FDA86E857777E81132035758239172E"));
    let proof = client_cryptogram(&keys.s_enc, &a, &b);
    assert_eq!(proof.to_vec(), hex("FDE5D2F428EC16312471EA3C02BD7796"));
    let session = Session::<Disconnected>::new(SCBK_D).challenge(a);
    let session =
        session.receive_ccrypt(&CCrypt { cuid: [0; 8], rnd_b: b, client_cryptogram: proof }).ok().unwrap();
    assert_eq!(session.server_cryptogram().to_vec(), hex("26D3356E07762D262801FC8E6665A891"));
    assert_eq!(session.initial_rmac().to_vec(), hex("B2A30057EB98BA2229EC1F875662B524"));
}

#[test]
fn a_reader_with_the_site_key_is_used_through_its_secure_channel() {
    let mut bus = Bus::new(secure(false), vec![device(SITE)]);
    bus.run(1_000);
    assert_eq!(bus.told(), ["0 online, secure true, serial Some(5)"]);
    for _ in 0..10 {
        bus.devices[0].card(26, &hex("BD88EB80"));
        bus.run(300);
    }
    assert_eq!(bus.told(), ["0.0 card 8065495"; 10]);
    assert_eq!(bus.devices[0].shown.len(), 20);
    let counts = bus.panel.counts();
    assert_eq!((counts.restarts, counts.bad_macs, counts.refusals), (0, 0, 0), "{counts:?}");
    // the light is encrypted: its bytes are not on the line
    assert!(!bus.sent.iter().any(|(_, bytes)| bytes.windows(4).any(|four| four == [2, 2, 1, 2])));
}

#[test]
fn losses_within_the_secure_channel_break_nothing() {
    let mut bus = Bus::new(secure(false), vec![device(SITE)]);
    bus.run(1_000);
    bus.told();
    let mut turn = 0;
    bus.fault = Box::new(move |mut reply| {
        turn += 1;
        match turn % 5 {
            1 => Vec::new(),
            2 => vec![(20, reply.clone()), (30, reply)],
            3 => {
                *reply.last_mut().unwrap() ^= 1;
                vec![(20, reply)]
            }
            _ => vec![(20, reply)],
        }
    });
    for _ in 0..20 {
        bus.devices[0].card(26, &hex("BD88EB80"));
        bus.run(1_500);
    }
    assert_eq!(bus.told(), ["0.0 card 8065495"; 20]);
    let counts = bus.panel.counts();
    assert_eq!((counts.restarts, counts.bad_macs), (0, 0), "{counts:?}");
}

#[test]
fn a_new_reader_gets_the_site_key_in_install_mode_only() {
    let mut fresh = device([0; 16]);
    fresh.install = true;
    let mut bus = Bus::new(secure(false), vec![fresh]);
    bus.run(10_000);
    assert_eq!(bus.told(), ["0 trouble WrongKey", "0 offline, Some(WrongKey)"]);
    assert!(bus.devices[0].commands.iter().all(|code| matches!(code, 0x61 | 0x62 | 0x76)));

    let mut fresh = device([0; 16]);
    fresh.install = true;
    let mut bus = Bus::new(secure(true), vec![fresh]);
    bus.run(2_000);
    assert_eq!(bus.told(), ["0 has the key", "0 online, secure true, serial Some(5)"]);
    assert_eq!((bus.devices[0].key, bus.devices[0].install), (SITE, false));
    // in the channel of the default key nothing else was done
    let commands = &bus.devices[0].commands;
    let installed = commands.iter().position(|code| *code == 0x75).unwrap();
    assert!(!commands[..installed].iter().any(|code| matches!(code, 0x60 | 0x64 | 0x69)));
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(500);
    assert_eq!(bus.told().len(), 1);

    // the key was never on the line
    assert!(!bus.sent.iter().any(|(_, bytes)| bytes.windows(16).any(|some| some == SITE)));
}

#[test]
fn install_mode_left_on_changes_nothing_for_a_reader_that_has_the_key() {
    let mut bus = Bus::new(secure(true), vec![device(SITE)]);
    bus.run(1_000);
    assert_eq!(bus.told(), ["0 online, secure true, serial Some(5)"]);
    let mut bus = Bus::new(secure(true), vec![device([9; 16])]);
    bus.run(1_000);
    assert_eq!(bus.told(), ["0 trouble NoDefaultKey"]);
}

#[test]
fn nothing_is_taken_in_clear_where_a_key_is_configured() {
    let mut reader = Device::new(5);
    reader.capabilities = vec![9, 0, 0];
    reader.card(26, &hex("BD88EB80"));
    let mut bus = Bus::new(secure(false), vec![reader]);
    bus.run(9_000);
    assert_eq!(bus.told(), ["0 trouble NoSecureChannel", "0 offline, Some(NoSecureChannel)"]);
    assert!(bus.devices[0].commands.iter().all(|code| matches!(code, 0x61 | 0x62)));
}

#[test]
fn a_reader_that_wants_a_key_is_told() {
    let mut bus = Bus::new(clear(&[5]), vec![device(SITE)]);
    bus.run(9_000);
    assert_eq!(bus.told(), ["0 trouble KeyNeeded", "0 offline, Some(KeyNeeded)"]);
}

#[test]
fn a_forged_reply_ends_the_session_and_is_not_believed() {
    let mut bus = Bus::new(secure(false), vec![device(SITE)]);
    bus.run(1_000);
    bus.told();
    let mut forged = false;
    bus.fault = Box::new(move |mut reply| {
        if !forged && reply.get(6) == Some(&0x18) {
            forged = true;
            let end = reply.len() - 2;
            reply[12] ^= 1;
            let crc = osdp::packet::crc16_le(&reply[..end]);
            reply[end..].copy_from_slice(&crc);
        }
        vec![(20, reply)]
    });
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(3_000);
    assert_eq!(bus.told(), ["0 trouble BadMac"]);
    bus.devices[0].card(26, &hex("0949EC40"));
    bus.run(1_000);
    assert_eq!(bus.told(), ["0.0 card 1217496"]);
    assert_eq!(bus.panel.counts().bad_macs, 1);
}

#[test]
fn a_card_in_clear_is_not_believed_in_the_secure_channel() {
    let mut bus = Bus::new(secure(false), vec![device(SITE)]);
    bus.run(1_000);
    bus.told();
    // somebody on the cable answers faster than the reader, in clear
    bus.fault = Box::new(|reply| {
        let sequence = reply[4] & 3;
        let mut forged = vec![0x53, 0x85, 0x10, 0, 4 | sequence, 0x50, 0, 1, 26, 0, 0xBD, 0x88, 0xEB, 0x80];
        forged.extend(osdp::packet::crc16_le(&forged));
        vec![(1, forged), (20, reply)]
    });
    bus.run(20_000);
    let told = bus.told();
    assert!(told.iter().all(|event| !event.contains("card")), "{told:?}");
    assert!(told.contains(&"0 trouble BadMac".to_owned()) || told.contains(&"0 trouble WrongKey".to_owned()));
}

#[test]
fn a_reader_that_lost_its_session_gets_a_new_one() {
    let mut bus = Bus::new(secure(false), vec![device(SITE)]);
    bus.run(1_000);
    bus.told();
    for _ in 0..3 {
        bus.devices[0].power_cycle();
        bus.devices[0].card(26, &hex("BD88EB80"));
        bus.run(1_000);
    }
    assert_eq!(bus.told(), ["0.0 card 8065495"; 3]);
}
