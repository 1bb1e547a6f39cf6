//! The protocol of a serial reader with its options.

use std::path::Path;

use crate::decode::card::{RENDERINGS, Rendering};
use crate::decode::wire::anviz::Anviz;
use crate::decode::wire::badge_pattern::{BadgePattern, NoPattern};
use crate::decode::wire::barcode::Barcode;
use crate::decode::wire::kaba_b91::{Alphabet, KabaB91};
use crate::decode::wire::line::{Line, LineBase};
use crate::decode::wire::rdm6300::{Checksum, Rdm6300};
use crate::decode::wire::record::Record;
use crate::decode::wire::settings::{PROTOCOLS, Protocol, WireSettings};
use crate::decode::wire::track2::{Lrc, Track2};
use crate::decode::wire::wiegand::{Base, Facility, TRANSFORMS, Wiegand};

use super::node::{Node, Value};
use super::problem::{Problem, SourceText};
use super::section::{Reading, Section};
use super::spelling::nearest;
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

const CHECKSUMS: [(&str, Checksum); 3] =
    [("xor", Checksum::Xor), ("sum", Checksum::Sum), ("none", Checksum::None)];
const LRCS: [(&str, Lrc); 3] = [("auto", Lrc::Auto), ("always", Lrc::Always), ("never", Lrc::Never)];
const BASES: [(&str, Base); 4] =
    [("auto", Base::Auto), ("hex", Base::Hex), ("decimal", Base::Decimal), ("binary", Base::Binary)];
const FACILITIES: [(&str, Facility); 2] = [("auto", Facility::Auto), ("joined", Facility::Joined)];
const LINE_BASES: [(&str, LineBase); 3] =
    [("unknown", LineBase::Unknown), ("hex", LineBase::Hex), ("decimal", LineBase::Decimal)];
const ALPHABETS: [(&str, Alphabet); 3] =
    [("both", Alphabet::Both), ("punctuation", Alphabet::Punctuation), ("letters", Alphabet::Letters)];

/// `protocol`, `badge` and the options of the protocol, of a reader that is to be used.
pub(super) fn read(section: &Section<'_>) -> Option<WireSettings> {
    let spoken: Vec<&str> = PROTOCOLS.into_iter().filter(|name| *name != "osdp").collect();
    let settings = settings(section, &spoken)?;
    match &settings.protocol {
        Protocol::Osdp(_) => {
            let hint = "write [[osdp]] with its port, and [[osdp.reader]] for each reader on it";
            let message = "OSDP readers say nothing until they are asked";
            section.complain(&section.span_of("protocol"), message, hint);
        }
        // anybody can print any code
        Protocol::Barcode(options) => {
            let pattern = options.pattern.as_ref();
            section.required("pattern", "\"E-[0-9]{6}\": what a badge looks like", pattern);
        }
        _ => {}
    }
    Some(settings)
}

/// The same for trying a reader out, from the options of a command: a JSON object with these keys.
pub fn from_options(options: &serde_json::Value) -> Result<WireSettings, Vec<Problem>> {
    let source = SourceText::new(Path::new(""), String::new());
    let node = Node::from_json(options);
    let reading = Reading::new(&source, Vec::new());
    let section = Section::root(&reading, &node);
    let settings = settings(&section, &PROTOCOLS);
    section.finish();
    let problems = reading.into_problems();
    settings.filter(|_| problems.is_empty()).ok_or(problems)
}

/// `known`: the protocols to tell of when another is written.
fn settings(section: &Section<'_>, known: &[&str]) -> Option<WireSettings> {
    let name = section.required("protocol", "\"rdm6300\"", section.text("protocol"));
    let protocol = name.as_deref().and_then(Protocol::of_name);
    if let (Some(name), None) = (&name, &protocol) {
        let hint = nearest(&name.to_lowercase(), known.iter().copied()).map_or_else(
            || format!("the protocols are: {}", known.join(", ")),
            |near| format!("did you mean \"{near}\"?"),
        );
        section.complain(&section.span_of("protocol"), &format!("there is no protocol `{name}`"), &hint);
    }
    let badge = badge(section);
    refuse_options_of_others(section, protocol.as_ref());
    let mut settings = WireSettings::new(with_options(section, protocol?));
    if let Some(badge) = badge
        && !settings.protocol.can_have(badge)
    {
        let hint = match (&settings.protocol, badge) {
            (_, Rendering::WithExtra) => "only magnetic cards (track2) have it",
            (Protocol::Line(_), _) => "say what the digits are: base = \"hex\" or \"decimal\"",
            _ => "its badges are texts: take `badge` out",
        };
        let (badge, name) = (badge.name(), settings.protocol.name());
        let message = format!("no card of the protocol `{name}` has a number `{badge}`");
        section.complain(&section.span_of("badge"), &message, hint);
    }
    settings.badge = badge.unwrap_or(settings.badge);
    Some(settings)
}

