//! The malfunctions of a month, as the statement shows them: what was known by its end.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, SubsecRound, Utc};
use chrono_tz::Tz;

use super::super::agreement::Agreement;
use super::super::civil;
use super::super::month::Month;
use super::{Malfunction, MalfunctionKind};

/// A malfunction in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthMalfunction {
    /// Its number.
    pub number: u32,
    /// "tipologia"
    pub kind: MalfunctionKind,
    /// "sistemi informatici coinvolti"
    pub systems: String,
    /// When it began, with the host's offset.
    pub from: DateTime<FixedOffset>,
    /// When it was restored; none when it was open at the end of the month.
    pub to: Option<DateTime<FixedOffset>>,
}

/// Those that touch the part of a month that an agreement covers, in order. What happened after the
/// month is no part of it: a fault that was restored later was open at its end, for ever.
pub fn of_month(
    all: &BTreeMap<u32, Malfunction>,
    agreement: &Agreement,
    month: Month,
    needs_leave: bool,
    zone: Tz,
) -> Vec<MonthMalfunction> {
    let first = month.first().max(agreement.term.start);
    let last = month.last().min(agreement.term.end);
    let (start, end) = (civil::start_of_day(first, zone), civil::end_of_day(last, zone));
    let month_end = civil::end_of_day(month.last(), zone);
    let day = |at: DateTime<Utc>| civil::local_time(&at, zone).date();
    let touches = |malfunction: &&Malfunction| {
        malfunction.from < end && malfunction.to.is_none_or(|to| to >= start) && first <= last
    };
    let local = |at: DateTime<Utc>| at.trunc_subsecs(0).with_timezone(&zone).fixed_offset();
    let told = |malfunction: &&Malfunction| {
        !malfunction.withdrawn && malfunction.may_be_told(needs_leave) && malfunction.concerns(agreement, day)
    };
    let all = all.values().filter(told).filter(touches);
    all.map(|malfunction| MonthMalfunction {
        number: malfunction.number,
        kind: malfunction.kind,
        systems: malfunction.systems.clone(),
        from: local(malfunction.from),
        to: malfunction.to.filter(|to| *to < month_end).map(local),
    })
    .collect()
}
