//! A format file: how the export of a clock is laid out. `config/formats/*.toml` are examples.
//!
//! | key | says |
//! |---|---|
//! | `layout` | `delimited`, `positional` or `regex` |
//! | `separator`, `quotes`, `header`, `rows_match_header`, `min_fields`, `max_fields` | of delimited lines |
//! | `length` | of positional lines, in characters |
//! | `pattern` | of regex lines; its named groups are the fields |
//! | `[fields]` | where each field stands: `badge`, `direction`, `reason`, `datetime`, `date`, `time`, `year`, `month`, `day`, `hour`, `minute`, `second`, `weekday`, and others by any name for skip rules |
//! | `encoding` | `auto` (the default), `utf-8`, `windows-1252`, `utf-16le` |
//! | `datetime_patterns`, `date_patterns`, `time_patterns` | tried in order; see `decode/pattern.rs` |
//! | `year_pivot` or `year_offset` | what two digits mean; the default is pivot 69: 70 is 1970, 69 is 2069 |
//! | `badge_prefix`, `badge_padded` | what is no part of the badge; that spaces stand before it |
//! | `sunday` | the digit of Sunday in `weekday`: 0, 1 or 7 |
//! | `[directions]` | `in`, `out`: lists of words; `other`: what every other word means |
//! | `[reasons]`, `no_reason` | texts of reason codes; codes that mean none |
//! | `[[skip]]` | `field` (or `"line"`) and one of `equals`, `not`, `starts_with`: rows that are no punches |

use std::path::Path;

use crate::decode::format::Format;
use crate::decode::layout::{Delimited, Encoding, Layout, Place, Shape, SkipRule, SkipTest, TwoDigitYears};
use crate::domain::punch::Direction;

use super::node::{Node, Value};
use super::problem::{Problem, SourceText};
use super::section::{Reading, Section};
use super::values::count;

/// Reads the text of a format file, or tells everything that is wrong with it.
pub fn from_text(path: &Path, text: String) -> Result<Format, Vec<Problem>> {
    let source = SourceText::new(path, text);
    let (node, problems) = Node::from_toml(&source);
    let reading = Reading::new(&source, problems);
    let format = read(Section::root(&reading, &node));
    let problems = reading.into_problems();
    format.filter(|_| problems.is_empty()).ok_or(problems)
}

/// Reads a format. Every problem goes to the section's reading: use the format only when there is none.
pub fn read(section: Section<'_>) -> Option<Format> {
    let shape = shape(&section)?;
    let directions = section.section("directions");
    let (directions, other_direction) = directions.map(words).unwrap_or_default();
    let layout = Layout {
        fields: fields(&section, &shape),
        encoding: section.choice("encoding", ENCODINGS).unwrap_or_default(),
        datetime_patterns: texts(&section, "datetime_patterns"),
        date_patterns: texts(&section, "date_patterns"),
        time_patterns: texts(&section, "time_patterns"),
        years: years(&section),
        badge_prefix: section.text("badge_prefix"),
        badge_padded: section.flag("badge_padded").unwrap_or(false),
        sunday: count(&section, "sunday", 0..=7).unwrap_or(0),
        directions,
        other_direction,
        reasons: section.section("reasons").as_ref().map(reasons).unwrap_or_default(),
        no_reason: texts(&section, "no_reason"),
        skip: section.sections("skip").into_iter().filter_map(skip).collect(),
        shape,
    };
    let format = match Format::compile(layout) {
        Ok(format) => Some(format),
        Err(errors) => {
            for error in errors {
                section.complain(&section.span_of(error.key), &error.message, "");
            }
            None
        }
    };
    section.finish();
    format
}

const ENCODINGS: &[(&str, Encoding)] = &[
    ("auto", Encoding::Auto),
    ("utf-8", Encoding::Auto),
    ("windows-1252", Encoding::Windows1252),
    ("utf-16le", Encoding::Utf16Le),
];

const DIRECTIONS: &[(&str, Direction)] = &[("in", Direction::In), ("out", Direction::Out)];

#[derive(Debug, Clone, Copy)]
enum Kind {
    Delimited,
    Positional,
    Regex,
}

