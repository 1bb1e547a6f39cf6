//! The settings that are tried: for each protocol what it is when nothing is said, then what readers
//! of that protocol are set to now and then.

use chrono::NaiveDate;

use super::super::wire::anviz::Anviz;
use super::super::wire::barcode::Barcode;
use super::super::wire::line::{Line, LineBase};
use super::super::wire::rdm6300::{Checksum, Rdm6300};
use super::super::wire::record::Record;
use super::super::wire::settings::{PROTOCOLS, Protocol, WireSettings};
use super::super::wire::track2::{Lrc, Track2};
use super::super::wire::wiegand::{Base, Facility, TRANSFORMS, Wiegand};
use super::recording::Recording;

/// A pause that ends a record, in milliseconds.
const PAUSE: u16 = 50;

/// The settings of each protocol, the simplest first. With a printed number to look for there are
/// more: what turns a number into another one.
pub(super) fn of_each_protocol(recording: &Recording, printed: bool) -> Vec<Vec<WireSettings>> {
    let protocols = PROTOCOLS.into_iter().filter_map(Protocol::of_name);
    let variants = |protocol| of_protocol(protocol, recording, printed).into_iter();
    protocols.map(|protocol| variants(protocol).map(WireSettings::new).collect()).collect()
}

fn of_protocol(protocol: Protocol, recording: &Recording, printed: bool) -> Vec<Protocol> {
    let record = record(recording);
    match protocol {
        Protocol::Rdm6300(_) => [Checksum::Xor, Checksum::Sum, Checksum::None]
            .map(|checksum| Protocol::Rdm6300(Rdm6300 { checksum }))
            .to_vec(),
        Protocol::Track2(_) => {
            let has_sentinels = recording.bytes().iter().any(|byte| matches!(byte, b';' | b'?'));
            vec![Protocol::Track2(Track2 { lrc: Lrc::Auto, sentinels: has_sentinels })]
        }
        Protocol::Wiegand(_) => {
            let transforms = TRANSFORMS.into_iter().map(|(_, transform)| transform);
            let transforms = transforms.take(if printed { TRANSFORMS.len() } else { 1 });
            let forms = [
                (Base::Auto, Facility::Auto),
                (Base::Hex, Facility::Auto),
                (Base::Decimal, Facility::Auto),
                (Base::Auto, Facility::Joined),
            ];
            let one = |(transform, (base, facility))| {
                Protocol::Wiegand(Wiegand { record: record.clone(), base, facility, transform })
            };
            transforms.flat_map(|transform| forms.map(|form| (transform, form))).map(one).collect()
        }
        Protocol::Line(_) => {
            let bases = [LineBase::Unknown, LineBase::Hex, LineBase::Decimal];
            let bases = bases.into_iter().take(if printed { 3 } else { 1 });
            bases.map(|base| Protocol::Line(Line { record: record.clone(), base, pattern: None })).collect()
        }
        Protocol::Barcode(_) => vec![Protocol::Barcode(Barcode { record, ..Barcode::default() })],
        Protocol::Anviz(options) => {
            let days = [Some(options.epoch), NaiveDate::from_ymd_opt(2000, 1, 1)];
            days.into_iter().flatten().map(|epoch| Protocol::Anviz(Anviz { epoch })).collect()
        }
        _ => vec![protocol],
    }
}

/// Records that end with a line end, or with a pause where there is none in the recording.
fn record(recording: &Recording) -> Record {
    let ends = recording.bytes().iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0x03));
    Record { idle_ms: (!ends).then_some(PAUSE), ..Record::default() }
}
