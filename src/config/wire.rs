//! The protocol of a serial reader with its options.

use crate::decode::card::{RENDERINGS, Rendering};
use crate::decode::wire::anviz::Anviz;
use crate::decode::wire::badge_pattern::BadgePattern;
use crate::decode::wire::barcode::Barcode;
use crate::decode::wire::kaba_b91::{Alphabet, KabaB91};
use crate::decode::wire::line::{Line, LineBase};
use crate::decode::wire::rdm6300::{Checksum, Rdm6300};
use crate::decode::wire::record::Record;
use crate::decode::wire::settings::{PROTOCOLS, Protocol, WireSettings};
use crate::decode::wire::track2::{Lrc, Track2};
use crate::decode::wire::wiegand::{Base, Facility, TRANSFORMS, Wiegand};

use super::node::Value;
use super::section::{Section, nearest};
use super::values::count;

/// Which protocols have which options.
const OPTIONS: [(&str, &[&str]); 13] = [
    ("alphabet", &["kaba-b91"]),
    ("base", &["wiegand", "line"]),
    ("checksum", &["rdm6300"]),
    ("epoch", &["anviz"]),
    ("facility", &["wiegand"]),
    ("idle_ms", &["wiegand", "line", "barcode"]),
    ("lrc", &["track2"]),
    ("max_length", &["barcode"]),
    ("pattern", &["line", "barcode"]),
    ("prefix", &["wiegand", "line", "barcode"]),
    ("sentinels", &["track2"]),
    ("suffix", &["wiegand", "line", "barcode"]),
    ("transform", &["wiegand"]),
];

/// `protocol`, `badge` and the options of the protocol.
pub(super) fn read(section: &Section<'_>) -> Option<WireSettings> {
    let name = section.required("protocol", "\"rdm6300\"", section.text("protocol"));
    let protocol = name.as_deref().and_then(Protocol::of_name);
    if let (Some(name), None) = (&name, &protocol) {
        let known: Vec<&str> = PROTOCOLS.into_iter().filter(|known| *known != "osdp").collect();
        let hint = nearest(name, known.iter().copied()).map_or_else(
            || format!("the protocols are: {}", known.join(", ")),
            |near| format!("did you mean \"{near}\"?"),
        );
        section.complain(&section.span_of("protocol"), &format!("there is no protocol `{name}`"), &hint);
    }
    if let Some(Protocol::Osdp(_)) = protocol {
        let hint = "write [[osdp]] with its port, and [[osdp.reader]] for each reader on it";
        section.complain(&section.span_of("protocol"), "OSDP readers say nothing until they are asked", hint);
    }
    let badge = badge(section);
    refuse_options_of_others(section, protocol.as_ref());
    let mut settings = WireSettings::new(with_options(section, protocol?));
    settings.badge = badge.unwrap_or(settings.badge);
    Some(settings)
}

/// `badge`: which number of the card it is.
pub(super) fn badge(section: &Section<'_>) -> Option<Rendering> {
    let known = |text: &str| RENDERINGS.iter().find(|(name, _)| *name == text).map(|(_, one)| *one);
    let text = section.text("badge")?;
    let found = known(&text);
    if found.is_none() {
        let names = RENDERINGS.iter().map(|(name, _)| *name);
        let hint = nearest(&text, names.clone()).map_or_else(
            || format!("the renderings are: {}", names.collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean \"{near}\"?"),
        );
        section.complain(&section.span_of("badge"), &format!("there is no rendering `{text}`"), &hint);
    }
    found
}

/// An option of another protocol would do nothing. Which options there are is not known either while
/// the protocol is not.
fn refuse_options_of_others(section: &Section<'_>, protocol: Option<&Protocol>) {
    for (option, protocols) in OPTIONS {
        let written = section.node(option).is_some();
        let Some(protocol) = protocol else { continue };
        if written && !protocols.contains(&protocol.name()) {
            let message = format!("`{option}` is no option of the protocol `{}`", protocol.name());
            let hint = format!("take it out; it belongs to {}", protocols.join(", "));
            section.complain(&section.span_of(option), &message, &hint);
        }
    }
}

