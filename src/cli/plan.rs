//! `timbra plan AGREEMENT YYYY-MM DATE..`: the agreed days of a month.

use std::path::Path;

use chrono::NaiveDate;

use crate::domain::month::Month;
use crate::domain::register::Kind;

use super::configuration;
use super::entering::{self, Grounds, enter};
use super::failure::Ending;

/// Which days.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  timbra plan roma-01 2026-11 2026-11-03 2026-11-10 --ref \"PEC prot. 45 del 20 ottobre 2026\"\n\n\
    The days replace all that was agreed before for that month, in the agreement's file too."
)]
pub(super) struct PlanArgs {
    /// The agreement: the name of its file without `.toml`
    agreement: String,
    /// The month, as 2026-11
    #[arg(value_name = "YYYY-MM", value_parser = entering::month)]
    month: Month,
    /// Its days, as 2026-11-03
    #[arg(value_name = "DATE", value_parser = entering::date, required_unless_present = "none")]
    dates: Vec<NaiveDate>,
    /// No coworking day in that month
    #[arg(long, conflicts_with = "dates")]
    none: bool,
    /// Accept days that have already begun; the entry is marked as late
    #[arg(long)]
    late: bool,
    #[command(flatten)]
    grounds: Grounds,
}

pub(super) fn run(folder: &Path, args: &PlanArgs) -> Ending {
    let config = configuration::load(folder)?;
    let agreement = configuration::agreement(&config, &args.agreement)?;
    let mut dates = args.dates.clone();
    dates.sort_unstable();
    enter(&config, agreement, Kind::Plan { month: args.month, dates }, &args.grounds, args.late)
}
