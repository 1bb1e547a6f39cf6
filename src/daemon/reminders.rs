//! What somebody should enter or decide while there is still time: the agreed days of the month to
//! come, confirmations of punches entered by hand, approvals, final reports.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, TimeDelta, Utc};

use crate::config::Config;
use crate::domain::civil;
use crate::domain::delivery::State;
use crate::domain::ids::AgreementId;
use crate::domain::month::Month;
use crate::domain::register::{EntryId, Facts};
use crate::domain::release::Release;
use crate::store::{Store, StoreError};

use super::final_report;

/// Days before a month from which its missing plan is told.
const NOTICE_DAYS: u64 = 7;

/// Something to enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reminder {
    /// A month begins soon, and nobody said which days of it are agreed.
    NoPlan(AgreementId, Month),
    /// A punch entered by hand waits for its confirmation.
    Unconfirmed(AgreementId, EntryId),
    /// The profile of an entry is gone: days are computed with the one before.
    NoProfile(AgreementId, EntryId, String),
    /// A sealed message waits for its approval; until when, unless for ever.
    Unapproved(i64, String, Option<DateTime<FixedOffset>>),
    /// A package could not be handed to the protocol office yet.
    NotHandedOver(i64, String),
    /// The protocol office has had a package for a day and has not said that it registered it.
    Unregistered(i64, String),
    /// A term is over since that day, and the final report has not been sent (art. 5 c. 1).
    NoReport(AgreementId, NaiveDate),
}

impl std::fmt::Display for Reminder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoPlan(agreement, month) => write!(
                f,
                "{agreement}: {month} begins soon without agreed days; enter them by `timbra plan {agreement} {month} DATE..`, or --none"
            ),
            Self::Unconfirmed(agreement, entry) => write!(
                f,
                "{agreement}: punch {entry} waits for its confirmation by another system user: `timbra punch confirm {}`",
                entry.0
            ),
            Self::NoProfile(agreement, entry, profile) => write!(
                f,
                "{agreement}: the profile `{profile}` of entry {entry} cannot be used, and days are computed with the one before: put profiles/{profile}.toml back"
            ),
            Self::Unapproved(message, about, until) => {
                write!(
                    f,
                    "{about}: message {message} waits for an officer: `timbra outbox approve {message}`"
                )?;
                match until {
                    Some(at) => write!(f, "; on {} it leaves without", at.format("%Y-%m-%d at %H:%M")),
                    None => Ok(()),
                }
            }
            Self::NotHandedOver(message, about) => write!(
                f,
                "{about}: message {message} waits to be handed to the protocol office: is its folder there, and the daemon running?"
            ),
            Self::Unregistered(message, about) => write!(
                f,
                "{about}: the protocol office has not registered message {message}; ask it, and enter the number by `timbra outbox protocol {message} NUMBER`"
            ),
            Self::NoReport(agreement, end) => write!(
                f,
                "{agreement}: its term ended on {end}, and the final report has not been sent: `timbra report {agreement} --out DIR`"
            ),
        }
    }
}

impl Reminder {
    /// For the page of the next administrator.
    pub fn italian(&self) -> String {
        match self {
            Self::NoPlan(agreement, month) => {
                format!("{agreement}: mancano le giornate concordate di {month}")
            }
            Self::Unconfirmed(agreement, entry) => {
                format!("{agreement}: la timbratura manuale {} attende la conferma", entry.0)
            }
            Self::NoProfile(agreement, _, profile) => {
                format!("{agreement}: il profilo orario {profile} non è utilizzabile")
            }
            Self::Unapproved(message, about, _) => {
                format!("{about}: il messaggio {message} attende l'approvazione")
            }
            Self::NotHandedOver(message, about) => {
                format!("{about}: il messaggio {message} attende la consegna all'ufficio protocollo")
            }
            Self::Unregistered(message, about) => {
                format!("{about}: l'ufficio protocollo non ha ancora registrato il messaggio {message}")
            }
            Self::NoReport(agreement, end) => {
                format!("{agreement}: terminata il {}, manca la relazione finale", end.format("%d/%m/%Y"))
            }
        }
    }
}

/// All that is to be entered now.
pub fn reminders(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Vec<Reminder>, StoreError> {
    let today = civil::local_time(&now, config.host.zone).date();
    let next = Month::of(today).next();
    let soon = today + Days::new(NOTICE_DAYS) >= next.first();
    let registers =
        store.registers_of(&config.agreements.iter().map(|agreement| &agreement.id).collect::<Vec<_>>())?;
    let mut reminders = Vec::new();
    for agreement in &config.agreements {
        let id = &agreement.id;
        let facts = Facts::of(agreement, registers.get(id).map_or(&[], Vec::as_slice));
        if soon && agreement.term.months().any(|month| month == next) && !facts.has_plan(next) {
            reminders.push(Reminder::NoPlan(id.clone(), next));
        }
        let gone = facts.profile_changes().filter(|(_, name, _)| config.profile(name).is_none());
        reminders
            .extend(gone.map(|(_, name, entry)| Reminder::NoProfile(id.clone(), entry.id, name.to_owned())));
        let waiting = facts.entered_punches().iter().filter(|punch| punch.confirmed.is_none());
        reminders.extend(waiting.map(|punch| Reminder::Unconfirmed(id.clone(), punch.entry.id)));
    }
    for row in store.outbox_sealed()? {
        let until = row.release_at.map(|at| at.with_timezone(&config.host.zone).fixed_offset());
        let about = format!("{} {}", row.agreement, row.period);
        reminders.push(match row.release {
            Release::External => Reminder::NotHandedOver(row.id, about),
            Release::Approve | Release::Auto => Reminder::Unapproved(row.id, about, until),
        });
    }
    // of a report that goes by other ways nobody knows here whether it was sent
    let mut reports = final_report::awaited(store, config, today)?;
    reports.retain(|agreement| agreement.clauses.report_mail().is_some());
    let reports = reports.into_iter();
    reminders.extend(reports.map(|agreement| Reminder::NoReport(agreement.id.clone(), agreement.term.end)));
    let registered = store.protocols()?;
    for waiting in store.unsettled()? {
        let row = &waiting.row;
        let late = row.state == State::HandedOut && now - waiting.since > TimeDelta::days(1);
        if late && !registered.contains_key(&row.id) {
            reminders.push(Reminder::Unregistered(row.id, format!("{} {}", row.agreement, row.period)));
        }
    }
    Ok(reminders)
}
