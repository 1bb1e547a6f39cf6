//! Who lets a sealed document leave: nobody, a named officer, or the protocol office.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::calendar::OfficeDays;
use super::civil::{self, TimeOfDay};

/// How a statement leaves once it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// At once.
    Auto,
    /// When an officer has approved it.
    Approve,
    /// By the protocol office, which is handed the package.
    External,
}

impl Release {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Approve, Self::External];

    /// The word of the configuration and of the store.
    pub fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Approve => "approve",
            Self::External => "external",
        }
    }

    /// The mode of a word.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|release| release.code() == code)
    }
}

/// The last moment at which a document can leave and still be there in time: its delivery may take a
/// day, and its repair as many working days as are given. Whoever has to approve it gets until the
/// morning of the next working day at least, be it late or not.
pub fn last_safe_moment(
    deadline: NaiveDate,
    sealed: NaiveDate,
    repair_days: u8,
    (office, send_at, zone): (OfficeDays, TimeOfDay, Tz),
) -> DateTime<Utc> {
    let safe = office.before(deadline, repair_days.saturating_add(1));
    let day = safe.max(office.after(sealed, 1));
    civil::device_instant(send_at.on(day), None, zone).to_utc()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::PatronDay;

    #[test]
    fn the_last_safe_moment_leaves_a_day_for_delivery_and_days_for_repair() {
        let turin = OfficeDays { patron: Some(PatronDay::Fixed { month: 6, day: 24 }) };
        // deadline, sealed, days for repair, the last safe moment
        let rows = [
            ("2026-11-10", "2026-11-02", 1, "2026-11-06T07:00:00Z"),
            ("2026-11-10", "2026-11-02", 0, "2026-11-09T07:00:00Z"),
            ("2026-11-10", "2026-11-02", 2, "2026-11-05T07:00:00Z"),
            ("2026-11-10", "2026-11-06", 1, "2026-11-09T07:00:00Z"), // sealed on a Friday: Monday
            ("2026-11-10", "2026-12-01", 1, "2026-12-02T07:00:00Z"), // late already
            ("2026-06-25", "2026-06-01", 0, "2026-06-23T06:00:00Z"), // the patron day of Turin
        ];
        let send_at = TimeOfDay::parse("08:00").unwrap();
        for (deadline, sealed, repair, expected) in rows {
            let (deadline, sealed) = (deadline.parse().unwrap(), sealed.parse().unwrap());
            let rules = (turin, send_at, chrono_tz::Europe::Rome);
            let moment = last_safe_moment(deadline, sealed, repair, rules);
            assert_eq!(moment, expected.parse::<DateTime<Utc>>().unwrap(), "{deadline} {sealed} {repair}");
        }
        for release in Release::ALL {
            assert_eq!(Release::parse(release.code()), Some(release));
        }
    }
}
