//! `timbra contest open|close AGREEMENT DATE`: the employee contests what was recorded of a day.

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
    after_help = "Examples:\n  timbra contest open roma-01 2026-11-10 --ref \"nota del 12 novembre 2026\"\n  \
    timbra contest close roma-01 2026-11-10 --ref \"verbale del 20 novembre 2026\"\n\n\
    A contested day is called \"contestata\" on the statement; its figures stay what was recorded.\n\
    `timbra explain AGREEMENT DATE --pdf FILE` prints what they rest on."
)]
pub(super) struct ContestArgs {
    #[command(subcommand)]
    command: ContestCommand,
}

#[derive(Debug, Subcommand)]
enum ContestCommand {
    /// The employee contests a day
    #[command(
        after_help = "Example:\n  timbra contest open roma-01 2026-11-10 --ref \"nota del 12 novembre 2026\""
    )]
    Open(DayArgs),
    /// The contest is settled
    #[command(
        after_help = "Example:\n  timbra contest close roma-01 2026-11-10 --ref \"verbale del 20 novembre\""
    )]
    Close(DayArgs),
}

#[derive(Debug, clap::Args)]
struct DayArgs {
    /// The agreement: the name of its file without `.toml`
    agreement: String,
    /// The day, as 2026-11-10
    #[arg(value_name = "DATE", value_parser = entering::date)]
    date: NaiveDate,
    #[command(flatten)]
    grounds: Grounds,
}

pub(super) fn run(folder: &Path, args: &ContestArgs) -> Ending {
    let config = configuration::load(folder)?;
    let (day, kind) = match &args.command {
        ContestCommand::Open(day) => (day, Kind::ContestOpened { date: day.date }),
        ContestCommand::Close(day) => (day, Kind::ContestClosed { date: day.date }),
    };
    let agreement = configuration::agreement(&config, &day.agreement)?;
    day.grounds.must_have_reference()?;
    enter(&config, agreement, kind, &day.grounds, false)
}
