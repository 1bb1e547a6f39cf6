//! What the tests of all protocols share, and what holds for all of them.

use super::decoder::WireDecoder;
use super::settings::WireSettings;
use super::{Frame, Moment, WireOutcome};

/// Bytes written as hexadecimal digits with spaces.
pub(super) fn vector(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// A frame in a line: its offset and what it is.
pub(super) fn shown(frame: &Frame<'_>) -> String {
    let Frame { offset, outcome, .. } = frame;
    match outcome {
        WireOutcome::Read(read) => {
            let mut text = format!("{offset} read {}", read.badge);
            if let Some(local) = read.local {
                text.push_str(&format!(" at {local}"));
            }
            if !read.direction.is_empty() {
                text.push_str(&format!(" direction {}", read.direction));
            }
            if let Some(reason) = read.reason {
                text.push_str(&format!(" reason {reason}"));
            }
            text
        }
        WireOutcome::Reject(reason) => format!("{offset} reject {reason}"),
        WireOutcome::Skipped => format!("{offset} skipped"),
    }
}

/// The frames of a capture, after making sure that it does not matter how its bytes come.
pub(super) fn frames(settings: &WireSettings, bytes: &[u8]) -> String {
    let whole = in_chunks(settings, &[bytes]);
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(in_chunks(settings, &single), whole, "byte by byte");
    for at in 0..=bytes.len() {
        let (one, other) = bytes.split_at(at);
        assert_eq!(in_chunks(settings, &[one, other]), whole, "split at {at}");
    }
    whole
}

/// All bytes that rejects let out.
pub(super) fn raws(settings: &WireSettings, bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut sink = |frame: Frame<'_>| {
        if let WireOutcome::Reject(_) = frame.outcome {
            kept.extend_from_slice(frame.raw);
        }
    };
    let mut decoder = WireDecoder::new(settings);
    decoder.push(bytes, Moment(0), &mut sink);
    decoder.finish(&mut sink);
    kept
}

fn in_chunks(settings: &WireSettings, chunks: &[&[u8]]) -> String {
    let mut found = Vec::new();
    let mut sink = |frame: Frame<'_>| found.push(shown(&frame));
    let mut decoder = WireDecoder::new(settings);
    for chunk in chunks {
        decoder.push(chunk, Moment(0), &mut sink);
    }
    decoder.finish(&mut sink);
    found.join("; ")
}
