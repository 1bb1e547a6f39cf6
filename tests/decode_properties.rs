//! What holds for any bytes: the chunks do not matter, nothing panics, no line is told twice.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use timbra::config::presets;
use timbra::decode::decoder::Decoder;
use timbra::decode::format::Format;
use timbra::decode::{Outcome, Row};

fn formats() -> Vec<Arc<Format>> {
    presets::names().filter_map(presets::preset).map(Arc::new).collect()
}

fn rows(format: &Arc<Format>, chunks: &[&[u8]]) -> Vec<String> {
    let mut found = Vec::new();
    let mut sink = |row: Row<'_>| found.push(format!("{row:?}"));
    let mut decoder = Decoder::new(Arc::clone(format));
    for chunk in chunks {
        decoder.push(chunk, &mut sink);
    }
    decoder.finish(&mut sink);
    found
}

fn example(format: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/readers").join(format);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension != "jsonl"));
    files.sort();
    files.iter().flat_map(|path| fs::read(path).unwrap()).take(6000).collect()
}

/// Real-looking lines with some bytes changed, cut out or doubled.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let names: Vec<&str> = presets::names().collect();
    let damage = (any::<prop::sample::Index>(), any::<u8>(), 0..4u8);
    (prop::sample::select(names), prop::collection::vec(damage, 0..12)).prop_map(|(name, damages)| {
        let mut bytes = example(name);
        for (at, byte, kind) in damages {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.drain(at..(at + usize::from(byte)).min(bytes.len()))),
                _ => bytes.extend_from_within(at..(at + usize::from(byte)).min(bytes.len())),
            }
            if bytes.is_empty() {
                break;
            }
        }
        bytes
    })
}

fn any_input() -> impl Strategy<Value = Vec<u8>> {
    let alphabet = prop::sample::select(b"\0\0\r\n\t;, \"0123456789/-:EUABC\xE0\xFF\x1A\x02".to_vec());
    prop_oneof![
        damaged(),
        prop::collection::vec(any::<u8>(), 0..400),
        prop::collection::vec(alphabet, 0..400)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunks_do_not_matter(bytes in any_input(), sizes in prop::collection::vec(1..200usize, 1..8)) {
        let mut chunks = Vec::new();
        let mut rest = bytes.as_slice();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at((*size).min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        for format in formats() {
            prop_assert_eq!(rows(&format, &chunks), rows(&format, &[&bytes]));
        }
    }

    #[test]
    fn every_row_is_sound(bytes in any_input()) {
        for format in formats() {
            let mut last = 1;
            let mut sink = |row: Row<'_>| {
                assert!(row.line >= last && row.raw.len() <= 4096 && !row.raw.is_empty());
                last = row.line;
                match row.outcome {
                    Outcome::Punch(reading) => {
                        assert!(!reading.badge.is_empty() && row.text.is_some());
                        assert!((0..7_258_118_400).contains(&reading.local), "{}", reading.local);
                        let _ = format.direction(reading.direction);
                    }
                    Outcome::Reject(reason) => assert!(!reason.is_empty()),
                    Outcome::Skipped => {}
                }
            };
            let mut decoder = Decoder::new(Arc::clone(&format));
            decoder.push(&bytes, &mut sink);
            decoder.finish(&mut sink);
        }
    }
}