/// The keys and values, as TOML, that make these settings, without those that need not be written.
pub fn written(settings: &WireSettings) -> Vec<(&'static str, String)> {
    let mut keys = vec![("protocol", quoted(settings.protocol.name()))];
    let plain = Protocol::of_name(settings.protocol.name());
    let mut word = |key, text: String| keys.push((key, text));
    match (&settings.protocol, plain) {
        (Protocol::Rdm6300(own), Some(Protocol::Rdm6300(plain))) if *own != plain => {
            word("checksum", name(&CHECKSUMS, own.checksum));
        }
        (Protocol::Track2(own), Some(Protocol::Track2(plain))) => {
            if own.lrc != plain.lrc {
                word("lrc", name(&LRCS, own.lrc));
            }
            if own.sentinels != plain.sentinels {
                word("sentinels", own.sentinels.to_string());
            }
        }
        (Protocol::Wiegand(own), Some(Protocol::Wiegand(plain))) => {
            if own.base != plain.base {
                word("base", name(&BASES, own.base));
            }
            if own.facility != plain.facility {
                word("facility", name(&FACILITIES, own.facility));
            }
            if own.transform != plain.transform {
                word("transform", name(&TRANSFORMS, own.transform));
            }
            write_record(&own.record, &mut word);
        }
        (Protocol::Line(own), Some(Protocol::Line(plain))) => {
            if own.base != plain.base {
                word("base", name(&LINE_BASES, own.base));
            }
            write_record(&own.record, &mut word);
            own.pattern.iter().for_each(|pattern| word("pattern", quoted(pattern.as_str())));
        }
        (Protocol::Barcode(own), Some(Protocol::Barcode(plain))) => {
            write_record(&own.record, &mut word);
            own.pattern.iter().for_each(|pattern| word("pattern", quoted(pattern.as_str())));
            if own.max_length != plain.max_length {
                word("max_length", own.max_length.to_string());
            }
        }
        (Protocol::KabaB91(own), Some(Protocol::KabaB91(plain))) if *own != plain => {
            word("alphabet", name(&ALPHABETS, own.alphabet));
        }
        (Protocol::Anviz(own), Some(Protocol::Anviz(plain))) if *own != plain => {
            word("epoch", own.epoch.to_string());
        }
        _ => {}
    }
    if settings.badge != settings.protocol.default_badge() {
        keys.push(("badge", quoted(settings.badge.name())));
    }
    keys
}

fn write_record(record: &Record, word: &mut impl FnMut(&'static str, String)) {
    let text = |bytes: &[u8]| quoted(&String::from_utf8_lossy(bytes));
    if !record.prefix.is_empty() {
        word("prefix", text(&record.prefix));
    }
    if !record.suffix.is_empty() {
        word("suffix", text(&record.suffix));
    }
    record.idle_ms.iter().for_each(|wait| word("idle_ms", wait.to_string()));
}

/// The word for a choice.
fn name<T: Copy + PartialEq>(words: &[(&str, T)], choice: T) -> String {
    quoted(words.iter().find(|(_, one)| *one == choice).map_or("", |(word, _)| word))
}

/// A text as TOML writes it.
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
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
        Protocol::Rdm6300(Rdm6300 { checksum }) => Protocol::Rdm6300(Rdm6300 {
            checksum: section.choice("checksum", &CHECKSUMS).unwrap_or(checksum),
        }),
        Protocol::Track2(Track2 { lrc, sentinels }) => Protocol::Track2(Track2 {
            lrc: section.choice("lrc", &LRCS).unwrap_or(lrc),
            sentinels: section.flag("sentinels").unwrap_or(sentinels),
        }),
        Protocol::Wiegand(Wiegand { base, facility, transform, .. }) => Protocol::Wiegand(Wiegand {
            record: record(section),
            base: section.choice("base", &BASES).unwrap_or(base),
            facility: section.choice("facility", &FACILITIES).unwrap_or(facility),
            transform: section.choice("transform", &TRANSFORMS).unwrap_or(transform),
        }),
        Protocol::Line(Line { base, .. }) => Protocol::Line(Line {
            record: record(section),
            base: section.choice("base", &LINE_BASES).unwrap_or(base),
            pattern: pattern(section),
        }),
        Protocol::Barcode(Barcode { max_length, .. }) => Protocol::Barcode(Barcode {
            record: record(section),
            pattern: pattern(section),
            max_length: count(section, "max_length", 1..=256).unwrap_or(max_length),
        }),
        Protocol::KabaB91(KabaB91 { alphabet }) => Protocol::KabaB91(KabaB91 {
            alphabet: section.choice("alphabet", &ALPHABETS).unwrap_or(alphabet),
        }),
        Protocol::Anviz(Anviz { epoch }) => {
            Protocol::Anviz(Anviz { epoch: section.date("epoch").unwrap_or(epoch) })
        }
        Protocol::GigaTms(_) | Protocol::Osdp(_) => protocol,
    }
}

