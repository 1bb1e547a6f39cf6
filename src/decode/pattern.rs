//! Patterns of dates and times: `YYYY-MM-DD hh:mm:ss`, `D/M/YY`, `MM-DD-YYYY hh:mm:ssAM`, `H.mm`.
//!
//! `YYYY` and `YY`, `MM`, `DD`, `hh` (or `HH`), `mm`, `ss` are numbers of that many digits; `M`, `D`,
//! `h` (or `H`) one or two. `AM` is AM or PM and makes the hours 1 to 12. `Z` is an offset from
//! UTC: `Z`, `+hh:mm` or `+hhmm`. A space is one or more. Everything else stands for itself.

use super::layout::TwoDigitYears;
use super::moment::{Moment, Part};

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    steps: Vec<Step>,
    pub(super) fixed: Option<Fixed>,
    pub(super) written: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Four(Part),
    Two(Part),
    OneOrTwo(Part),
    ShortYear(TwoDigitYears),
    HalfDay,
    Offset,
    Spaces,
    Literal(u8),
}

/// The parts that a kind of pattern must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    DateTime,
    Date,
    Time,
}

const DATE: &[Part] = &[Part::Year, Part::Month, Part::Day];
const TIME: &[Part] = &[Part::Hour, Part::Minute];

impl Pattern {
    /// Compiles a pattern, or says what is wrong with it.
    pub(super) fn compile(written: &str, kind: Kind, years: TwoDigitYears) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut rest = written;
        while let Some(c) = rest.chars().next() {
            let (step, length) = step(rest, c, years)
                .ok_or_else(|| format!("\"{written}\" has \"{c}\", which stands for nothing"))?;
            if matches!(steps.last(), Some(Step::OneOrTwo(_))) && step.is_number() {
                return Err(format!("\"{written}\" has a number of one or two digits right before another"));
            }
            steps.push(step);
            rest = rest.get(length..).unwrap_or_default();
        }
        let parts: Vec<Part> = steps.iter().filter_map(|step| step.part()).collect();
        let (needed, banned): (Vec<Part>, &[Part]) = match kind {
            Kind::DateTime => ([DATE, TIME].concat(), &[]),
            Kind::Date => (DATE.to_vec(), &[Part::Hour, Part::Minute, Part::Second]),
            Kind::Time => (TIME.to_vec(), DATE),
        };
        if let Some(part) = needed.iter().find(|part| !parts.contains(part)) {
            return Err(format!("\"{written}\" has no {part:?}").to_lowercase());
        }
        if parts.iter().any(|part| banned.contains(part)) {
            return Err(format!("\"{written}\" has both a date and a time: make it a datetime pattern"));
        }
        if parts.iter().enumerate().any(|(i, part)| parts.iter().skip(i + 1).any(|other| other == part)) {
            return Err(format!("\"{written}\" has the same part twice"));
        }
        let place = |wanted: fn(&Step) -> bool| steps.iter().position(wanted);
        let hour = place(|step| step.part() == Some(Part::Hour));
        if place(|step| *step == Step::HalfDay).is_some_and(|half| hour.is_none_or(|hour| half < hour)) {
            return Err(format!("\"{written}\" has AM before the hour"));
        }
        Ok(Self { fixed: Fixed::of(&steps), steps, written: written.to_owned() })
    }

    /// Reads a text that has exactly this shape; the calendar is asked elsewhere.
    #[inline]
    pub(super) fn read(&self, text: &[u8], moment: &mut Moment) -> bool {
        if let Some(fixed) = &self.fixed
            && fixed.read(text, moment)
        {
            return true;
        }
        let mut rest = text;
        for step in &self.steps {
            let Some(left) = step.take(rest, moment) else { return false };
            rest = left;
        }
        rest.is_empty()
    }
}

/// A pattern in which every part has its place and all of a date and time is there: most texts are
/// read by it, all bytes at once.
#[derive(Debug, Clone)]
pub(super) struct Fixed {
    length: usize,
    /// Each byte minus this ...
    base: [u8; WIDTH],
    /// ... is at most this.
    most: [u8; WIDTH],
    /// Where year (four digits), month, day, hour, minute and second start.
    places: [usize; 6],
}

const WIDTH: usize = 32;

impl Fixed {
    fn of(steps: &[Step]) -> Option<Self> {
        const PARTS: [Part; 6] = [Part::Year, Part::Month, Part::Day, Part::Hour, Part::Minute, Part::Second];
        let mut fixed = Self { length: 0, base: [0; WIDTH], most: [0; WIDTH], places: [WIDTH; 6] };
        for step in steps {
            let (bytes, base, most) = match step {
                Step::Four(_) => (4, b'0', 9),
                Step::Two(_) => (2, b'0', 9),
                Step::Literal(byte) => (1, *byte, 0),
                Step::Spaces => (1, b' ', 0),
                _ => return None,
            };
            if let Some(place) = PARTS.iter().position(|part| step.part() == Some(*part)) {
                *fixed.places.get_mut(place)? = fixed.length;
            }
            let end = fixed.length + bytes;
            fixed.base.get_mut(fixed.length..end)?.fill(base);
            fixed.most.get_mut(fixed.length..end)?.fill(most);
            fixed.length = end;
        }
        fixed.places.iter().all(|place| *place < WIDTH).then_some(fixed)
    }

