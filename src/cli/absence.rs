//! `timbra absence add|revoke`: absences that the home manager authorised. Never a reason.

use std::path::Path;

use chrono::NaiveDate;
use clap::Subcommand;

use crate::domain::civil::{Band, TimeOfDay};
use crate::domain::register::{EntryId, Kind};

use super::configuration;
use super::entering::{self, Grounds, enter, enter_about};
use super::failure::Ending;

/// What to do.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Examples:\n  timbra absence add roma-01 2026-11-03 --ref \"PEC prot. 46\"\n  \
    timbra absence add roma-01 2026-11-03 --from 09:00 --to 11:00 --not-credited --ref \"PEC prot. 46\"\n  \
    timbra absence revoke 7 --ref \"PEC prot. 48\"\n\nThe reason of an absence is never entered (art. 2 c. 3 of the intesa needs none)."
)]
pub(super) struct AbsenceArgs {
    #[command(subcommand)]
    command: AbsenceCommand,
}

#[derive(Debug, Subcommand)]
enum AbsenceCommand {
    /// Enter an absence of a whole day, or of some hours
    #[command(
        after_help = "Example:\n  timbra absence add roma-01 2026-11-03 --from 09:00 --to 11:00 --ref \"PEC prot. 46\""
    )]
    Add {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// The day, as 2026-11-03
        #[arg(value_parser = entering::date)]
        date: NaiveDate,
        /// From, as 09:00; without it the whole day
        #[arg(long, value_name = "HH:MM", value_parser = entering::time, requires = "to")]
        from: Option<TimeOfDay>,
        /// To, as 11:00
        #[arg(long, value_name = "HH:MM", value_parser = entering::time, requires = "from")]
        to: Option<TimeOfDay>,
        /// The hours count as done (the default)
        #[arg(long)]
        credited: bool,
        /// The hours are to be made up
        #[arg(long, conflicts_with = "credited")]
        not_credited: bool,
        #[command(flatten)]
        grounds: Grounds,
    },
    /// Revoke an absence
    #[command(after_help = "Example:\n  timbra absence revoke 7 --ref \"PEC prot. 48\"")]
    Revoke {
        /// The number of its entry
        #[arg(value_name = "ID", value_parser = entering::entry_id)]
        id: EntryId,
        #[command(flatten)]
        grounds: Grounds,
    },
}

pub(super) fn run(folder: &Path, args: &AbsenceArgs) -> Ending {
    let config = configuration::load(folder)?;
    match &args.command {
        AbsenceCommand::Add { agreement, date, from, to, not_credited, grounds, .. } => {
            let agreement = configuration::agreement(&config, agreement)?;
            let hours = from.zip(*to).map(|(from, to)| Band { from, to });
            let kind = Kind::Absence { date: *date, hours, credited: !not_credited };
            enter(&config, agreement, kind, grounds, false)
        }
        AbsenceCommand::Revoke { id, grounds } => {
            enter_about(&config, *id, Kind::AbsenceRevoked { of: *id }, grounds)
        }
    }
}
