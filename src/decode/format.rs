//! A format, checked and compiled: everything that decoding rows needs to know, and what the words
//! for direction and reason mean (asked when a day is computed, never at ingestion).

use regex::Regex;

use crate::domain::punch::Direction;

use super::header;
use super::layout::{Delimited, Encoding, Layout, Place, Shape, SkipTest, TwoDigitYears};
use super::pattern::{Kind, Pattern};
use super::quick::Quick;

/// A compiled format. Immutable; share it in an `Arc`.
#[derive(Debug)]
pub struct Format {
    pub(super) cut: Cut,
    pub(super) fields: Vec<Field>,
    /// The columns of the fields while no header has come.
    pub(super) columns: Vec<Option<i16>>,
    pub(super) roles: Roles,
    pub(super) encoding: Encoding,
    pub(super) datetimes: Vec<Pattern>,
    pub(super) dates: Vec<Pattern>,
    pub(super) times: Vec<Pattern>,
    pub(super) years: TwoDigitYears,
    pub(super) badge_prefix: Option<String>,
    pub(super) badge_padded: bool,
    pub(super) sunday: u8,
    pub(super) no_reason: Vec<String>,
    pub(super) line_skips: Vec<SkipTest>,
    pub(super) field_skips: Vec<(usize, SkipTest)>,
    pub(super) quick: Option<Quick>,
    directions: Vec<(String, Direction)>,
    other_direction: Option<Direction>,
    reasons: Vec<(String, String)>,
}

/// How a line is cut.
#[derive(Debug)]
pub(super) enum Cut {
    Delimited(Delimited),
    Positional(Option<usize>),
    Regex(Box<Regex>),
}

/// One field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    /// Its names in a header, normalised.
    pub(super) names: Vec<String>,
    pub(super) spot: Spot,
}

/// Where a field stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spot {
    Column(Option<i16>),
    Span(usize, usize),
    Group(usize),
}

/// Which field plays which part, by its index.
#[derive(Debug, Default)]
pub(super) struct Roles {
    pub(super) badge: usize,
    pub(super) direction: Option<usize>,
    pub(super) reason: Option<usize>,
    pub(super) datetime: Option<usize>,
    pub(super) date: Option<usize>,
    pub(super) time: Option<usize>,
    /// Year, month and day of their own.
    pub(super) day: Option<[usize; 3]>,
    /// Hour and minute of their own.
    pub(super) clock: Option<[usize; 2]>,
    pub(super) second: Option<usize>,
    pub(super) weekday: Option<usize>,
}