    #[inline]
    pub(super) fn read(&self, text: &[u8], moment: &mut Moment) -> bool {
        let mut bytes = [0; WIDTH];
        let Some(start) = bytes.get_mut(..self.length) else { return false };
        if text.len() != start.len() {
            return false;
        }
        start.copy_from_slice(text);
        let mut wrong = false;
        for ((byte, base), most) in bytes.iter_mut().zip(&self.base).zip(&self.most) {
            *byte = byte.wrapping_sub(*base);
            wrong |= *byte > *most;
        }
        if wrong {
            return false;
        }
        let digit = |at: usize| u16::from(bytes[at % WIDTH]);
        let two = |at: usize| digit(at) * 10 + digit(at + 1);
        let [year, month, day, hour, minute, second] = self.places;
        moment.year = two(year) * 100 + two(year + 2);
        moment.month = two(month);
        moment.day = two(day);
        moment.hour = two(hour);
        moment.minute = two(minute);
        moment.second = two(second);
        true
    }
}

fn step(rest: &str, c: char, years: TwoDigitYears) -> Option<(Step, usize)> {
    const STEPS: &[(&str, Step)] = &[
        ("YYYY", Step::Four(Part::Year)),
        ("MM", Step::Two(Part::Month)),
        ("M", Step::OneOrTwo(Part::Month)),
        ("DD", Step::Two(Part::Day)),
        ("D", Step::OneOrTwo(Part::Day)),
        ("hh", Step::Two(Part::Hour)),
        ("HH", Step::Two(Part::Hour)),
        ("h", Step::OneOrTwo(Part::Hour)),
        ("H", Step::OneOrTwo(Part::Hour)),
        ("mm", Step::Two(Part::Minute)),
        ("ss", Step::Two(Part::Second)),
        ("AM", Step::HalfDay),
        ("Z", Step::Offset),
        ("T", Step::Literal(b'T')),
    ];
    if let Some((word, step)) = STEPS.iter().find(|(word, _)| rest.starts_with(word)) {
        return Some((*step, word.len()));
    }
    if rest.starts_with("YY") {
        return Some((Step::ShortYear(years), 2));
    }
    match c {
        ' ' => Some((Step::Spaces, rest.len() - rest.trim_start_matches(' ').len())),
        c if c.is_ascii_punctuation() => u8::try_from(c).ok().map(|byte| (Step::Literal(byte), 1)),
        _ => None,
    }
}

#[inline]
fn digit(byte: u8) -> Option<u16> {
    let value = byte.wrapping_sub(b'0');
    (value < 10).then_some(u16::from(value))
}

impl Step {
    fn is_number(self) -> bool {
        self.part().is_some()
    }

    fn part(self) -> Option<Part> {
        match self {
            Self::Four(part) | Self::Two(part) | Self::OneOrTwo(part) => Some(part),
            Self::ShortYear(_) => Some(Part::Year),
            _ => None,
        }
    }

    /// Takes its bytes from the front and gives back the rest.
    #[inline]
    fn take<'a>(self, text: &'a [u8], moment: &mut Moment) -> Option<&'a [u8]> {
        match self {
            Self::Literal(byte) => {
                text.split_first().filter(|(first, _)| **first == byte).map(|(_, rest)| rest)
            }
            Self::Two(part) => {
                let [a, b, rest @ ..] = text else { return None };
                moment.set(part, digit(*a)? * 10 + digit(*b)?);
                Some(rest)
            }
            Self::Four(part) => {
                let [a, b, c, d, rest @ ..] = text else { return None };
                moment.set(part, digit(*a)? * 1000 + digit(*b)? * 100 + digit(*c)? * 10 + digit(*d)?);
                Some(rest)
            }
            Self::OneOrTwo(part) => {
                let (first, rest) = text.split_first()?;
                let first = digit(*first)?;
                let second = rest.first().and_then(|byte| digit(*byte));
                moment.set(part, second.map_or(first, |second| first * 10 + second));
                rest.get(usize::from(second.is_some())..)
            }
            Self::ShortYear(years) => {
                let [a, b, rest @ ..] = text else { return None };
                moment.year = full_year(digit(*a)? * 10 + digit(*b)?, years);
                Some(rest)
            }
            Self::Spaces => {
                let rest = text.trim_ascii_start();
                (rest.len() < text.len()).then_some(rest)
            }
            Self::HalfDay => half_day(text, moment),
            Self::Offset => offset(text, moment),
        }
    }
}

