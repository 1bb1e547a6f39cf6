//! What holds for any bytes of any serial reader: how they come does not matter, what a reader sends
//! comes out, nothing panics, no noise is told at length.

use proptest::prelude::*;
use timbra::decode::card::Rendering;
use timbra::decode::wire::anviz::Anviz;
use timbra::decode::wire::decoder::WireDecoder;
use timbra::decode::wire::line::{Line, LineBase};
use timbra::decode::wire::rdm6300::{Checksum, Rdm6300};
use timbra::decode::wire::record::Record;
use timbra::decode::wire::settings::{PROTOCOLS, Protocol, WireSettings};
use timbra::decode::wire::track2::{Lrc, Track2};
use timbra::decode::wire::wiegand::{Base, Transform, Wiegand};
use timbra::decode::wire::{Frame, Moment, WireOutcome};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"))
}

/// Every protocol as it is when nothing is said, and what changes how frames are found.
fn all_settings() -> Vec<WireSettings> {
    let record = Record { prefix: b"ID:".to_vec(), suffix: b"#".to_vec(), idle_ms: None };
    let wrapped = Record { prefix: vec![2], suffix: vec![3], idle_ms: None };
    let others = [
        Protocol::Rdm6300(Rdm6300 { checksum: Checksum::None }),
        Protocol::Track2(Track2 { lrc: Lrc::Never, sentinels: true }),
        Protocol::Track2(Track2 { lrc: Lrc::Auto, sentinels: false }),
        Protocol::Line(Line { record, ..Line::default() }),
        Protocol::Line(Line { record: wrapped, base: LineBase::Hex, pattern: None }),
        Protocol::Wiegand(Wiegand {
            base: Base::Hex,
            transform: Transform::Complement,
            ..Wiegand::default()
        }),
    ];
    let named = PROTOCOLS.into_iter().filter_map(Protocol::of_name);
    named.chain(others).map(WireSettings::new).collect()
}

/// The frames of bytes that come in chunks, each so many milliseconds after the one before.
fn frames(settings: &WireSettings, chunks: &[(u64, &[u8])]) -> Vec<String> {
    let mut found = Vec::new();
    let mut decoder = WireDecoder::new(settings);
    let mut now = 0;
    for (wait, chunk) in chunks {
        now += wait;
        decoder.push(chunk, Moment(now), &mut |frame| found.push(shown(&frame)));
    }
    decoder.finish(&mut |frame| found.push(shown(&frame)));
    found
}

/// All of a frame but the time.
fn shown(frame: &Frame<'_>) -> String {
    format!("{} {:02X?} {:?}", frame.offset, frame.raw, frame.outcome)
}

/// The badges in some bytes, and the rest of what was read.
fn badges(settings: &WireSettings, bytes: &[u8]) -> Vec<(String, Option<i64>, String, Option<String>)> {
    let mut found = Vec::new();
    let mut sink = |frame: Frame<'_>| {
        if let WireOutcome::Read(read) = frame.outcome {
            let reason = read.reason.map(str::to_owned);
            found.push((read.badge.to_owned(), read.local, read.direction.to_owned(), reason));
        }
    };
    let mut decoder = WireDecoder::new(settings);
    decoder.push(bytes, Moment(0), &mut sink);
    decoder.finish(&mut sink);
    found
}

/// Bytes as readers send them, with some changed, cut out, or doubled.
fn any_input() -> impl Strategy<Value = Vec<u8>> {
    let good: [&[u8]; 14] = [
        b"\x020100129\x33D858\x03",
        b"\x0201001293D858\r\n\x03",
        b";000012345678=0001?0\r",
        b"\x02;1234567890?5\r\x03",
        b"0001217496\r\n",
        b"04A23B1C\r",
        b"ID:04A23B1C#\r",
        b"\x0204A23B1C\x03",
        b"]Q1E-000123\r",
        b"\x1b[?11 O\x1bP0012345\x1b\\",
        b"1\t15-03-2024\t08:30:00\t'0012345\t01\t01\r\n",
        b"\xFF\x53\x05\x08\0\x05\x60\x8D\xBA",
        b"\xFF\x53\x85\x10\0\x05\x50\0\x01\x1A\0\xBD\x88\xEB\x80\x03\x25",
        b"\xA5\0\0\0\x01\xDF\0\0\x0E\0\0\0\x01\x02\x2D\x85\x72\x08\x08\x80\0\0\0\xFC\xA8",
    ];
    let piece = prop_oneof![
        6 => prop::sample::select(good.to_vec()).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => prop::collection::vec(b'0'..b'@', 0..300),
    ];
    let damage = (any::<prop::sample::Index>(), any::<u8>(), 0..3u8);
    let pieces = prop::collection::vec(piece, 0..8);
    (pieces, prop::collection::vec(damage, 0..6)).prop_map(|(pieces, damages)| {
        let mut bytes = pieces.concat();
        for (at, byte, kind) in damages {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.drain(at..(at + usize::from(byte % 16)).min(bytes.len()))),
            }
        }
        bytes
    })
}

