//! The home offices hear of malfunctions: one message for each home office and fault, its updates, its
//! end. What comes together is told together; no more than some messages an hour; while mail is down
//! they are written to be printed.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{error, info, warn};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::civil;
use crate::domain::clauses::ChannelKind;
use crate::domain::malfunction::{Malfunction, Matter, Next, Sent, next};
use crate::domain::month::Month;
use crate::render::MalfunctionLetter;
use crate::store::{MalfunctionNotice, NewMessage, NewNotice, Store, StoreError};

use super::sealing::{Sealing, seal_letter};
use super::{in_force, mail_down, whole_file};

/// So many notices leave in an hour; the others wait, and are told together.
pub const AN_HOUR: usize = 10;

/// A notice that cannot leave for so long is made anew.
const TIME_TO_LIVE: TimeDelta = TimeDelta::hours(24);

/// Of a malfunction of which nothing was said for so long nobody new is told.
const REMEMBERED: TimeDelta = TimeDelta::days(30);

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Notices queued.
    pub queued: u32,
    /// Notices that are not made yet, since so many leave in an hour.
    pub waiting: u32,
    /// Files to be printed.
    pub printed: Vec<PathBuf>,
    /// Something waits: look again soon.
    pub busy: bool,
}

/// A home office concerned: one address.
struct Home<'a> {
    /// In small letters.
    key: String,
    address: &'a str,
    channel: ChannelKind,
    agreements: Vec<&'a Agreement>,
}

/// Tells what is new of every malfunction.
pub fn tell(store: &mut Store, config: &Config, now: DateTime<Utc>) -> Result<Told, StoreError> {
    let config = &*in_force::config(store, config)?;
    let malfunctions = store.malfunctions()?;
    let mut told = Told::default();
    if malfunctions.is_empty() {
        return Ok(told);
    }
    store.expire_notices(now)?;
    let down = mail_down::since(store)?.is_some();
    let notices = store.malfunction_notices()?;
    let leaves = |notice: &&MalfunctionNotice| notice.earlier.sent != Sent::Cancelled;
    let recent = notices.iter().filter(leaves).filter(|notice| now - notice.at < TimeDelta::hours(1)).count();
    let mut room = AN_HOUR.saturating_sub(recent);
    let is_current =
        |malfunction: &&Malfunction| malfunction.is_open() || now - malfunction.changed_at < REMEMBERED;
    for malfunction in malfunctions.values().filter(is_current) {
        for home in homes(config, malfunction) {
            let is_for = |notice: &&MalfunctionNotice| {
                notice.number == malfunction.number && notice.recipient == home.key
            };
            let earlier: Vec<&MalfunctionNotice> = notices.iter().filter(is_for).collect();
            let case = Case { config, malfunction, home: &home, earlier: &earlier, now };
            case.settle(store, down, &mut room, &mut told)?;
        }
    }
    Ok(told)
}

/// The home offices concerned, each once.
fn homes<'a>(config: &'a Config, malfunction: &Malfunction) -> Vec<Home<'a>> {
    let day = |at: DateTime<Utc>| civil::local_time(&at, config.host.zone).date();
    let mut homes: BTreeMap<String, Home<'a>> = BTreeMap::new();
    for agreement in config.agreements.iter().filter(|agreement| malfunction.concerns(agreement, day)) {
        let channels = &agreement.clauses.channels;
        let agreed = channels.malfunction.as_ref().and_then(|way| Some((way.address.as_deref()?, way.kind)));
        let (address, channel) = agreed.unwrap_or_else(|| {
            let kind = channels.statement.as_ref().map_or(ChannelKind::Email, |way| way.kind);
            (agreement.statement.to.as_str(), kind)
        });
        let key = address.to_lowercase();
        let home = Home { key: key.clone(), address, channel, agreements: Vec::new() };
        homes.entry(key).or_insert(home).agreements.push(agreement);
    }
    homes.into_values().collect()
}

/// One malfunction and one home office.
struct Case<'a> {
    config: &'a Config,
    malfunction: &'a Malfunction,
    home: &'a Home<'a>,
    earlier: &'a [&'a MalfunctionNotice],
    now: DateTime<Utc>,
}

