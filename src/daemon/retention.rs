//! What has been kept long enough: strangers' punches, unreadable rows and read files are forgotten day
//! by day; the contents of an agreement only when a person says so.

use std::collections::HashSet;
use std::path::PathBuf;

use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use tracing::{info, warn};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::badge::BadgeHolding;
use crate::domain::civil;
use crate::domain::holders::Holders;
use crate::domain::ids::AgreementId;
use crate::domain::month::Month;
use crate::source;
use crate::store::{Contents, Purge, Store, StoreError};

use super::{comparison, former_badges, post};

/// The name under which the daemon forgets.
const DAEMON: &str = "timbra";

/// What is old enough to be forgotten now.
#[derive(Debug)]
pub struct Due {
    /// Punches of badges that nobody holds: before which day, and how many.
    pub unmatched: (NaiveDate, u64),
    /// Rows of quarantine.
    pub quarantine: (NaiveDate, u64),
    /// Files of the archive.
    pub archive: (NaiveDate, Vec<PathBuf>),
    /// Texts of replaced configurations, where agreements are forgotten at all.
    pub configurations: Option<(NaiveDate, u64)>,
    /// Agreements.
    pub agreements: Vec<DueAgreement>,
}

/// An agreement whose contents are old enough.
#[derive(Debug)]
pub struct DueAgreement {
    /// Its name.
    pub id: AgreementId,
    /// The last day of its term; of one whose file is gone, the last day of which something is known.
    pub ended: NaiveDate,
    /// Its file is still there.
    pub configured: bool,
    /// What is kept of it.
    pub contents: Contents,
    held: Vec<BadgeHolding>,
}