fn record(section: &Section<'_>) -> Record {
    let mut suffix = bytes(section, "suffix");
    // a line end ends the record anyhow
    while matches!(suffix.last(), Some(b'\r' | b'\n')) {
        suffix.pop();
    }
    Record { prefix: bytes(section, "prefix"), suffix, idle_ms: count(section, "idle_ms", 10..=500) }
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
        Err(NoPattern::NoBadge) => {
            let message = "what `pattern` takes for the badge may be missing or empty";
            let hint = "name the group of the badge, and let it have a character at least, as \"E-(?<badge>[0-9]{6})\"";
            section.complain(&section.span_of("pattern"), message, hint);
            None
        }
        Err(NoPattern::Syntax(error)) => {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The settings that a table makes, written again.
    fn again(table: &str) -> Vec<(&'static str, String)> {
        let source = SourceText::new(Path::new("t.toml"), table.to_owned());
        let (node, problems) = Node::from_toml(&source);
        let reading = Reading::new(&source, problems);
        let settings = settings(&Section::root(&reading, &node), &PROTOCOLS).unwrap();
        let told: Vec<String> = reading.into_problems().iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
        written(&settings)
    }

    #[test]
    fn what_is_written_is_what_was_read() {
        let tables = [
            "protocol = \"rdm6300\"",
            "protocol = \"rdm6300\"\nchecksum = \"sum\"\nbadge = \"hex10\"",
            "protocol = \"track2\"\nlrc = \"never\"\nsentinels = false\nbadge = \"with_extra\"",
            "protocol = \"wiegand\"\nbase = \"hex\"\nfacility = \"joined\"\ntransform = \"complement\"",
            "protocol = \"line\"\nbase = \"hex\"\nprefix = \"\\u0002ID\\\"\"\nsuffix = \"#\"\nidle_ms = 50\n\
             pattern = '[0-9]\\w+'\nbadge = \"byte_reversed\"",
            "protocol = \"barcode\"\npattern = \"E-[0-9]{6}\"\nmax_length = 20",
            "protocol = \"kaba-b91\"\nalphabet = \"letters\"",
            "protocol = \"giga-tms\"",
            "protocol = \"anviz\"\nepoch = 2000-01-01",
        ];
        for table in tables {
            let keys = again(table);
            let lines: Vec<String> = keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            assert_eq!(again(&lines.join("\n")), keys, "{table}");
            assert_eq!(lines.len(), table.lines().count(), "{table}");
        }
    }

    #[test]
    fn options_of_a_command_are_read_like_a_table() {
        let told = |options| {
            let problems = from_options(&options).err().unwrap_or_default();
            let told =
                problems.into_iter().map(|one| format!("{}; {}", one.message, one.hint.unwrap_or_default()));
            told.collect::<Vec<_>>().join("|")
        };
        assert_eq!(told(json!({"protocol": "barcode"})), "");
        assert_eq!(told(json!({"protocol": "osdp", "badge": "hex"})), "");
        assert_eq!(
            told(json!({"protocol": "rdm630"})),
            "there is no protocol `rdm630`; did you mean \"rdm6300\"?"
        );
        assert_eq!(
            told(json!({"protocol": "RDM6300"})),
            "there is no protocol `RDM6300`; did you mean \"rdm6300\"?"
        );
        assert_eq!(
            told(json!({"protocol": "line", "badge": "decimal10"})),
            "no card of the protocol `line` has a number `decimal10`; say what the digits are: base = \"hex\" or \
             \"decimal\""
        );
        assert_eq!(
            told(json!({"protocol": "rdm6300", "base": "hex"})),
            "`base` is no option of the protocol `rdm6300`; take it out; it belongs to wiegand, line"
        );
    }
}
