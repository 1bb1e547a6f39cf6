//! Patron days: how a configuration writes them, and the shipped table of suggestions. What is
//! configured wins; the table only makes a person look twice.

use std::sync::LazyLock;

use chrono::{NaiveDate, Weekday};

use crate::domain::calendar::PatronDay;

use super::node::Value;
use super::section::Section;

/// `province_code,city,month,day,rule,saint,note`: suggestions collected from public lists, some
/// marked "confirm" in their note.
const TABLE: &str = include_str!("../../config/data/patron-days.csv");

/// The same in small letters, to look for a city.
static LOWER: LazyLock<String> = LazyLock::new(|| TABLE.to_lowercase());

const ORDINALS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
];

/// What a row of the table suggests.
struct Suggestion {
    /// As it is written in a configuration.
    text: String,
    rule: PatronDay,
    saint: &'static str,
}

/// Reads `patron` of an office: `"06-24"`, `"first tuesday of may"`, `"easter+50"`, or `"none"`.
/// Warns when it is absent, or differs from the shipped table.
pub(super) fn read(section: &Section<'_>, city: Option<&str>, province: Option<&str>) -> Option<PatronDay> {
    let expected = "a day like \"06-24\", \"first tuesday of may\", \"easter+50\", or \"none\"";
    let written = section.read("patron", expected, |value| match value {
        Value::Text(text) if text.trim() == "none" => Some(None),
        Value::Text(text) => parse(text).map(Some),
        _ => None,
    });
    let suggestions = city.map(|city| suggestions(city, province)).unwrap_or_default();
    let listed: Vec<String> =
        suggestions.iter().map(|row| format!("\"{}\" ({})", row.text, row.saint)).collect();
    let place = section.span_of("patron");
    match written {
        None if section.node("patron").is_none() => {
            let hint = if listed.is_empty() {
                "write patron = \"MM-DD\" (ask the Comune), or patron = \"none\"".to_owned()
            } else {
                format!("the shipped table suggests patron = {}", listed.join(" or "))
            };
            section.warn(&section.span, "`patron` is missing: the city's patron day is not known", &hint);
        }
        Some(Some(rule)) if !suggestions.is_empty() && suggestions.iter().all(|row| row.rule != rule) => {
            let message =
                format!("the shipped table has another patron day for {}", city.unwrap_or_default());
            section.warn(
                &place,
                &message,
                &format!("it suggests {}; what you write is used", listed.join(" or ")),
            );
        }
        _ => {}
    }
    written.flatten()
}

/// Understands a patron day.
fn parse(text: &str) -> Option<PatronDay> {
    let text = text.trim().to_ascii_lowercase();
    if let Some(days) = text.strip_prefix("easter+") {
        return days.parse().ok().filter(|days| *days <= 200).map(PatronDay::AfterEaster);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [nth, weekday, "of", month] = words.as_slice() {
        let nth = ORDINALS.iter().position(|word| word == nth)?;
        let (_, weekday) = WEEKDAYS.iter().find(|(word, _)| word == weekday)?;
        let month = MONTHS.iter().position(|word| word == month)?;
        return Some(PatronDay::NthWeekday {
            nth: u8::try_from(nth + 1).ok()?,
            weekday: *weekday,
            month: u32::try_from(month + 1).ok()?,
        });
    }
    let (month, day) = text.split_once('-')?;
    let number = |part: &str| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u32>().ok())?
    };
    let (month, day) = (number(month)?, number(day)?);
    NaiveDate::from_ymd_opt(2024, month, day)?; // a leap year: 29 February may be a patron day
    Some(PatronDay::Fixed { month, day })
}

/// The rows of a city; the province tells apart cities of the same name.
fn suggestions(city: &str, province: Option<&str>) -> Vec<Suggestion> {
    let city = city.trim().to_lowercase();
    let mut found = Vec::new();
    // Nearly every row is of another city: told apart before it is cut.
    let rows = TABLE.lines().zip(LOWER.lines()).skip(1).filter(|(_, lower)| lower.contains(&city));
    for (row, _) in rows {
        let fields = fields(row);
        let &[code, named, month, day, rule, saint, ..] = fields.as_slice() else { continue };
        if named.to_lowercase() != city || province.is_some_and(|p| !p.eq_ignore_ascii_case(code)) {
            continue;
        }
        let text = match rule.strip_prefix("nth_weekday") {
            Some(rule) => nth_weekday(rule),
            None if rule == "fixed" => two_digits(month, day),
            None => Some(rule.to_owned()),
        };
        if let Some((text, rule)) = text.and_then(|text| parse(&text).map(|rule| (text, rule))) {
            found.push(Suggestion { text, rule, saint });
        }
    }
    found
}

