//! The workload of all measurements: people who badge in, out for lunch, in again and out, each
//! weekday, merged by time into the 37-byte lines of a ZKTeco clock. Seeded: the same every time.

use std::fmt::Write;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// People in the house.
pub(crate) const PEOPLE: u32 = 10_000;

/// The badge of a person, eight digits.
pub(crate) fn badge(person: u32) -> u32 {
    10_000_000 + person * 7
}

/// Start and length of the quarter hours in which people badge, in seconds of the day, and the
/// direction that the device writes.
const PHASES: [(u32, u32, char); 4] =
    [(27_000, 5_400, '0'), (45_000, 2_700, '1'), (47_700, 2_700, '0'), (57_600, 7_200, '1')];

/// Hands out `lines` lines, a day's at a time, from the first weekday on.
pub(crate) fn days(lines: usize, first: NaiveDate, each: &mut dyn FnMut(&str)) {
    let mut random = fastrand::Rng::with_seed(2026);
    let mut left = lines;
    let mut text = String::new();
    let weekdays = (0..).map_while(|day| first.checked_add_days(Days::new(day)));
    for day in weekdays.filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)) {
        if left == 0 {
            return;
        }
        let mut punches: Vec<(u32, u32, char)> = Vec::new();
        for (start, length, direction) in PHASES {
            punches
                .extend((0..PEOPLE).map(|person| (start + random.u32(0..length), badge(person), direction)));
        }
        punches.sort_unstable();
        punches.truncate(left);
        left -= punches.len();
        text.clear();
        for (second, badge, direction) in punches {
            let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
            let written =
                writeln!(text, "{badge}\t{day} {hour:02}:{minute:02}:{second:02}\t1\t{direction}\t0\t0");
            assert!(written.is_ok(), "writing to a String cannot fail");
        }
        each(&text);
    }
}
