//! Which days are holidays, and for whom: national days as a table with the year from which each
//! holds, patron days as configured, working days of an office.

use chrono::{Datelike, Duration, NaiveDate, Weekday};

/// A national holiday on a fixed date, with the first year in which it holds.
struct NationalHoliday {
    month: u32,
    day: u32,
    from_year: i32,
    name: &'static str,
}

const fn fixed(month: u32, day: u32, from_year: i32, name: &'static str) -> NationalHoliday {
    NationalHoliday { month, day, from_year, name }
}

/// L. 27 May 1949 no. 260, art. 2, as changed. San Giuseppe, Ascensione, Corpus Domini, Santi Pietro
/// e Paolo and 4 November are still in its text but ended with L. 5 March 1977 no. 54.
const NATIONAL: [NationalHoliday; 11] = [
    fixed(1, 1, 1949, "Capodanno"),
    fixed(1, 6, 1986, "Epifania"), // D.P.R. 28 December 1985 no. 792
    fixed(4, 25, 1949, "Anniversario della Liberazione"),
    fixed(5, 1, 1949, "Festa del Lavoro"),
    fixed(6, 2, 2001, "Festa della Repubblica"), // L. 20 November 2000 no. 336
    fixed(8, 15, 1949, "Assunzione della Beata Vergine Maria"),
    fixed(10, 4, 2026, "San Francesco d'Assisi"), // L. 8 October 2025 no. 151
    fixed(11, 1, 1949, "Ognissanti"),
    fixed(12, 8, 1949, "Immacolata Concezione"),
    fixed(12, 25, 1949, "Natale"),
    fixed(12, 26, 1949, "Santo Stefano"),
];

/// Easter Sunday of a year of the Gregorian calendar (the "anonymous" computation, Meeus 1991).
#[expect(clippy::many_single_char_names, reason = "the letters of the published computation")]
pub fn easter(year: i32) -> NaiveDate {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e, f) = (b / 4, b % 4, (b + 8) / 25);
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let (month, day) = ((h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
    NaiveDate::from_ymd_opt(year, month.unsigned_abs(), day.unsigned_abs()).unwrap_or_default()
}

/// The name of the national holiday on that date, Easter and its Monday included; Sundays as such
/// have no name here (see [`is_festive`]).
pub fn national_holiday(date: NaiveDate) -> Option<&'static str> {
    if matches!(date.month(), 3 | 4) {
        let easter = easter(date.year());
        if date == easter {
            return Some("Pasqua");
        }
        if date == easter + Duration::days(1) {
            return Some("Lunedì dell'Angelo");
        }
    }
    let (month, day) = (date.month(), date.day());
    let holds = |h: &&NationalHoliday| h.month == month && h.day == day && date.year() >= h.from_year;
    NATIONAL.iter().find(holds).map(|h| h.name)
}

/// True on Sundays and national holidays ("festivo").
pub fn is_festive(date: NaiveDate) -> bool {
    date.weekday() == Weekday::Sun || national_holiday(date).is_some()
}

/// The rule of a patron day ("Santo Patrono"). It is never moved when it falls on a free day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatronDay {
    /// The same month and day each year.
    Fixed {
        /// 1 to 12.
        month: u32,
        /// 1 to 31.
        day: u32,
    },
    /// The n-th weekday of a month, as "first Tuesday of May" (Asti).
    NthWeekday {
        /// 1 to 5.
        nth: u8,
        /// The weekday.
        weekday: Weekday,
        /// 1 to 12.
        month: u32,
    },
    /// So many days after Easter Sunday, as 50 for Whit Monday (Bolzano).
    AfterEaster(u16),
}

impl PatronDay {
    /// The date in that year, where the rule has one (29 February, fifth Mondays).
    pub fn in_year(self, year: i32) -> Option<NaiveDate> {
        match self {
            Self::Fixed { month, day } => NaiveDate::from_ymd_opt(year, month, day),
            Self::NthWeekday { nth, weekday, month } => {
                NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth)
            }
            Self::AfterEaster(days) => Some(easter(year) + Duration::days(i64::from(days))),
        }
    }

    /// True on the patron day.
    pub fn is_on(self, date: NaiveDate) -> bool {
        match self {
            Self::Fixed { month, day } => (date.month(), date.day()) == (month, day),
            other => other.in_year(date.year()) == Some(date),
        }
    }
}

/// The working days of an office that works Monday to Friday: neither a national holiday nor its
/// patron day. Deadlines are counted in these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfficeDays {
    /// The patron day of the office's city.
    pub patron: Option<PatronDay>,
}

impl OfficeDays {
    /// True when the office works.
    pub fn is_working(self, date: NaiveDate) -> bool {
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        !weekend && national_holiday(date).is_none() && !self.patron.is_some_and(|p| p.is_on(date))
    }

    /// The date itself when the office works, else the nearest working day before.
    pub fn on_or_before(self, date: NaiveDate) -> NaiveDate {
        self.first_working(date, -1)
    }

    /// The date itself when the office works, else the nearest working day after.
    pub fn on_or_after(self, date: NaiveDate) -> NaiveDate {
        self.first_working(date, 1)
    }

    /// `count` working days before the date.
    pub fn before(self, date: NaiveDate, count: u8) -> NaiveDate {
        (0..count).fold(date, |day, _| self.on_or_before(day - Duration::days(1)))
    }

