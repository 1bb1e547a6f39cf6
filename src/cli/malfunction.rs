//! `timbra malfunction`: faults that a person declares, and what is said of any fault (art. 2 c. 6).

use std::path::Path;

use chrono::{DateTime, FixedOffset, NaiveDate, SubsecRound, TimeDelta, Utc};
use clap::Subcommand;

use crate::config::Config;
use crate::daemon::{clock, malfunction_mail};
use crate::domain::civil::{self, TimeOfDay};
use crate::domain::ids::ReaderId;
use crate::domain::malfunction::{
    Cause, Change, Event, Expected, Malfunction, MalfunctionKind, Opening, Refusal, Step, check, fold,
    last_standing,
};
use crate::domain::month::Month;
use crate::domain::register::{Entry, Facts, Fate, Kind};
use crate::store::Store;

use super::author::system_user;
use super::configuration;
use super::entering::{self, Grounds, tell_of_sent, words};
use super::failure::{Done, Ending, Failure};
use super::malfunction_output as output;
use super::output::{print, talk};

/// What to do.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Examples:\n  timbra malfunction open --kind network --systems \"rete della sede\" --expected \"2026-11-03 14:00\"\n  \
    timbra malfunction update 3 --expected 2026-11-04\n  timbra malfunction close 3 --at \"2026-11-03 12:30\"\n  \
    timbra malfunction list\n\nThe home offices concerned are told of a fault, of what is known better, and of its end."
)]
pub(super) struct MalfunctionArgs {
    #[command(subcommand)]
    command: MalfunctionCommand,
}

