//! `timbra punch add|confirm|void`: punches that no reader saw, and punches that do not count.

use std::path::Path;

use chrono::{FixedOffset, NaiveDate, NaiveTime, Timelike};
use clap::{Subcommand, ValueEnum};

use crate::config::Config;
use crate::daemon::{compute, in_force};
use crate::domain::agreement::Agreement;
use crate::domain::civil::TimeOfDay;
use crate::domain::month_days::OwnPunch;
use crate::domain::punch::{Direction, Punch};
use crate::domain::register::{EntryId, Kind, VoidedPunch};
use crate::store::Store;

use super::configuration;
use super::entering::{self, Grounds, enter, enter_about};
use super::failure::{Ending, Failure};
use super::malfunction;

/// What to do.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Examples:\n  timbra punch add roma-01 2026-11-03 08:02 in --ref \"foglio firme 3/11\"\n  \
    timbra punch confirm 7\n  timbra punch void roma-01 2026-11-03 13:02 out --ref \"PEC prot. 51\"\n\n\
    A punch entered by hand counts once another system user has confirmed it."
)]
pub(super) struct PunchArgs {
    #[command(subcommand)]
    command: PunchCommand,
}

#[derive(Debug, Subcommand)]
enum PunchCommand {
    /// Enter a punch that no reader saw
    #[command(
        after_help = "Example:\n  timbra punch add roma-01 2026-11-03 08:02 in --ref \"foglio firme 3/11\""
    )]
    Add {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// The day, as 2026-11-03
        #[arg(value_parser = entering::date)]
        date: NaiveDate,
        /// The time by the clocks of the site, as 08:02
        #[arg(value_name = "HH:MM", value_parser = entering::time)]
        time: TimeOfDay,
        /// Entry or exit
        #[arg(value_enum)]
        direction: Way,
        /// The number of the malfunction that made it necessary
        #[arg(long, value_name = "NUMBER")]
        malfunction: Option<u32>,
        /// The offset from UTC, for a time that exists twice or never, as +01:00
        #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
        offset: Option<FixedOffset>,
        /// `servizio` for a service exit; no other reason is kept, least of all one of absence
        #[arg(long, value_name = "WORD", value_parser = ["servizio"])]
        reason: Option<String>,
        #[command(flatten)]
        grounds: Grounds,
    },
    /// Confirm a punch that another system user entered
    #[command(after_help = "Example:\n  timbra punch confirm 7")]
    Confirm {
        /// The number of its entry
        #[arg(value_name = "ID", value_parser = entering::entry_id)]
        id: EntryId,
        #[command(flatten)]
        grounds: Grounds,
    },
    /// A punch does not count: it is kept, and left out of the day
    #[command(
        after_help = "Example:\n  timbra punch void roma-01 2026-11-03 13:02 out --ref \"PEC prot. 51\""
    )]
    Void {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// The day by the device's clock, as 2026-11-03
        #[arg(value_parser = entering::date, required_unless_present = "entry")]
        date: Option<NaiveDate>,
        /// The time by the device's clock, as 13:02, or 13:02:40 where two are of the same minute
        #[arg(value_name = "HH:MM[:SS]", required_unless_present = "entry")]
        time: Option<String>,
        /// Entry or exit, where that is needed to tell two apart
        #[arg(value_enum)]
        direction: Option<Way>,
        /// A punch entered by hand: the number of its entry
        #[arg(long, value_name = "ID", value_parser = entering::entry_id, conflicts_with = "date")]
        entry: Option<EntryId>,
        /// The number of the malfunction that explains it
        #[arg(long, value_name = "NUMBER")]
        malfunction: Option<u32>,
        #[command(flatten)]
        grounds: Grounds,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    In,
    Out,
}

impl From<Way> for Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::In => Self::In,
            Way::Out => Self::Out,
        }
    }
}

pub(super) fn run(folder: &Path, args: &PunchArgs) -> Ending {
    let config = configuration::load(folder)?;
    match &args.command {
        PunchCommand::Add { agreement, date, time, direction, malfunction, offset, reason, grounds } => {
            let agreement = configuration::agreement(&config, agreement)?;
            malfunction::must_be_known(&config, *malfunction)?;
            let at = entering::instant(*date, *time, *offset, config.host.zone)?;
            let (direction, reason) = (Direction::from(*direction), reason.clone());
            let kind = Kind::ManualPunch { at, direction, reason, malfunction: *malfunction };
            enter(&config, agreement, kind, grounds, false)
        }
        PunchCommand::Confirm { id, grounds } => {
            enter_about(&config, *id, Kind::PunchConfirmed { of: *id }, grounds)
        }
        PunchCommand::Void { agreement, date, time, direction, entry, malfunction, grounds } => {
            let agreement = configuration::agreement(&config, agreement)?;
            malfunction::must_be_known(&config, *malfunction)?;
            let punch = match (entry, date, time) {
                (Some(entry), _, _) => VoidedPunch::Entered(*entry),
                (None, Some(date), Some(time)) => {
                    stored(&config, agreement, *date, time, direction.map(Direction::from))?
                }
                _ => return Err(Failure::usage("say which punch: its day and time, or --entry")),
            };
            let kind = Kind::PunchVoided { punch, malfunction: *malfunction };
            enter(&config, agreement, kind, grounds, false)
        }
    }
}

/// The one stored punch that is meant.
fn stored(
    config: &Config,
    agreement: &Agreement,
    date: NaiveDate,
    time: &str,
    direction: Option<Direction>,
) -> Result<VoidedPunch, Failure> {
    let seconds = NaiveTime::parse_from_str(time, "%H:%M:%S").ok().filter(|_| time.len() == 8);
    let minute = TimeOfDay::parse(time).map(|time| time.on(date).time());
    if seconds.is_none() && minute.is_none() {
        return Err(Failure::usage(format!("`{time}` is no time")).hint("write it like 13:02 or 13:02:40"));
    }
    let store = Store::open_read_only(&config.store_folder)?;
    let changed = in_force::agreement_of(config, agreement, &store.register_of(&agreement.id)?);
    let agreement = changed.as_ref().unwrap_or(agreement);
    let punches = compute::punches(&store, config, agreement, (date, date))?;
    let is_meant = |(punch, read): &&(Punch, OwnPunch)| {
        let at = punch.local.time();
        seconds.is_none_or(|time| at == time)
            && minute.is_none_or(|time| (at.hour(), at.minute()) == (time.hour(), time.minute()))
            && direction.is_none_or(|direction| read.direction == Some(direction))
    };
    let meant: Vec<&(Punch, OwnPunch)> = punches.iter().filter(is_meant).collect();
    if let [(punch, _)] = meant.as_slice() {
        return Ok(VoidedPunch::of(punch.identity()));
    }
    let what = if meant.is_empty() { "no punch" } else { "more than one punch" };
    let failure = Failure::new(format!("{what} of {} at {date} {time}", agreement.id));
    let shown = |(punch, read): &(Punch, OwnPunch)| {
        let way = read.direction.map_or_else(|| "no direction".to_owned(), |way| way.to_string());
        format!("{} {way} at {}", punch.local.format("%H:%M:%S"), punch.reader)
    };
    let shown: Vec<String> = punches.iter().map(shown).collect();
    Err(failure.hint(if shown.is_empty() {
        "no punch of that day is stored".to_owned()
    } else {
        format!("the punches of that day are: {}", shown.join(", "))
    }))
}
