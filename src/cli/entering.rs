//! Entering something into the register: who, when, on what message; checked, written, told.

use chrono::{DateTime, FixedOffset, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use clap::Args;

use crate::config::Config;
use crate::daemon::{clock, comparison, in_force, sent};
use crate::domain::agreement::Agreement;
use crate::domain::badge::BadgeHolding;
use crate::domain::civil::{self, Meaning, TimeOfDay};
use crate::domain::drift::AmendMode;
use crate::domain::ids::AgreementId;
use crate::domain::month::Month;
use crate::domain::register::{DayRules, Entry, EntryId, Facts, Kind, Proposal, Refusal, check};
use crate::store::{Registers, Store};

use super::author::system_user;
use super::configuration;
use super::entry_output;
use super::failure::{Done, Ending, Failure};
use super::output::{print, talk};

/// The longest reference or name.
const LONGEST: usize = 200;

/// On whose word, and on what message.
#[derive(Debug, Args)]
pub(super) struct Grounds {
    /// The message on which it rests, as "PEC prot. 12 del 3 novembre 2026"
    #[arg(long = "ref", value_name = "REFERENCE", value_parser = words)]
    pub(super) reference: Option<String>,
    /// The person who sent that message: the home manager or a substitute
    #[arg(long = "from-person", value_name = "NAME", value_parser = words)]
    sender: Option<String>,
    /// The person for whom you enter it
    #[arg(long = "for", value_name = "PERSON", value_parser = words)]
    pub(super) for_person: Option<String>,
    /// Print the entry as one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

impl Grounds {
    /// What only the home office or the employee can say rests on their message.
    pub(super) fn must_have_reference(&self) -> Result<(), Failure> {
        let missing = || {
            Failure::usage("it must rest on a message")
                .hint("name it, as --ref \"PEC prot. 12 del 3 novembre 2026\"")
        };
        self.reference.as_ref().map(|_| ()).ok_or_else(missing)
    }
}

/// Enters something for an agreement. `accept_late` is `--late`.
pub(super) fn enter(
    config: &Config,
    agreement: &Agreement,
    kind: Kind,
    grounds: &Grounds,
    accept_late: bool,
) -> Ending {
    let mut store = Store::open(&config.store_folder)?;
    if in_force::forgotten(&store, config)?.is_some_and(|forgotten| forgotten.contains(&agreement.id)) {
        let message = format!("all contents of {} were forgotten: nothing is entered any more", agreement.id);
        return Err(Failure::new(message).hint("`timbra log` says when, and who did it"));
    }
    let now: DateTime<Utc> = DateTime::from_timestamp(clock::now().timestamp(), 0).unwrap_or_default();
    let entered = store.enter_beside(&agreement.id, |id, entries, beside| {
        let mut entry = Entry {
            id,
            at: now,
            author: system_user(),
            for_person: grounds.for_person.clone(),
            reference: grounds.reference.clone(),
            sender: grounds.sender.clone(),
            agreement: agreement.id.clone(),
            late: false,
            kind,
        };
        let others = badges_of_others(config, agreement, beside);
        let changed = in_force::agreement_of(config, agreement, entries);
        let agreement = changed.as_ref().unwrap_or(agreement);
        let proposal =
            Proposal { agreement, host: &config.host, entries, entry: &entry, others: &others, accept_late };
        entry.late = check(&proposal)?;
        Ok(entry)
    });
    let entry =
        entered?.map_err(|refusal: Refusal| Failure::new(refusal.to_string()).hint(refusal.hint()))?;
    tell(&store, config, agreement, &entry, grounds.json)
}

/// The badges of the other agreements, as the register left them.
fn badges_of_others(
    config: &Config,
    agreement: &Agreement,
    registers: &Registers,
) -> Vec<(AgreementId, BadgeHolding)> {
    let current = in_force::with(config, registers);
    let others = current.agreements.iter().filter(|other| other.id != agreement.id);
    let badges = |other: &Agreement| {
        let named = other.badges.iter().map(|badge| (other.id.clone(), badge.clone()));
        named.collect::<Vec<_>>()
    };
    others.flat_map(badges).collect()
}

/// Enters something about an earlier entry, whose agreement is that of the earlier one.
pub(super) fn enter_about(config: &Config, of: EntryId, kind: Kind, grounds: &Grounds) -> Ending {
    let store = Store::open_read_only(&config.store_folder)?;
    let name = store.agreement_of(of)?;
    let Some(name) = name else {
        let failure = Failure::new(format!("there is no entry {of}"));
        let number = u32::try_from(of.0).unwrap_or(0);
        let is_malfunction =
            matches!(kind, Kind::Undone { .. }) && store.malfunctions()?.contains_key(&number);
        return Err(if is_malfunction {
            failure.hint(format!(
                "malfunction {number} has that number: `timbra malfunction undo {number}` takes back what was last \
                 said of it"
            ))
        } else {
            failure.hint("`timbra log AGREEMENT` shows every entry")
        });
    };
    drop(store);
    enter(config, configuration::agreement(config, &name)?, kind, grounds, false)
}

/// Shows what was entered, and says what a person should know of it.
fn tell(store: &Store, config: &Config, agreement: &Agreement, entry: &Entry, json: bool) -> Ending {
    let entries = store.register_of(&agreement.id)?;
    let facts = Facts::of(agreement, &entries);
    let fate = facts.fate(entry.id);
    if json {
        print(format!("{}\n", entry_output::object(entry, fate, agreement, config.host.zone)).as_bytes())?;
    } else {
        print(format!("{}\n", entry_output::line(entry, fate, agreement, config.host.zone)).as_bytes())?;
    }
    if let Kind::Undone { of } = entry.kind {
        talk(&format!("note: taken back: {}", entry_output::said(of, &entries, config.host.zone)));
    }
    if entry.late {
        talk("note: a day that it decides on had begun: the entry is marked as late (tardiva)");
    }
    if entry_output::is_authorised(entry, agreement, config.host.zone) == Some(false) {
        talk("note: the sender is neither home manager nor substitute today: the entry is marked");
    }
    if let Kind::ProfileChanged { .. } = entry.kind {
        tell_of_days_off(config, agreement, &entries);
    }
    if matches!(entry.kind, Kind::ManualPunch { .. }) {
        let id = entry.id.0;
        talk(&format!("note: it counts once another system user confirms it: `timbra punch confirm {id}`"));
    }
    tell_of_sent(store, config, agreement, |month| entry.kind.touches(month, &entries))
}

/// Says which agreed days cannot be coworking days under a changed profile. The home office decides.
fn tell_of_days_off(config: &Config, agreement: &Agreement, entries: &[Entry]) {
    let changed = in_force::agreement_of(config, agreement, entries);
    let agreement = changed.as_ref().unwrap_or(agreement);
    let rules = DayRules::of(agreement, &config.host);
    for day in Facts::of(agreement, entries).planned_days() {
        if let Some(why) = rules.refuse(day) {
            talk(&format!("warning: {day} is agreed, and cannot be a coworking day: {why}"));
        }
    }
}

/// Says what becomes of the statements that left before an entry about their months.
pub(super) fn tell_of_sent(
    store: &Store,
    config: &Config,
    agreement: &Agreement,
    touches: impl Fn(Month) -> bool,
) -> Ending {
    let mut statements = store.statements()?;
    statements.retain(|statement| statement.agreement == agreement.id.as_str());
    let policy = &config.statement.amend;
    let mut done = Done::Clean;
    for ((_, month), sent) in sent::by_key(&statements).into_iter().filter(|((_, month), _)| touches(*month))
    {
        let (number, id) = (sent.last.number, &agreement.id);
        if comparison::is_watched(config, month, clock::now()) && policy.mode == AmendMode::Auto {
            let minutes = policy.quiet.num_minutes();
            talk(&format!(
                "note: statement n. {number} of {month} was made without this entry; what it changes leaves as an \
                 amendment (rettifica) when nothing has changed for {minutes} minutes"
            ));
        } else {
            talk(&format!(
                "warning: statement n. {number} of {month} was made without this entry; the home office needs an \
                 amendment (rettifica): `timbra send {id} {month}`"
            ));
            done = Done::Attention;
        }
    }
    Ok(done)
}

/// The instant of a time that a person wrote. Nothing is guessed: where the clocks show it twice or
/// never, the offset must be given.
pub(super) fn instant(
    date: NaiveDate,
    time: TimeOfDay,
    offset: Option<FixedOffset>,
    zone: Tz,
) -> Result<DateTime<FixedOffset>, Failure> {
    let local = time.on(date);
    if time == TimeOfDay::END {
        return Err(Failure::usage("24:00 is 00:00 of the next day: write that"));
    }
    let on_that_day = || {
        let ends = [civil::start_of_day(date, zone), civil::start_of_day(date + chrono::Days::new(1), zone)];
        ends.map(|at| at.offset().to_owned())
    };
    match (civil::meaning(local, zone), offset) {
        (Meaning::Once(at), None) => Ok(at),
        (Meaning::Once(at), Some(offset)) if *at.offset() == offset => Ok(at),
        (Meaning::Twice(..) | Meaning::Never, Some(offset)) if on_that_day().contains(&offset) => offset
            .from_local_datetime(&local)
            .single()
            .ok_or_else(|| Failure::new("that time makes no sense")),
        (Meaning::Once(at), Some(_)) => {
            Err(Failure::new(format!("at {local} the offset of {zone} is {}", at.offset()))
                .hint("leave --offset out"))
        }
        (Meaning::Twice(first, second), _) => {
            Err(Failure::new(format!("{local} exists twice: the clocks were put back")).hint(format!(
                "write --offset {} for the first time or --offset {} for the second",
                first.offset(),
                second.offset()
            )))
        }
        (Meaning::Never, _) => {
            let [before, after] = on_that_day();
            Err(Failure::new(format!("{local} does not exist: the clocks were put forward")).hint(format!(
                "write --offset {before} or --offset {after} to say by which time it was read"
            )))
        }
    }
}

/// A text of a person: something, on one line, not too long.
pub(super) fn words(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) || text.chars().count() > LONGEST {
        return Err(format!("write 1 to {LONGEST} characters on one line"));
    }
    Ok(text.to_owned())
}

/// `YYYY-MM`
pub(super) fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "write a month like 2026-10".to_owned())
}

/// `YYYY-MM-DD`
pub(super) fn date(text: &str) -> Result<NaiveDate, String> {
    let date = text.parse().ok().filter(|_| text.len() == 10);
    date.ok_or_else(|| "write a date like 2026-10-06".to_owned())
}

/// `HH:MM`
pub(super) fn time(text: &str) -> Result<TimeOfDay, String> {
    TimeOfDay::parse(text).ok_or_else(|| "write a time like 08:30".to_owned())
}

/// A number as `timbra log` shows it, with or without `#`.
pub(super) fn entry_id(text: &str) -> Result<EntryId, String> {
    if text.starts_with('M') {
        return Err(
            "that was said of a malfunction: `timbra malfunction undo NUMBER` takes it back".to_owned()
        );
    }
    let number = text.strip_prefix('#').unwrap_or(text);
    number.parse().map(EntryId).map_err(|_| "write the number of an entry, like 7".to_owned())
}
