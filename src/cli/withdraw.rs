//! `timbra withdraw AGREEMENT --effective DATE`: the withdrawal that the home manager told (art. 4).

use std::path::Path;

use chrono::NaiveDate;

use crate::domain::register::Kind;

use super::configuration;
use super::entering::{self, Grounds, enter};
use super::failure::Ending;

/// From when.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  timbra withdraw roma-01 --effective 2026-11-20 --ref \"PEC prot. 70 del 12 novembre 2026\"\n\n\
    DATE is the last day of the term: later agreed days are cancelled, badges end with it, the month in\n\
    which it lies gets the last statement. A day in the past is accepted: what was sent and changes by it\n\
    is amended. `timbra undo` takes it back."
)]
pub(super) struct WithdrawArgs {
    /// The agreement: the name of its file without `.toml`
    agreement: String,
    /// The last day of the term
    #[arg(long, value_name = "DATE", value_parser = entering::date)]
    effective: NaiveDate,
    #[command(flatten)]
    grounds: Grounds,
}

pub(super) fn run(folder: &Path, args: &WithdrawArgs) -> Ending {
    let config = configuration::load(folder)?;
    let agreement = configuration::agreement(&config, &args.agreement)?;
    args.grounds.must_have_reference()?;
    enter(&config, agreement, Kind::Withdrawn { last_day: args.effective }, &args.grounds, false)
}
