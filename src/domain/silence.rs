//! A reader that brings nothing when it always did: judged against its own habit, and only where a
//! habit can be seen.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// Working days that are looked back on.
const LOOKED_AT: usize = 10;

/// With fewer there is no habit.
const FEWEST: usize = 5;

/// Days to fetch of the past: enough for the ten working days, holidays included.
pub const DAYS_BACK: i64 = 24;

/// Since when a reader is silent today; none when it is not, or nobody can say.
///
/// `first` is the time of the first delivery of each day that had one, by the clocks of the host. A
/// habit is that each of the last working days had one; the reader is silent when the latest of these
/// times has passed by `margin` without a delivery.
pub fn silent_since(
    first: &BTreeMap<NaiveDate, NaiveTime>,
    is_working: impl Fn(NaiveDate) -> bool,
    now: NaiveDateTime,
    margin: TimeDelta,
) -> Option<NaiveDateTime> {
    let today = now.date();
    let begun = *first.keys().next()?;
    if first.contains_key(&today) || !is_working(today) {
        return None;
    }
    let days = std::iter::successors(today.pred_opt(), NaiveDate::pred_opt)
        .take_while(|date| *date >= begun)
        .filter(|date| is_working(*date))
        .take(LOOKED_AT);
    let times = days.map(|date| first.get(&date).copied()).collect::<Option<Vec<_>>>()?;
    let latest = times.iter().max().filter(|_| times.len() >= FEWEST)?;
    let expected = today.and_time(*latest);
    (now >= expected.checked_add_signed(margin)?).then_some(expected)
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Weekday};

    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 10, number).unwrap() // 1 October is a Thursday
    }

    fn time(text: &str) -> NaiveTime {
        text.parse().unwrap()
    }

    #[test]
    fn r_2_6_2_a_reader_is_silent_against_its_own_habit_only() {
        let is_working = |date: NaiveDate| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        let habit = |days: &[u32]| -> BTreeMap<NaiveDate, NaiveTime> {
            days.iter().map(|number| (day(*number), time("07:40:00"))).collect()
        };
        let week = [1, 2, 5, 6, 7, 8, 9];
        let mut late_once = habit(&week);
        late_once.insert(day(7), time("09:00:00"));
        let mut came = habit(&week);
        came.insert(day(12), time("11:00:00"));
        let rows = [
            ("in time", habit(&week), 12, "09:39:59", None),
            ("late", habit(&week), 12, "09:40:00", Some("07:40:00")),
            ("once it came at nine", late_once.clone(), 12, "10:59:59", None),
            ("later than ever", late_once, 12, "11:00:00", Some("09:00:00")),
            ("it came", came, 12, "18:00:00", None),
            ("no working day", habit(&week), 10, "18:00:00", None),
            ("four days are no habit", habit(&[6, 7, 8, 9]), 12, "18:00:00", None),
            ("a day without is no habit", habit(&[1, 2, 5, 6, 8, 9]), 12, "18:00:00", None),
            ("weekends do not count", habit(&[5, 6, 7, 8, 9, 10]), 12, "18:00:00", Some("07:40:00")),
            ("it never brought anything", BTreeMap::new(), 12, "18:00:00", None),
        ];
        for (what, first, today, now, expected) in rows {
            let now = day(today).and_time(time(now));
            let silent = silent_since(&first, is_working, now, TimeDelta::hours(2));
            assert_eq!(silent, expected.map(|at| day(today).and_time(time(at))), "{what}");
        }
    }
}
