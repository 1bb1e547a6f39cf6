//! Stretches of minutes on one line, whatever the clocks did: minutes are counted from the epoch.

use chrono::{DateTime, FixedOffset};
use smallvec::{SmallVec, smallvec};

use crate::domain::civil::{Band, DayClock};
use crate::domain::minutes::Minutes;

/// More than any day has; keeps sums of absurd gaps far from overflow.
const LONGEST: i64 = 10_000_000;

/// Minutes from the epoch of an instant, seconds dropped.
pub(super) fn minute(at: &DateTime<FixedOffset>) -> i64 {
    at.timestamp().div_euclid(60)
}

/// Some of them, up to three without the heap.
pub(super) type Stretches = SmallVec<[Stretch; 3]>;

/// From a minute up to (not including) another; empty when they are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stretch {
    /// First minute.
    pub(super) from: i64,
    /// End, not included; never before `from`.
    pub(super) to: i64,
}

impl Stretch {
    /// Empty when the end is before the start.
    pub(super) fn new(from: i64, to: i64) -> Self {
        Self { from, to: to.max(from) }
    }

    /// A band of the profile on that day.
    pub(super) fn of_band(band: Band, clock: DayClock) -> Self {
        Self::new(clock.minute(band.from), clock.minute(band.to))
    }

    /// Its length.
    pub(super) fn length(self) -> Minutes {
        Minutes(i32::try_from((self.to - self.from).min(LONGEST)).unwrap_or_default())
    }

    /// What lies in both.
    pub(super) fn within(self, other: Self) -> Self {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }

    /// What remains without the others, in order.
    pub(super) fn without(self, others: &[Self]) -> Stretches {
        let mut rest: Stretches = smallvec![self];
        for other in others {
            rest = rest
                .into_iter()
                .flat_map(|part| {
                    [
                        Self::new(part.from, part.to.min(other.from)),
                        Self::new(part.from.max(other.to), part.to),
                    ]
                })
                .filter(|part| part.from < part.to)
                .collect();
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_stretches_away_leaves_the_rest() {
        let stretches = |text: &str| -> Stretches {
            let ends = text.split_whitespace().filter_map(|part| part.split_once('-'));
            ends.map(|(from, to)| Stretch::new(from.parse().unwrap(), to.parse().unwrap())).collect()
        };
        for (others, rest) in [
            ("", "10-20"),
            ("0-12 18-30", "12-18"),
            ("12-14", "10-12 14-20"),
            ("5-25", ""),
            ("15-15", "10-15 15-20"),
        ] {
            assert_eq!(Stretch::new(10, 20).without(&stretches(others)), stretches(rest), "{others}");
        }
    }
}