fn digits(alphabet: &'static str, lengths: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = String> {
    let letters: Vec<char> = alphabet.chars().collect();
    prop::collection::vec(prop::sample::select(letters), lengths)
        .prop_map(|letters| letters.into_iter().collect())
}

fn crc(bytes: &[u8]) -> [u8; 2] {
    let mut crc = 0xFFFF_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x8408 } else { crc >> 1 };
        }
    }
    crc.to_le_bytes()
}

fn rdm6300(card: [u8; 5], ends: &str) -> Vec<u8> {
    let sum = card.iter().fold(0, |sum, byte| sum ^ byte);
    format!("\x02{}{sum:02X}{ends}\x03", hex(&card)).into_bytes()
}

fn anviz(user: u32, seconds: u32, state: u8, work: u16) -> Vec<u8> {
    let mut frame = vec![0xA5, 0, 0, 0, 1, 0xDF, 0, 0, 14, 0];
    frame.extend(user.to_be_bytes());
    frame.extend(seconds.to_be_bytes());
    frame.extend([8, state, 0]);
    frame.extend(work.to_be_bytes());
    let crc = crc(&frame);
    frame.extend(crc);
    frame
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn how_bytes_come_does_not_matter(
        bytes in any_input(),
        chunks in prop::collection::vec((0..=500u64, 1..40usize), 1..8),
    ) {
        let mut cut = Vec::new();
        let mut rest = bytes.as_slice();
        for (wait, size) in chunks.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at((*size).min(rest.len()));
            // less than what ends a frame of track 2, so that no silence ends anything
            cut.push((*wait % 100, chunk));
            rest = after;
        }
        for settings in all_settings() {
            prop_assert_eq!(frames(&settings, &cut), frames(&settings, &[(0, &bytes)]), "{:?}", settings);
        }
    }

    #[test]
    fn every_frame_is_sound(bytes in any_input()) {
        for settings in all_settings() {
            let mut end = 0;
            let mut rejects = 0;
            let mut sink = |frame: Frame<'_>| {
                assert!(frame.offset >= end, "{settings:?}");
                end = frame.offset + frame.raw.len() as u64;
                let at = usize::try_from(frame.offset).unwrap();
                let is_noise = matches!(frame.outcome, WireOutcome::Reject(_));
                assert!(bytes[at..].starts_with(frame.raw) || is_noise, "{settings:?}");
                let mut rest = bytes[at..].iter();
                assert!(frame.raw.iter().all(|byte| rest.any(|other| other == byte)), "{settings:?}");
                match frame.outcome {
                    WireOutcome::Read(read) => {
                        assert!((1..=64).contains(&read.badge.len()) && !frame.raw.is_empty());
                        assert!(!read.badge.contains(char::is_whitespace));
                    }
                    WireOutcome::Reject(reason) => {
                        rejects += 1;
                        assert!(!reason.is_empty() && frame.raw.len() <= 411);
                    }
                    WireOutcome::Skipped => {}
                }
            };
            let mut decoder = WireDecoder::new(&settings);
            decoder.push(&bytes, Moment(0), &mut sink);
            decoder.finish(&mut sink);
            assert!(rejects <= 1 + bytes.len() / 2);
        }
    }

    #[test]
    fn whatever_comes_before_a_frame_with_a_start_the_frame_is_read(
        noise in any_input(),
        card in any::<[u8; 5]>(),
        user in any::<u32>(),
        badge in digits("0123456789:;<=>?", 1..=20),
    ) {
        let last = |protocol, frame: &[u8]| {
            let bytes = [&noise, frame].concat();
            badges(&WireSettings::new(protocol), &bytes).pop().map(|(badge, ..)| badge)
        };
        let [_, a, b, c, d] = card;
        let printed = format!("{:010}", u32::from_be_bytes([a, b, c, d]));
        prop_assert_eq!(last(Protocol::Rdm6300(Rdm6300::default()), &rdm6300(card, "")), Some(printed));
        prop_assert_eq!(
            last(Protocol::Anviz(Anviz::default()), &anviz(user, 1, 0, 0)),
            Some(user.to_string())
        );
        let letters: String =
            badge.chars().map(|c| if c > '9' { char::from(c as u8 - b':' + b'A') } else { c }).collect();
        let kaba = format!("\x1b[?11 O\x1bP{badge}\x1b\\");
        let protocol = Protocol::of_name("kaba-b91").unwrap();
        prop_assert_eq!(last(protocol, kaba.as_bytes()), Some(letters));
    }

    #[test]
    fn rdm6300_and_id12_round_trip(card in any::<[u8; 5]>(), ends in prop::sample::select(vec!["", "\r\n"])) {
        let settings = WireSettings { badge: Rendering::Hex10, ..WireSettings::new(Protocol::of_name("rdm6300").unwrap()) };
        prop_assert_eq!(badges(&settings, &rdm6300(card, ends)), [(hex(&card), None, String::new(), None)]);
    }

    #[test]
    fn track2_round_trips(
        number in digits("0123456789", 1..=12),
        extra in prop::option::of(digits("0123456789", 0..=8)),
        start in prop::sample::select(vec!["", "\x02"]),
        with_lrc in any::<bool>(),
        ends in prop::sample::select(vec!["", "\r", "\r\n", "\r\x03", "\x03"]),
    ) {
        let data = extra.as_ref().map_or(number.clone(), |extra| format!("{number}={extra}"));
        let body = format!(";{data}?");
        let lrc = char::from(b'0' | body.bytes().fold(0, |sum, byte| sum ^ (byte & 15)));
        let lrc = if with_lrc { lrc.to_string() } else { String::new() };
        let bytes = format!("{start}{body}{lrc}{ends}");
        let rendering = Rendering::WithExtra;
        let settings = WireSettings::new(Protocol::of_name("track2").unwrap());
        prop_assert_eq!(badges(&settings, bytes.as_bytes()), [(number, None, String::new(), None)]);
        if extra.is_some_and(|extra| !extra.is_empty()) {
            let whole = badges(&WireSettings { badge: rendering, ..settings }, bytes.as_bytes());
            prop_assert_eq!(whole, [(data, None, String::new(), None)]);
        }
    }

    #[test]
    fn wiegand_round_trips(facility in any::<u8>(), card in any::<u16>(), form in 0..5usize) {
        let number = u32::from(facility) << 16 | u32::from(card);
        let bits = {
            let even = (number >> 12).count_ones() % 2;
            let odd = 1 - (number & 0xFFF).count_ones() % 2;
            format!("{:026b}", even << 25 | number << 1 | odd)
        };
        let token = [
            format!("{number:06X}"),
            format!("{number:010}"),
            format!("{facility:03},{card:05}"),
            format!("{number:08x}"),
            bits,
        ][form].clone();
        let settings = WireSettings::new(Protocol::of_name("wiegand").unwrap());
        let found = badges(&settings, format!("{token}\r\n").as_bytes());
        prop_assert_eq!(found, [(format!("{number:010}"), None, String::new(), None)], "{}", token);
    }

    #[test]
    fn transforms_undo_what_the_wires_did(number in any::<[u8; 4]>(), which in 0..3usize) {
        let transform = [Transform::ByteReverse, Transform::BitReverseEachByte, Transform::Complement][which];
        let sent = hex(&transform.of(&number));
        let protocol = Protocol::Wiegand(Wiegand { transform, ..Wiegand::default() });
        let found = badges(&WireSettings::new(protocol), format!("{sent}\r").as_bytes());
        prop_assert_eq!(found, [(format!("{:010}", u32::from_be_bytes(number)), None, String::new(), None)]);
    }

    #[test]
    fn lines_and_codes_round_trip(token in digits("0123456789ABCDEFXYZxyz-", 4..=64), ends in prop::sample::select(vec!["\r", "\n", "\r\n"])) {
        for name in ["line", "barcode"] {
            let settings = WireSettings::new(Protocol::of_name(name).unwrap());
            let found = badges(&settings, format!("{token}{ends}").as_bytes());
            prop_assert_eq!(found, [(token.clone(), None, String::new(), None)]);
        }
    }

    #[test]
    fn giga_tms_round_trips(
        event in 1..=4u8,
        (year, month, day) in (1970..2200i32, 1..=12u32, 1..=28u32),
        (hour, minute, second) in (0..24u32, 0..60u32, 0..60u32),
        card in digits("0123456789", 1..=16),
    ) {
        let date = chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let local = date.and_hms_opt(hour, minute, second).unwrap().and_utc().timestamp();
        let line = format!(
            "{event}\t{day:02}-{month:02}-{year:04}\t{hour:02}:{minute:02}:{second:02}\t'{card}\t01\t001\r\n"
        );
        let settings = WireSettings::new(Protocol::of_name("giga-tms").unwrap());
        prop_assert_eq!(badges(&settings, line.as_bytes()), [(card, Some(local), event.to_string(), None)]);
    }

    #[test]
    fn anviz_round_trips(user in any::<u32>(), seconds in any::<u32>(), state in 0..16u8, work in any::<u16>()) {
        let epoch = chrono::NaiveDate::from_ymd_opt(2000, 1, 2).unwrap().and_time(chrono::NaiveTime::MIN);
        let local = epoch.and_utc().timestamp() + i64::from(seconds);
        let settings = WireSettings::new(Protocol::of_name("anviz").unwrap());
        let found = badges(&settings, &anviz(user, seconds, state | 0x80, work));
        let reason = (work != 0).then(|| work.to_string());
        prop_assert_eq!(found, [(user.to_string(), Some(local), state.to_string(), reason)]);
    }
}
