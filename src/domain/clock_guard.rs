//! Whether the wall clock can be believed when a month is about to be closed. A clock that goes back
//! or jumps must not send a statement early, nor a month twice.
//!
//! The wall clock is compared with the latest time it ever showed, and with the machine's own clock,
//! which no setting moves. Neither proves that the time is right; each shows that it was changed.

use chrono::{DateTime, TimeDelta, Utc};

/// So much earlier than the latest time seen is still the same time.
const BACK: TimeDelta = TimeDelta::minutes(2);

/// So much beside the machine's own clock is still no jump.
const JUMP: TimeDelta = TimeDelta::minutes(10);

/// One look at both clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The wall clock.
    pub wall: DateTime<Utc>,
    /// The machine's boot, which names its own clock.
    pub machine: String,
    /// Since that boot.
    pub uptime: TimeDelta,
}

/// What two looks say of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Nothing speaks against it.
    Sound,
    /// No time server keeps it, and nobody ever said that it is right.
    Unkept,
    /// It shows less than it has shown before.
    Behind {
        /// By how much.
        by: TimeDelta,
    },
    /// It moved by itself since the last sound look.
    Jumped {
        /// How far; negative: back.
        by: TimeDelta,
    },
}

/// Judges the wall clock. `last` is the last sound look, `latest` the latest time that a sound look
/// ever showed.
pub fn judge(last: Option<&Look>, latest: Option<DateTime<Utc>>, now: &Look) -> Trust {
    if let Some(last) = last.filter(|last| last.machine == now.machine) {
        let by = (now.wall - last.wall) - (now.uptime - last.uptime);
        if by.abs() > JUMP {
            return Trust::Jumped { by };
        }
    }
    match latest.map(|latest| latest - now.wall) {
        Some(by) if by > BACK => Trust::Behind { by },
        _ => Trust::Sound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(wall: &str, machine: &str, uptime: i64) -> Look {
        let wall = format!("2026-{wall}:00Z").parse().unwrap();
        Look { wall, machine: machine.to_owned(), uptime: TimeDelta::minutes(uptime) }
    }

    #[test]
    fn only_time_that_passed_is_believed() {
        let last = look("10-31T12:00", "a", 100);
        for (now, expected) in [
            (look("10-31T12:01", "a", 101), Trust::Sound),
            (look("10-31T12:10", "a", 101), Trust::Sound), // nine minutes
            (look("10-31T12:11", "a", 101), Trust::Sound), // ten minutes, and no more
            (look("10-31T12:12", "a", 101), Trust::Jumped { by: TimeDelta::minutes(11) }),
            (look("11-01T12:01", "a", 101), Trust::Jumped { by: TimeDelta::days(1) }),
            (look("10-30T12:01", "a", 101), Trust::Jumped { by: TimeDelta::days(-1) }),
            // slept for a day: the machine's own clock went on
            (look("11-01T12:00", "a", 100 + 1440), Trust::Sound),
            (look("10-31T11:58", "a", 101), Trust::Sound),
            (look("10-31T11:57", "a", 101), Trust::Behind { by: TimeDelta::minutes(3) }),
            // started anew: nobody knows how long it was off, but it was not off for less than nothing
            (look("11-02T08:00", "b", 1), Trust::Sound),
            (look("10-31T11:50", "b", 1), Trust::Behind { by: TimeDelta::minutes(10) }),
            (look("01-01T00:00", "b", 1), Trust::Behind { by: last.wall - look("01-01T00:00", "b", 1).wall }),
        ] {
            assert_eq!(judge(Some(&last), Some(last.wall), &now), expected, "{now:?}");
        }
        assert_eq!(judge(None, None, &last), Trust::Sound);
    }
}
