//! `timbra channel test AGREEMENT`: a specimen goes the way of the agreement's statements.

use std::path::Path;

use clap::Subcommand;
use serde_json::json;

use crate::daemon::{clock, specimen};
use crate::domain::civil;
use crate::domain::month::Month;
use crate::store::Store;

use super::configuration;
use super::failure::{Done, Ending, Failure};
use super::output::{print, talk};

/// What to do with a channel.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  timbra channel test bianchi-torino\n\n\
    Puts a statement of invented data, marked FAC-SIMILE in its subject and on every page, into the outbox for\n\
    the address of the agreement. The running daemon sends it; `timbra outbox` tells how far it is. It counts as\n\
    no statement, and no real person is in it.")]
pub(super) struct ChannelArgs {
    #[command(subcommand)]
    command: ChannelCommand,
}

#[derive(Debug, Subcommand)]
enum ChannelCommand {
    /// Send a clearly marked specimen
    Test {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(folder: &Path, args: &ChannelArgs) -> Ending {
    let ChannelCommand::Test { agreement, json } = &args.command;
    let config = configuration::load(folder)?;
    let agreement = configuration::agreement(&config, agreement)?;
    let mut store = Store::open(&config.store_folder)?;
    let now = clock::now();
    let month = Month::of(civil::local_time(&now, config.host.zone).date());
    let queued = specimen::queue(&mut store, &config, agreement, month, now)?;
    let (id, message_id) =
        queued.map_err(|reason| Failure::new(format!("the specimen could not be made: {reason}")))?;
    let bare = message_id.trim_matches(['<', '>']);
    if *json {
        let object = json!({ "agreement": agreement.id.as_str(), "id": id, "message_id": bare });
        print(format!("{object}\n").as_bytes())?;
    } else {
        print(format!("specimen {bare} is in the outbox as message {id}\n").as_bytes())?;
    }
    talk("note: it leaves with the running daemon (`timbra run`); `timbra outbox` tells how far it is");
    Ok(Done::Clean)
}
