//! `timbra backup FILE`: everything in one file, while the daemon runs.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::daemon::{backup, clock};
use crate::store::{Checked, Store};

use super::bar::Bar;
use super::configuration;
use super::failure::{Done, Ending, Failure};
use super::output::{print, talk};

/// Where to.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  timbra backup /srv/copie/timbra.tar\n  \
    timbra backup /srv/copie/timbra.tar --force\n\n\
    The file is a tar that any administrator can open: the store as it is at this moment, the\n\
    configuration without secrets, the archive of read files, and CONSEGNA.txt for whoever takes\n\
    over. It holds personal data and is readable by its owner only. An old file is replaced when\n\
    the new one is whole, and never before.\n\
    Exit code 3 when it was written and the store in it is damaged.")]
pub(super) struct BackupArgs {
    /// The file to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(folder: &Path, args: &BackupArgs) -> Ending {
    let config = configuration::load(folder)?;
    let store = Store::open_as_it_is(&config.store_folder)?;
    let mut bar = Bar::new();
    let mut tick = |what, done, total| bar.tick(what, done, total);
    let made = backup::write(&store, (folder, &config), (&args.file, args.force), clock::now(), &mut tick)
        .map_err(|error| Failure::new(error.to_string()))?;
    bar.clear();
    let whole = made.checked.iter().all(Checked::is_whole);
    if args.json {
        let left_out: Vec<_> =
            made.left_out.iter().map(|(file, why)| json!({ "file": file, "why": why.to_string() })).collect();
        let object = json!({
            "file": args.file.display().to_string(), "members": made.members, "bytes": made.bytes, "whole": whole,
            "left_out": left_out,
        });
        print(format!("{object}\n").as_bytes())?;
    }
    for (file, why) in &made.left_out {
        talk(&format!("note: not in the backup: {file} ({why})"));
    }
    talk(&format!("{}: {} files, {} bytes, checked", args.file.display(), made.members, made.bytes));
    if whole {
        return Ok(Done::Clean);
    }
    talk(
        "warning: the store that was copied is not as it was written: `timbra verify` says where; keep older backups",
    );
    Ok(Done::Attention)
}
