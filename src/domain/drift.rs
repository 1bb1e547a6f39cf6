//! When a month that was sent no longer computes to what was sent: whether an amendment leaves by
//! itself, and when.
//!
//! Only what readers delivered and what was entered into the register may amend a statement without
//! a person. A configuration that changed (a typo in a profile, a badge taken out, a reader left out
//! for its errors) or a program of another version may change the figures of every month at once:
//! what differs since then is held until somebody sends it and says why, or it is undone.

use chrono::{DateTime, TimeDelta, Utc};

/// Whether amendments leave by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmendMode {
    /// After a quiet time.
    Auto,
    /// Only when somebody sends them.
    ByHand,
}

/// How amendments leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmendPolicy {
    /// By themselves or not.
    pub mode: AmendMode,
    /// How long nothing must have changed, so that what comes together leaves together.
    pub quiet: TimeDelta,
    /// Months that ended longer ago than so many months are amended by hand only.
    pub months: u8,
}

/// What was seen, at the last look, of a sent month that computes to something else now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drift {
    /// SHA-256 of the differences.
    pub fingerprint: [u8; 32],
    /// When they were first seen as they are.
    pub since: DateTime<Utc>,
    /// The configuration or the program was another one when they came up: a person decides.
    pub held: bool,
}

impl Drift {
    /// What another look makes of it. `found` is the fingerprint of the differences found now, none
    /// when there are none; `same_basis` says that configuration and program are those of the look
    /// before, or of the sending where there was none since.
    pub fn next(
        earlier: Option<Self>,
        found: Option<[u8; 32]>,
        same_basis: bool,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let fingerprint = found?;
        match earlier {
            Some(same) if same.fingerprint == fingerprint => Some(same),
            // what was held once may still be part of what differs now
            _ => {
                let held = !same_basis || earlier.is_some_and(|earlier| earlier.held);
                Some(Self { fingerprint, since: now, held })
            }
        }
    }

    /// The instant from which the amendment may leave by itself; none when it never does.
    pub fn leaves_at(&self, policy: &AmendPolicy) -> Option<DateTime<Utc>> {
        let by_itself = policy.mode == AmendMode::Auto && !self.held;
        by_itself.then(|| self.since.checked_add_signed(policy.quiet)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Option<[u8; 32]> = Some([1; 32]);
    const TWO: Option<[u8; 32]> = Some([2; 32]);

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_793_865_600 + minutes * 60, 0).unwrap()
    }

    #[test]
    fn an_amendment_leaves_after_the_last_change_and_never_for_a_configuration() {
        // looks: minute, what differs, same basis; then: leaves at which minute (9999: held)
        type Looks<'a> = &'a [(i64, Option<[u8; 32]>, bool)];
        let rows: &[(&str, Looks<'_>, Option<i64>)] = &[
            ("nothing differs", &[(0, None, true)], None),
            ("a late punch", &[(0, None, true), (5, ONE, true)], Some(65)),
            ("looked at again", &[(5, ONE, true), (40, ONE, true)], Some(65)),
            ("another one joins", &[(5, ONE, true), (40, TWO, true)], Some(100)),
            ("taken back in time", &[(5, ONE, true), (40, None, true)], None),
            ("taken back and entered again", &[(5, ONE, true), (40, None, true), (50, ONE, true)], Some(110)),
            ("a profile changed", &[(5, ONE, false)], Some(9999)),
            ("a profile changed that alters nothing", &[(5, None, false), (6, ONE, true)], Some(66)),
            ("and back", &[(5, ONE, false), (9, None, false)], None),
            ("and back, then a late punch", &[(5, ONE, false), (9, None, false), (10, TWO, true)], Some(70)),
            ("a late punch, then a profile", &[(5, ONE, true), (6, TWO, false)], Some(9999)),
            ("a late punch, a profile that alters nothing", &[(5, ONE, true), (6, ONE, false)], Some(65)),
            ("a profile, then a late punch", &[(5, ONE, false), (6, TWO, true)], Some(9999)),
        ];
        let auto = AmendPolicy { mode: AmendMode::Auto, quiet: TimeDelta::minutes(60), months: 12 };
        let by_hand = AmendPolicy { mode: AmendMode::ByHand, ..auto };
        for (what, looks, leaves) in rows {
            let drift = looks.iter().fold(None, |earlier, (minute, found, same)| {
                Drift::next(earlier, *found, *same, at(*minute))
            });
            assert_eq!(drift.is_some(), leaves.is_some(), "{what}");
            let expected = leaves.filter(|minute| *minute != 9999).map(at);
            assert_eq!(drift.and_then(|drift| drift.leaves_at(&auto)), expected, "{what}");
            assert_eq!(drift.and_then(|drift| drift.leaves_at(&by_hand)), None, "{what}");
        }
    }
}
