//! `timbra purge`: forgets what has been kept long enough, after saying what that is.

use std::path::Path;

use chrono::NaiveDate;
use serde_json::json;

use crate::config::Config;
use crate::daemon::retention::{self, Due};
use crate::daemon::{clock, clock_watch};
use crate::domain::clock_guard::Trust;
use crate::domain::holders::Holders;
use crate::store::Store;

use super::author::system_user;
use super::bar::Bar;
use super::configuration;
use super::failure::{Done, Ending, Failure};
use super::output::{print, talk};

/// What to do.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  timbra purge\n  timbra purge --yes\n\n\
    What is kept how long stands under [retention] in timbra.toml. The daemon forgets strangers' punches,\n\
    unreadable rows and read files by itself; the contents of an agreement are forgotten only by --yes.\n\
    Fingerprints stay, so that the chains can still be checked.")]
pub(super) struct PurgeArgs {
    /// Do it
    #[arg(long)]
    yes: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(folder: &Path, args: &PurgeArgs) -> Ending {
    let config = configuration::load(folder)?;
    if config.agreements.is_empty() {
        return Err(Failure::new("there is no agreement: nobody knows whose a badge is").hint(
            "the folder agreements is empty or not there, or all of its files have errors, which `timbra check` lists",
        ));
    }
    if !config.whole {
        return Err(Failure::new("the configuration has errors: nobody knows whose a badge is")
            .hint("mend what `timbra check` lists first"));
    }
    let mut store = if args.yes {
        Store::open_existing(&config.store_folder)?
    } else {
        Store::open_read_only(&config.store_folder)?
    };
    let config = configuration::in_force(&store, config)?;
    let (now, holders) = (clock::now(), Holders::new(&config.agreements));
    let is_doubtful = clock_watch::trust(&store, &config, now)? != Trust::Sound;
    if is_doubtful && args.yes {
        return Err(Failure::new("the clock of this machine is not believed: nothing was forgotten")
            .hint("`timbra clock` says why; if it is right now: timbra clock confirm"));
    }
    let failed = |error: retention::RetentionError| Failure::new(error.to_string());
    let mut bar = Bar::new();
    bar.tick("looking for what is old enough", 0, 0);
    let due = retention::due(&store, &config, &holders, now).map_err(failed)?;
    bar.clear();
    print(shown(&config, &due, args).as_bytes())?;
    if !args.yes {
        let nothing = due.is_empty();
        talk(if is_doubtful {
            "warning: nothing was forgotten, and --yes forgets nothing while the clock of this machine is not believed: \
             see `timbra clock`"
        } else if nothing {
            "there is nothing to forget"
        } else {
            "nothing was forgotten; `timbra purge --yes` does it"
        });
        return Ok(Done::Clean);
    }
    let author = system_user();
    bar.tick("forgetting", 0, 0);
    retention::forget(&mut store, &config, &holders, (&author, now)).map_err(failed)?;
    let mut done = Done::Clean;
    for (number, agreement) in (0..).zip(&due.agreements) {
        bar.tick("forgetting agreements", number, due.agreements.len() as u64);
        let forgotten = retention::forget_agreement(&mut store, &config, agreement, (&author, now))?;
        if forgotten.is_none() {
            bar.clear();
            let id = &agreement.id;
            talk(&format!(
                "warning: {id} was left as it is: a message of it has not left, or waits for a person; see `timbra outbox`"
            ));
            done = Done::Attention;
        } else if agreement.configured {
            bar.clear();
            let id = &agreement.id;
            talk(&format!("note: the file agreements/{id}.toml names the person still; remove it too"));
        }
    }
    retention::forget_configurations(&mut store, &config, (&author, now))?;
    bar.clear();
    talk("forgotten");
    Ok(done)
}

fn shown(config: &Config, due: &Due, args: &PurgeArgs) -> String {
    let mut rows: Vec<(&str, NaiveDate, u64)> = vec![
        ("punches of badges that nobody holds", due.unmatched.0, due.unmatched.1),
        ("rows that could not be read", due.quarantine.0, due.quarantine.1),
        ("files that were read", due.archive.0, due.archive.1.len() as u64),
    ];
    if let Some((before, count)) = due.configurations {
        rows.push(("texts of replaced configurations", before, count));
    }
    if args.json {
        let agreements: Vec<_> = due.agreements.iter().map(|agreement| {
            let contents = agreement.contents;
            json!({
                "agreement": agreement.id.as_str(), "ended": agreement.ended.to_string(),
                "entries": contents.entries, "punches": contents.punches, "statements": contents.statements,
                "messages": contents.messages, "proofs": contents.proofs,
            })
        }).collect();
        let object = json!({
            "done": args.yes,
            "unmatched": { "before": due.unmatched.0.to_string(), "count": due.unmatched.1 },
            "quarantine": { "before": due.quarantine.0.to_string(), "count": due.quarantine.1 },
            "archive": { "before": due.archive.0.to_string(), "count": due.archive.1.len() },
            "configurations": due.configurations.map(|(before, count)| json!({ "before": before.to_string(), "count": count })),
            "agreements": agreements,
        });
        return format!("{object}\n");
    }
    let mut text = String::new();
    for (what, before, count) in &rows {
        text += &format!("{what:<40} before {before}   {count}\n");
    }
    for agreement in &due.agreements {
        let what = format!("agreement {}", agreement.id);
        text += &format!("{what:<40} ended {}    {}\n", agreement.ended, agreement.contents);
    }
    if config.retention.agreement_months.is_none() {
        text += "agreements                               kept: [retention] agreement_months is not set\n";
    }
    text
}
