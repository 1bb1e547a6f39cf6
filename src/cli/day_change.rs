//! `timbra day-change recall|move`: agreed days that the home office changes (art. 2 c. 7).

use std::path::Path;

use chrono::NaiveDate;
use clap::Subcommand;

use crate::domain::register::Kind;

use super::configuration;
use super::entering::{self, Grounds, enter};
use super::failure::Ending;

/// What to do.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Examples:\n  timbra day-change recall roma-01 2026-11-10 --notice 2026-11-05 --new 2026-11-17 --ref \"PEC prot. 50\"\n  \
    timbra day-change move roma-01 2026-11-10 2026-11-17 --ref \"e-mail del 2 novembre\""
)]
pub(super) struct DayChangeArgs {
    #[command(subcommand)]
    command: DayChangeCommand,
}

#[derive(Debug, Subcommand)]
enum DayChangeCommand {
    /// The home manager requires presence at home
    #[command(
        after_help = "Example:\n  timbra day-change recall roma-01 2026-11-10 --notice 2026-11-05 --new 2026-11-17 --ref \"PEC prot. 50\""
    )]
    Recall {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// The agreed day, as 2026-11-10
        #[arg(value_parser = entering::date)]
        date: NaiveDate,
        /// The day on which the home office told the employee
        #[arg(long, value_name = "DATE", value_parser = entering::date)]
        notice: NaiveDate,
        /// The day given instead, in the same month
        #[arg(long, value_name = "DATE", value_parser = entering::date)]
        new: Option<NaiveDate>,
        /// Accept a new date that has already begun; the entry is marked as late
        #[arg(long)]
        late: bool,
        #[command(flatten)]
        grounds: Grounds,
    },
    /// Move an agreed day inside its month, by agreement
    #[command(
        after_help = "Example:\n  timbra day-change move roma-01 2026-11-10 2026-11-17 --ref \"e-mail del 2 novembre\""
    )]
    Move {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// The agreed day, as 2026-11-10
        #[arg(value_parser = entering::date)]
        from: NaiveDate,
        /// The new one
        #[arg(value_parser = entering::date)]
        to: NaiveDate,
        /// Accept days that have already begun; the entry is marked as late
        #[arg(long)]
        late: bool,
        #[command(flatten)]
        grounds: Grounds,
    },
}

pub(super) fn run(folder: &Path, args: &DayChangeArgs) -> Ending {
    let config = configuration::load(folder)?;
    let (agreement, kind, grounds, late) = match &args.command {
        DayChangeCommand::Recall { agreement, date, notice, new, late, grounds } => {
            (agreement, Kind::Recall { date: *date, notice_date: *notice, new_date: *new }, grounds, *late)
        }
        DayChangeCommand::Move { agreement, from, to, late, grounds } => {
            (agreement, Kind::Move { from: *from, to: *to }, grounds, *late)
        }
    };
    enter(&config, configuration::agreement(&config, agreement)?, kind, grounds, late)
}
