//! What every target of a serial decoder asks: no panic, the same frames for any chunks, bounded
//! frames, badges that are words.

use timbra::decode::wire::decoder::WireDecoder;
use timbra::decode::wire::settings::{Protocol, WireSettings};
use timbra::decode::wire::{Frame, Moment, WireOutcome};

/// The longest frame of any protocol, and of noise that is kept, in bytes.
const LONGEST: usize = 1600;

/// Decodes bytes as one protocol, whole and in chunks whose sizes the first byte decides.
pub fn decode(name: &str, data: &[u8]) {
    let Some((seed, bytes)) = data.split_first() else { return };
    let settings = WireSettings::new(Protocol::of_name(name).expect("a known protocol"));
    let whole = frames(&settings, &[bytes]);
    let chunks: Vec<&[u8]> = bytes.chunks(usize::from(*seed) % 61 + 1).collect();
    assert_eq!(frames(&settings, &chunks), whole);
    let mut decoder = WireDecoder::new(&settings);
    let mut now = 0;
    for chunk in chunks {
        now += u64::from(*seed) * 5;
        decoder.push(chunk, Moment(now), &mut |frame| sound(&frame));
        if let Some(due) = decoder.due() {
            assert!(due > Moment(now));
        }
    }
    decoder.idle(Moment(now + 1000), &mut |frame| sound(&frame));
    assert_eq!(decoder.due(), None);
    decoder.hang_up(&mut |frame| sound(&frame));
}

fn frames(settings: &WireSettings, chunks: &[&[u8]]) -> Vec<String> {
    let mut found = Vec::new();
    let mut sink = |frame: Frame<'_>| {
        sound(&frame);
        found.push(format!("{frame:?}"));
    };
    let mut decoder = WireDecoder::new(settings);
    for chunk in chunks {
        decoder.push(chunk, Moment(0), &mut sink);
    }
    decoder.finish(&mut sink);
    found
}

fn sound(frame: &Frame<'_>) {
    assert!(frame.raw.len() <= LONGEST);
    match frame.outcome {
        WireOutcome::Read(read) => {
            assert!((1..=64).contains(&read.badge.len()) && !read.badge.contains(char::is_whitespace));
            read.card.renderings().for_each(|(_, _, number)| assert!(!number.is_empty()));
        }
        WireOutcome::Reject(reason) => assert!(!reason.is_empty()),
        WireOutcome::Skipped => {}
    }
}