#[derive(Debug, Subcommand)]
enum MalfunctionCommand {
    /// Declare a fault: it gets the next number
    #[command(
        after_help = "Example:\n  timbra malfunction open --kind reader --systems \"lettore dell'ingresso\" --from 08:10"
    )]
    Open {
        /// The kind: reader, folder, clock, mail, network, link, workstation, printer, applications, power, other
        #[arg(long, value_name = "KIND", value_parser = kind)]
        kind: MalfunctionKind,
        /// The systems involved, in Italian: the home offices read it
        #[arg(long, value_name = "WORDS", value_parser = words)]
        systems: String,
        /// When it should be over, as 2026-11-03 or "2026-11-03 14:00"; without it the notice says that nobody knows
        #[arg(long, value_name = "WHEN")]
        expected: Option<Expected>,
        /// Since when, as 08:10 of today or "2026-11-03 08:10"; without it since now
        #[arg(long, value_name = "WHEN", value_parser = when)]
        from: Option<When>,
        /// An agreement concerned; without it all whose term it touches
        #[arg(long = "agreement", value_name = "AGREEMENT")]
        agreements: Vec<String>,
        /// When the employee told the home manager, as 08:20 or "2026-11-03 08:20"
        #[arg(long, value_name = "WHEN", value_parser = when)]
        reported_at: Option<When>,
        /// The offset from UTC, for a time that exists twice, as +01:00
        #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
        offset: Option<FixedOffset>,
        /// The reader that has it: the daemon does not open another one for it
        #[arg(long, value_name = "READER")]
        reader: Option<String>,
        #[command(flatten)]
        grounds: Grounds,
    },
    /// Say what is known better
    #[command(after_help = "Example:\n  timbra malfunction update 3 --expected \"2026-11-04 10:00\"")]
    Update {
        /// Its number
        number: u32,
        /// Another kind
        #[arg(long, value_name = "KIND", value_parser = kind)]
        kind: Option<MalfunctionKind>,
        /// Other systems
        #[arg(long, value_name = "WORDS", value_parser = words)]
        systems: Option<String>,
        /// When it should be over; "unknown" when nobody knows any more
        #[arg(long, value_name = "WHEN", value_parser = expected)]
        expected: Option<Estimate>,
        /// When the employee told the home manager
        #[arg(long, value_name = "WHEN", value_parser = when)]
        reported_at: Option<When>,
        /// The offset from UTC, for a time that exists twice, as +01:00
        #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
        offset: Option<FixedOffset>,
        #[command(flatten)]
        grounds: Grounds,
    },
    /// It is over
    #[command(after_help = "Example:\n  timbra malfunction close 3 --at \"2026-11-03 12:30\"")]
    Close {
        /// Its number
        number: u32,
        /// Since when; without it since now
        #[arg(long, value_name = "WHEN", value_parser = when)]
        at: Option<When>,
        /// The offset from UTC, for a time that exists twice, as +01:00
        #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
        offset: Option<FixedOffset>,
        #[command(flatten)]
        grounds: Grounds,
    },
    /// Let the home offices know of what the daemon found (notice = "approve")
    #[command(after_help = "Example:\n  timbra malfunction confirm 3")]
    Confirm {
        /// Its number
        number: u32,
        #[command(flatten)]
        grounds: Grounds,
    },
    /// Take back what was last said of it; of its opening, all of it
    #[command(after_help = "Example:\n  timbra malfunction undo 3")]
    Undo {
        /// Its number
        number: u32,
        #[command(flatten)]
        grounds: Grounds,
    },
    /// List them all
    #[command(after_help = "Example:\n  timbra malfunction list --json")]
    List {
        /// Only those that last
        #[arg(long)]
        open: bool,
        /// Print JSON, one object for each
        #[arg(long)]
        json: bool,
    },
    /// Show one: its facts, what was said, who was told
    #[command(after_help = "Example:\n  timbra malfunction show 3")]
    Show {
        /// Its number
        number: u32,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// A time as a person writes it; without a day it is of today.
#[derive(Debug, Clone, Copy)]
struct When {
    date: Option<NaiveDate>,
    time: TimeOfDay,
}

/// What stands after `--expected` of an update.
#[derive(Debug, Clone, Copy)]
struct Estimate(Option<Expected>);

fn kind(text: &str) -> Result<MalfunctionKind, String> {
    MalfunctionKind::parse(text).ok_or_else(|| {
        let words: Vec<&str> = MalfunctionKind::ALL.iter().map(|kind| kind.code()).collect();
        format!("write one of {}", words.join(", "))
    })
}

fn expected(text: &str) -> Result<Estimate, String> {
    match text {
        "unknown" => Ok(Estimate(None)),
        _ => text.parse().map(|known| Estimate(Some(known))).map_err(str::to_owned),
    }
}

fn when(text: &str) -> Result<When, String> {
    let wrong = || "write a time like 08:10 or \"2026-11-03 08:10\"".to_owned();
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (Some(entering::date(date).map_err(|_| wrong())?), time),
        None => (None, text),
    };
    Ok(When { date, time: TimeOfDay::parse(time).ok_or_else(wrong)? })
}

