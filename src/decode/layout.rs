//! How an export file is laid out, as a plain description: what a format file says, before it is
//! checked and compiled into a [`Format`](super::format::Format).

use crate::domain::punch::Direction;

/// A description of a format. Nothing in it is checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// How a line is cut into fields.
    pub shape: Shape,
    /// The fields by name, and where each stands. A regex names its own groups: leave it empty.
    pub fields: Vec<(String, Place)>,
    /// How bytes become text.
    pub encoding: Encoding,
    /// Patterns of the field `datetime`, tried in order.
    pub datetime_patterns: Vec<String>,
    /// Patterns of the field `date`.
    pub date_patterns: Vec<String>,
    /// Patterns of the field `time`.
    pub time_patterns: Vec<String>,
    /// What a year of two digits means.
    pub years: TwoDigitYears,
    /// A prefix that is no part of the badge: dropped once, where it is there.
    pub badge_prefix: Option<String>,
    /// Lines start with the badge and spaces before it. What follows a run of NULs without such a
    /// space may have lost the first digits of its badge: it is a reject.
    pub badge_padded: bool,
    /// The digit that means Sunday in the field `weekday`: 0, 1 or 7. The others follow.
    pub sunday: u8,
    /// Words for the direction, only where the format itself defines them. Case does not matter.
    pub directions: Vec<(String, Direction)>,
    /// What any other word that is not empty means.
    pub other_direction: Option<Direction>,
    /// Texts of reason codes.
    pub reasons: Vec<(String, String)>,
    /// Reason codes that mean "none", beside the empty and the all-zero one.
    pub no_reason: Vec<String>,
    /// Rows that are no punches.
    pub skip: Vec<SkipRule>,
}

/// How a line is cut into fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// By a separator.
    Delimited(Delimited),
    /// By positions.
    Positional {
        /// The length of every line in characters, when it is fixed.
        length: Option<usize>,
    },
    /// By one regular expression with named groups.
    Regex {
        /// The expression; it is searched for, so anchor it with `^` and `$`.
        pattern: String,
    },
}

/// Lines cut by a separator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delimited {
    /// One ASCII character.
    pub separator: u8,
    /// Fields may stand in `"quotes"` by the rules of CSV.
    pub quotes: bool,
    /// A row of names may come; from there on names decide, before it the columns.
    pub header: bool,
    /// The names hold only for rows with as many fields as the header; other rows go by column.
    pub rows_match_header: bool,
    /// Rows with fewer fields are rejects.
    pub min_fields: usize,
    /// Rows with more fields are rejects.
    pub max_fields: usize,
}

/// Where a field stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a delimited row.
    Column {
        /// Names of it in a header; case, accents, spaces and punctuation do not matter.
        names: Vec<String>,
        /// From 1, or from -1 at the last field that is not empty.
        column: Option<i16>,
    },
    /// In a positional line.
    Span {
        /// First character, from 1.
        start: usize,
        /// How many characters.
        length: usize,
    },
}

/// How bytes become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// By the byte order mark or the NULs of UTF-16; else, line by line, UTF-8 or windows-1252.
    #[default]
    Auto,
    /// windows-1252 whatever the bytes look like.
    Windows1252,
    /// UTF-16 little-endian, also without a byte order mark.
    Utf16Le,
}

/// What a year of two digits means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TwoDigitYears {
    /// Up to this it is 20xx, above it 19xx.
    Pivot(u8),
    /// This many years are added.
    Offset(u16),
}

/// Rows that are no punches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkipRule {
    /// The field that decides; `line` is the whole line.
    pub field: String,
    /// What it says.
    pub test: SkipTest,
}

/// What makes a row one to skip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipTest {
    /// The field is one of these.
    Equals(Vec<String>),
    /// The field is none of these.
    Not(Vec<String>),
    /// The field starts with one of these.
    StartsWith(Vec<String>),
}
