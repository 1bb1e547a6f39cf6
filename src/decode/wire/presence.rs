//! The presence filter of a port: a reader that tells of a card for as long as it is there tells of
//! one read.

use super::{Moment, WireRead};

/// How many badges are remembered; more cannot be held to one reader within a few seconds.
const MOST: usize = 64;

/// Lets the first sight of a badge through, and then no other until it was out of sight for the
/// window. Reads with a time of the device's own always pass: such a device sends a read once, and
/// what it kept while the line was down comes in one go.
#[derive(Debug)]
pub struct PresenceFilter {
    window: u64,
    /// The badges in sight, and when each was last seen.
    seen: Vec<(String, Moment)>,
    dropped: u64,
}

impl PresenceFilter {
    /// A filter with its window in seconds; 0 lets everything pass.
    pub fn new(seconds: u32) -> Self {
        Self { window: u64::from(seconds) * 1000, seen: Vec::new(), dropped: 0 }
    }

    /// True for a read that counts. `at` is when its first byte arrived.
    pub fn passes(&mut self, read: &WireRead<'_>, at: Moment) -> bool {
        if read.local.is_some() || self.window == 0 {
            return true;
        }
        let window = self.window;
        self.seen.retain(|(_, last)| at.since(*last) < window);
        if let Some((_, last)) = self.seen.iter_mut().find(|(badge, _)| badge == read.badge) {
            *last = at;
            self.dropped += 1;
            return false;
        }
        if self.seen.len() == MOST
            && let Some(oldest) = self.seen.iter().enumerate().min_by_key(|(_, (_, last))| *last)
        {
            let oldest = oldest.0;
            self.seen.swap_remove(oldest);
        }
        self.seen.push((read.badge.to_owned(), at));
        true
    }

    /// How many reads were dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::card::Card;

    /// Feeds sights (milliseconds and badge) and shows which pass.
    fn pass(filter: &mut PresenceFilter, sights: &[(u64, &str)], local: Option<i64>) -> Vec<bool> {
        let mut passes = |at: u64, badge: &str| {
            let card = Card::text(badge);
            let read = WireRead { badge, card: &card, local, direction: "", reason: None };
            filter.passes(&read, Moment(at))
        };
        sights.iter().map(|(at, badge)| passes(*at, badge)).collect()
    }

    #[test]
    fn a_card_that_stays_is_one_read() {
        let mut filter = PresenceFilter::new(5);
        let sights = [(0, "a"), (65, "a"), (4_900, "a"), (9_800, "a"), (14_800, "a"), (14_865, "b")];
        assert_eq!(pass(&mut filter, &sights, None), [true, false, false, false, true, true]);
        assert_eq!(filter.dropped(), 3);
        assert_eq!(pass(&mut filter, &[(14_900, "a"), (14_901, "b")], None), [false, false]);
    }

    #[test]
    fn two_cards_in_turn_are_two_reads() {
        let mut filter = PresenceFilter::new(5);
        let sights = [(0, "a"), (1_000, "b"), (2_000, "a"), (3_000, "b"), (8_000, "b"), (8_001, "a")];
        assert_eq!(pass(&mut filter, &sights, None), [true, true, false, false, true, true]);
    }

    #[test]
    fn reads_with_their_own_time_and_a_window_of_nothing_pass() {
        let sights = [(0, "a"), (0, "a")];
        let mut filter = PresenceFilter::new(5);
        assert_eq!(pass(&mut filter, &sights, Some(7)), [true, true]);
        assert_eq!(pass(&mut PresenceFilter::new(0), &sights, None), [true, true]);
        assert_eq!(filter.dropped(), 0);
    }

    #[test]
    fn memory_is_bounded_and_the_last_seen_stay() {
        let mut filter = PresenceFilter::new(3600);
        let badges: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        for (at, badge) in (0..).zip(&badges) {
            assert_eq!(pass(&mut filter, &[(at, badge)], None), [true]);
        }
        assert_eq!(filter.seen.len(), MOST);
        assert_eq!(
            pass(&mut filter, &[(1000, "999"), (1000, "936"), (1000, "935")], None),
            [false, false, true]
        );
    }
}
