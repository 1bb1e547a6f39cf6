//! What must move for the daemon to be alive. Whoever works says when a piece of work begins and ends;
//! systemd hears that all is well only while nobody has been at one piece for too long. A store that
//! refuses is no such case: that is told, and tried again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Who is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worker {
    /// Writes what comes over ports into the store.
    Keeper,
    /// Does what the calendar asks for.
    Housekeeping,
    /// Carries letters out of the outbox.
    Courier,
    /// Hands packages to the protocol office, and takes what comes back.
    Desk,
}

impl Worker {
    const ALL: [Self; 4] = [Self::Keeper, Self::Housekeeping, Self::Courier, Self::Desk];

    /// How long one piece of its work may take, in times of the watchdog: a commit, a round over all
    /// agreements, a dialogue whose every phase has a limit of its own.
    fn patience(self) -> u32 {
        match self {
            Self::Keeper => 1,
            Self::Housekeeping => 5,
            Self::Courier | Self::Desk => 20,
        }
    }

    /// What is stuck with it, for the journal.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Keeper => "the store",
            Self::Housekeeping => "the scheduler",
            Self::Courier => "the outbox",
            Self::Desk => "the hand-over to the protocol office",
        }
    }
}

/// Who is at work, and since when.
#[derive(Debug)]
pub struct Pulse {
    start: Instant,
    /// By worker, when the piece of work began: milliseconds from `start`, and one; 0 while there is none.
    began: [AtomicU64; Worker::ALL.len()],
}

impl Default for Pulse {
    fn default() -> Self {
        Self { start: Instant::now(), began: [const { AtomicU64::new(0) }; Worker::ALL.len()] }
    }
}

impl Pulse {
    /// A piece of work begins; it ends with what is returned.
    pub(super) fn begin(self: &Arc<Self>, worker: Worker) -> Work {
        let work = Work { pulse: Arc::clone(self), worker };
        work.goes_on();
        work
    }

    /// Who has been at one piece of work for too long, where systemd waits so long for a sign of life.
    pub(super) fn stuck(&self, watchdog: Duration) -> Option<Worker> {
        self.stuck_at(self.start.elapsed(), watchdog)
    }

    fn stuck_at(&self, now: Duration, watchdog: Duration) -> Option<Worker> {
        Worker::ALL.into_iter().find(|worker| {
            let began = self.began[*worker as usize].load(Ordering::Relaxed).checked_sub(1);
            began.is_some_and(|began| {
                now.saturating_sub(Duration::from_millis(began)) > watchdog * worker.patience()
            })
        })
    }
}

/// A piece of work that is being done.
#[derive(Debug)]
pub(super) struct Work {
    pulse: Arc<Pulse>,
    worker: Worker,
}

impl Work {
    /// It is another try, or the next step: not stuck.
    pub(super) fn goes_on(&self) {
        let now = u64::try_from(self.pulse.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.mark(now.saturating_add(1));
    }

    fn mark(&self, began: u64) {
        self.pulse.began[self.worker as usize].store(began, Ordering::Relaxed);
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.mark(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_worker_has_its_own_patience() {
        let (pulse, watchdog) = (Arc::new(Pulse::default()), Duration::from_mins(3));
        let minutes = |minutes| pulse.stuck_at(Duration::from_mins(minutes), watchdog);
        assert_eq!(minutes(1_000), None, "nobody is at work");
        let carrying = pulse.begin(Worker::Courier);
        let keeping = pulse.begin(Worker::Housekeeping);
        assert_eq!(minutes(14), None);
        assert_eq!(minutes(16), Some(Worker::Housekeeping));
        drop(keeping);
        assert_eq!(minutes(59), None);
        assert_eq!(minutes(61), Some(Worker::Courier));
        let writing = pulse.begin(Worker::Keeper);
        assert_eq!(minutes(2), None);
        assert_eq!(minutes(4), Some(Worker::Keeper));
        drop((carrying, writing));
        assert_eq!(minutes(1_000), None);
    }

    #[test]
    fn what_goes_on_is_not_stuck() {
        let pulse = Arc::new(Pulse::default());
        let work = pulse.begin(Worker::Keeper);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(pulse.stuck(Duration::from_millis(1)), Some(Worker::Keeper));
        work.goes_on();
        assert_eq!(pulse.stuck(Duration::from_mins(1)), None);
    }
}