impl Case<'_> {
    fn settle(
        &self,
        store: &mut Store,
        down: bool,
        room: &mut usize,
        told: &mut Told,
    ) -> Result<(), StoreError> {
        let earlier: Vec<_> = self.earlier.iter().map(|notice| notice.earlier.clone()).collect();
        let rules = &self.config.malfunction;
        let may_begin = self.malfunction.may_be_told(rules.needs_leave);
        let decided = next(self.malfunction, &earlier, may_begin, rules.flapping, self.now);
        if down {
            let matter = match decided {
                Next::Tell { matter, .. } => Some(matter),
                Next::Nothing => self
                    .earlier
                    .last()
                    .filter(|notice| matches!(notice.earlier.sent, Sent::Waiting(_)))
                    .map(|notice| notice.earlier.matter),
                Next::Wait | Next::Retract(_) => None,
            };
            if let Some(matter) = matter {
                told.printed.extend(self.print(store, matter)?);
            }
        }
        match decided {
            Next::Nothing => (),
            Next::Wait => told.busy = true,
            Next::Retract(message) => {
                store.retract_notice(message, self.now)?;
                told.busy = true;
            }
            // what holds when mail leaves again is told then, in one message
            Next::Tell { instead_of, .. } if down => {
                if let Some(message) = instead_of {
                    store.retract_notice(message, self.now)?;
                }
                told.busy = true;
            }
            Next::Tell { instead_of: None, .. } if *room == 0 => {
                told.waiting += 1;
                told.busy = true;
            }
            Next::Tell { matter, instead_of } => {
                if self.queue(store, matter, instead_of)? {
                    // what takes the place of another is no more mail
                    *room -= usize::from(instead_of.is_none());
                    told.queued += 1;
                }
            }
        }
        Ok(())
    }

    fn letter(&self, store: &Store, matter: Matter) -> Result<MalfunctionLetter<'_>, StoreError> {
        let first = self.earlier.iter().find(|notice| notice.earlier.sent == Sent::Left);
        Ok(MalfunctionLetter {
            host: &self.config.host,
            agreements: &self.home.agreements,
            malfunction: self.malfunction,
            matter,
            first: first.map(|notice| (notice.at, notice.message_id.as_str())),
            today: civil::local_time(&self.now, self.config.host.zone).date(),
            delayed: first.is_none() && !store.prints(self.malfunction.number, &self.home.key)?.is_empty(),
        })
    }

    /// Queues one message. False when it cannot be made, or somebody else was faster.
    fn queue(&self, store: &mut Store, matter: Matter, instead_of: Option<i64>) -> Result<bool, StoreError> {
        let Some(agreement) = self.home.agreements.first() else { return Ok(false) };
        let number = self.malfunction.number;
        let begun = civil::local_time(&self.malfunction.from, self.config.host.zone).date();
        let month = Month::of(begun);
        let facts = self.malfunction.facts();
        let notice = NewNotice {
            number,
            recipient: &self.home.key,
            matter,
            facts: &facts,
            instead_of,
            seen: self.earlier.len(),
            key: (&agreement.id, month),
        };
        let letter = self.letter(store, matter)?;
        let queued = store.queue_malfunction_notice(&notice, self.now, |revision| {
            self.seal(&letter, agreement, month, revision)
        })?;
        let agreement = &agreement.id;
        match &queued {
            Ok(Some(message)) => {
                let matter = matter.code();
                info!(%agreement, malfunction = number, matter, message, "a home office is told of a malfunction");
            }
            Ok(None) => (),
            Err(reason) => {
                error!(%agreement, malfunction = number, reason, "a notice could not be made into a message");
            }
        }
        Ok(matches!(queued, Ok(Some(_))))
    }

    fn seal(
        &self,
        letter: &MalfunctionLetter<'_>,
        agreement: &Agreement,
        month: Month,
        revision: u32,
    ) -> Result<NewMessage, String> {
        let document = format!("malfunzionamento-{}", self.malfunction.number);
        let sealing = Sealing {
            kind: "notice",
            about: (&agreement.id, month),
            document: &document,
            revision,
            channel: self.home.channel,
            recipient: self.home.address,
            deadline: self.now + TIME_TO_LIVE,
        };
        seal_letter(self.config, &letter.letter(), &sealing, self.now)
    }

    /// Writes a notice to be printed, once.
    fn print(&self, store: &mut Store, matter: Matter) -> Result<Option<PathBuf>, StoreError> {
        let number = self.malfunction.number;
        let said = format!("{}\n{}", matter.code(), self.malfunction.facts());
        let before = store.prints(number, &self.home.key)?;
        let Some(agreement) = self.home.agreements.first() else { return Ok(None) };
        if before.contains(&said) {
            return Ok(None);
        }
        let sheet = self.letter(store, matter)?.sheet();
        let name = format!("malfunzionamento-{number}-{}-{}.txt", agreement.id, before.len() + 1);
        let folder = &self.config.malfunction.folder;
        let path = folder.join(name);
        let written = fs::create_dir_all(folder).and_then(|()| whole_file::write(&path, None, &sheet));
        if let Err(error) = written {
            warn!(path = %path.display(), %error, "a notice cannot be written to be printed; trying again");
            return Ok(None);
        }
        store.note_print((number, &self.home.key, &said), self.now)?;
        let agreement = &agreement.id;
        warn!(%agreement, malfunction = number, path = %path.display(), "mail is down: print this notice and deliver it");
        Ok(Some(path))
    }
}
