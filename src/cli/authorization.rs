//! `timbra service add` and `timbra authorize`: what the home manager authorises for a day.

use std::path::Path;

use chrono::NaiveDate;
use clap::Subcommand;

use crate::domain::civil::TimeOfDay;
use crate::domain::minutes::Minutes;
use crate::domain::register::Kind;

use super::configuration;
use super::entering::{self, Grounds, enter};
use super::failure::Ending;

/// What to do.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Example:\n  timbra service add roma-01 2026-11-03 --end 15:30 --ref \"PEC prot. 47\""
)]
pub(super) struct ServiceArgs {
    #[command(subcommand)]
    command: ServiceCommand,
}

#[derive(Debug, Subcommand)]
enum ServiceCommand {
    /// The service exits of a day were authorised
    #[command(
        after_help = "Example:\n  timbra service add roma-01 2026-11-03 --end 15:30 --ref \"PEC prot. 47\""
    )]
    Add {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// The day, as 2026-11-03
        #[arg(value_parser = entering::date)]
        date: NaiveDate,
        /// When the last one ended, for an exit without return
        #[arg(long, value_name = "HH:MM", value_parser = entering::time)]
        end: Option<TimeOfDay>,
        #[command(flatten)]
        grounds: Grounds,
    },
}

/// What is authorised.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  timbra authorize roma-01 2026-11-03 --overtime 60 --ref \"PEC prot. 47\""
)]
pub(super) struct AuthorizeArgs {
    /// The agreement: the name of its file without `.toml`
    agreement: String,
    /// The day, as 2026-11-03
    #[arg(value_parser = entering::date)]
    date: NaiveDate,
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    grounds: Grounds,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Work on a holiday
    #[arg(long)]
    holiday_work: bool,
    /// Entry before the band, from this time
    #[arg(long, value_name = "HH:MM", value_parser = entering::time)]
    entry_from: Option<TimeOfDay>,
    /// So many minutes of overtime
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(i32).range(1..=1440))]
    overtime: Option<i32>,
}

pub(super) fn service(folder: &Path, args: &ServiceArgs) -> Ending {
    let config = configuration::load(folder)?;
    let ServiceCommand::Add { agreement, date, end, grounds } = &args.command;
    let kind = Kind::ServiceAuthorized { date: *date, end: *end };
    enter(&config, configuration::agreement(&config, agreement)?, kind, grounds, false)
}

pub(super) fn authorize(folder: &Path, args: &AuthorizeArgs) -> Ending {
    let config = configuration::load(folder)?;
    let date = args.date;
    let kind = match (args.what.entry_from, args.what.overtime) {
        (Some(from), _) => Kind::EarlyEntryAuthorized { date, from },
        (None, Some(minutes)) => Kind::OvertimeAuthorized { date, minutes: Minutes(minutes) },
        (None, None) => Kind::HolidayWorkAuthorized { date },
    };
    enter(&config, configuration::agreement(&config, &args.agreement)?, kind, &args.grounds, false)
}
