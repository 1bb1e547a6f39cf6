//! The formats that come with timbra: `config/formats/*.toml`, compiled in.

use std::path::Path;

use crate::decode::format::Format;

use super::format;

/// Name and text, in the order in which they are tried.
const PRESETS: &[(&str, &str)] = &[
    ("zk-attlog", include_str!("../../config/formats/zk-attlog.toml")),
    ("zk-attlog-5", include_str!("../../config/formats/zk-attlog-5.toml")),
    ("zucchetti-transactions", include_str!("../../config/formats/zucchetti-transactions.toml")),
    ("zucchetti-custom", include_str!("../../config/formats/zucchetti-custom.toml")),
    ("glg", include_str!("../../config/formats/glg.toml")),
    ("agl", include_str!("../../config/formats/agl.toml")),
    ("smartclock", include_str!("../../config/formats/smartclock.toml")),
    ("bari", include_str!("../../config/formats/bari.toml")),
    ("nettime", include_str!("../../config/formats/nettime.toml")),
    ("csv-it", include_str!("../../config/formats/csv-it.toml")),
];

/// The names of all presets.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}

/// The text of a preset, to start a format of one's own from.
pub fn text(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// A preset by name.
pub fn preset(name: &str) -> Option<Format> {
    format::from_text(Path::new(name), text(name)?.to_owned()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::punch::Direction::{In, Out};

    #[test]
    fn every_preset_is_a_format_without_problems() {
        for name in names() {
            if let Err(problems) = format::from_text(Path::new(name), text(name).unwrap().to_owned()) {
                panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
            }
        }
        assert!(preset("no-such-preset").is_none());
    }

    #[test]
    fn directions_are_known_only_where_the_format_defines_them() {
        let rows = [
            ("zk-attlog", "0", Some(In)),
            ("zk-attlog", "1", Some(Out)),
            ("zk-attlog", "2", Some(Out)),
            ("zk-attlog", "3", Some(In)),
            ("zk-attlog", "4", Some(In)),
            ("zk-attlog", "5", Some(Out)),
            ("zk-attlog", "255", None),
            ("zk-attlog-5", "1", Some(Out)),
            ("zucchetti-transactions", "1", None),
            ("zucchetti-custom", "0", None),
            ("glg", "E", Some(In)),
            ("glg", "S", Some(Out)),
            ("glg", "", None),
            ("agl", "0", None),
            ("smartclock", "U", Some(Out)),
            ("bari", "E", Some(In)),
            ("nettime", "U", Some(Out)),
            ("csv-it", "entrata", Some(In)),
            ("csv-it", " USCITA ", Some(Out)),
            ("csv-it", "boh", None),
        ];
        for (name, word, expected) in rows {
            assert_eq!(preset(name).unwrap().direction(word), expected, "{name} {word}");
        }
    }
}
