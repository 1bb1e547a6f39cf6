//! One line: to text, to fields, to a punch, a reject with its reason, or a row to skip.

use std::fmt::Write;

use chrono::Datelike;
use regex::CaptureLocations;

use super::cells::{Cells, locate, split};
use super::fault::Fault;
use super::format::{Cut, Format};
use super::header::Header;
use super::layout::SkipTest;
use super::lines::Piece;
use super::moment::{Moment, Part};
use super::pattern::{Pattern, full_year};
use super::text;
use super::{Outcome, Reading};

/// What is kept from row to row: the header, and memory that is used again.
#[derive(Debug, Default)]
pub(super) struct RowReader {
    header: Option<Header>,
    stretches: Vec<(usize, usize)>,
    locations: Option<CaptureLocations>,
    text: String,
    unquoted: String,
    reason: String,
}

impl RowReader {
    /// The text of a line and what it is; None for a blank line.
    #[inline]
    pub(super) fn read<'a>(
        &'a mut self,
        format: &'a Format,
        piece: &Piece<'a>,
        wide: bool,
    ) -> Option<(Option<&'a str>, Outcome<'a>)> {
        let Self { header, stretches, locations, text: scratch, unquoted, reason } = self;
        if piece.bytes.last().is_none_or(|last| *last <= b' ') && is_blank(piece.bytes) {
            return None;
        }
        let text = match piece.plain {
            Some(text) => Some(text),
            None => text::of_line(piece.bytes, format.encoding, wide, scratch),
        };
        let mut cut_text = None;
        let verdict = match text {
            _ if piece.cut => Err(Fault::TooLong),
            None => Err(Fault::ControlBytes),
            Some(text) if !piece.started && format.badge_padded && !text.starts_with(' ') => {
                Err(Fault::LostStart)
            }
            Some(text) if format.line_skips.iter().any(|rule| holds(rule, text)) => Ok(None),
            Some(text) => match &format.cut {
                Cut::Delimited(rule) => split(text, rule, stretches, unquoted).and_then(|text| {
                    cut_text = Some(text);
                    let found = stretches.len();
                    let (least, most) = (rule.min_fields, rule.max_fields);
                    if found < least || found > most {
                        return Err(Fault::FieldCount { found, least, most });
                    }
                    let columns =
                        header.as_ref().map_or(&*format.columns, |h| h.columns(format, rule, found));
                    let cells = Cells::Columns { text, stretches, columns };
                    if rule.rows_match_header && is_empty(&cells, format.roles.datetime) {
                        return punch(format, &Cells::Columns { text, stretches, columns: &format.columns });
                    }
                    punch(format, &cells)
                }),
                _ => locate(format, text, locations).and_then(|cells| punch(format, &cells)),
            },
        };
        let outcome = match verdict {
            Ok(Some(reading)) => Outcome::Punch(reading),
            Ok(None) => Outcome::Skipped,
            Err(fault) => {
                let cells = |text: &'a str| stretches.iter().filter_map(|(from, to)| text.get(*from..*to));
                if let (Cut::Delimited(rule), Some(text)) = (&format.cut, cut_text) {
                    if cells(text).all(|cell| cell.trim().is_empty()) {
                        return Some((Some(text), Outcome::Skipped));
                    }
                    if rule.header
                        && let Some(found) = Header::read(format, cells(text))
                    {
                        *header = Some(found);
                        return Some((Some(text), Outcome::Skipped));
                    }
                }
                reason.clear();
                if write!(reason, "{fault}").is_err() {
                    reason.push_str("line cannot be read");
                }
                Outcome::Reject(reason)
            }
        };
        Some((text, outcome))
    }
}

/// Nothing but spaces, or the end-of-file byte of old systems.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' ' | b'\t' | 0x1A))
}

fn has_space(badge: &str) -> bool {
    badge.bytes().any(|byte| byte <= b' ' || !byte.is_ascii()) && badge.contains(char::is_whitespace)
}

/// True when the row has no such cell, or nothing in it: its fields are not where the header says.
fn is_empty(cells: &Cells<'_, '_>, field: Option<usize>) -> bool {
    field.and_then(|field| cells.get(field)).is_none_or(str::is_empty)
}

fn holds(rule: &SkipTest, text: &str) -> bool {
    match rule {
        SkipTest::Equals(list) => list.iter().any(|word| word == text),
        SkipTest::Not(list) => !list.iter().any(|word| word == text),
        SkipTest::StartsWith(list) => list.iter().any(|word| text.starts_with(word)),
    }
}

