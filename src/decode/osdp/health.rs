//! Whether a reader can be used, what was told of it, and when to try again.

use osdp::OFFLINE_THRESHOLD_MS;

use super::Moment;
use super::report::Trouble;

/// Pauses between two tries with a reader that cannot be used, in milliseconds: the first, doubled up
/// to the longest. That is short: whoever comes to a reader that is back should not wait.
const FIRST_PAUSE: u64 = 1_000;
const LONGEST_PAUSE: u64 = 10_000;

/// A reader that was usable for so long, in milliseconds, has no use for an old pause.
const STEADY: u64 = 10_000;

/// How often a reader that is offline is asked before the next pause: once with each trailer.
const TRIES: u8 = 2;

/// The same trouble is told once in so many milliseconds.
const TOLD_AGAIN: u64 = 60_000;

/// What was told of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Online,
    Offline,
}

/// The health of one reader.
#[derive(Debug)]
pub(super) struct Health {
    told: Told,
    /// When it last could be used.
    usable: Moment,
    /// Since when it can, without a new beginning.
    steady: Moment,
    /// How often in turn it did not answer.
    silences: u8,
    pause: u64,
    /// Why it cannot be used, when it does answer.
    trouble: Option<Trouble>,
    told_trouble: Option<(Trouble, Moment)>,
}

impl Health {
    pub(super) fn new(now: Moment) -> Self {
        Self {
            told: Told::Nothing,
            usable: now,
            steady: now,
            silences: 0,
            pause: FIRST_PAUSE,
            trouble: None,
            told_trouble: None,
        }
    }

    /// When it last could be used: told once, after it could not for eight seconds.
    pub(super) fn lost(&mut self, now: Moment) -> Option<Moment> {
        let lost = self.told != Told::Offline && now.since(self.usable) >= OFFLINE_THRESHOLD_MS.into();
        if lost {
            self.told = Told::Offline;
        }
        lost.then_some(self.usable)
    }

    /// Until when everything it saw is known, while it can be used.
    pub(super) fn covered(&self) -> Option<Moment> {
        (self.told == Told::Online).then_some(self.usable)
    }

    /// Why it cannot be used, when it does answer.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }

    /// It did not answer. True when it is offline and was asked often enough for now.
    pub(super) fn silent(&mut self) -> bool {
        self.silences = self.silences.saturating_add(1);
        self.told == Told::Offline && self.silences >= TRIES
    }

    /// It answered something.
    pub(super) fn answered(&mut self) {
        self.silences = 0;
    }

    /// It answered a poll.
    pub(super) fn used(&mut self, now: Moment) {
        if self.told == Told::Online {
            self.usable = now;
            if now.since(self.steady) >= STEADY {
                self.pause = FIRST_PAUSE;
            }
        }
    }

    /// All begins anew.
    pub(super) fn begin(&mut self, now: Moment) {
        self.steady = now;
    }

    /// When to try again.
    pub(super) fn pause(&mut self, now: Moment) -> Moment {
        self.silences = 0;
        let again = now.after(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        match self.told {
            Told::Offline => again,
            // that it is lost is told in time, whatever the pause
            Told::Nothing | Told::Online => again.min(self.usable.after(OFFLINE_THRESHOLD_MS.into())),
        }
    }

    /// It can be used. True when that is news.
    pub(super) fn online(&mut self, now: Moment) -> bool {
        let news = self.told != Told::Online;
        self.told = Told::Online;
        self.trouble = None;
        (self.usable, self.steady) = (now, now);
        news
    }

    /// It answers, but not as it should. True when that should be told.
    pub(super) fn troubled(&mut self, trouble: Trouble, now: Moment) -> bool {
        self.trouble = Some(trouble);
        let told =
            self.told_trouble.is_some_and(|(other, at)| other == trouble && now.since(at) < TOLD_AGAIN);
        if !told {
            self.told_trouble = Some((trouble, now));
        }
        !told
    }
}
