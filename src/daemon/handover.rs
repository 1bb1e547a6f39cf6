//! What the next administrator must know, gathered from a store and its configuration.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::civil;
use crate::domain::malfunction::Malfunction;
use crate::domain::month::Month;
use crate::render::{HandOver, handover_text};
use crate::store::{Checked, Store, StoreError};

use super::configuration_files::ConfigurationFiles;
use super::reminders::Reminder;
use super::seal::SOFTWARE;
use super::{in_force, post, reminders, secret};

/// The page as text.
pub(super) fn page(
    store: &Store,
    (folder, config): (&Path, &Config),
    (files, checked): (&ConfigurationFiles, &[Checked]),
    (machine, now): (&str, DateTime<Utc>),
) -> Result<String, StoreError> {
    let config = &*in_force::config(store, config)?;
    let today = civil::local_time(&now, config.host.zone).date();
    let mut agreements = Vec::new();
    for agreement in config.agreements.iter().filter(|agreement| agreement.term.end >= today) {
        // the first month that is not over
        let month = Month::of(today.max(agreement.term.start)).max(agreement.statement.first_month);
        let due =
            (month.first() <= agreement.term.end).then(|| post::schedule(config, agreement, month).deadline);
        agreements.push((agreement.id.to_string(), agreement.home.name.clone(), agreement.term.end, due));
    }
    let pending = post::pending(store, config, now)?.into_iter();
    let statements = pending
        .map(|pending| {
            (pending.agreement.id.to_string(), pending.month.to_string(), pending.schedule.deadline)
        })
        .collect();
    let rows = store.outbox()?.into_iter();
    let messages = rows
        .filter(|row| row.state.is_inside() || row.state.needs_a_person())
        .map(|row| (row.id, row.kind, row.agreement, row.period, row.state))
        .collect();
    let malfunctions = store.malfunctions()?.into_values().filter(Malfunction::is_open);
    let page = HandOver {
        host: &config.host,
        machine,
        made_at: now,
        software: SOFTWARE,
        folders: [folder, &config.store_folder].map(|folder| folder.display().to_string()),
        agreements,
        statements,
        messages,
        malfunctions: malfunctions.map(|fault| (fault.number, fault.systems, fault.from)).collect(),
        open: reminders::reminders(store, config, now)?.iter().map(Reminder::italian).collect(),
        secrets: secret::needed(config)
            .into_iter()
            .map(|(key, place)| (key, place.map(|path| path.display().to_string())))
            .collect(),
        left_out: files.left_out.iter().map(|(name, why)| (name.clone(), why.italian())).collect(),
        damages: checked.iter().flat_map(|one| one.damages.iter().cloned()).collect(),
    };
    Ok(handover_text(&page))
}
