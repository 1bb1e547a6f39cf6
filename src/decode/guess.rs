//! Which format fits the start of a file.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::Outcome;
use super::decoder::Decoder;
use super::format::Format;

/// What a format makes of the start of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Score {
    punches: u64,
    rejects: u64,
    readings: u64,
}

/// The formats that fit best.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// The candidates by index, in their order; empty when none finds a punch.
    pub fits: Vec<usize>,
    /// They all find the same punches, so that any of them will do.
    pub same: bool,
}

/// The candidates that fit best: those with the most punches and, among them, the fewest rejects.
/// `whole` says that `start` is the whole file, so that its last line counts.
pub fn guess(candidates: &[Arc<Format>], start: &[u8], whole: bool) -> Guess {
    let scores: Vec<Score> = candidates.iter().map(|format| score(format, start, whole)).collect();
    let rank = |score: &Score| (score.punches, u64::MAX - score.rejects);
    let Some(best) = scores.iter().filter(|score| score.punches > 0).max_by_key(|score| rank(score)) else {
        return Guess { fits: Vec::new(), same: true };
    };
    let fits = |score: &Score| rank(score) == rank(best);
    let fits: Vec<usize> = (0..scores.len()).filter(|i| scores.get(*i).is_some_and(fits)).collect();
    let same = fits.iter().filter_map(|i| scores.get(*i)).all(|score| score.readings == best.readings);
    Guess { fits, same }
}

fn score(format: &Arc<Format>, start: &[u8], whole: bool) -> Score {
    let mut decoder = Decoder::new(Arc::clone(format));
    let mut score = Score { punches: 0, rejects: 0, readings: 0 };
    let mut hasher = DefaultHasher::new();
    let mut count = |row: super::Row<'_>| match row.outcome {
        Outcome::Punch(reading) => {
            score.punches += 1;
            (reading.badge, reading.local, reading.direction).hash(&mut hasher);
        }
        Outcome::Reject(_) => score.rejects += 1,
        Outcome::Skipped => {}
    };
    decoder.push(start, &mut count);
    if whole {
        decoder.finish(&mut count);
    }
    score.readings = hasher.finish();
    score
}