pub(super) fn run(folder: &Path, args: &MalfunctionArgs) -> Ending {
    let config = configuration::load(folder)?;
    let now = clock::now().trunc_subsecs(0);
    let at = |when: When, offset: Option<FixedOffset>| {
        let today = civil::local_time(&now, config.host.zone).date();
        let at = entering::instant(when.date.unwrap_or(today), when.time, offset, config.host.zone)?;
        Ok::<_, Failure>(at.to_utc())
    };
    let reported = |when: Option<When>, offset| {
        let at = when.map(|when| at(when, offset)).transpose()?;
        Ok::<_, Failure>(at.map(|at| Step::Reported { at }))
    };
    match &args.command {
        MalfunctionCommand::Open {
            kind,
            systems,
            expected,
            from,
            agreements,
            reported_at,
            offset,
            reader,
            grounds,
        } => {
            let mut concerned = Vec::new();
            for name in agreements {
                concerned.push(configuration::agreement(&config, name)?.id.clone());
            }
            let opening = Opening {
                kind: *kind,
                systems: systems.clone(),
                expected: *expected,
                // people say and read minutes
                from: from
                    .map_or(Ok(now - TimeDelta::seconds(now.timestamp() % 60)), |when| at(when, *offset))?,
                agreements: concerned,
                cause: reader.as_ref().map(|name| known_reader(&config, name)).transpose()?,
                detected: false,
            };
            let reported = reported(*reported_at, *offset)?;
            let steps = std::iter::once(Step::Opened(opening)).chain(reported).collect();
            enter(&config, None, steps, grounds, now)
        }
        MalfunctionCommand::Update { number, kind, systems, expected, reported_at, offset, grounds } => {
            let change = Change {
                kind: *kind,
                systems: systems.clone(),
                expected: expected.map(|estimate| estimate.0),
            };
            let reported = reported(*reported_at, *offset)?;
            let change = (change != Change::default() || reported.is_none()).then_some(Step::Updated(change));
            enter(&config, Some(*number), change.into_iter().chain(reported).collect(), grounds, now)
        }
        MalfunctionCommand::Close { number, at: over, offset, grounds } => {
            let over = over.map_or(Ok(now), |when| at(when, *offset))?;
            let step = Step::Restored { at: over, detected: false };
            enter(&config, Some(*number), vec![step], grounds, now)
        }
        MalfunctionCommand::Confirm { number, grounds } => {
            if !config.malfunction.needs_leave {
                let failure =
                    Failure::new("the home offices are told of malfunctions without a confirmation");
                return Err(failure.hint("timbra.toml says so: [malfunction] with notice = \"auto\""));
            }
            enter(&config, Some(*number), vec![Step::Confirmed], grounds, now)
        }
        MalfunctionCommand::Undo { number, grounds } => {
            let store = Store::open_read_only(&config.store_folder)?;
            let events = store.events_of_malfunction(*number)?;
            let refusal = if events.is_empty() { Refusal::Unknown } else { Refusal::NothingToUndo };
            let last = last_standing(&events).ok_or_else(|| refused(refusal(*number)))?;
            let step = Step::Undone { of: last.id };
            drop(store);
            enter(&config, Some(*number), vec![step], grounds, now)
        }
        MalfunctionCommand::List { open, json } => {
            let store = Store::open_read_only(&config.store_folder)?;
            let mut all: Vec<_> = store.malfunctions()?.into_values().collect();
            all.retain(|malfunction| !open || malfunction.is_open());
            print(output::list(&all, &config, *json).as_bytes())?;
            Ok(Done::Clean)
        }
        MalfunctionCommand::Show { number, json } => {
            let store = Store::open_read_only(&config.store_folder)?;
            let events = store.events_of_malfunction(*number)?;
            let Some(malfunction) = fold(&events).remove(number) else {
                return Err(refused(Refusal::Unknown(*number)));
            };
            let mut notices = store.malfunction_notices()?;
            notices.retain(|notice| notice.number == *number);
            print(output::whole(&malfunction, &events, &notices, &config, *json).as_bytes())?;
            Ok(Done::Clean)
        }
    }
}

fn known_reader(config: &Config, name: &str) -> Result<Cause, Failure> {
    let known = ReaderId::new(name).ok().filter(|id| config.declared_readers.contains(id));
    known.map(Cause::Reader).ok_or_else(|| {
        Failure::new(format!("there is no reader `{name}`")).hint("timbra.toml names the readers: `id`")
    })
}

fn refused(refusal: Refusal) -> Failure {
    Failure::new(refusal.to_string()).hint(refusal.hint())
}

