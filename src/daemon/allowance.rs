//! How many frames that cannot be used a reader may put into quarantine: all of them as long as it
//! is a mistake in the configuration, few as soon as it is noise.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::decode::wire::Moment;

/// Frames at once.
const AT_ONCE: u64 = 500;

/// And one more for each so many milliseconds.
const EACH: u64 = 60_000;

/// A card that stays at the reader gives the same frame again and again, so close together, in
/// milliseconds.
const SAME: u64 = 5_000;

/// How many frames are remembered for that.
const REMEMBERED: usize = 16;

/// The allowance of one reader.
#[derive(Debug)]
pub(super) struct Allowance {
    left: u64,
    refilled: Moment,
    recent: VecDeque<(u64, Moment)>,
}

impl Allowance {
    /// All of it.
    pub(super) fn new(now: Moment) -> Self {
        Self { left: AT_ONCE, refilled: now, recent: VecDeque::new() }
    }

    /// True when a frame may go into quarantine.
    pub(super) fn admits(&mut self, raw: &[u8], now: Moment) -> bool {
        let mut hasher = DefaultHasher::new();
        raw.hash(&mut hasher);
        let hash = hasher.finish();
        self.recent.retain(|(_, last)| now.since(*last) < SAME);
        if let Some((_, last)) = self.recent.iter_mut().find(|(known, _)| *known == hash) {
            *last = now;
            return false;
        }
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((hash, now));
        let more = now.since(self.refilled) / EACH;
        self.left = (self.left + more).min(AT_ONCE);
        self.refilled = Moment(self.refilled.0 + more * EACH);
        let admitted = self.left > 0;
        self.left = self.left.saturating_sub(1);
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_stays_is_one_frame_and_noise_is_few() {
        let mut allowance = Allowance::new(Moment(0));
        let times = [0, 65, 130, 5_000, 10_001, 10_002];
        let admitted: Vec<bool> = times.iter().map(|at| allowance.admits(b"x", Moment(*at))).collect();
        assert_eq!(admitted, [true, false, false, false, true, false]);
        let noise = |allowance: &mut Allowance, at: u64| {
            (0..10_000_u64).filter(|n| allowance.admits(&n.to_le_bytes(), Moment(at + n))).count()
        };
        assert_eq!(noise(&mut allowance, 20_000), 498);
        assert_eq!(noise(&mut allowance, 40_000), 0);
        assert_eq!(noise(&mut allowance, 3_600_000), 60);
        assert_eq!(noise(&mut allowance, 360_000_000), 500);
    }
}
