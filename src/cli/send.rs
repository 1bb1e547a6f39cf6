//! `timbra send AGREEMENT YYYY-MM`: a statement leaves now, or an amendment of one that left.

use std::path::Path;

use serde_json::json;

use crate::daemon::by_hand::{SentByHand, send};
use crate::daemon::clock;
use crate::domain::month::Month;
use crate::domain::release::Release;
use crate::store::{ByHand, Store};

use super::author::system_user;
use super::configuration;
use super::entering;
use super::failure::{Done, Ending, Failure};
use super::held;
use super::output::{print, talk};

/// Which month of which agreement.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  timbra send bianchi-torino 2026-10\n  \
    timbra send bianchi-torino 2026-10 --why \"profilo corretto, PEC prot. 61\"\n\n\
    A month that has not left leaves now, whatever is open in it. One that has left leaves again as an\n\
    amendment (rettifica), if anything in it has changed. --why stays in the record here; the home office\n\
    does not read it. It is needed where the change came from the configuration.")]
pub(super) struct SendArgs {
    /// The agreement: the name of its file without `.toml`
    agreement: String,
    /// The month, as 2026-10
    #[arg(value_name = "YYYY-MM", value_parser = entering::month)]
    month: Month,
    /// Why it is sent
    #[arg(long, value_name = "REASON", value_parser = entering::words)]
    why: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(folder: &Path, args: &SendArgs) -> Ending {
    let config = configuration::load(folder)?;
    configuration::agreement(&config, &args.agreement)?;
    let mut store = Store::open_existing(&config.store_folder)?;
    let config = configuration::in_force(&store, config)?;
    let agreement = configuration::agreement(&config, &args.agreement)?;
    let by = ByHand { author: system_user(), why: args.why.clone() };
    let sent = send(&mut store, &config, (agreement, args.month), by, clock::now())?;
    let SentByHand { number, replaces } = sent.map_err(|refusal| {
        let failure = Failure::new(refusal.to_string());
        match refusal.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    if args.json {
        let object = json!({
            "agreement": agreement.id.as_str(), "month": args.month.to_string(), "number": number.number,
            "year": number.year, "replaces": replaces.map(|replaced| json!({
                "number": replaced.number, "year": replaced.year,
            })),
        });
        print(format!("{object}\n").as_bytes())?;
    } else {
        let what = match replaces {
            Some(replaced) => format!("amendment n. {number} of n. {replaced}"),
            None => format!("statement n. {number}"),
        };
        print(format!("{what} of {} {} is in the outbox\n", agreement.id, args.month).as_bytes())?;
    }
    match agreement.statement.release {
        _ if held::note(&store, config.host.zone)? => (),
        Release::Auto => talk("note: it leaves with the running daemon (`timbra run`)"),
        Release::Approve => talk("note: it waits for an officer: `timbra outbox approve ID`"),
        Release::External => talk("note: the running daemon hands it to the protocol office"),
    }
    Ok(Done::Clean)
}
