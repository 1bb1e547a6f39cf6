//! Rules 2 and 3: which punches count at all. Local times become instants here.

use chrono::{DateTime, Datelike, FixedOffset};

use crate::domain::anomaly::Anomaly;
use crate::domain::civil::{DayClock, Meaning};
use crate::domain::punch::Direction;

use super::findings::Findings;
use super::ground::{Fact, Ground, Parameter};
use super::input::{DayInput, PunchSource, PunchTime};
use super::trail::Rule;

/// The years in which times are believed: four digits, as everywhere in the files.
pub(super) const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

/// A punch whose instant is known, in the offset of the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// When, seconds included.
    pub(super) at: DateTime<FixedOffset>,
    /// As given.
    pub(super) direction: Option<Direction>,
    /// As given.
    pub(super) reason: Option<String>,
    /// Entered by a person.
    pub(super) manual: bool,
}

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

/// The punches that count, in time order. The order of arrival plays no part: punches of the same
/// instant are ordered by what they say.
pub(super) fn kept(input: &DayInput<'_>, findings: &mut Findings) -> Result<Vec<Seen>, Anomaly> {
    let mut all = Vec::with_capacity(input.punches.len());
    for punch in input.punches {
        all.push((instant(punch.at, input.context.clock)?, punch));
    }
    all.sort_by(|(a, one), (b, other)| {
        let facts = |punch: &super::DayPunch| (punch.direction, punch.source);
        a.cmp(b).then_with(|| facts(one).cmp(&facts(other))).then_with(|| one.reason.cmp(&other.reason))
    });
    let seconds = i64::from(input.profile.dedupe_seconds);
    let mut kept: Vec<Seen> = Vec::with_capacity(all.len());
    for (at, punch) in all {
        match punch.source {
            PunchSource::Manual { confirmed: false } => {
                findings.anomaly(Anomaly::PendingManualPunch);
                findings.note(Rule::ManualPending, Ground::Fact(Fact::NotConfirmed), [at]);
                continue;
            }
            PunchSource::Manual { confirmed: true } => {
                findings.anomaly(Anomaly::ManualPunch);
                findings.note(Rule::ManualKept, Ground::Fact(Fact::Confirmed), [at]);
            }
            PunchSource::Reader => {}
        }
        let repeats = |last: &&Seen| {
            last.direction == punch.direction && at.timestamp() - last.at.timestamp() <= seconds
        };
        if let Some(last) = kept.last().filter(repeats) {
            findings.anomaly(Anomaly::DuplicatePunch);
            findings.repeated.push(at);
            findings.note(Rule::Repeat, Ground::Number(Parameter::Dedupe, seconds), [last.at, at]);
            continue;
        }
        let manual = matches!(punch.source, PunchSource::Manual { .. });
        kept.push(Seen { at, direction: punch.direction, reason: punch.reason.clone(), manual });
    }
    Ok(kept)
}
