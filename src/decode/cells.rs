//! The fields of one row, by index, whatever the shape of the format.

use regex::CaptureLocations;

use super::fault::Fault;
use super::format::{Cut, Field, Format, Spot};
use super::layout::Delimited;
use super::quick::each_match;

/// A row, cut.
pub(super) enum Cells<'a, 'p> {
    /// Stretches of the text; where each field stands among them.
    Columns { text: &'a str, stretches: &'p [(usize, usize)], columns: &'p [Option<i16>] },
    /// Characters of the text.
    Spans { text: &'a str, fields: &'p [Field] },
    /// Groups of a match.
    Groups { text: &'a str, locations: &'p CaptureLocations, fields: &'p [Field] },
}

impl<'a> Cells<'a, '_> {
    /// The text of a field without spaces around it; None where the row has no such field.
    #[inline]
    pub(super) fn get(&self, field: usize) -> Option<&'a str> {
        let found = match self {
            Self::Columns { text, stretches, columns } => {
                let column = (*columns.get(field)?)?;
                let at = match usize::try_from(column) {
                    Ok(column) => column.checked_sub(1)?,
                    Err(_) => filled(text, stretches).checked_sub(usize::from(column.unsigned_abs()))?,
                };
                let (from, to) = *stretches.get(at)?;
                text.get(from..to)?
            }
            Self::Spans { text, fields } => {
                let Spot::Span(start, length) = fields.get(field)?.spot else { return None };
                span(text, start - 1, length)?
            }
            Self::Groups { text, locations, fields } => {
                let Spot::Group(group) = fields.get(field)?.spot else { return None };
                let (from, to) = locations.get(group)?;
                text.get(from..to)?
            }
        };
        Some(trimmed(found))
    }
}

/// Without white space around it; most fields have none, or only spaces before them.
#[inline]
fn trimmed(text: &str) -> &str {
    let bytes = text.as_bytes();
    let spaces = bytes.iter().take_while(|byte| **byte == b' ').count();
    match (bytes.get(spaces), bytes.last()) {
        (Some(b'!'..=b'~'), Some(b'!'..=b'~')) => text.get(spaces..).unwrap_or(text),
        _ => text.trim(),
    }
}

/// How many fields there are up to the last that is not empty.
fn filled(text: &str, stretches: &[(usize, usize)]) -> usize {
    let empty = |(from, to): &(usize, usize)| text.get(*from..*to).is_none_or(|cell| cell.trim().is_empty());
    stretches.len() - stretches.iter().rev().take_while(|stretch| empty(stretch)).count()
}

fn span(text: &str, start: usize, length: usize) -> Option<&str> {
    if text.is_ascii() {
        return text.get(start..start + length);
    }
    let mut bounds = text.char_indices().map(|(at, _)| at).chain([text.len()]).skip(start);
    let from = bounds.next()?;
    let to = if length == 0 { from } else { bounds.nth(length - 1)? };
    text.get(from..to)
}

/// Checks the length of a positional line.
fn check_length(text: &str, expected: Option<usize>) -> Result<(), Fault<'static>> {
    let Some(expected) = expected else { return Ok(()) };
    let found = text.chars().count();
    if found == expected { Ok(()) } else { Err(Fault::Length { found, expected }) }
}

/// Cuts a line at its separators. Quoted fields are unescaped into `unquoted`, and the stretches then
/// are of that text.
#[inline]
pub(super) fn split<'a>(
    text: &'a str,
    rule: &Delimited,
    stretches: &mut Vec<(usize, usize)>,
    unquoted: &'a mut String,
) -> Result<&'a str, Fault<'static>> {
    stretches.clear();
    if rule.quotes && text.contains('"') {
        unquote(text, char::from(rule.separator), stretches, unquoted)?;
        return Ok(unquoted);
    }
    let mut from = 0;
    each_match(text.as_bytes(), rule.separator, |at| {
        stretches.push((from, at));
        from = at + 1;
    });
    stretches.push((from, text.len()));
    Ok(text)
}

fn unquote(
    text: &str,
    separator: char,
    stretches: &mut Vec<(usize, usize)>,
    unquoted: &mut String,
) -> Result<(), Fault<'static>> {
    unquoted.clear();
    let mut rest = text;
    loop {
        let from = unquoted.len();
        if let Some(mut inside) = rest.trim_start_matches(' ').strip_prefix('"') {
            rest = loop {
                let (before, after) = inside.split_once('"').ok_or(Fault::OpenQuote)?;
                unquoted.push_str(before);
                let Some(again) = after.strip_prefix('"') else { break after.trim_start_matches(' ') };
                unquoted.push('"');
                inside = again;
            };
            if !rest.is_empty() && !rest.starts_with(separator) {
                return Err(Fault::OpenQuote);
            }
        } else {
            let end = rest.find(separator).unwrap_or(rest.len());
            let (cell, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            unquoted.push_str(cell);
            rest = after;
        }
        stretches.push((from, unquoted.len()));
        let Some(after) = rest.strip_prefix(separator) else { return Ok(()) };
        rest = after;
    }
}

/// Cuts a line by position or expression.
pub(super) fn locate<'a, 'p>(
    format: &'p Format,
    text: &'a str,
    locations: &'p mut Option<CaptureLocations>,
) -> Result<Cells<'a, 'p>, Fault<'static>> {
    let fields = &format.fields;
    match &format.cut {
        Cut::Regex(regex) => {
            let locations = locations.get_or_insert_with(|| regex.capture_locations());
            regex.captures_read(locations, text).ok_or(Fault::NoMatch)?;
            Ok(Cells::Groups { text, locations, fields })
        }
        Cut::Positional(length) => {
            check_length(text, *length)?;
            Ok(Cells::Spans { text, fields })
        }
        Cut::Delimited(_) => Ok(Cells::Spans { text, fields }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_fields_follow_the_rules_of_csv() {
        let rule = Delimited {
            separator: b';',
            quotes: true,
            header: false,
            rows_match_header: false,
            min_fields: 1,
            max_fields: usize::MAX,
        };
        let rows = [
            ("a;b;c", Some("a|b|c")),
            ("\"a\";\"b;c\";d", Some("a|b;c|d")),
            ("\"say \"\"ciao\"\"\";", Some("say \"ciao\"|")),
            ("\"\";\"\"", Some("|")),
            ("a\"b;c", Some("a\"b|c")),
            ("\"a;b", None),
            ("\"a\"b;c", None),
        ];
        for (line, expected) in rows {
            let (mut stretches, mut unquoted) = (Vec::new(), String::new());
            let cut = split(line, &rule, &mut stretches, &mut unquoted).ok().map(|text| {
                stretches.iter().map(|(a, b)| text.get(*a..*b).unwrap()).collect::<Vec<_>>().join("|")
            });
            assert_eq!(cut.as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn positions_are_characters() {
        assert_eq!(span("à123", 1, 2), Some("12"));
        assert_eq!(span("à123", 2, 2), Some("23"));
        assert_eq!(span("à123", 2, 3), None);
        assert_eq!(span("a123", 4, 1), None);
    }
}
