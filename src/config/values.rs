//! Values that need more than their type: one-line texts, mail addresses, sizes, names, months.

use std::path::{Path, PathBuf};

use crate::domain::ids::{AgreementId, ReaderId};
use crate::domain::month::Month;
use crate::mail::Address;

use super::node::Value;
use super::section::Section;

/// A text of one line, 1 to 200 characters, without control characters: it goes into letters.
pub(super) fn line(section: &Section<'_>, key: &'static str) -> Option<String> {
    section.read(key, "a text of one line, at most 200 characters", |value| match value {
        Value::Text(text) => {
            let text = text.trim();
            let fits = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
            fits.then(|| text.to_owned())
        }
        _ => None,
    })
}

/// The same; its absence is an error.
pub(super) fn required_line(section: &Section<'_>, key: &'static str, example: &str) -> Option<String> {
    section.required(key, example, line(section, key))
}

/// A mail address.
pub(super) fn mailbox(section: &Section<'_>, key: &'static str) -> Option<Address> {
    section.read(key, "a mail address like \"ufficio@example.it\"", |value| {
        value.as_text().and_then(|text| Address::parse(text).ok())
    })
}

/// A mail address, as text.
pub(super) fn address(section: &Section<'_>, key: &'static str) -> Option<String> {
    mailbox(section, key).map(|address| address.to_string())
}

/// The SHA-256 of a file, in small hexadecimal digits.
pub(super) fn sha256(section: &Section<'_>, key: &'static str) -> Option<String> {
    section.read(key, "the 64 hexadecimal digits that `sha256sum FILE` prints", |value| {
        let digits = value.as_text()?.trim().to_ascii_lowercase();
        let whole = digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        whole.then_some(digits)
    })
}

/// A number of bytes: a whole number, or a text with its unit, as `"512 MiB"`.
pub(super) fn size(section: &Section<'_>, key: &'static str) -> Option<u64> {
    section.read(key, "a size like \"512 MiB\" (units: B, KiB, MiB, GiB), at least 1 KiB", |value| {
        let bytes = match value {
            Value::Integer(bytes) => u64::try_from(*bytes).ok()?,
            Value::Text(text) => {
                let text = text.trim();
                let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
                let (number, unit) = text.split_at_checked(digits)?;
                let factor = match unit.trim() {
                    "" | "B" => 1,
                    "KiB" => 1 << 10,
                    "MiB" => 1 << 20,
                    "GiB" => 1 << 30,
                    _ => return None,
                };
                number.parse::<u64>().ok()?.checked_mul(factor)?
            }
            _ => return None,
        };
        (bytes >= 1024).then_some(bytes)
    })
}

/// A whole number that fits a smaller type.
pub(super) fn count<T: TryFrom<i64>>(
    section: &Section<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<i64>,
) -> Option<T> {
    section.integer(key, range).and_then(|number| T::try_from(number).ok())
}

/// One of a few numbers.
pub(super) fn number<T: Copy>(section: &Section<'_>, key: &'static str, choices: &[(i64, T)]) -> Option<T> {
    let words: Vec<String> = choices.iter().map(|(number, _)| number.to_string()).collect();
    section.read(key, &words.join(" or "), |value| match value {
        Value::Integer(number) => choices.iter().find(|(one, _)| one == number).map(|(_, choice)| *choice),
        _ => None,
    })
}

/// The name of a reader.
pub(super) fn reader_id(section: &Section<'_>, key: &'static str) -> Option<ReaderId> {
    section.read(key, NAME, |value| value.as_text().and_then(|text| ReaderId::new(text).ok()))
}

/// True for a text that can name an agreement, a profile or a format.
pub(super) fn is_name(text: &str) -> bool {
    AgreementId::new(text).is_ok()
}

/// What a name may be.
pub(super) const NAME: &str =
    "a name: 1 to 64 characters of a-z, 0-9, '-' and '_', starting with a letter or digit";

/// A month, `"YYYY-MM"`.
pub(super) fn month(section: &Section<'_>, key: &'static str) -> Option<Month> {
    section.read(key, "a month like \"2026-09\"", |value| value.as_text().and_then(Month::parse))
}

/// A path; a relative one starts at the folder of the configuration.
pub(super) fn path(section: &Section<'_>, key: &'static str, folder: &Path) -> Option<PathBuf> {
    let text = section.read(key, "a path in quotes, without control characters", |value| match value {
        Value::Text(text) if !text.trim().is_empty() && !text.contains(char::is_control) => {
            Some(text.clone())
        }
        _ => None,
    })?;
    Some(folder.join(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::node::Node;
    use crate::config::problem::SourceText;
    use crate::config::section::Reading;

    #[test]
    fn sizes_have_units() {
        let rows = [
            ("4096", Some(4096)),
            ("\"512 MiB\"", Some(512 << 20)),
            ("\"1GiB\"", Some(1 << 30)),
            ("\"2 KiB\"", Some(2048)),
            ("-1", None),
            ("12", None),
            ("\"1 GB\"", None),
            ("\"99999999999 GiB\"", None),
            ("true", None),
        ];
        for (text, expected) in rows {
            let source = SourceText::new(Path::new("t"), format!("size = {text}"));
            let (node, problems) = Node::from_toml(&source);
            let reading = Reading::new(&source, problems);
            assert_eq!(size(&Section::root(&reading, &node), "size"), expected, "{text}");
            assert_eq!(reading.errors(), usize::from(expected.is_none()), "{text}");
        }
    }
}
