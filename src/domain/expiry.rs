//! Things that end on a known day (certificates, the password of a PEC mailbox): a person hears of
//! it a month before, and again as the day comes near.

use chrono::NaiveDate;

use super::alarm::Level;

/// Days before the end on which it is told.
const TOLD: [i64; 4] = [30, 14, 7, 2];

/// A notice that something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// The notice that is due: 30, 14, 7 or 2 days before; 0 when it is over.
    pub days: i64,
}

/// The notice that is due today; none while there is time.
pub fn notice(end: NaiveDate, today: NaiveDate) -> Option<Notice> {
    let left = (end - today).num_days();
    if left < 0 {
        return Some(Notice { level: Level::Red, days: 0 });
    }
    let days = TOLD.into_iter().rev().find(|days| left <= *days)?;
    let level = match days {
        30 => Level::Yellow,
        2 => Level::Red,
        _ => Level::Orange,
    };
    Some(Notice { level, days })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_four_times() {
        let end: NaiveDate = "2026-12-31".parse().unwrap();
        for (today, expected) in [
            ("2026-11-30", None),
            ("2026-12-01", Some((Level::Yellow, 30))),
            ("2026-12-16", Some((Level::Yellow, 30))),
            ("2026-12-17", Some((Level::Orange, 14))),
            ("2026-12-24", Some((Level::Orange, 7))),
            ("2026-12-29", Some((Level::Red, 2))),
            ("2026-12-31", Some((Level::Red, 2))),
            ("2027-01-01", Some((Level::Red, 0))),
        ] {
            let found = notice(end, today.parse().unwrap()).map(|notice| (notice.level, notice.days));
            assert_eq!(found, expected, "{today}");
        }
    }
}
