//! Time, silence and noise.

use super::super::line::Line;
use super::super::record::Record;
use super::super::settings::{PROTOCOLS, Protocol};
use super::super::tests::shown;
use super::*;

/// What a port told at which moments: `Some` bytes, or `None` for a look at the clock.
fn told(settings: &WireSettings, events: &[(u64, Option<&[u8]>)]) -> Vec<String> {
    let mut found = Vec::new();
    let mut decoder = WireDecoder::new(settings);
    for (now, bytes) in events {
        let mut sink = |frame: Frame<'_>| found.push(format!("{now}: {}@{}", shown(&frame), frame.begun.0));
        match bytes {
            Some(bytes) => decoder.push(bytes, Moment(*now), &mut sink),
            None => decoder.idle(Moment(*now), &mut sink),
        }
    }
    found
}

fn of_name(name: &str) -> WireSettings {
    WireSettings::new(Protocol::of_name(name).unwrap())
}

const CARD: &[u8] = b"\x020100129\x33D858\x03";

#[test]
fn a_frame_has_the_time_of_its_first_byte() {
    let (start, end) = CARD.split_at(5);
    let expected = ["620: 0 read 0001217496@120"];
    assert_eq!(told(&of_name("rdm6300"), &[(120, Some(start)), (620, Some(end))]), expected);
}

#[test]
fn silence_drops_half_a_frame() {
    let (start, end) = CARD.split_at(5);
    let cut = "the frame is cut off: no more bytes came for half a second (5 bytes that are in no frame)";
    let late = [format!("621: 0 reject {cut}@120"), "621: 14 read 0001217496@621".to_owned()];
    let bytes = [end, CARD].concat();
    let events: &[(u64, Option<&[u8]>)] = &[(120, Some(start)), (621, Some(&bytes))];
    let found = told(&of_name("rdm6300"), events);
    assert_eq!(found.first(), late.first());
    assert_eq!(found.last(), late.last());
    let found = told(&of_name("rdm6300"), &[(120, Some(start)), (620, None), (621, None), (900, None)]);
    assert_eq!(found, [format!("621: 0 reject {cut}@120")]);
}

#[test]
fn whoever_waits_is_told_how_long() {
    let mut ignore = |_: Frame<'_>| {};
    let mut decoder = WireDecoder::new(&of_name("rdm6300"));
    assert_eq!(decoder.due(), None);
    decoder.push(&CARD[..5], Moment(120), &mut ignore);
    assert_eq!(decoder.due(), Some(Moment(621)));
    decoder.push(&CARD[5..], Moment(130), &mut ignore);
    assert_eq!(decoder.due(), None);
    decoder.push(b"\xFF", Moment(140), &mut ignore);
    assert_eq!(decoder.due(), Some(Moment(641)));
    decoder.idle(Moment(641), &mut ignore);
    assert_eq!(decoder.due(), None);
    let mut decoder = WireDecoder::new(&of_name("track2"));
    decoder.push(b";1234567890", Moment(0), &mut ignore);
    assert_eq!(decoder.due(), Some(Moment(501)));
    decoder.push(b"?", Moment(10), &mut ignore);
    assert_eq!(decoder.due(), Some(Moment(110)));
}

#[test]
fn a_pause_ends_a_record_where_the_reader_sends_no_line_end() {
    let record = Record { idle_ms: Some(50), ..Record::default() };
    let settings = WireSettings::new(Protocol::Line(Line { record, ..Line::default() }));
    let events: &[(u64, Option<&[u8]>)] = &[
        (0, Some(b"00012")),
        (49, Some(b"17496")),
        (99, None),
        (200, Some(b"04A23B1C")),
        (250, Some(b"0001217496")),
    ];
    let expected = ["99: 0 read 0001217496@0", "250: 10 read 04A23B1C@200"];
    assert_eq!(told(&settings, events), expected);
}

#[test]
fn an_unplugged_port_leaves_no_badge_of_half_a_record() {
    let record = Record { idle_ms: Some(50), ..Record::default() };
    let settings = WireSettings::new(Protocol::Line(Line { record, ..Line::default() }));
    let mut found = Vec::new();
    let mut sink = |frame: Frame<'_>| found.push(shown(&frame));
    let mut decoder = WireDecoder::new(&settings);
    decoder.push(b"00012174", Moment(0), &mut sink);
    decoder.hang_up(&mut sink);
    decoder.push(b"04A23B1C\r", Moment(9), &mut sink);
    let cause = "the port went away in the middle of a frame (8 bytes that are in no frame)";
    assert_eq!(found, [format!("0 reject {cause}"), "0 read 04A23B1C".to_owned()]);
}

#[test]
fn silence_ends_a_run_of_noise() {
    let noise = |count: usize, at: u64| format!("{at}: 0 reject noise: {count} bytes that are in no frame@0");
    let events: &[(u64, Option<&[u8]>)] = &[(0, Some(b"\xFF\xFE")), (501, None)];
    assert_eq!(told(&of_name("rdm6300"), events), [noise(2, 501)]);
    let flood = vec![0xFF; 5000];
    let events: &[(u64, Option<&[u8]>)] =
        &[(0, Some(&flood)), (400, Some(&flood)), (800, Some(&flood)), (1400, Some(b"\xFF")), (2000, None)];
    let expected = [
        "0: 0 reject noise: 256 bytes and more that are in no frame@0",
        "2000: 15000 reject noise: 1 byte that is in no frame@1400",
    ];
    assert_eq!(told(&of_name("rdm6300"), events), expected);
}

#[test]
fn noise_costs_bounded_memory_and_few_rejects() {
    // xorshift: the same noise every time
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut noise = vec![0; 1 << 17];
    for byte in &mut noise {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state.to_le_bytes()[3];
    }
    for name in PROTOCOLS {
        let settings = of_name(name);
        let longest = settings.protocol.grammar().longest();
        let (mut reads, mut others) = (0, 0);
        let mut decoder = WireDecoder::new(&settings);
        let mut sink = |frame: Frame<'_>| match frame.outcome {
            WireOutcome::Read(_) => reads += 1,
            _ => others += 1,
        };
        for chunk in noise.chunks(4096) {
            decoder.push(chunk, Moment(0), &mut sink);
            assert!(decoder.window.len() < longest && decoder.noise.kept.len() < 256, "{name}");
            assert!(decoder.window.capacity() + decoder.noise.kept.capacity() <= 2048, "{name}");
        }
        // four letters between two line ends look like a badge; what has a checksum does not
        let most = match name {
            "barcode" => 60,
            "line" => 3,
            _ => 0,
        };
        assert!(reads <= most && others <= 120, "{name}: {reads} reads, {others} others");
    }
}