/// Why nothing can be forgotten.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The archive.
    #[error("{} cannot be used: {error}", place.display())]
    Archive {
        /// The folder, or one file in it.
        place: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// Says what is old enough. Changes nothing.
pub fn due(
    store: &Store,
    config: &Config,
    holders: &Holders,
    now: DateTime<Utc>,
) -> Result<Due, RetentionError> {
    let retention = config.retention;
    let day = |days: u32| today(config, now) - Days::new(u64::from(days));
    let unmatched = day(retention.unmatched_days);
    let former = former_badges::former(store, config, holders, today(config, now))?;
    let is_held = |badge: &str, reader: &_, date| {
        holders.is_held(badge, reader, date) || former.is_held(badge, reader, date)
    };
    let quarantine = day(retention.quarantine_days);
    let configurations = match horizon(config, now) {
        Some(before) => Some((before, store.configurations_before(start(config, before))?)),
        None => None,
    };
    Ok(Due {
        unmatched: (unmatched, store.count_unmatched((None, Some(unmatched)), is_held)?),
        quarantine: (quarantine, store.quarantine_before(start(config, quarantine))?),
        archive: archived(config, now)?,
        configurations,
        agreements: agreements(store, config, now)?,
    })
}

/// Forgets what nobody needs to decide about, once a day: strangers' punches, rows that could not be
/// read, files that were. `holders` must be complete.
pub fn sweep(
    store: &mut Store,
    config: &Config,
    holders: &Holders,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    forget(store, config, holders, (DAEMON, now)).map(|_| ()).or_else(|error| match error {
        RetentionError::Store(error) => Err(error),
        error @ RetentionError::Archive { .. } => {
            warn!("{error}");
            Ok(())
        }
    })
}

/// Forgets strangers' punches, rows that could not be read, and files that were read. Returns how many
/// of each.
pub fn forget(
    store: &mut Store,
    config: &Config,
    holders: &Holders,
    (author, at): (&str, DateTime<Utc>),
) -> Result<[u64; 3], RetentionError> {
    let day = |days: u32| today(config, at) - Days::new(u64::from(days));
    let days = config.retention.unmatched_days;
    let mut punches = 0;
    let away = away(store, config, today(config, at))?;
    former_badges::remember(store, config, holders, today(config, at))?;
    if away.is_empty() {
        let former = former_badges::former(store, config, holders, today(config, at))?;
        punches = store.forget_unmatched(day(days), |badge, reader, date| {
            holders.is_held(badge, reader, date) || former.is_held(badge, reader, date)
        })?;
    }
    for agreement in away {
        warn!(%agreement, days, "this agreement has no file any more: for so long no stranger's punch is forgotten; put it back if it was taken away by mistake");
    }
    if punches > 0 {
        info!(punches, older_than_days = days, "punches of badges that nobody holds were forgotten");
    }
    let days = config.retention.quarantine_days;
    let purge = Purge { author, at, before: day(days) };
    let rows = store.forget_quarantine(&purge, start(config, purge.before))?;
    if rows > 0 {
        info!(rows, older_than_days = days, "rows that could not be read were forgotten");
    }
    let (before, old) = archived(config, at)?;
    let (files, kept) = source::remove_archived(&old);
    if files > 0 {
        store.note_archive_purge(&Purge { author, at, before }, files)?;
        info!(files, older_than_days = config.retention.archive_days, "files that were read were removed");
    }
    match kept {
        Some((place, error)) => Err(RetentionError::Archive { place, error }),
        None => Ok([punches, rows, files]),
    }
}

/// Forgets all contents of an agreement that is due, and those of configurations that were replaced. None
/// while a message of it has not left or waits for a person.
pub fn forget_agreement(
    store: &mut Store,
    config: &Config,
    due: &DueAgreement,
    (author, at): (&str, DateTime<Utc>),
) -> Result<Option<Contents>, StoreError> {
    let Some(before) = horizon(config, at) else { return Ok(None) };
    store.forget_agreement(&Purge { author, at, before }, &due.id, &due.held)
}

/// Forgets the texts of configurations that were replaced before agreements of now due terms ended.
pub fn forget_configurations(
    store: &mut Store,
    config: &Config,
    (author, at): (&str, DateTime<Utc>),
) -> Result<u64, StoreError> {
    let Some(before) = horizon(config, at) else { return Ok(0) };
    store.forget_configurations(&Purge { author, at, before }, start(config, before))
}

fn today(config: &Config, now: DateTime<Utc>) -> NaiveDate {
    civil::local_time(&now, config.host.zone).date()
}

fn start(config: &Config, date: NaiveDate) -> DateTime<Utc> {
    civil::start_of_day(date, config.host.zone).to_utc()
}

/// Agreements whose term ended before this day are old enough; none: they are kept.
fn horizon(config: &Config, now: DateTime<Utc>) -> Option<NaiveDate> {
    today(config, now).checked_sub_months(Months::new(config.retention.agreement_months?))
}

fn archived(config: &Config, now: DateTime<Utc>) -> Result<(NaiveDate, Vec<PathBuf>), RetentionError> {
    let before = today(config, now) - Days::new(u64::from(config.retention.archive_days));
    let archive = config.store_folder.join(source::ARCHIVE);
    let files = source::archived_before(&archive, start(config, before).into());
    files.map(|files| (before, files)).map_err(|error| RetentionError::Archive { place: archive, error })
}

fn agreements(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Vec<DueAgreement>, StoreError> {
    let Some(before) = horizon(config, now) else { return Ok(Vec::new()) };
    let waiting = waiting(store, config, now)?;
    let mut due = Vec::new();
    for id in known(store, config)? {
        let configured: Option<&Agreement> = config.agreements.iter().find(|agreement| agreement.id == id);
        let ended = match configured {
            Some(agreement) => Some(agreement.term.end),
            // with errors in the configuration nobody knows whether its file is gone
            None if config.whole => store.last_known_day(&id)?,
            None => None,
        };
        let Some(ended) = ended.filter(|ended| *ended < before) else { continue };
        if comparison::is_watched(config, Month::of(ended), now) || waiting.contains(id.as_str()) {
            continue;
        }
        let held = configured.map_or(&[][..], |agreement| &agreement.badges).to_vec();
        let contents = store.contents_of(&id, &held)?;
        if !contents.is_empty() {
            due.push(DueAgreement { id, ended, configured: configured.is_some(), contents, held });
        }
    }
    Ok(due)
}

/// The agreements of which a statement or an amendment is still to be sent.
fn waiting(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<HashSet<String>, StoreError> {
    let pending = post::pending(store, config, now)?;
    let mut waiting: HashSet<String> =
        pending.iter().map(|pending| pending.agreement.id.as_str().to_owned()).collect();
    let drifted = store.drifted()?;
    let statements = store.statements()?.into_iter();
    waiting.extend(statements.filter(|sent| drifted.contains_key(&sent.id)).map(|sent| sent.agreement));
    Ok(waiting)
}

/// Agreements of which the store knows something and whose file is gone, since when that is known. A file
/// may be away for a reload only: while that is new, its coworker's punches are not taken for a stranger's.
fn away(store: &mut Store, config: &Config, today: NaiveDate) -> Result<Vec<AgreementId>, StoreError> {
    let purged = store.purged()?;
    let mut away = Vec::new();
    for id in store.known_agreements()? {
        let name = format!("agreement_away {id}");
        let configured = config.agreements.iter().any(|agreement| agreement.id == id);
        if configured || purged.contains_key(id.as_str()) {
            store.keep_fact(&name, None)?;
            continue;
        }
        let since: Option<NaiveDate> = store.fact(&name)?.and_then(|date| date.parse().ok());
        if since.is_none() {
            store.keep_fact(&name, Some(&today.to_string()))?;
        }
        let days = Days::new(u64::from(config.retention.unmatched_days));
        if today < since.unwrap_or(today) + days {
            away.push(id);
        }
    }
    Ok(away)
}

/// The agreements of store and configuration, by name.
fn known(store: &Store, config: &Config) -> Result<Vec<AgreementId>, StoreError> {
    let mut known = store.known_agreements()?;
    known.extend(config.agreements.iter().map(|agreement| agreement.id.clone()));
    known.sort_unstable();
    known.dedup();
    Ok(known)
}

impl Due {
    /// True when nothing is old enough.
    pub fn is_empty(&self) -> bool {
        self.unmatched.1 == 0
            && self.quarantine.1 == 0
            && self.archive.1.is_empty()
            && self.configurations.is_none_or(|(_, count)| count == 0)
            && self.agreements.is_empty()
    }
}