/// The punch of a row; None when the format says that the row is none.
#[inline]
fn punch<'a>(format: &'a Format, cells: &Cells<'a, '_>) -> Result<Option<Reading<'a>>, Fault<'a>> {
    for (field, rule) in &format.field_skips {
        let name = format.fields.get(*field).map_or("field", |field| field.name.as_str());
        if holds(rule, cells.get(*field).ok_or(Fault::Missing(name))?) {
            return Ok(None);
        }
    }
    let badge = cells.get(format.roles.badge).ok_or(Fault::Missing("badge"))?;
    let prefix = format.badge_prefix.as_deref();
    let badge = prefix.and_then(|prefix| badge.strip_prefix(prefix)).unwrap_or(badge);
    if badge.is_empty() {
        return Err(Fault::Empty("badge"));
    }
    if badge.len() > 64 || has_space(badge) {
        return Err(Fault::BadBadge(badge));
    }
    let moment = moment(format, cells)?;
    let local = moment.local()?;
    check_weekday(format, cells, &moment)?;
    let direction = format.roles.direction.and_then(|field| cells.get(field)).unwrap_or_default();
    let reason = format.roles.reason.and_then(|field| cells.get(field));
    let reason = reason.filter(|code| code.bytes().any(|byte| byte != b'0') && !is_none(format, code));
    Ok(Some(Reading { badge, local, offset_minutes: moment.offset_minutes, direction, reason }))
}

fn is_none(format: &Format, code: &str) -> bool {
    format.no_reason.iter().any(|word| word == code)
}

#[inline]
fn moment<'a>(format: &'a Format, cells: &Cells<'a, '_>) -> Result<Moment, Fault<'a>> {
    let roles = &format.roles;
    let mut moment = Moment::default();
    let datetime = roles.datetime.and_then(|field| cells.get(field)).filter(|text| !text.is_empty());
    if let Some(text) = datetime {
        return read("datetime", text, &format.datetimes, moment);
    }
    if let Some(field) = roles.date {
        let text = cells.get(field).ok_or(Fault::Missing("date"))?;
        moment = read("date", text, &format.dates, moment)?;
        moment.date()?;
    } else if let Some([year, month, day]) = roles.day {
        for (part, field, name) in
            [(Part::Year, year, "year"), (Part::Month, month, "month"), (Part::Day, day, "day")]
        {
            moment.set(part, number(format, name, cells.get(field).ok_or(Fault::Missing(name))?)?);
        }
        moment.date()?;
    } else {
        return Err(if roles.datetime.is_some() { Fault::Empty("datetime") } else { Fault::Missing("date") });
    }
    if let Some(field) = roles.time {
        let text = cells.get(field).ok_or(Fault::Missing("time"))?;
        moment = read("time", text, &format.times, moment)?;
    } else if let Some([hour, minute]) = roles.clock {
        let second = roles.second.map(|field| (Part::Second, field, "second"));
        for (part, field, name) in
            [(Part::Hour, hour, "hour"), (Part::Minute, minute, "minute")].into_iter().chain(second)
        {
            moment.set(part, number(format, name, cells.get(field).ok_or(Fault::Missing(name))?)?);
        }
    }
    Ok(moment)
}

/// Reads a text by the first pattern that fits and gives a real date and time.
#[inline]
fn read<'a>(
    field: &'static str,
    text: &'a str,
    patterns: &'a [Pattern],
    start: Moment,
) -> Result<Moment, Fault<'a>> {
    let mut shaped = None;
    for pattern in patterns {
        let mut moment = start;
        if pattern.read(text.as_bytes(), &mut moment) {
            if patterns.len() == 1 || field == "time" || moment.local().is_ok() {
                return Ok(moment);
            }
            shaped = shaped.or(Some(moment));
        }
    }
    match shaped {
        Some(moment) => Ok(moment),
        None if text.is_empty() => Err(Fault::Empty(field)),
        None => Err(Fault::Unreadable { field, text, patterns }),
    }
}

fn number<'a>(format: &Format, name: &'static str, text: &'a str) -> Result<u16, Fault<'a>> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let value: Option<u16> = text.parse().ok().filter(|_| digits);
    let value = value.ok_or(Fault::NoNumber { field: name, text })?;
    Ok(if name == "year" && text.len() <= 2 { full_year(value, format.years) } else { value })
}

fn check_weekday<'a>(format: &Format, cells: &Cells<'a, '_>, moment: &Moment) -> Result<(), Fault<'a>> {
    let Some(found) = format.roles.weekday.and_then(|field| cells.get(field)) else { return Ok(()) };
    let days = moment.date()?.weekday().num_days_from_sunday();
    let days = u8::try_from(days).unwrap_or_default();
    let expected = match (format.sunday, days) {
        (7, 0) => 7,
        (1, days) => days + 1,
        (_, days) => days,
    };
    if found.parse() == Ok(expected) { Ok(()) } else { Err(Fault::Weekday { found, expected }) }
}
