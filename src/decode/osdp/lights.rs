//! Lights and beeps that a reader has still to show.

use std::collections::VecDeque;

use super::Moment;
use super::command::Command;
use super::report::{Counts, Signal};

/// A light that comes later than this, in milliseconds, tells the next person something wrong.
const STALE: u64 = 2_000;

/// More than this waits only when a reader does not take them.
const MOST: usize = 8;

/// The lights of one reader, in order.
#[derive(Default)]
pub(super) struct Lights(VecDeque<(Command, Moment)>);

impl Lights {
    /// Takes what became of a card.
    pub(super) fn push(&mut self, head: u8, signal: Signal, now: Moment, counts: &mut Counts) {
        self.0.push_back((Command::Light { head, signal }, now));
        if signal == Signal::Accepted {
            self.0.push_back((Command::Beep { head }, now));
        }
        while self.0.len() > MOST {
            self.0.pop_front();
            counts.stale += 1;
        }
    }

    /// The next to show; what is too old is shown no more.
    pub(super) fn next(&mut self, now: Moment, counts: &mut Counts) -> Option<Command> {
        let before = self.0.len();
        self.0.retain(|(_, since)| now.since(*since) <= STALE);
        counts.stale += (before - self.0.len()) as u64;
        self.0.pop_front().map(|(command, _)| command)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
