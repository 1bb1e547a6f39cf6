//! Months that were sent are compared with what they compute to now.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Months, SubsecRound, Utc};
use sha2::{Digest, Sha256};
use tracing::error;

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::amendment::Difference;
use crate::domain::civil;
use crate::domain::drift::Drift;
use crate::domain::malfunction::{self, Malfunction};
use crate::domain::month::Month;
use crate::domain::month_days::MonthDay;
use crate::domain::register::Entry;
use crate::domain::statement::{Identity, Statement};
use crate::render;
use crate::store::{Drifted, Look, SentStatement, Store, StoreError};

use super::changed::tell;
use super::sent::{self, SentMonth};
use super::{compute, damaged, in_force, seal};

pub use super::changed::{Changed, Compared};

/// Compares, if anything came that may have changed what was sent, and keeps what was found. True
/// when it compared.
pub fn look(store: &mut Store, config: &Config, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let statements = watched(store, config, now)?;
    let (mut look, last) = (next_look(store, config, &statements)?, store.last_look()?);
    if last.as_ref().is_some_and(|last| !is_news(last, &look)) {
        return Ok(false);
    }
    let before = store.drifted()?;
    let (found, unseen) = compare(store, config, &statements, last.as_ref(), now)?;
    let mut rows: Vec<(i64, Drifted)> =
        found.changed.iter().map(|found| (found.statement, found.drifted)).collect();
    if !unseen.is_empty() {
        // what is damaged stays as it was seen last, and the next look is at everything again
        rows.extend(unseen.iter().filter_map(|id| Some((*id, *before.get(id)?))));
        look.covers = Default::default();
    }
    store.keep_look(&look, &rows)?;
    damaged::tell(store, (damaged::SENT, &found.damaged), now)?;
    for changed in &found.changed {
        if before.get(&changed.statement) != Some(&changed.drifted) {
            tell(config, changed);
        }
    }
    Ok(true)
}

/// True when a comparison may find something that the last one did not. Cheap.
pub fn is_due(store: &Store, config: &Config) -> Result<bool, StoreError> {
    let last = store.last_look()?;
    let Some(last) = last else { return Ok(true) };
    Ok(last.basis != seal::basis(config) || last.marks != store.marks()?)
}