/// The year that two digits mean.
pub(super) fn full_year(short: u16, years: TwoDigitYears) -> u16 {
    match years {
        TwoDigitYears::Pivot(pivot) if short <= u16::from(pivot) => 2000 + short,
        TwoDigitYears::Pivot(_) => 1900 + short,
        TwoDigitYears::Offset(years) => years.saturating_add(short),
    }
}

fn half_day<'a>(text: &'a [u8], moment: &mut Moment) -> Option<&'a [u8]> {
    let [half, b'M' | b'm', rest @ ..] = text else { return None };
    let afternoon = match half {
        b'A' | b'a' => 0,
        b'P' | b'p' => 12,
        _ => return None,
    };
    if !(1..=12).contains(&moment.hour) {
        return None;
    }
    moment.hour = moment.hour % 12 + afternoon;
    Some(rest)
}

fn offset<'a>(text: &'a [u8], moment: &mut Moment) -> Option<&'a [u8]> {
    if let [b'Z', rest @ ..] = text {
        moment.offset_minutes = Some(0);
        return Some(rest);
    }
    let (sign, [a, b, rest @ ..]) = text.split_first()? else { return None };
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    let [c, d, rest @ ..] = rest else { return None };
    let hours = digit(*a)? * 10 + digit(*b)?;
    let minutes = digit(*c)? * 10 + digit(*d)?;
    let total = i16::try_from(hours * 60 + minutes).ok()?;
    if hours > 14 || minutes > 59 {
        return None;
    }
    moment.offset_minutes = Some(match sign {
        b'+' => total,
        b'-' => -total,
        _ => return None,
    });
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, text: &str) -> Option<String> {
        let compiled = Pattern::compile(pattern, Kind::DateTime, TwoDigitYears::Pivot(50)).unwrap();
        let mut m = Moment::default();
        compiled.read(text.as_bytes(), &mut m).then(|| {
            let offset = m.offset_minutes.map(|o| format!(" {o}")).unwrap_or_default();
            format!("{}-{}-{} {}:{}:{}{offset}", m.year, m.month, m.day, m.hour, m.minute, m.second)
        })
    }

    #[test]
    fn texts_are_read_by_the_exact_shape() {
        let rows = [
            ("YYYY-MM-DD hh:mm:ss", "2026-05-12 08:01:59", Some("2026-5-12 8:1:59")),
            ("YYYY-MM-DD hh:mm:ss", "2026-05-12  08:01:59", Some("2026-5-12 8:1:59")),
            ("YYYY-MM-DD hh:mm:ss", "2026-05-12 08:01:5", None),
            ("YYYY-MM-DD hh:mm:ss", "2026-05-12 08:01:599", None),
            ("YYYY-MM-DD hh:mm:ss", "1971--10--29 -23:-23:-27", None),
            ("MM-DD-YYYY hh:mm:ssAM", "06-30-2016  01:19:29PM", Some("2016-6-30 13:19:29")),
            ("MM-DD-YYYY hh:mm:ssAM", "06-30-2016 12:19:29am", Some("2016-6-30 0:19:29")),
            ("MM-DD-YYYY hh:mm:ssAM", "06-30-2016 13:19:29PM", None),
            ("D/M/YY H.mm", "5/11/26 8.05", Some("2026-11-5 8:5:0")),
            ("D/M/YY H.mm", "05/11/96 18.05", Some("1996-11-5 18:5:0")),
            ("YYYYMMDDhhmmss", "20261122093000", Some("2026-11-22 9:30:0")),
            ("YYYY-MM-DDThh:mm:ssZ", "2026-11-22T09:30:00+01:00", Some("2026-11-22 9:30:0 60")),
            ("YYYY-MM-DDThh:mm:ssZ", "2026-11-22T09:30:00Z", Some("2026-11-22 9:30:0 0")),
            ("YYYY-MM-DDThh:mm:ssZ", "2026-11-22T09:30:00", None),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(read(pattern, text).as_deref(), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_that_cannot_work_are_refused() {
        let rows = [
            ("YYYY-MM-DD", Kind::DateTime, "\"yyyy-mm-dd\" has no hour"),
            ("Y-MM-DD", Kind::Date, "\"Y-MM-DD\" has \"Y\", which stands for nothing"),
            ("DMMYYYY", Kind::Date, "\"DMMYYYY\" has a number of one or two digits right before another"),
            (
                "YYYY-MM-DD hh",
                Kind::Date,
                "\"YYYY-MM-DD hh\" has both a date and a time: make it a datetime pattern",
            ),
            ("AM hh:mm", Kind::Time, "\"AM hh:mm\" has AM before the hour"),
            ("DD/DD/MM/YYYY", Kind::Date, "\"DD/DD/MM/YYYY\" has the same part twice"),
        ];
        for (pattern, kind, expected) in rows {
            assert_eq!(Pattern::compile(pattern, kind, TwoDigitYears::Pivot(50)).unwrap_err(), expected);
        }
    }
}
