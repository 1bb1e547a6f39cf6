//! `timbra import FILE.. --reader ID`: one-shot ingestion. The files stay where they are.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::config::{Config, FolderReader};
use crate::daemon::folders::shown;
use crate::daemon::ingest::{Ingested, ingest};
use crate::daemon::intake_rules::{IntakeRules, Listener};
use crate::daemon::{clock, in_force};
use crate::domain::holders::Holders;
use crate::source;
use crate::store::{Counts, Store};

use super::bar::Bar;
use super::configuration;
use super::failure::{Done, Ending, Failure};
use super::output::{print, talk};

/// What to import.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  timbra import 1_attlog.dat --reader ingresso\n\n\
    What is stored already is recognised and counted as known: importing twice adds nothing.\n\
    Exit code 3 when rows were read and every one of them was rejected.")]
pub(super) struct ImportArgs {
    /// Export files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The reader they come from, as named in timbra.toml
    #[arg(long, value_name = "ID")]
    reader: String,
    /// Print one JSON object with the sums of the call
    #[arg(long)]
    json: bool,
}

/// The sums of a call.
#[derive(Debug, Default)]
struct Sums {
    counts: Counts,
    unmatched: u64,
}

impl Sums {
    fn add(&mut self, ingested: &Ingested) {
        self.counts.read += ingested.counts.read;
        self.counts.new += ingested.counts.new;
        self.counts.rejected += ingested.counts.rejected;
        self.counts.skipped += ingested.counts.skipped;
        self.counts.expired += ingested.counts.expired;
        self.unmatched += ingested.unmatched;
    }
}

pub(super) fn run(folder: &Path, args: &ImportArgs) -> Ending {
    let config = configuration::load(folder)?;
    let reader = configuration::reader(&config, &args.reader)?;
    let mut store = Store::open(&config.store_folder)?;
    let holders = Holders::new(&in_force::config(&store, &config)?.agreements);
    let mut sums = Sums::default();
    let bar = RefCell::new(Bar::new());
    let mut failed = 0;
    for path in &args.files {
        let imported = import(&mut store, (&config, reader, &holders), path, &bar);
        bar.borrow_mut().clear();
        match imported {
            Ok(ingested) => {
                if !args.json {
                    talk(&sentence(path, &ingested));
                }
                sums.add(&ingested);
            }
            Err(reason) => {
                talk(&format!("error: {}: {reason}", path.display()));
                failed += 1;
            }
        }
    }
    let counts = &sums.counts;
    if args.json {
        let object = json!({
            "read": counts.read, "new": counts.new, "known": counts.known(), "rejected": counts.rejected,
            "skipped": counts.skipped, "unmatched": sums.unmatched, "expired": counts.expired,
        });
        print(format!("{object}\n").as_bytes())?;
    }
    match (failed, counts.read > 0 && counts.rejected == counts.read) {
        (0, false) => Ok(Done::Clean),
        (0, true) => Ok(Done::Attention),
        _ => Err(Failure::new(format!("{failed} of {} files were not imported", args.files.len()))),
    }
}

fn import(
    store: &mut Store,
    (config, reader, holders): (&Config, &FolderReader, &Holders),
    path: &Path,
    bar: &RefCell<Bar>,
) -> Result<Ingested, String> {
    let (mut file, facts) =
        source::open_regular(path, reader.folder.max_file_size).map_err(|refusal| refusal.to_string())?;
    let read = Cell::new(0);
    let listener = |bytes| {
        read.set(read.get() + bytes);
        bar.borrow_mut().tick("reading", read.get(), facts.size);
    };
    let mut rules = IntakeRules::new(config, &reader.reader, holders, clock::now());
    rules.listener = Some(Listener(&listener));
    ingest(store, reader, &rules, (&mut file, &facts), &shown(path)).map_err(|error| error.to_string())
}

fn sentence(path: &Path, ingested: &Ingested) -> String {
    let Counts { read, new, rejected, skipped, .. } = ingested.counts;
    let known = ingested.counts.known();
    let mut text =
        format!("{}: {read} rows read: {new} new, {known} known, {rejected} rejected", path.display());
    if skipped > 0 {
        text += &format!("; {skipped} headers and other rows skipped");
    }
    if ingested.unmatched > 0 {
        text += &format!("; {} of the new have a badge that nobody holds", ingested.unmatched);
    }
    text
}
