//! `timbra statement AGREEMENT YYYY-MM`: a preview of a month; nothing is sent.

use std::path::{Path, PathBuf};

use chrono::SubsecRound;
use clap::ValueEnum;

use crate::daemon::seal::SOFTWARE;
use crate::daemon::{clock, compute};
use crate::domain::month::Month;
use crate::domain::statement::{Identity, Statement};
use crate::render;
use crate::store::Store;

use super::configuration;
use super::entering;
use super::failure::{Done, Ending, Failure};
use super::output::{print, write_whole};

/// Which month of which agreement.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  timbra statement bianchi-torino 2026-10 --format html --out ottobre.html\n\n\
    Exit code 3 when the month has days to regularise."
)]
pub(super) struct StatementArgs {
    /// The agreement: the name of its file without `.toml`
    agreement: String,
    /// The month, as 2026-10
    #[arg(value_name = "YYYY-MM", value_parser = entering::month)]
    month: Month,
    /// The form
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// Write to a file instead of the screen
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Html,
    Pdf,
    Csv,
    Json,
}

pub(super) fn run(folder: &Path, args: &StatementArgs) -> Ending {
    let config = configuration::load(folder)?;
    configuration::agreement(&config, &args.agreement)?;
    let store = Store::open_read_only(&config.store_folder)?;
    let config = configuration::in_force(&store, config)?;
    let agreement = configuration::agreement(&config, &args.agreement)?;
    let days = compute::month(&store, &config, agreement, args.month)?;
    let covers = compute::covers(&store)?;
    let complete = compute::is_covered(&config, agreement, args.month, &covers);
    let generated_at = clock::now().trunc_subsecs(0).with_timezone(&config.host.zone).fixed_offset();
    let identity = Identity { number: None, revision: 1, generated_at };
    let faults = compute::malfunctions(&config, agreement, args.month, &store.malfunctions()?);
    let statement = Statement::new(agreement, &config.host, args.month, identity, days, complete)
        .with_malfunctions(faults);
    let format = match args.format {
        Form::Text => render::Format::Text,
        Form::Html => render::Format::Html,
        Form::Pdf => render::Format::Pdf,
        Form::Csv => render::Format::Csv,
        Form::Json => render::Format::Json,
    };
    let bytes =
        render::preview(&statement, SOFTWARE, format).map_err(|error| Failure::new(error.to_string()))?;
    match &args.out {
        None => print(&bytes)?,
        Some(path) => write_whole(path, &bytes)
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?,
    }
    Ok(if statement.totals.open > 0 { Done::Attention } else { Done::Clean })
}