/// The months that no longer compute to what was sent, and those that are damaged. Compares only when the last
/// comparison is out of date; changes nothing.
pub fn changed(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Compared, StoreError> {
    let statements = watched(store, config, now)?;
    let (look, last) = (next_look(store, config, &statements)?, store.last_look()?);
    let mut found = if last.as_ref().is_none_or(|last| is_news(last, &look)) {
        compare(store, config, &statements, last.as_ref(), now)?.0
    } else {
        let drifted = store.drifted()?;
        let known = sent::by_key(&statements).into_iter().filter_map(|((agreement, month), sent)| {
            let drifted = drifted.get(&sent.last.id)?;
            Some(Changed::new(config, (agreement, month), &sent, *drifted))
        });
        Compared { changed: known.collect(), damaged: Vec::new() }
    };
    for ((agreement, month), sent) in sent::by_key(&statements) {
        let is_known = |changed: &Changed| changed.statement == sent.last.id;
        let (true, Some(living)) = (sent.last.is_withdrawn(), sent.living) else { continue };
        let Some(agreement) = config.agreements.iter().find(|known| known.id.as_str() == agreement) else {
            continue;
        };
        if !found.changed.iter().any(is_known) {
            found.changed.extend(taken_back(store, config, (agreement, month), (sent.last, living), now)?);
        }
    }
    Ok(found)
}

/// The month of an amendment that was withdrawn, while it differs from what holds for the home office.
fn taken_back(
    store: &Store,
    config: &Config,
    (agreement, month): (&Agreement, Month),
    (withdrawn, living): (&SentStatement, &SentStatement),
    now: DateTime<Utc>,
) -> Result<Option<Changed>, StoreError> {
    let Some(days) = computed_if_sound(store, config, agreement, month)? else { return Ok(None) };
    let seen = as_statement(config, (agreement, month), days, &store.malfunctions()?, now);
    let differences = differences(store, living, &seen)?.unwrap_or_default();
    let Some(drifted) = drifted(None, &differences, true, now) else { return Ok(None) };
    let message = withdrawn.messages.last().map_or(0, |(id, _, _)| *id);
    let last = store.outbox_events(message)?.pop();
    Ok(Some(Changed {
        agreement: agreement.id.to_string(),
        month,
        number: living.number,
        statement: withdrawn.id,
        drifted,
        leaves_at: None,
        waits_for: None,
        withdrawn: Some(format!(
            "its amendment n. {} was {}",
            withdrawn.number,
            last.map_or_else(|| "withdrawn".to_owned(), |event| event.detail)
        )),
    }))
}

/// How a month that was sent stands now, for a person who wants to send it anew. None when nothing
/// differs, or when what was sent cannot be read.
pub(super) fn examine(
    store: &Store,
    config: &Config,
    agreement: &Agreement,
    (month, sent): (Month, &SentMonth<'_>),
    now: DateTime<Utc>,
) -> Result<Option<Drifted>, StoreError> {
    let days = computed(store, config, agreement, month)?;
    let seen = as_statement(config, (agreement, month), days, &store.malfunctions()?, now);
    let against = sent.living.unwrap_or(sent.last);
    let Some(differences) = differences(store, against, &seen)? else { return Ok(None) };
    let last = store.last_look()?;
    let earlier = store.drifted()?.get(&sent.last.id).map(|found| found.drift);
    let of = (agreement, month, sent.last);
    let same_basis = is_due_to_data(store, config, of, (last.as_ref(), earlier), now)?;
    Ok(drifted(earlier, &differences, same_basis, now))
}

/// True for a month that is amended by itself: it ended not too long ago.
pub fn is_watched(config: &Config, month: Month, now: DateTime<Utc>) -> bool {
    first_watched(config, now).is_none_or(|first| month >= first)
}

fn first_watched(config: &Config, now: DateTime<Utc>) -> Option<Month> {
    let this = Month::of(civil::local_time(&now, config.host.zone).date());
    let back = Months::new(u32::from(config.statement.amend.months));
    this.first().checked_sub_months(back).map(Month::of)
}

/// The statements of the months that are watched.
pub(super) fn watched(
    store: &Store,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Vec<SentStatement>, StoreError> {
    let first = first_watched(config, now).map_or_else(String::new, |first| first.to_string());
    store.statements_since(&first)
}

/// What a comparison now would know.
fn next_look(store: &Store, config: &Config, statements: &[SentStatement]) -> Result<Look, StoreError> {
    let mut covers = Sha256::new();
    if statements.iter().any(|sent| sent.awaited) {
        for (reader, until) in compute::covers(store)? {
            covers.update(format!("{reader}={}\n", until.timestamp()));
        }
    }
    Ok(Look {
        basis: seal::basis(config),
        marks: store.marks()?,
        statement: statements.iter().map(|sent| sent.id).max().unwrap_or_default(),
        covers: covers.finalize().into(),
    })
}

/// True when another comparison may find something else. A statement made since is none: it was made
/// of what there was.
fn is_news(last: &Look, now: &Look) -> bool {
    (last.basis, &last.marks, last.covers) != (now.basis, &now.marks, now.covers)
}

/// Compares every watched month, of agreements that can be used. Gives the statements too of those that are
/// damaged.
fn compare(
    store: &Store,
    config: &Config,
    statements: &[SentStatement],
    last: Option<&Look>,
    now: DateTime<Utc>,
) -> Result<(Compared, Vec<i64>), StoreError> {
    // what the register says of terms and badges is read after the mark of its last entry
    let config = &*in_force::config(store, config)?;
    let sent = sent::by_key(statements);
    let before = store.drifted()?;
    let covers = compute::covers(store)?;
    let mut by_month: BTreeMap<Month, Vec<&Agreement>> = BTreeMap::new();
    let agreements: HashMap<&str, &Agreement> =
        config.agreements.iter().map(|agreement| (agreement.id.as_str(), agreement)).collect();
    for (id, month) in sent.keys() {
        if let Some(agreement) = agreements.get(id) {
            by_month.entry(*month).or_default().push(agreement);
        }
    }
    let faults = store.malfunctions()?;
    let (mut found, mut unseen) = (Compared::default(), Vec::new());
    for (month, agreements) in by_month {
        let computed = compute::months(store, config, &agreements, month)?;
        for (agreement, days) in agreements.into_iter().zip(computed) {
            let key = (agreement.id.as_str(), month);
            let Some(sent) = sent.get(&key) else { continue };
            let Some(days) = days else {
                found.damaged.push(format!("{} {month}", agreement.id));
                unseen.push(sent.last.id);
                continue;
            };
            let complete = compute::is_covered(config, agreement, month, &covers);
            let seen = as_statement(config, (agreement, month), (days, complete), &faults, now);
            let Some(differences) = differing(store, sent, &seen)? else { continue };
            let earlier = before.get(&sent.last.id).map(|found| found.drift);
            let of = (agreement, month, sent.last);
            let same_basis =
                differences.is_empty() || is_due_to_data(store, config, of, (last, earlier), now)?;
            let drifted = drifted(earlier, &differences, same_basis, now);
            found.changed.extend(drifted.map(|drifted| Changed::new(config, key, sent, drifted)));
        }
    }
    Ok((found, unseen))
}

/// True when configuration and program are those of the last comparison, or of the making of a
/// statement that no comparison has seen yet.
fn has_same_basis(sent: &SentStatement, last: Option<&Look>, config: &Config) -> bool {
    let now = seal::basis(config);
    match last {
        Some(look) if sent.id <= look.statement => look.basis == now,
        _ => sent.basis.as_deref() == Some(now.as_slice()),
    }
}

/// What differs from what came last; nothing when that was withdrawn and the home office has the same.
fn differing(
    store: &Store,
    sent: &SentMonth<'_>,
    seen: &Statement<'_>,
) -> Result<Option<Vec<Difference>>, StoreError> {
    if let (true, Some(living)) = (sent.last.is_withdrawn(), sent.living) {
        let same = differences(store, living, seen)?.filter(Vec::is_empty);
        if same.is_some() {
            return Ok(same);
        }
    }
    differences(store, sent.last, seen)
}

/// True when what differs now came with data: configuration and program are the same, or what they
/// make of the register as it was then is what was seen then. Punches cannot be told apart so: those that
/// came together with a configuration that changed are taken for its work, and a person decides.
fn is_due_to_data(
    store: &Store,
    config: &Config,
    (agreement, month, sent): (&Agreement, Month, &SentStatement),
    (last, earlier): (Option<&Look>, Option<Drift>),
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if has_same_basis(sent, last, config) {
        return Ok(true);
    }
    let last = last.filter(|last| sent.id <= last.statement);
    let was_known = |entry: &Entry| match last {
        Some(last) => entry.id.0.cast_signed() <= last.marks.register,
        None => entry.at <= sent.generated_at,
    };
    let complete = compute::is_covered(config, agreement, month, &compute::covers(store)?);
    // by the badges of then a punch of it may be damaged: a person decides
    let Some(days) = compute::month_with(store, config, agreement, month, was_known)? else {
        return Ok(false);
    };
    let mut events = store.malfunction_events()?;
    events.retain(|event| match last {
        Some(last) => event.id.cast_signed() <= last.marks.malfunction,
        None => event.at <= sent.generated_at,
    });
    let faults = malfunction::fold(&events);
    let then = as_statement(config, (agreement, month), (days, complete), &faults, now);
    let differences = differences(store, sent, &then)?;
    Ok(differences.is_some_and(|found| fingerprint(&found) == earlier.map(|earlier| earlier.fingerprint)))
}

/// SHA-256 of what differs; none when nothing does.
fn fingerprint(differences: &[Difference]) -> Option<[u8; 32]> {
    (!differences.is_empty()).then(|| Sha256::digest(format!("{differences:?}")).into())
}

fn drifted(
    earlier: Option<Drift>,
    differences: &[Difference],
    same_basis: bool,
    now: DateTime<Utc>,
) -> Option<Drifted> {
    let cells = u32::try_from(differences.len()).unwrap_or(u32::MAX);
    Drift::next(earlier, fingerprint(differences), same_basis, now.trunc_subsecs(0))
        .map(|drift| Drifted { drift, cells })
}

/// The days of a month, and whether the readers have delivered past its end.
pub(super) fn computed(
    store: &Store,
    config: &Config,
    agreement: &Agreement,
    month: Month,
) -> Result<(Vec<MonthDay>, bool), StoreError> {
    let complete = compute::is_covered(config, agreement, month, &compute::covers(store)?);
    let days = compute::month(store, config, agreement, month)?;
    Ok((days, complete))
}

/// The same; none when a punch of it is damaged.
pub(super) fn computed_if_sound(
    store: &Store,
    config: &Config,
    agreement: &Agreement,
    month: Month,
) -> Result<Option<(Vec<MonthDay>, bool)>, StoreError> {
    let complete = compute::is_covered(config, agreement, month, &compute::covers(store)?);
    let days = compute::month_if_sound(store, config, agreement, month)?;
    Ok(days.map(|days| (days, complete)))
}

/// What a month computes to now, to be compared: without a number.
pub(super) fn as_statement<'a>(
    config: &'a Config,
    (agreement, month): (&'a Agreement, Month),
    (days, complete): (Vec<MonthDay>, bool),
    faults: &BTreeMap<u32, Malfunction>,
    now: DateTime<Utc>,
) -> Statement<'a> {
    let identity = Identity { number: None, revision: 1, generated_at: now.fixed_offset() };
    Statement::new(agreement, &config.host, month, identity, days, complete)
        .with_malfunctions(compute::malfunctions(config, agreement, month, faults))
}

/// What differs from a statement as it was sent; none when its data cannot be read.
pub(super) fn differences(
    store: &Store,
    sent: &SentStatement,
    now: &Statement<'_>,
) -> Result<Option<Vec<Difference>>, StoreError> {
    let data = store.statement_data(sent.id)?.unwrap_or_default();
    let differences = render::differences(&data, now);
    if let Err(error) = differences {
        let (agreement, month, number) = (&sent.agreement, &sent.month, sent.number);
        error!(agreement, month, %number, "a sent statement cannot be compared: {error}");
    }
    Ok(differences.ok())
}
