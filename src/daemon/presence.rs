//! Who of the coworkers is in the house: what their last punch that counts says. A look for the door
//! and for an evacuation, not a computation of hours.

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::civil;
use crate::domain::day::Status;
use crate::domain::month::Month;
use crate::domain::month_days::MonthDay;
use crate::domain::punch::Direction;
use crate::domain::whereabouts::Whereabouts;
use crate::store::{Store, StoreError};

use super::compute;

/// One coworker.
#[derive(Debug)]
pub struct Presence<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// Where they are.
    pub whereabouts: Whereabouts,
    /// The punch that says so, by the clocks of the host.
    pub since: Option<DateTime<FixedOffset>>,
    /// The reader may know more than timbra: the file with its latest punches has not come. Up to when
    /// all readers of the agreement have delivered; none: one of them never did.
    pub covered_until: Option<DateTime<Utc>>,
}

/// All coworkers whose term holds today, in the order of the agreements' names.
pub fn presence<'a>(
    store: &Store,
    config: &'a Config,
    now: DateTime<Utc>,
) -> Result<Vec<Presence<'a>>, StoreError> {
    let today = civil::local_time(&now, config.host.zone).date();
    // whoever came in yesterday evening may still be here
    let yesterday = today - TimeDelta::days(1);
    let agreements: Vec<&Agreement> =
        config.agreements.iter().filter(|agreement| agreement.term.contains(today)).collect();
    let mut months = compute::months(store, config, &agreements, Month::of(today))?;
    if Month::of(yesterday) != Month::of(today) {
        let earlier = compute::months(store, config, &agreements, Month::of(yesterday))?;
        for (days, earlier) in months.iter_mut().zip(earlier) {
            *days = days.take().zip(earlier).map(|(days, earlier)| [days, earlier].concat());
        }
    }
    let covers = compute::covers(store)?;
    let mut present: Vec<Presence<'_>> = agreements
        .into_iter()
        .zip(&months)
        .map(|(agreement, days)| {
            let (whereabouts, since) = match days {
                Some(days) => whereabouts(agreement, days, today, now),
                None => (Whereabouts::Unknown, None),
            };
            let covered_until = compute::covered_until(config, agreement, &covers);
            Presence { agreement, whereabouts, since, covered_until }
        })
        .collect();
    present.sort_unstable_by(|one, other| one.agreement.id.as_str().cmp(other.agreement.id.as_str()));
    Ok(present)
}

fn whereabouts(
    agreement: &Agreement,
    days: &[MonthDay],
    today: NaiveDate,
    now: DateTime<Utc>,
) -> (Whereabouts, Option<DateTime<FixedOffset>>) {
    let yesterday = today - TimeDelta::days(1);
    let longest = agreement.profile_on(yesterday).map_or(0, |profile| i64::from(profile.max_span.0));
    let on = |date: NaiveDate| days.iter().find(|day| day.date == date);
    let punches = [yesterday, today].into_iter().filter_map(on).flat_map(|day| &day.day.punches);
    let last = punches.filter(|punch| punch.seen <= now).max_by_key(|punch| punch.seen);
    // an entry of yesterday whose exit is missing says nothing of today, once its day must have ended
    let told = last.filter(|punch| {
        let is_open =
            punch.direction == Direction::In && (now - punch.seen.to_utc()).num_minutes() <= longest;
        punch.seen.date_naive() == today || is_open
    });
    if let Some(punch) = told {
        let whereabouts = match punch.direction {
            Direction::In => Whereabouts::In,
            Direction::Out if punch.is_service() => Whereabouts::OnService,
            Direction::Out => Whereabouts::Out,
        };
        return (whereabouts, Some(punch.seen));
    }
    let whereabouts = match on(today) {
        Some(day) if matches!(day.day.status, Status::Absent | Status::Recalled) => Whereabouts::Away,
        Some(day) if day.planned => Whereabouts::Expected,
        _ => Whereabouts::NotExpected,
    };
    (whereabouts, None)
}