fn shape(section: &Section<'_>) -> Option<Shape> {
    let kinds = [("delimited", Kind::Delimited), ("positional", Kind::Positional), ("regex", Kind::Regex)];
    let kind = section.choice("layout", &kinds);
    match section.required("layout", "\"delimited\", \"positional\" or \"regex\"", kind)? {
        Kind::Delimited => {
            let separator =
                section.read("separator", "one ASCII character, like \";\" or \"\\t\"", |value| {
                    let Value::Text(text) = value else { return None };
                    match text.as_bytes() {
                        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0) => Some(*byte),
                        _ => None,
                    }
                });
            let delimited = Delimited {
                quotes: section.flag("quotes").unwrap_or(false),
                header: section.flag("header").unwrap_or(false),
                rows_match_header: section.flag("rows_match_header").unwrap_or(false),
                min_fields: count(section, "min_fields", 1..=1000).unwrap_or(1),
                max_fields: count(section, "max_fields", 1..=1000).unwrap_or(usize::MAX),
                separator: section.required("separator", "\";\"", separator).unwrap_or(b';'),
            };
            Some(Shape::Delimited(delimited))
        }
        Kind::Positional => Some(Shape::Positional { length: count(section, "length", 1..=4096) }),
        Kind::Regex => {
            let pattern = section.required("pattern", "'^(?<badge>...)...$'", section.text("pattern"))?;
            Some(Shape::Regex { pattern })
        }
    }
}

fn fields(section: &Section<'_>, shape: &Shape) -> Vec<(String, Place)> {
    if matches!(shape, Shape::Regex { .. }) {
        return Vec::new();
    }
    let Some(table) = section.required("fields", "a table: [fields]", section.section("fields")) else {
        return Vec::new();
    };
    let mut fields = Vec::new();
    for (key, node) in table.free_entries() {
        let (place, hint) = match shape {
            Shape::Positional { .. } => (span(&node.value), "[start, length], both from 1"),
            _ => (
                column(&node.value),
                "a column (1 is the first, -1 the last) or { names = [...], column = 1 }",
            ),
        };
        match place {
            Some(place) => fields.push((key.name.clone(), place)),
            None => {
                table.complain(
                    &node.span,
                    &format!("the place of `{}` is wrong", key.name),
                    &format!("write {hint}"),
                );
            }
        }
    }
    fields
}

fn span(value: &Value) -> Option<Place> {
    let Value::List(items) = value else { return None };
    let number = |node: &Node| match node.value {
        Value::Integer(number) if (1..=4096).contains(&number) => usize::try_from(number).ok(),
        _ => None,
    };
    let [start, length] = items.as_slice() else { return None };
    Some(Place::Span { start: number(start)?, length: number(length)? })
}

fn column(value: &Value) -> Option<Place> {
    let number = |value: &Value| match value {
        Value::Integer(number) if *number != 0 && number.abs() <= 1000 => i16::try_from(*number).ok(),
        _ => None,
    };
    let Value::Table(entries) = value else {
        return Some(Place::Column { names: Vec::new(), column: Some(number(value)?) });
    };
    let (mut names, mut at) = (Vec::new(), None);
    for (key, node) in entries {
        match (key.name.as_str(), &node.value) {
            ("names", Value::List(items)) => {
                for item in items {
                    names.push(word(&item.value)?);
                }
            }
            ("column", value) => at = Some(number(value)?),
            _ => return None,
        }
    }
    (at.is_some() || !names.is_empty()).then_some(Place::Column { names, column: at })
}

fn word(value: &Value) -> Option<String> {
    value.as_text().map(str::to_owned)
}

fn texts(section: &Section<'_>, key: &'static str) -> Vec<String> {
    section.list(key, "a text in quotes", word).unwrap_or_default()
}

fn years(section: &Section<'_>) -> TwoDigitYears {
    let pivot = count(section, "year_pivot", 0..=99);
    let offset = count(section, "year_offset", 1900..=2100);
    if pivot.is_some() && offset.is_some() {
        section.complain(
            &section.span_of("year_offset"),
            "`year_pivot` and `year_offset` contradict each other",
            "keep one of them",
        );
    }
    offset.map_or(TwoDigitYears::Pivot(pivot.unwrap_or(69)), TwoDigitYears::Offset)
}

