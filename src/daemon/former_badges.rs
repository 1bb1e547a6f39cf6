//! Badges that were somebody's until now: what a mistyped number or a term cut short makes a stranger's is
//! not forgotten at once, but after as many days as a stranger's punch is kept.

use chrono::{Days, NaiveDate};
use tracing::warn;

use crate::config::Config;
use crate::domain::badge::BadgeHolding;
use crate::domain::holders::Holders;
use crate::domain::ids::ReaderId;
use crate::store::{Store, StoreError};

/// The fact that names the badges that were held when it was looked last, and those that are not any more.
const FACT: &str = "badges_held";

/// A badge that was held, and the first day on which it was not any more.
struct Remembered {
    holding: BadgeHolding,
    gone: Option<NaiveDate>,
}

/// The badges that somebody held within the days for which a stranger's punches are kept.
pub(super) fn former(
    store: &Store,
    config: &Config,
    holders: &Holders,
    today: NaiveDate,
) -> Result<Holders, StoreError> {
    let gone = remembered(store, config, holders, today)?.into_iter().filter(|badge| badge.gone.is_some());
    Ok(Holders::of(gone.map(|badge| badge.holding)))
}

/// Keeps in mind who holds which badge today. `holders` must be complete.
pub(super) fn remember(
    store: &mut Store,
    config: &Config,
    holders: &Holders,
    today: NaiveDate,
) -> Result<(), StoreError> {
    let badges = remembered(store, config, holders, today)?;
    let mut lines: Vec<String> = badges.iter().map(line).collect();
    lines.sort_unstable();
    let text = lines.concat();
    let known = store.fact(FACT)?.unwrap_or_default();
    let end = format!("\t{today}\n");
    let gone = lines.iter().filter(|line| line.ends_with(&end) && !known.contains(line.as_str())).count();
    if gone > 0 {
        let days = config.retention.unmatched_days;
        warn!(
            badges = gone,
            days,
            "badges that were somebody's are nobody's now: for so long their punches are not forgotten; correct the agreement if a number or a date was mistaken"
        );
    }
    store.keep_fact(FACT, Some(&text))
}

/// What is held today, and what was until lately.
fn remembered(
    store: &Store,
    config: &Config,
    holders: &Holders,
    today: NaiveDate,
) -> Result<Vec<Remembered>, StoreError> {
    let held = |holding: &BadgeHolding| holders.holdings().any(|other| includes(other, holding));
    let text = store.fact(FACT)?.unwrap_or_default();
    let mut badges: Vec<Remembered> = text.lines().filter_map(read).collect();
    badges.retain(|badge| !held(&badge.holding));
    for badge in &mut badges {
        badge.gone.get_or_insert(today);
    }
    let days = Days::new(u64::from(config.retention.unmatched_days));
    badges.retain(|badge| badge.gone.is_some_and(|gone| today < gone + days));
    badges.extend(holders.holdings().map(|holding| Remembered { holding: holding.clone(), gone: None }));
    Ok(badges)
}

/// True when each punch of a former badge is somebody's still: a term that was made longer takes nothing away.
fn includes(now: &BadgeHolding, former: &BadgeHolding) -> bool {
    now.number == former.number
        && (now.reader.is_none() || now.reader == former.reader)
        && now.valid_from <= former.valid_from
        && now.valid_to >= former.valid_to
}

fn line(Remembered { holding, gone }: &Remembered) -> String {
    let BadgeHolding { number, reader, valid_from, valid_to } = holding;
    let reader = reader.as_ref().map_or("", ReaderId::as_str);
    let gone = gone.map_or_else(String::new, |day| day.to_string());
    format!("{number}\t{reader}\t{valid_from}\t{valid_to}\t{gone}\n")
}

fn read(line: &str) -> Option<Remembered> {
    let mut fields = line.rsplitn(5, '\t');
    let gone = fields.next()?.parse().ok();
    let valid_to = fields.next()?.parse().ok()?;
    let valid_from = fields.next()?.parse().ok()?;
    let reader = ReaderId::new(fields.next()?).ok();
    let number = fields.next()?.to_owned();
    Some(Remembered { holding: BadgeHolding { number, reader, valid_from, valid_to }, gone })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_that_is_held_longer_is_not_gone() {
        let former = read("5\tporta\t2026-10-01\t2027-01-31\t").unwrap().holding;
        for (now, included) in [
            ("5\tporta\t2026-10-01\t2027-01-31\t", true),
            ("5\tporta\t2026-09-01\t2027-06-30\t", true),
            ("5\t\t2026-10-01\t2027-01-31\t", true),
            ("5\tatrio\t2026-10-01\t2027-01-31\t", false),
            ("50\tporta\t2026-10-01\t2027-01-31\t", false),
            ("5\tporta\t2026-10-02\t2027-06-30\t", false),
            ("5\tporta\t2026-10-01\t2027-01-30\t", false),
        ] {
            assert_eq!(includes(&read(now).unwrap().holding, &former), included, "{now}");
        }
    }
}