fn with_options(section: &Section<'_>, protocol: Protocol) -> Protocol {
    match protocol {
        Protocol::Rdm6300(Rdm6300 { checksum }) => {
            let words = [("xor", Checksum::Xor), ("sum", Checksum::Sum), ("none", Checksum::None)];
            Protocol::Rdm6300(Rdm6300 { checksum: section.choice("checksum", &words).unwrap_or(checksum) })
        }
        Protocol::Track2(Track2 { lrc, sentinels }) => {
            let words = [("auto", Lrc::Auto), ("always", Lrc::Always), ("never", Lrc::Never)];
            Protocol::Track2(Track2 {
                lrc: section.choice("lrc", &words).unwrap_or(lrc),
                sentinels: section.flag("sentinels").unwrap_or(sentinels),
            })
        }
        Protocol::Wiegand(Wiegand { base, facility, transform, .. }) => {
            let bases = [
                ("auto", Base::Auto),
                ("hex", Base::Hex),
                ("decimal", Base::Decimal),
                ("binary", Base::Binary),
            ];
            let facilities = [("auto", Facility::Auto), ("joined", Facility::Joined)];
            Protocol::Wiegand(Wiegand {
                record: record(section),
                base: section.choice("base", &bases).unwrap_or(base),
                facility: section.choice("facility", &facilities).unwrap_or(facility),
                transform: section.choice("transform", &TRANSFORMS).unwrap_or(transform),
            })
        }
        Protocol::Line(Line { base, .. }) => {
            let bases =
                [("unknown", LineBase::Unknown), ("hex", LineBase::Hex), ("decimal", LineBase::Decimal)];
            Protocol::Line(Line {
                record: record(section),
                base: section.choice("base", &bases).unwrap_or(base),
                pattern: pattern(section),
            })
        }
        Protocol::Barcode(Barcode { max_length, .. }) => Protocol::Barcode(Barcode {
            record: record(section),
            // anybody can print any code
            pattern: section.required("pattern", "\"E-[0-9]{6}\": what a badge looks like", pattern(section)),
            max_length: count(section, "max_length", 1..=256).unwrap_or(max_length),
        }),
        Protocol::KabaB91(KabaB91 { alphabet }) => {
            let words = [
                ("both", Alphabet::Both),
                ("punctuation", Alphabet::Punctuation),
                ("letters", Alphabet::Letters),
            ];
            Protocol::KabaB91(KabaB91 { alphabet: section.choice("alphabet", &words).unwrap_or(alphabet) })
        }
        Protocol::Anviz(Anviz { epoch }) => {
            Protocol::Anviz(Anviz { epoch: section.date("epoch").unwrap_or(epoch) })
        }
        Protocol::GigaTms(_) | Protocol::Osdp(_) => protocol,
    }
}

fn record(section: &Section<'_>) -> Record {
    Record {
        prefix: bytes(section, "prefix"),
        suffix: bytes(section, "suffix"),
        idle_ms: count(section, "idle_ms", 10..=500),
    }
}

/// A few bytes, written as a text.
fn bytes(section: &Section<'_>, key: &'static str) -> Vec<u8> {
    let expected = "1 to 16 characters of ASCII, as \"ID:\" or \"\\u0002\"";
    let read = |value: &Value| {
        let text = match value {
            Value::Text(text) => text.as_bytes(),
            _ => return None,
        };
        (text.is_ascii() && (1..=16).contains(&text.len())).then(|| text.to_vec())
    };
    section.read(key, expected, read).unwrap_or_default()
}

fn pattern(section: &Section<'_>) -> Option<BadgePattern> {
    let text = section.text("pattern")?;
    match BadgePattern::new(&text) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            // the last line says what is wrong, those before it draw the place
            let reason = error.to_string();
            let reason =
                reason.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
            let hint = "write a regular expression for the whole of it, as \"E-(?<badge>[0-9]{6})\"";
            section.complain(
                &section.span_of("pattern"),
                &format!("`pattern` is no regular expression: {reason}"),
                hint,
            );
            None
        }
    }
}
