//! `timbra clock`: whether the time of this machine is believed, and a person's word that it is right.

use std::path::Path;

use clap::Subcommand;
use serde_json::json;

use crate::daemon::{clock, clock_watch};
use crate::domain::clock_guard::Trust;
use crate::store::Store;

use super::author::system_user;
use super::configuration;
use super::failure::{Done, Ending};
use super::output::{print, talk};

/// What to do about the clock.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  timbra clock\n  timbra clock confirm\n\nExit code 3 when the clock is not believed."
)]
pub(super) struct ClockArgs {
    #[command(subcommand)]
    command: Option<ClockCommand>,
    /// Print one JSON object
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum ClockCommand {
    /// Say whether it is believed (the default)
    Show,
    /// Say that it is right now, whatever it showed before: months are closed again
    Confirm,
}

pub(super) fn run(folder: &Path, args: &ClockArgs) -> Ending {
    let config = configuration::load(folder)?;
    if let Some(ClockCommand::Confirm) = args.command {
        let mut store = Store::open_existing(&config.store_folder)?;
        let now = clock::now();
        clock_watch::confirm(&mut store, &system_user(), now)?;
        talk(&format!("the clock is right: it is {}", now.with_timezone(&config.host.zone).to_rfc3339()));
        return Ok(Done::Clean);
    }
    let store = Store::open_read_only(&config.store_folder)?;
    let now = clock::now();
    let trust = clock_watch::trust(&store, &config, now)?;
    let local = now.with_timezone(&config.host.zone).to_rfc3339();
    let (word, seconds) = match trust {
        Trust::Sound => ("sound", 0),
        Trust::Unkept => ("unkept", 0),
        Trust::Behind { by } => ("behind", by.num_seconds()),
        Trust::Jumped { by } => ("jumped", by.num_seconds()),
    };
    let confirmed = store
        .clock_confirmation()?
        .map(|(at, author)| (at.with_timezone(&config.host.zone).to_rfc3339(), author));
    let text = if args.json {
        let (at, author) = confirmed.unzip();
        let confirmed = json!({ "at": at, "author": author });
        format!("{}\n", json!({ "now": local, "trust": word, "seconds": seconds, "confirmed": confirmed }))
    } else {
        let confirmed = confirmed.map(|(at, author)| format!("confirmed last by {author} at {at}\n"));
        let judged = match trust {
            Trust::Sound => format!("{local}: nothing speaks against this time\n"),
            Trust::Unkept => {
                format!("{local}: no time server keeps this clock, and nobody ever said that it is right\n")
            }
            Trust::Behind { by } => {
                format!("{local}: {} s earlier than a time that was seen before\n", by.num_seconds())
            }
            Trust::Jumped { by } => format!("{local}: moved by {} s on its own\n", by.num_seconds()),
        };
        judged + &confirmed.unwrap_or_default()
    };
    print(text.as_bytes())?;
    if trust == Trust::Sound {
        return Ok(Done::Clean);
    }
    talk("no month is closed until the time is right again; if it is right now: timbra clock confirm");
    Ok(Done::Attention)
}