/// What is wrong with a layout, and under which key of the format file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutError {
    /// The key.
    pub key: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Format {
    /// Checks and compiles a layout, or says everything that is wrong with it.
    pub fn compile(layout: Layout) -> Result<Self, Vec<LayoutError>> {
        let mut errors = Vec::new();
        let (cut, fields) = cut(layout.shape, layout.fields, &mut errors);
        let find = |name: &str| fields.iter().position(|field| field.name == name);
        let mut patterns = |key, written: &[String], kind| {
            let compiled = written.iter().map(|text| Pattern::compile(text, kind, layout.years));
            let (good, bad): (Vec<_>, Vec<_>) = compiled.partition(Result::is_ok);
            errors
                .extend(bad.into_iter().filter_map(Result::err).map(|message| LayoutError { key, message }));
            good.into_iter().filter_map(Result::ok).collect::<Vec<_>>()
        };
        let datetimes = patterns("datetime_patterns", &layout.datetime_patterns, Kind::DateTime);
        let dates = patterns("date_patterns", &layout.date_patterns, Kind::Date);
        let times = patterns("time_patterns", &layout.time_patterns, Kind::Time);
        let roles = Roles {
            badge: find("badge").unwrap_or_default(),
            direction: find("direction"),
            reason: find("reason"),
            datetime: find("datetime"),
            date: find("date"),
            time: find("time"),
            day: find("year").zip(find("month")).zip(find("day")).map(|((y, m), d)| [y, m, d]),
            clock: find("hour").zip(find("minute")).map(|(h, m)| [h, m]),
            second: find("second"),
            weekday: find("weekday"),
        };
        let mut error = |key, message: &str| errors.push(LayoutError { key, message: message.to_owned() });
        if find("badge").is_none() {
            error("fields", "no field `badge`");
        }
        let has_date = roles.date.is_some() || roles.day.is_some();
        let has_time = roles.time.is_some() || roles.clock.is_some();
        if roles.datetime.is_none() && !(has_date && has_time) {
            error(
                "fields",
                "no date and time: a field `datetime`, or `date` and `time`, or `year`, `month`, `day`, `hour`, `minute`",
            );
        }
        for (role, patterns, key) in [
            (roles.datetime, &layout.datetime_patterns, "datetime_patterns"),
            (roles.date, &layout.date_patterns, "date_patterns"),
            (roles.time, &layout.time_patterns, "time_patterns"),
        ] {
            if role.is_some() && patterns.is_empty() {
                error(key, &format!("`{key}` is missing"));
            }
        }
        let (mut line_skips, mut field_skips) = (Vec::new(), Vec::new());
        for rule in layout.skip {
            match find(&rule.field) {
                _ if rule.field == "line" => line_skips.push(rule.test),
                Some(field) => field_skips.push((field, rule.test)),
                None => {
                    error("skip", &format!("a rule names the field `{}`, which does not exist", rule.field));
                }
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let column = |field: &Field| if let Spot::Column(column) = field.spot { column } else { None };
        let mut format = Self {
            cut,
            columns: fields.iter().map(column).collect(),
            fields,
            roles,
            encoding: layout.encoding,
            datetimes,
            dates,
            times,
            years: layout.years,
            badge_prefix: layout.badge_prefix,
            badge_padded: layout.badge_padded,
            sunday: layout.sunday,
            no_reason: layout.no_reason,
            line_skips,
            field_skips,
            directions: layout.directions,
            other_direction: layout.other_direction,
            reasons: layout.reasons,
            quick: None,
        };
        format.quick = format.quick();
        Ok(format)
    }

    /// The short way, for formats that are simple enough.
    fn quick(&self) -> Option<Quick> {
        let Cut::Delimited(rule) = &self.cut else { return None };
        let [pattern] = self.datetimes.as_slice() else { return None };
        let plain = !rule.quotes && !rule.header && self.line_skips.is_empty() && self.field_skips.is_empty();
        let plain = plain && self.no_reason.is_empty() && self.badge_prefix.is_none();
        let column = |role: usize| {
            let column = self.columns.get(role).copied().flatten()?;
            usize::try_from(column).ok()?.checked_sub(1)
        };
        let optional = |field: Option<usize>| match field {
            Some(field) => column(field).map(Some),
            None => Some(None),
        };
        let quick = Quick {
            rule: rule.clone(),
            datetime_shape: pattern.fixed.clone()?,
            badge: column(self.roles.badge)?,
            datetime: column(self.roles.datetime?)?,
            direction: optional(self.roles.direction)?,
            reason: optional(self.roles.reason)?,
        };
        (plain && self.roles.weekday.is_none() && quick.is_possible()).then_some(quick)
    }

    /// True when the format has a field for the direction at all.
    pub fn has_direction(&self) -> bool {
        self.roles.direction.is_some()
    }

    /// True when rows may be named by a header that came before them.
    pub fn has_header(&self) -> bool {
        matches!(&self.cut, Cut::Delimited(rule) if rule.header)
    }

    /// True when each line stands for itself, so that reading can be taken up behind a known line.
    pub fn is_resumable(&self) -> bool {
        !self.has_header()
    }

    /// What the device's word for the direction means, where the format itself says so.
    pub fn direction(&self, raw: &str) -> Option<Direction> {
        let raw = raw.trim();
        let known = self.directions.iter().find(|(word, _)| word.eq_ignore_ascii_case(raw));
        known.map(|(_, direction)| *direction).or(self.other_direction.filter(|_| !raw.is_empty()))
    }

    /// The text of a reason code; the code itself where the format has none.
    pub fn reason<'a>(&'a self, raw: &'a str) -> &'a str {
        self.reasons.iter().find(|(code, _)| code == raw).map_or(raw, |(_, text)| text)
    }
}

fn cut(shape: Shape, places: Vec<(String, Place)>, errors: &mut Vec<LayoutError>) -> (Cut, Vec<Field>) {
    let mut fields = Vec::new();
    let mut error = |key, message: String| errors.push(LayoutError { key, message });
    let delimited = matches!(shape, Shape::Delimited(_));
    for (name, place) in places {
        let (names, spot) = match place {
            Place::Column { names, column } if delimited => {
                (names.iter().map(|name| header::normalised(name)).collect(), Spot::Column(column))
            }
            Place::Span { start, length } if matches!(shape, Shape::Positional { .. }) => {
                (Vec::new(), Spot::Span(start, length))
            }
            _ => {
                error("fields", format!("the place of `{name}` does not go with this `layout`"));
                continue;
            }
        };
        fields.push(Field { name, names, spot });
    }
    let cut = match shape {
        Shape::Delimited(delimited) => {
            if delimited.min_fields > delimited.max_fields {
                error("max_fields", "`max_fields` is less than `min_fields`".to_owned());
            }
            Cut::Delimited(delimited)
        }
        Shape::Positional { length } => Cut::Positional(length),
        Shape::Regex { pattern } => match Regex::new(&pattern) {
            Ok(regex) => {
                let groups = regex.capture_names().enumerate();
                let named = groups.filter_map(|(group, name)| Some((group, name?.to_owned())));
                fields = named
                    .map(|(group, name)| Field { name, names: Vec::new(), spot: Spot::Group(group) })
                    .collect();
                Cut::Regex(Box::new(regex))
            }
            Err(wrong) => {
                error("pattern", wrong.to_string());
                Cut::Positional(None)
            }
        },
    };
    (cut, fields)
}