/// The fields of a row; a field with commas stands in quotes.
fn fields(row: &str) -> Vec<&str> {
    let mut quoted = false;
    let parts = row.split(|c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    parts.map(|field| field.trim_matches('"')).collect()
}

fn two_digits(month: &str, day: &str) -> Option<String> {
    Some(format!("{:02}-{:02}", month.parse::<u8>().ok()?, day.parse::<u8>().ok()?))
}

/// `(1,TUE,5)` as `first tuesday of may`.
fn nth_weekday(rule: &str) -> Option<String> {
    let inner = rule.strip_prefix('(')?.strip_suffix(')')?;
    let [nth, weekday, month] = inner.split(',').collect::<Vec<_>>().try_into().ok()?;
    let nth = ORDINALS.get(nth.parse::<usize>().ok()?.checked_sub(1)?)?;
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    let weekday = weekday.to_ascii_lowercase();
    let (weekday, _) = WEEKDAYS.iter().find(|(word, _)| word.starts_with(&weekday))?;
    Some(format!("{nth} {weekday} of {month}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::node::Node;
    use crate::config::problem::{Severity, SourceText};
    use crate::config::section::Reading;
    use std::path::Path;

    #[test]
    fn patron_days_have_three_forms() {
        let rows = [
            ("06-24", Some(PatronDay::Fixed { month: 6, day: 24 })),
            ("02-29", Some(PatronDay::Fixed { month: 2, day: 29 })),
            ("First Tuesday of May", Some(PatronDay::NthWeekday { nth: 1, weekday: Weekday::Tue, month: 5 })),
            ("easter+50", Some(PatronDay::AfterEaster(50))),
        ];
        for (text, expected) in rows {
            assert_eq!(parse(text), expected, "{text}");
        }
        for bad in ["", "6-24", "24-06", "02-30", "sixth monday of may", "first tuesday", "easter+x", "à-24"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_table_suggests() {
        let rows = [
            ("Torino", Some("TO"), vec![("06-24", "San Giovanni Battista")]),
            ("perugia", None, vec![("01-29", "San Costanzo")]),
            ("Asti", Some("AT"), vec![("first tuesday of may", "San Secondo di Asti")]),
            ("Bolzano", Some("BZ"), vec![("easter+50", "Lunedì di Pentecoste")]),
            ("Latina", None, vec![("04-25", "San Marco Evangelista"), ("07-06", "Santa Maria Goretti")]),
            ("Torino", Some("MI"), vec![]),
            ("Esempio", None, vec![]),
        ];
        for (city, province, expected) in rows {
            let found = suggestions(city, province);
            let found: Vec<(&str, &str)> = found.iter().map(|row| (row.text.as_str(), row.saint)).collect();
            assert_eq!(found, expected, "{city}");
        }
    }

    #[test]
    fn what_is_configured_wins_over_the_table() {
        let rows = [
            ("patron = \"02-02\"", Some("2027-02-02"), 1), // not the table's: a warning, and used
            ("patron = \"01-29\"", Some("2027-01-29"), 0),
            ("patron = \"easter+1\"", Some("2027-03-29"), 1),
            ("patron = \"none\"", None, 0),
            ("", None, 1), // a suggestion is never used by itself
        ];
        for (text, expected, complaints) in rows {
            let source = SourceText::new(Path::new("timbra.toml"), text.to_owned());
            let (node, problems) = Node::from_toml(&source);
            let reading = Reading::new(&source, problems);
            let found = read(&Section::root(&reading, &node), Some("Perugia"), Some("PG"));
            let day = found.and_then(|patron| patron.in_year(2027)).map(|day| day.to_string());
            assert_eq!(day.as_deref(), expected, "{text}");
            let problems = reading.into_problems();
            assert_eq!(problems.len(), complaints, "{text}");
            assert!(problems.iter().all(|problem| problem.severity == Severity::Warning), "{text}");
        }
    }
}
