//! A message that may have arrived. Receipts say whether it did; where they do not come, a person is
//! asked; and before it is too late the same bytes leave once more, under the same Message-ID and
//! number, because a copy does less harm than a statement that never came.

use chrono::{DateTime, TimeDelta, Utc};

use super::ladder::last_safe;

/// Receipts are looked for so often at first.
const OFTEN: TimeDelta = TimeDelta::seconds(20);

/// For so long.
const AT_FIRST: TimeDelta = TimeDelta::minutes(15);

/// Then so often.
const STEADY: TimeDelta = TimeDelta::minutes(1);

/// After so long without a trace nothing more is expected.
const ENOUGH: TimeDelta = TimeDelta::minutes(60);

/// With more time than this before the agreed day ends, a person decides.
const TIME_TO_ASK: TimeDelta = TimeDelta::hours(48);

/// So long before the last safe instant nobody's answer is awaited any more.
const ANSWER_BEFORE: TimeDelta = TimeDelta::hours(24);

/// Accepted by the server, and no acceptance of the provider for so long: silence.
const SILENCE: TimeDelta = TimeDelta::minutes(30);

/// Whether receipts would be seen if they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// None is configured.
    Absent,
    /// It cannot be read, or does not show what it should.
    Unhealthy,
    /// It has been read without fault since then.
    Healthy {
        /// The first good look in an unbroken row.
        since: DateTime<Utc>,
    },
}

/// A message that may have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// When the doubt began.
    pub since: DateTime<Utc>,
    /// The end of the agreed day.
    pub deadline: DateTime<Utc>,
    /// True when it was sent again once without a person.
    pub resent: bool,
}

/// What to do about it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counsel {
    /// Look for receipts again after so long.
    Look(TimeDelta),
    /// A person must say whether it arrived.
    Ask,
    /// Send the same bytes once more.
    Resend,
}

/// What to do about a doubt now.
pub fn counsel(doubt: &Doubt, source: Source, now: DateTime<Utc>) -> Counsel {
    let age = now - doubt.since;
    let looked = match source {
        Source::Unhealthy if age < AT_FIRST => return Counsel::Look(OFTEN),
        // who does not listen learns nothing from silence
        Source::Absent | Source::Unhealthy => return Counsel::Ask,
        Source::Healthy { since } => now - since.max(doubt.since),
    };
    if looked < AT_FIRST {
        return Counsel::Look(OFTEN);
    }
    if looked < ENOUGH {
        return Counsel::Look(STEADY);
    }
    let time_to_ask = doubt.deadline - doubt.since > TIME_TO_ASK;
    let awaited = time_to_ask && now < last_safe(doubt.deadline) - ANSWER_BEFORE;
    if doubt.resent || awaited { Counsel::Ask } else { Counsel::Resend }
}

/// How long until receipts are looked for again, where the configuration says `usual`: soon after a
/// doubt began the answer is likely to come, and each minute without it is one of the deadline's.
/// `doubtful_since` is the beginning of the youngest doubt.
pub fn look_again(usual: TimeDelta, doubtful_since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> TimeDelta {
    match doubtful_since {
        Some(since) if now - since < AT_FIRST => usual.min(OFTEN),
        _ => usual,
    }
}

/// True when a message that the server accepted has had no receipt for so long that it must be
/// doubted. Only certified mail brings receipts, and only a source that can be read can be silent.
pub fn is_silent(accepted_at: DateTime<Utc>, certified: bool, source: Source, now: DateTime<Utc>) -> bool {
    match source {
        Source::Healthy { since } => certified && now - since.max(accepted_at) >= SILENCE,
        Source::Absent | Source::Unhealthy => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-{text}:00Z").parse().unwrap()
    }

    #[test]
    fn receipts_first_then_a_person_then_once_the_same_bytes() {
        let early = Doubt { since: at("05T08:00"), deadline: at("11T00:00"), resent: false };
        let late = Doubt { since: at("09T08:00"), ..early };
        let again = Doubt { resent: true, ..early };
        let always = Source::Healthy { since: at("01T00:00") };
        let often = Counsel::Look(TimeDelta::seconds(20));
        let steady = Counsel::Look(TimeDelta::minutes(1));
        for (doubt, source, now, expected) in [
            (&early, always, "05T08:00", often),
            (&early, always, "05T08:14", often),
            (&early, always, "05T08:15", steady),
            (&early, always, "05T08:59", steady),
            (&early, always, "05T09:00", Counsel::Ask),
            // the last safe instant is the 9th at 08:00, the answer is awaited until the 8th
            (&early, always, "08T07:59", Counsel::Ask),
            (&early, always, "08T08:00", Counsel::Resend),
            (&again, always, "08T08:00", Counsel::Ask),
            (&again, always, "10T08:00", Counsel::Ask),
            // less than 48 hours: there is no time to ask
            (&late, always, "09T08:59", steady),
            (&late, always, "09T09:00", Counsel::Resend),
            // nobody looked while the daemon was off or the mailbox could not be read
            (&early, Source::Healthy { since: at("08T09:00") }, "08T09:10", often),
            (&early, Source::Healthy { since: at("08T09:00") }, "08T10:00", Counsel::Resend),
            (&early, Source::Unhealthy, "05T08:10", often),
            (&early, Source::Unhealthy, "05T08:15", Counsel::Ask),
            (&early, Source::Unhealthy, "10T08:00", Counsel::Ask),
            (&late, Source::Unhealthy, "10T08:00", Counsel::Ask),
            (&early, Source::Absent, "05T08:00", Counsel::Ask),
            (&late, Source::Absent, "10T23:00", Counsel::Ask),
        ] {
            assert_eq!(counsel(doubt, source, at(now)), expected, "{doubt:?} {source:?} {now}");
        }
    }

    #[test]
    fn a_young_doubt_is_looked_after_often() {
        let (minute, often) = (TimeDelta::minutes(1), TimeDelta::seconds(20));
        for (usual, since, now, expected) in [
            (minute, Some("05T08:00"), "05T08:00", often),
            (minute, Some("05T08:00"), "05T08:14", often),
            (minute, Some("05T08:00"), "05T08:15", minute),
            (minute, None, "05T08:00", minute),
            (TimeDelta::seconds(5), Some("05T08:00"), "05T08:01", TimeDelta::seconds(5)),
        ] {
            assert_eq!(look_again(usual, since.map(at), at(now)), expected, "{since:?} {now}");
        }
    }

    #[test]
    fn silence_needs_somebody_who_listens() {
        let always = Source::Healthy { since: at("01T00:00") };
        for (certified, source, now, silent) in [
            (true, always, "05T08:29", false),
            (true, always, "05T08:30", true),
            (false, always, "06T08:30", false),
            (true, Source::Unhealthy, "06T08:30", false),
            (true, Source::Absent, "06T08:30", false),
            (true, Source::Healthy { since: at("05T12:00") }, "05T12:29", false),
            (true, Source::Healthy { since: at("05T12:00") }, "05T12:30", true),
        ] {
            assert_eq!(is_silent(at("05T08:00"), certified, source, at(now)), silent, "{source:?} {now}");
        }
    }
}