/// `in = [...]`, `out = [...]`, `other = "in"`
fn words(section: Section<'_>) -> (Vec<(String, Direction)>, Option<Direction>) {
    let mut words: Vec<(String, Direction)> = Vec::new();
    for (key, direction) in DIRECTIONS {
        for word in texts(&section, key) {
            if words.iter().any(|(known, _)| known.eq_ignore_ascii_case(&word)) {
                section.complain(&section.span_of(key), &format!("the word \"{word}\" is there twice"), "");
            }
            words.push((word, *direction));
        }
    }
    let other = section.choice("other", DIRECTIONS);
    section.finish();
    (words, other)
}

fn reasons(section: &Section<'_>) -> Vec<(String, String)> {
    let mut reasons = Vec::new();
    for (key, node) in section.free_entries() {
        match word(&node.value) {
            Some(text) => reasons.push((key.name.clone(), text)),
            None => section.complain(&node.span, &format!("the text of \"{}\" is no text", key.name), ""),
        }
    }
    reasons
}

fn skip(section: Section<'_>) -> Option<SkipRule> {
    let field = section.required("field", "\"type\"", section.text("field"));
    let list = |key| section.list(key, "a text in quotes", word);
    let tests = [
        list("equals").map(SkipTest::Equals),
        list("not").map(SkipTest::Not),
        list("starts_with").map(SkipTest::StartsWith),
    ];
    let mut tests: Vec<SkipTest> = tests.into_iter().flatten().collect();
    if tests.len() != 1 {
        section.complain(
            &section.span,
            "a skip rule has one test",
            "write equals = [...] or not = [...] or starts_with = [...]",
        );
    }
    let test = tests.pop();
    section.finish();
    Some(SkipRule { field: field?, test: test? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_a_format_is_told_with_its_place() {
        let text = r#"layout = "delimited"
separator = ";;"
encoding = "latin"
date_patterns = ["Q"]

[fields]
badge = 0
date = 2

[directions]
in = ["E"]
out = ["e"]

[[skip]]
field = "type"
"#;
        let problems = from_text(Path::new("f.toml"), text.to_owned()).unwrap_err();
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(shown.join("\n"), @r##"
        f.toml:2:13: error: `separator` is ";;"
        2 | separator = ";;"
          |             ^^^^
          = write one ASCII character, like ";" or "\t"
        f.toml:12:7: error: the word "e" is there twice
        12 | out = ["e"]
           |       ^^^^^
        f.toml:7:9: error: the place of `badge` is wrong
        7 | badge = 0
          |         ^
          = write a column (1 is the first, -1 the last) or { names = [...], column = 1 }
        f.toml:3:12: error: `encoding` is "latin"
        3 | encoding = "latin"
          |            ^^^^^^^
          = write one of "auto", "utf-8", "windows-1252", "utf-16le"
        f.toml:14:1: error: a skip rule has one test
        14 | [[skip]]
           | ^^^^^^^^
          = write equals = [...] or not = [...] or starts_with = [...]
        f.toml:4:17: error: "Q" has "Q", which stands for nothing
        4 | date_patterns = ["Q"]
          |                 ^^^^^
        f.toml:6:1: error: no field `badge`
        6 | [fields]
          | ^^^^^^^^
        f.toml:6:1: error: no date and time: a field `datetime`, or `date` and `time`, or `year`, `month`, `day`, `hour`, `minute`
        6 | [fields]
          | ^^^^^^^^
        "##);
        let text = r#"layout = "positional"
date_patterns = ["Q"]

[fields]
bagde = [1, 9]
date = [10, 8]

[[skip]]
field = "type"
not = ["1"]
"#;
        let problems = from_text(Path::new("f.toml"), text.to_owned()).unwrap_err();
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(shown.join("\n"), @r##"
        f.toml:2:17: error: "Q" has "Q", which stands for nothing
        2 | date_patterns = ["Q"]
          |                 ^^^^^
        f.toml:4:1: error: no field `badge`
        4 | [fields]
          | ^^^^^^^^
        f.toml:4:1: error: no date and time: a field `datetime`, or `date` and `time`, or `year`, `month`, `day`, `hour`, `minute`
        4 | [fields]
          | ^^^^^^^^
        f.toml:8:1: error: a rule names the field `type`, which does not exist
        8 | [[skip]]
          | ^^^^^^^^
        "##);
    }
}
