//! Why a row cannot be read, in words for the person who looks at the quarantine.

use std::fmt;

use super::moment::Moment;
use super::pattern::Pattern;

/// The reason of a reject.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault<'a> {
    ControlBytes,
    TooLong,
    LostStart,
    FieldCount { found: usize, least: usize, most: usize },
    Length { found: usize, expected: usize },
    NoMatch,
    OpenQuote,
    Missing(&'a str),
    Empty(&'static str),
    BadBadge(&'a str),
    Unreadable { field: &'static str, text: &'a str, patterns: &'a [Pattern] },
    NoNumber { field: &'static str, text: &'a str },
    ImpossibleDate(Moment),
    ImpossibleTime(Moment),
    Weekday { found: &'a str, expected: u8 },
}

/// As much of a text as a sentence bears.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 40;
        let more = if self.0.chars().count() > MOST { "..." } else { "" };
        write!(f, "\"{}{more}\"", self.0.chars().take(MOST).collect::<String>())
    }
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ControlBytes => write!(f, "line has control bytes"),
            Self::TooLong => write!(f, "line is longer than {} bytes", super::lines::LONGEST),
            Self::LostStart => write!(f, "the start of the line is lost in a run of NULs"),
            Self::FieldCount { found, least, most } => {
                let noun = if *found == 1 { "field" } else { "fields" };
                match (least, most) {
                    (least, most) if least == most => write!(f, "{found} {noun}, expected {least}"),
                    (least, &usize::MAX) => write!(f, "{found} {noun}, expected {least} or more"),
                    (least, most) => write!(f, "{found} {noun}, expected {least} to {most}"),
                }
            }
            Self::Length { found, expected } => write!(f, "{found} characters, expected {expected}"),
            Self::NoMatch => write!(f, "line does not match the pattern of the format"),
            Self::OpenQuote => write!(f, "a quoted field is not closed, or text follows its closing quote"),
            Self::Missing(field) => write!(f, "{field} is missing"),
            Self::Empty(field) => write!(f, "{field} is empty"),
            Self::BadBadge(badge) => write!(f, "badge {} is not one word of at most 64 bytes", Quoted(badge)),
            Self::Unreadable { field, text, patterns } => {
                let known: Vec<&str> = patterns.iter().map(|pattern| pattern.written.as_str()).collect();
                write!(f, "{field} {} is not like {}", Quoted(text), known.join(" or "))
            }
            Self::NoNumber { field, text } => write!(f, "{field} {} is not a number", Quoted(text)),
            Self::ImpossibleDate(m) => write!(f, "impossible date {:04}-{:02}-{:02}", m.year, m.month, m.day),
            Self::ImpossibleTime(m) => {
                write!(f, "impossible time {:02}:{:02}:{:02}", m.hour, m.minute, m.second)
            }
            Self::Weekday { found, expected } => {
                write!(f, "weekday {} does not fit the date, which is a {expected}", Quoted(found))
            }
        }
    }
}
