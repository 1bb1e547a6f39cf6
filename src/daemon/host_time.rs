//! The time of this machine for what comes over ports: taken at the first byte of a frame, and
//! reckoned by the clock that never steps. When the wall clock stepped in between, that is noticed.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

use crate::decode::wire::Moment;
use crate::store::ClockStep;

use super::clock::Clock;

/// Less than this is no step: somebody sets the clock by a hair.
const STEP: TimeDelta = TimeDelta::seconds(1);

/// The time of this machine.
#[derive(Debug)]
pub struct HostTime {
    clock: Clock,
    start: Instant,
    looks: Mutex<Looks>,
}

/// What the two clocks said together.
#[derive(Debug, Clone, Copy)]
struct Look {
    moment: Moment,
    wall: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy)]
struct Looks {
    last: Look,
    /// The last look before the last step, and the first moment after it.
    stepped: Option<(Look, Moment)>,
}

impl Look {
    fn instant(self, moment: Moment) -> DateTime<Utc> {
        let since = |later: Moment, earlier: Moment| {
            TimeDelta::milliseconds(i64::try_from(later.since(earlier)).unwrap_or(i64::MAX))
        };
        self.wall + since(moment, self.moment) - since(self.moment, moment)
    }
}

impl HostTime {
    /// Starts to watch a clock.
    pub fn new(clock: Clock) -> Self {
        let last = Look { moment: Moment(0), wall: clock() };
        Self { clock, start: Instant::now(), looks: Mutex::new(Looks { last, stepped: None }) }
    }

    /// This moment.
    pub fn moment(&self) -> Moment {
        Moment(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// This moment, and the step of the wall clock since the last time somebody asked. Each step is
    /// told once.
    pub fn look(&self) -> (Moment, Option<ClockStep>) {
        let moment = self.moment();
        let wall = (self.clock)();
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let before = looks.last;
        let by = wall - before.instant(moment);
        looks.last = Look { moment, wall };
        if by.abs() <= STEP {
            return (moment, None);
        }
        looks.stepped = Some((before, moment));
        (moment, Some(ClockStep { before: before.wall, after: wall, by }))
    }

    /// The time of a moment, by the clock as it was then.
    pub fn instant(&self, moment: Moment) -> DateTime<Utc> {
        let looks = *self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        match looks.stepped {
            Some((before, stepped)) if moment < stepped => before.instant(moment),
            _ => looks.last.instant(moment),
        }
    }

    /// When a moment is for whoever wants to sleep until then.
    pub fn wake_at(&self, moment: Moment) -> tokio::time::Instant {
        (self.start + std::time::Duration::from_millis(moment.0)).into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::daemon::clock;

    static AHEAD: AtomicI64 = AtomicI64::new(0);

    fn stepping() -> DateTime<Utc> {
        clock::now() + TimeDelta::milliseconds(AHEAD.load(Ordering::Relaxed))
    }

    #[test]
    fn a_step_is_told_once_and_moves_no_earlier_moment() {
        let host = HostTime::new(stepping);
        let (first, step) = host.look();
        assert_eq!(step, None);
        let at_first = host.instant(first);
        AHEAD.store(900, Ordering::Relaxed);
        assert_eq!(host.look().1, None, "no step");
        while host.look().0 == first {}
        AHEAD.store(3_600_000, Ordering::Relaxed);
        let (second, step) = host.look();
        while host.look().0 == second {}
        let step = step.unwrap();
        assert!(
            (step.by - TimeDelta::milliseconds(3_599_100)).abs() < TimeDelta::milliseconds(900),
            "{step:?}"
        );
        assert_eq!(host.look().1, None, "told once");
        assert!((host.instant(first) - at_first).abs() <= TimeDelta::seconds(1), "the clock as it was then");
        let ahead = host.instant(second) - at_first;
        assert!(ahead >= TimeDelta::milliseconds(3_600_000), "{ahead}");
        AHEAD.store(0, Ordering::Relaxed);
        let (third, step) = host.look();
        assert!(step.unwrap().by < TimeDelta::zero());
        assert!(host.instant(second) > host.instant(third));
    }
}
