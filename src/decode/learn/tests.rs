//! Recordings, and what should be learnt from them.

use super::*;
use crate::decode::wire::Moment;

fn recording(bytes: &[u8]) -> Recording {
    let mut recording = Recording::default();
    recording.push(bytes, Moment(0));
    recording
}

/// The protocol, its badge, and how like the printed number it is.
fn learnt(bytes: &[u8], printed: Option<&str>) -> String {
    let learned = learn(&recording(bytes), printed);
    let Some(best) = learned.best() else { return "nothing".to_owned() };
    let mut told = best.settings.protocol.name().to_owned();
    match &best.settings.protocol {
        Protocol::Rdm6300(options) => told.push_str(&format!(" {:?}", options.checksum)),
        Protocol::Wiegand(options) => {
            told.push_str(&format!(" {:?} {:?} {:?}", options.base, options.facility, options.transform));
        }
        Protocol::Line(options) => told.push_str(&format!(" {:?}", options.base)),
        Protocol::Track2(options) => told.push_str(if options.sentinels { "" } else { " bare" }),
        _ => {}
    }
    if let Some((rendering, likeness)) = learned.printed {
        told.push_str(&format!(" {} {likeness:?}", rendering.name()));
    }
    if let Some(parity) = learned.parity {
        told.push_str(&format!(" {parity:?}"));
    }
    told
}

#[test]
fn readers_are_known_by_what_they_send() {
    let even = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().map(|byte| byte | ((byte.count_ones() % 2) as u8) << 7).collect()
    };
    let rows: &[(&[u8], Option<&str>, &str)] = &[
        (b"\x020100129\x33D858\x03", None, "rdm6300 Xor"),
        (b"\x020100129\x33D858\x03", Some("0001217496"), "rdm6300 Xor decimal10 Exact"),
        (b"\x020100129\x33D858\x03", Some("18,37848"), "rdm6300 Xor facility_card Nearly"),
        (b"\x022E00AF0EC9B4\x03", None, "rdm6300 Sum"),
        (b";1234567890?5\r", None, "track2"),
        (b"000012345678=0001\r", None, "track2 bare"),
        (b"1293D8\r7B11D7\r", None, "wiegand Auto Auto None"),
        (b"ED6C27\r", Some("0001217496"), "wiegand Auto Auto Complement decimal10 Exact"),
        (b"D89312\r", Some("018,37848"), "wiegand Auto Auto ByteReverse facility_card Exact"),
        (b"01837848\r", Some("0001217496"), "wiegand Auto Joined None decimal10 Exact"),
        (b"018:37848\r", None, "wiegand Auto Auto None"),
        (b"0001217496\r\n", None, "line Unknown"),
        (b"0001217496\r\n", Some("0001217496"), "line Unknown as_sent Exact"),
        (b"04A23B1C\r", Some("0077740828"), "line Hex decimal10 Exact"),
        (b"04A23B1C\r", Some("473670148"), "line Hex byte_reversed_decimal Exact"),
        (b"04A23B1C", None, "line Unknown"),
        (b"]Q1E-000123\r", None, "barcode"),
        (b"\x1b[?11 O\x1bP0012345\x1b\\", None, "kaba-b91"),
        (b"1\t15-03-2024\t08:30:00\t'0012345\t01\t01\r\n", None, "giga-tms"),
        (
            b"\xA5\0\0\0\x01\xDF\0\0\x0E\0\0\0\x01\x02\x2D\x85\x72\x08\x08\x80\0\0\0\xFC\xA8",
            Some("258"),
            "anviz as_sent Exact",
        ),
        (b"\x53\x85\x10\0\x05\x50\0\x01\x1A\0\xBD\x88\xEB\x80\x03\x25", None, "osdp"),
        (&even(b";1234567890?5\r"), None, "track2 Even"),
        (b"Gentile collega,\nin allegato.\n", None, "nothing"),
        (b";4111111111111111=2512?\r;1234567890?5\r;55555555;4111\r", None, "track2"),
        (b"\xFF\xFE\x00", None, "nothing"),
        (b"", None, "nothing"),
    ];
    for (bytes, printed, expected) in rows {
        assert_eq!(learnt(bytes, *printed), *expected, "{} {printed:?}", bytes.escape_ascii());
    }
}

#[test]
fn cables_are_blamed_where_they_are_to_blame() {
    let hints = |bytes: &[u8], printed| learn(&recording(bytes), printed).hints().join("; ");
    assert!(hints(b"ED6C27\r", Some("0001217496")).contains("the complement fits: D0 and D1 are swapped"));
    assert!(hints(b"11110110101101100001001110\r", None).contains("D0 and D1 are swapped"));
    assert!(hints(b"04A23B1C", None).contains("no line end"));
    assert_eq!(hints(b"1293D8\r", None), "");
}

#[test]
fn a_recording_is_bounded() {
    let mut long = recording(&[b'x'; 100]);
    for _ in 0..1000 {
        long.push(&[b'x'; 1000], Moment(0));
    }
    assert_eq!(long.bytes().len(), Recording::MOST);
}