/// Enters steps one after the other, tells the home offices and says what becomes of it.
fn enter(
    config: &Config,
    number: Option<u32>,
    steps: Vec<Step>,
    grounds: &Grounds,
    now: DateTime<Utc>,
) -> Ending {
    let mut store = match number {
        Some(_) => Store::open_existing(&config.store_folder)?,
        None => Store::open(&config.store_folder)?,
    };
    let mut entered: Option<Event> = None;
    for step in steps {
        let number = entered.as_ref().map(|event| event.number).or(number);
        let event = store.enter_malfunction(number, |number, before| {
            check(number, fold(before).get(&number), &step, now, config.host.zone)?;
            Ok::<_, Refusal>(Event {
                id: 0,
                number,
                at: now,
                author: system_user(),
                for_person: grounds.for_person.clone(),
                reference: grounds.reference.clone(),
                step,
            })
        })?;
        let event = event.map_err(refused)?;
        print(output::event(&event, config.host.zone, grounds.json).as_bytes())?;
        entered = Some(event);
    }
    let Some(Event { number, .. }) = entered else { return Ok(Done::Clean) };
    let told = malfunction_mail::tell(&mut store, config, now)?;
    if told.queued > 0 {
        talk(&format!("note: {} notice(s) to home offices are queued", told.queued));
    }
    if told.waiting > 0 {
        talk(&format!(
            "note: {} notice(s) wait: no more than {} are made in an hour; the daemon tells then what holds",
            told.waiting,
            malfunction_mail::AN_HOUR
        ));
    }
    for path in told.printed {
        talk(&format!("note: mail is down; print and deliver {}", path.display()));
    }
    tell_of_statements(&store, config, number)
}

/// Says what becomes of statements that left before.
fn tell_of_statements(store: &Store, config: &Config, number: u32) -> Ending {
    let malfunctions = store.malfunctions()?;
    let Some(malfunction) = malfunctions.get(&number) else { return Ok(Done::Clean) };
    let day = |at: DateTime<Utc>| civil::local_time(&at, config.host.zone).date();
    let last = Month::of(day(malfunction.to.unwrap_or_else(clock::now)));
    let months = Month::of(day(malfunction.from))..=last;
    let mut done = tell_of_punches(store, config, malfunction)?;
    for agreement in config.agreements.iter().filter(|agreement| malfunction.concerns(agreement, day)) {
        if tell_of_sent(store, config, agreement, |month| months.contains(&month))? == Done::Attention {
            done = Done::Attention;
        }
    }
    Ok(done)
}

/// Says which punches of the register rest on a malfunction that is none.
fn tell_of_punches(store: &Store, config: &Config, malfunction: &Malfunction) -> Ending {
    let number = malfunction.number;
    let mut done = Done::Clean;
    for agreement in config.agreements.iter().filter(|_| malfunction.withdrawn) {
        let entries = store.register_of(&agreement.id)?;
        let facts = Facts::of(agreement, &entries);
        let rests = |entry: &&Entry| {
            let holds = matches!(facts.fate(entry.id), Fate::InForce | Fate::Pending | Fate::Confirmed(_));
            let (Kind::ManualPunch { malfunction, .. } | Kind::PunchVoided { malfunction, .. }) = &entry.kind
            else {
                return false;
            };
            holds && *malfunction == Some(number)
        };
        let resting: Vec<String> = entries.iter().filter(rests).map(|entry| entry.id.to_string()).collect();
        if !resting.is_empty() {
            talk(&format!(
                "warning: what was entered of punches of {} rests on malfunction {number}, which is none now: {}; \
                 `timbra undo` takes each back",
                agreement.id,
                resting.join(", ")
            ));
            done = Done::Attention;
        }
    }
    Ok(done)
}

/// Refuses the number of a malfunction that is none.
pub(super) fn must_be_known(config: &Config, number: Option<u32>) -> Result<(), Failure> {
    let Some(number) = number else { return Ok(()) };
    let store = Store::open(&config.store_folder)?;
    match store.malfunctions()?.get(&number) {
        None => Err(refused(Refusal::Unknown(number))),
        Some(malfunction) if malfunction.withdrawn => Err(refused(Refusal::Withdrawn(number))),
        Some(_) => Ok(()),
    }
}
