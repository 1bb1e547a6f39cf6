//! Who holds which badge: built from the agreements, asked for every punch.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::agreement::Agreement;
use super::badge::BadgeHolding;
use super::ids::ReaderId;

/// All badges held by somebody, by number.
#[derive(Debug, Clone, Default)]
pub struct Holders {
    by_number: HashMap<String, Vec<BadgeHolding>>,
}

impl Holders {
    /// Collects the badges of all agreements.
    pub fn new(agreements: &[Agreement]) -> Self {
        Self::of(agreements.iter().flat_map(|agreement| agreement.badges.iter().cloned()))
    }

    /// Collects badges.
    pub fn of(badges: impl Iterator<Item = BadgeHolding>) -> Self {
        let mut by_number: HashMap<String, Vec<BadgeHolding>> = HashMap::new();
        for holding in badges {
            by_number.entry(holding.number.clone()).or_default().push(holding);
        }
        Self { by_number }
    }

    /// All of them, in no order.
    pub fn holdings(&self) -> impl Iterator<Item = &BadgeHolding> {
        self.by_number.values().flatten()
    }

    /// True when somebody holds the badge at that reader on that day.
    pub fn is_held(&self, badge: &str, reader: &ReaderId, date: NaiveDate) -> bool {
        self.by_number
            .get(badge)
            .is_some_and(|holdings| holdings.iter().any(|holding| holding.covers(badge, reader, date)))
    }

    /// The numbers that somebody holds at some time.
    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        self.by_number.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_held_by_date_and_by_reader() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let reader = |name: &str| ReaderId::new(name).unwrap();
        let holding = |number: &str, only: Option<&str>| BadgeHolding {
            number: number.to_owned(),
            reader: only.map(reader),
            valid_from: day("2026-03-01"),
            valid_to: day("2026-07-31"),
        };
        let by_number = HashMap::from([
            ("7".to_owned(), vec![holding("7", Some("orologio"))]),
            ("0007".to_owned(), vec![holding("0007", None)]),
        ]);
        let holders = Holders { by_number };
        let rows = [
            ("7", "orologio", "2026-03-01", true),
            ("7", "orologio", "2026-07-31", true),
            ("7", "orologio", "2026-08-01", false),
            ("7", "ingresso", "2026-03-01", false), // the clock's user 7 is not card 7
            ("0007", "ingresso", "2026-03-01", true),
            ("8", "orologio", "2026-03-01", false),
        ];
        for (badge, at, date, expected) in rows {
            assert_eq!(holders.is_held(badge, &reader(at), day(date)), expected, "{badge} {at} {date}");
        }
    }
}
