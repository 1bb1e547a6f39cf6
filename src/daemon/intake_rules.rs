//! Which punches are believed at ingestion. Nothing is interpreted here: a punch is stored as it
//! is, held in quarantine because its clock cannot be right, or counted because its time is over.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::config::{Config, Reader};
use crate::decode::Reading;
use crate::domain::civil;
use crate::domain::holders::Holders;
use crate::domain::ids::ReaderId;
use crate::store::NewPunch;

/// What holds for one reader at one moment. Bounds are civil times of the reader's clock, in
/// seconds as punches count them, computed once: they are asked for every line.
#[derive(Debug, Clone)]
pub struct IntakeRules<'a> {
    /// Now.
    pub now: DateTime<Utc>,
    /// Fingerprint of all the rules: when it changes, quarantine is tried again.
    pub fingerprint: [u8; 32],
    /// Set when the daemon is asked to stop.
    pub stop: Option<&'a AtomicBool>,
    /// Hears how far a file was read.
    pub listener: Option<Listener<'a>>,
    /// The device goes on writing the file: a last line without its end is left for the next reading,
    /// since half a line may look like a whole one.
    pub growing: bool,
    zone: Tz,
    installed: NaiveDate,
    earliest: i64,
    latest: i64,
    unmatched_since: i64,
    holders: &'a Holders,
    maybe_held: OnceCell<MaybeHeld>,
}

/// Called with the bytes that were read of a file, after each piece of it.
#[derive(Clone, Copy)]
pub struct Listener<'a>(pub &'a dyn Fn(u64));

impl std::fmt::Debug for Listener<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

/// Says of nearly every badge that nobody holds that it is so, at the cost of a few instructions:
/// of a house's thousands, few are coworkers'.
#[derive(Debug, Clone)]
struct MaybeHeld([u64; MaybeHeld::WORDS]);

impl MaybeHeld {
    const WORDS: usize = 64;

    fn new(holders: &Holders) -> Self {
        let mut seen = Self([0; Self::WORDS]);
        for number in holders.numbers() {
            seen.add(number);
        }
        seen
    }

    fn add(&mut self, number: &str) {
        let (word, bit) = Self::place(number);
        self.0[word] |= bit;
    }

    fn place(badge: &str) -> (usize, u64) {
        let sum = badge.bytes().fold(0_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let place = sum ^ (sum >> 15);
        (place as usize / 64 % Self::WORDS, 1 << (place % 64))
    }

    #[inline]
    fn has(&self, badge: &str) -> bool {
        let (word, bit) = Self::place(badge);
        self.0[word] & bit != 0
    }
}

/// What to do with a punch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Store it.
    Believed,
    /// Its retention is over and nobody holds its badge: count it.
    Expired,
    /// Its clock cannot be right: hold it.
    Doubted {
        /// Why.
        reason: String,
        /// Only because its time has not come.
        early: bool,
    },
}

impl<'a> IntakeRules<'a> {
    /// The rules of one reader of a configuration, at an instant.
    pub fn new(config: &Config, reader: &Reader, holders: &'a Holders, now: DateTime<Utc>) -> Self {
        let zone = config.host.zone;
        let local_now = civil::local_time(&now, zone);
        let unmatched = local_now.date() - Days::new(u64::from(config.retention.unmatched_days));
        Self {
            now,
            fingerprint: config.hash,
            stop: None,
            listener: None,
            growing: false,
            zone,
            installed: reader.installed,
            earliest: midnight(reader.installed),
            latest: local_now.and_utc().timestamp() + i64::from(config.intake.future_tolerance_minutes) * 60,
            // Where something is left out for its errors, nobody knows whose a badge is.
            unmatched_since: if config.whole { midnight(unmatched) } else { i64::MIN },
            holders,
            maybe_held: OnceCell::new(),
        }
    }

    /// The civil time of the reader's clock up to which a punch is believed.
    pub fn latest(&self) -> i64 {
        self.latest
    }

    /// True when the daemon is asked to stop.
    pub fn must_stop(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// The instant of a device's civil time.
    pub fn instant(&self, local: i64) -> DateTime<Utc> {
        let local = DateTime::from_timestamp(local, 0).unwrap_or_default().naive_utc();
        civil::device_instant(local, None, self.zone).to_utc()
    }

    /// True when somebody holds the badge of a punch.
    pub fn is_held(&self, punch: &NewPunch<'_>, reader: &ReaderId) -> bool {
        self.holds(punch.badge, reader, punch.local)
    }

    fn holds(&self, badge: &str, reader: &ReaderId, local: i64) -> bool {
        self.maybe_held.get_or_init(|| MaybeHeld::new(self.holders)).has(badge)
            && self.holders.is_held(badge, reader, date_of(local))
    }

    /// Judges one punch. `before` is the time of the last believed row above it, for the person
    /// who has to date it anew.
    pub fn judge(&self, reading: &Reading<'_>, reader: &ReaderId, before: Option<i64>) -> Verdict {
        let neighbour =
            || before.map_or(String::new(), |local| format!("; the row before says {}", shown(local)));
        if reading.local < self.earliest {
            let reason = format!(
                "{} is before {}, when the reader was installed: its clock had lost the time{}",
                shown(reading.local),
                self.installed,
                neighbour()
            );
            return Verdict::Doubted { reason, early: false };
        }
        if reading.local > self.latest {
            let reason =
                format!("{} has not come yet: its clock was fast{}", shown(reading.local), neighbour());
            return Verdict::Doubted { reason, early: true };
        }
        let over = reading.local < self.unmatched_since;
        if over && !self.holds(reading.badge, reader, reading.local) {
            return Verdict::Expired;
        }
        Verdict::Believed
    }
}

fn midnight(date: NaiveDate) -> i64 {
    date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp()
}

fn date_of(local: i64) -> NaiveDate {
    DateTime::from_timestamp(local, 0).unwrap_or_default().date_naive()
}

fn shown(local: i64) -> String {
    DateTime::from_timestamp(local, 0).unwrap_or_default().format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_badges_that_nobody_holds_need_a_closer_look() {
        let mut seen = MaybeHeld([0; MaybeHeld::WORDS]);
        let held: Vec<String> = (0..30).map(|number| (10_000_000 + number * 2100).to_string()).collect();
        for number in &held {
            seen.add(number);
        }
        assert!(held.iter().all(|number| seen.has(number)));
        let others = (0..10_000).filter(|number| seen.has(&(20_000_000 + number * 7).to_string()));
        assert!(others.count() < 300);
    }
}
