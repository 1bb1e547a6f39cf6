//! Rules 2 and 3: which punches count at all. Local times become instants here.

use chrono::{DateTime, Datelike, FixedOffset};
use smallvec::SmallVec;

use crate::domain::anomaly::Anomaly;
use crate::domain::civil::{DayClock, Meaning};

use super::findings::Findings;
use super::ground::{Fact, Ground, Parameter};
use super::input::{DayInput, DayPunch, PunchSource, PunchTime};
use super::trail::Rule;

/// The years in which times are believed: four digits, as everywhere in the files.
pub(super) const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

/// A punch whose instant is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    /// When, seconds included, in the offset of the place.
    pub(super) at: DateTime<FixedOffset>,
    /// As given.
    pub(super) punch: &'a DayPunch,
}

/// Those of a day, up to six without the heap.
pub(super) type AllSeen<'a> = SmallVec<[Seen<'a>; 6]>;

/// The instant of a time, or what is wrong with it.
pub(super) fn instant(at: PunchTime, clock: DayClock) -> Result<DateTime<FixedOffset>, Anomaly> {
    let year = match at {
        PunchTime::Instant(at) => at.naive_utc().year(),
        PunchTime::Local(local) => local.year(),
    };
    if !YEARS.contains(&year) {
        return Err(Anomaly::NonexistentLocalTime);
    }
    match at {
        PunchTime::Instant(at) => Ok(clock.shown(&at)),
        PunchTime::Local(local) => match clock.meaning(local) {
            Meaning::Once(at) => Ok(at),
            Meaning::Twice(..) => Err(Anomaly::AmbiguousLocalTime),
            Meaning::Never => Err(Anomaly::NonexistentLocalTime),
        },
    }
}

/// Puts the punches that count into `seen`, in time order. The order of arrival plays no part: punches of the
/// same instant are ordered by what they say.
pub(super) fn keep<'a>(
    seen: &mut AllSeen<'a>,
    input: &DayInput<'a>,
    findings: &mut Findings,
) -> Result<(), Anomaly> {
    seen.reserve(input.punches.len());
    for punch in input.punches {
        seen.push(Seen { at: instant(punch.at, input.context.clock)?, punch });
    }
    seen.sort_by(|one, other| {
        let facts = |seen: &Seen<'a>| (seen.punch.direction, seen.punch.source);
        let by_facts = || facts(one).cmp(&facts(other));
        one.at.cmp(&other.at).then_with(by_facts).then_with(|| one.punch.reason.cmp(&other.punch.reason))
    });
    let seconds = i64::from(input.profile.dedupe_seconds);
    let mut last: Option<Seen<'a>> = None;
    seen.retain(|&mut seen| {
        let Seen { at, punch } = seen;
        match punch.source {
            PunchSource::Manual { confirmed: false } => {
                findings.anomaly(Anomaly::PendingManualPunch);
                findings.note(Rule::ManualPending, Ground::Fact(Fact::NotConfirmed), [at]);
                return false;
            }
            PunchSource::Manual { confirmed: true } => {
                findings.anomaly(Anomaly::ManualPunch);
                findings.note(Rule::ManualKept, Ground::Fact(Fact::Confirmed), [at]);
            }
            PunchSource::Reader => {}
        }
        let repeats = |last: &Seen<'a>| {
            last.punch.direction == punch.direction && at.timestamp() - last.at.timestamp() <= seconds
        };
        if let Some(last) = last.filter(repeats) {
            findings.anomaly(Anomaly::DuplicatePunch);
            findings.repeated.push(at);
            findings.note(Rule::Repeat, Ground::Number(Parameter::Dedupe, seconds), [last.at, at]);
            return false;
        }
        last = Some(seen);
        true
    });
    Ok(())
}
