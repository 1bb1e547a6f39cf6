//! A badge, and from when to when it is somebody's.

use chrono::NaiveDate;

use super::ids::ReaderId;

/// A badge held from a date to a date (art. 2 c. 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadgeHolding {
    /// The number as the reader writes it.
    pub number: String,
    /// Only at this reader: the clock's user 7 is not card 7. Absent: at every reader.
    pub reader: Option<ReaderId>,
    /// First day, included.
    pub valid_from: NaiveDate,
    /// Last day, included.
    pub valid_to: NaiveDate,
}

impl BadgeHolding {
    /// True when a punch of this badge at this reader on this day is the holder's.
    pub fn covers(&self, badge: &str, reader: &ReaderId, date: NaiveDate) -> bool {
        self.number == badge && self.covers_at(reader, date)
    }

    /// The same of a punch that is known to be of this badge.
    pub fn covers_at(&self, reader: &ReaderId, date: NaiveDate) -> bool {
        self.reader.as_ref().is_none_or(|only| only == reader)
            && (self.valid_from..=self.valid_to).contains(&date)
    }

    /// True when on some day a punch could be both holders'.
    pub fn clashes(&self, other: &Self) -> bool {
        let same_reader = match (&self.reader, &other.reader) {
            (Some(one), Some(another)) => one == another,
            _ => true,
        };
        self.number == other.number
            && same_reader
            && self.valid_from <= other.valid_to
            && other.valid_from <= self.valid_to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_the_holders_from_its_first_day_to_its_last_and_at_its_reader() {
        let reader = |name: &str| ReaderId::new(name).unwrap();
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let everywhere = BadgeHolding {
            number: "7".to_owned(),
            reader: None,
            valid_from: date("2026-09-01"),
            valid_to: date("2026-09-30"),
        };
        let at_one = BadgeHolding { reader: Some(reader("ingresso")), ..everywhere.clone() };
        for (badge, at, day, free, bound) in [
            ("7", "ingresso", "2026-09-01", true, true),
            ("7", "ingresso", "2026-09-30", true, true),
            ("7", "ingresso", "2026-08-31", false, false),
            ("7", "ingresso", "2026-10-01", false, false),
            ("7", "cortile", "2026-09-10", true, false),
            ("07", "ingresso", "2026-09-10", false, false),
        ] {
            let found = [&everywhere, &at_one].map(|held| held.covers(badge, &reader(at), date(day)));
            assert_eq!(found, [free, bound], "{badge} {at} {day}");
        }
    }

    #[test]
    fn two_holders_clash_when_one_punch_could_be_of_both() {
        let reader = |name: &str| ReaderId::new(name).unwrap();
        let held = |number: &str, at: Option<&str>, from: u32, to: u32| BadgeHolding {
            number: number.to_owned(),
            reader: at.map(reader),
            valid_from: NaiveDate::from_ymd_opt(2026, 9, from).unwrap(),
            valid_to: NaiveDate::from_ymd_opt(2026, 9, to).unwrap(),
        };
        let one = held("7", Some("ingresso"), 10, 20);
        for (other, expected) in [
            (held("7", Some("ingresso"), 20, 30), true),
            (held("7", Some("ingresso"), 21, 30), false),
            (held("7", Some("ingresso"), 1, 10), true),
            (held("7", Some("ingresso"), 1, 9), false),
            (held("7", Some("cortile"), 10, 20), false),
            (held("7", None, 12, 14), true),
            (held("8", Some("ingresso"), 10, 20), false),
        ] {
            assert_eq!((one.clashes(&other), other.clashes(&one)), (expected, expected), "{other:?}");
        }
    }
}