    /// `count` working days after the date.
    pub fn after(self, date: NaiveDate, count: u8) -> NaiveDate {
        (0..count).fold(date, |day, _| self.on_or_after(day + Duration::days(1)))
    }

    fn first_working(self, date: NaiveDate, step: i64) -> NaiveDate {
        let mut day = date;
        while !self.is_working(day) {
            day += Duration::days(step);
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_table_agrees_with_the_list_of_2024_to_2035() {
        let listed: Vec<(NaiveDate, &str)> = include_str!("../../fixtures/national-holidays.csv")
            .lines()
            .skip(1)
            .filter_map(|line| {
                let mut fields = line.split(',');
                Some((date(fields.next()?), fields.nth(1)?))
            })
            .filter(|(_, name)| *name != "Giorno dell'unità nazionale") // a Sunday, no holiday of its own
            .collect();
        let computed: Vec<(NaiveDate, &str)> = date("2024-01-01")
            .iter_days()
            .take_while(|day| day.year() < 2036)
            .filter_map(|day| Some((day, national_holiday(day)?)))
            .collect();
        let dates = |list: &[(NaiveDate, &str)]| list.iter().map(|row| row.0).collect::<Vec<_>>();
        assert_eq!(dates(&computed), dates(&listed));
    }

    #[test]
    fn saint_francis_is_free_from_2026_only() {
        assert_eq!(national_holiday(date("2024-10-04")), None);
        assert_eq!(national_holiday(date("2025-10-04")), None);
        assert_eq!(national_holiday(date("2026-10-04")), Some("San Francesco d'Assisi"));
        assert!(is_festive(date("2027-10-04")));
    }

    /// Gauss's rule in Lichtenberg's form: a count of days in March.
    fn easter_by_gauss(year: i32) -> NaiveDate {
        let (moon, century) = (year % 19, year / 100);
        let secular = (3 * century + 3) / 4;
        let germ = (19 * moon + 15 + secular - (8 * century + 13) / 25) % 30;
        let limit = 21 + germ - (germ + moon / 11) / 29;
        let first_sunday = 7 - (year + year / 4 + 2 - secular) % 7;
        let march = limit + 7 - (limit - first_sunday) % 7;
        NaiveDate::from_ymd_opt(year, 3, 1).unwrap() + Duration::days(i64::from(march) - 1)
    }

    #[test]
    fn easter_agrees_with_another_rule() {
        for year in 1900..5000 {
            assert_eq!(easter(year), easter_by_gauss(year), "{year}");
        }
    }

    #[test]
    fn easter_and_its_monday_move_and_other_days_come_with_their_year() {
        for (day, name) in [
            ("2024-03-31", Some("Pasqua")),
            ("2024-04-01", Some("Lunedì dell'Angelo")),
            ("2025-04-21", Some("Lunedì dell'Angelo")),
            ("2038-04-26", Some("Lunedì dell'Angelo")), // the latest there is
            ("2285-03-23", Some("Lunedì dell'Angelo")), // the earliest
            ("2000-06-02", None),
            ("2001-06-02", Some("Festa della Repubblica")),
            ("1985-01-06", None),
            ("2026-11-04", None),
        ] {
            assert_eq!(national_holiday(date(day)), name, "{day}");
        }
        let (sunday, monday) = (date("2026-05-10"), date("2026-05-11"));
        assert!(is_festive(sunday) && !is_festive(monday));
    }

    #[test]
    fn a_patron_day_is_never_moved_and_may_be_missing() {
        let turin = PatronDay::Fixed { month: 6, day: 24 };
        assert!(turin.is_on(date("2029-06-24")), "a Sunday");
        assert!(!turin.is_on(date("2029-06-25")) && !turin.is_on(date("2029-06-23")));
        let leap = PatronDay::Fixed { month: 2, day: 29 };
        assert_eq!((leap.in_year(2027), leap.in_year(2028)), (None, Some(date("2028-02-29"))));
        let fifth = PatronDay::NthWeekday { nth: 5, weekday: Weekday::Mon, month: 6 };
        assert_eq!(
            (fifth.in_year(2026), fifth.in_year(2025)),
            (Some(date("2026-06-29")), Some(date("2025-06-30")))
        );
        assert_eq!(PatronDay::NthWeekday { nth: 5, weekday: Weekday::Mon, month: 2 }.in_year(2026), None);
    }

    #[test]
    fn patron_days_follow_their_rule() {
        let asti = PatronDay::NthWeekday { nth: 1, weekday: Weekday::Tue, month: 5 };
        assert_eq!(asti.in_year(2026), Some(date("2026-05-05")));
        assert_eq!(PatronDay::AfterEaster(50).in_year(2026), Some(date("2026-05-25")));
        assert!(PatronDay::Fixed { month: 6, day: 24 }.is_on(date("2026-06-24")));
    }

    #[test]
    fn working_days_skip_weekends_holidays_and_the_patron() {
        let turin = OfficeDays { patron: Some(PatronDay::Fixed { month: 6, day: 24 }) };
        assert_eq!(turin.on_or_before(date("2026-06-24")), date("2026-06-23"));
        assert_eq!(turin.before(date("2026-05-04"), 3), date("2026-04-28")); // 1 May and a weekend between
        assert_eq!(turin.on_or_after(date("2027-01-01")), date("2027-01-04"));
    }
}
