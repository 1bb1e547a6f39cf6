//! The day's leaves, as the hours need them. Which limits a leave has is the home's to judge.

use super::input::{DayInput, Leave};
use super::stretch::{Stretch, Stretches};
use crate::domain::minutes::Minutes;

/// The whole-day leave, when there is one: true when it is credited.
pub(super) fn full_day(input: &DayInput<'_>) -> Option<bool> {
    let credits = input.context.leaves.iter().filter_map(|leave| match leave {
        Leave::FullDay { credited } => Some(*credited),
        Leave::Hourly { .. } => None,
    });
    credits.max()
}

/// Where leave covers the day.
pub(super) fn covered(input: &DayInput<'_>) -> Stretches {
    let context = input.context;
    let on_day = |time| context.clock.minute(time);
    let stretches = context.leaves.iter().map(|leave| match leave {
        Leave::FullDay { .. } => Stretch::new(i64::MIN / 4, i64::MAX / 4),
        Leave::Hourly { from, to, .. } => Stretch::new(on_day(*from), on_day(*to)),
    });
    stretches.collect()
}

/// Minutes of credited hourly leaves, by the clock; a minute covered twice counts once.
pub(super) fn credited(input: &DayInput<'_>) -> Minutes {
    let mut counted = Stretches::new();
    let mut sum = Minutes::ZERO;
    for leave in &input.context.leaves {
        let Leave::Hourly { from, to, credited: true } = leave else { continue };
        let stretch = Stretch::new(i64::from(from.minutes()), i64::from(to.minutes()));
        sum += stretch.without(&counted).into_iter().map(Stretch::length).sum();
        counted.push(stretch);
    }
    sum
}
