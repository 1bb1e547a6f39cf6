//! `timbra run`: the daemon.

use std::fs;
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::daemon;
use crate::daemon::journal::{self, LogFormat};

use super::failure::{Done, Ending, Failure};

/// How it tells what it does.
#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    /// How the journal is written: text, journal (for systemd) or json; default: journal where systemd reads
    /// it, else text
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "journal", "json"])]
    log_format: Option<String>,
}

pub(super) fn run(config: &Path, args: &RunArgs) -> Ending {
    let format = match args.log_format.as_deref() {
        Some("json") => LogFormat::Json,
        Some("journal") => LogFormat::Journal,
        None if is_read_by_systemd() => LogFormat::Journal,
        _ => LogFormat::Text { colour: std::io::stderr().is_terminal() && !super::output::wants_no_colour() },
    };
    journal::begin(format, std::env::var("TIMBRA_LOG").ok().as_deref());
    daemon::run(config).map_err(|error| Failure::new(error.to_string()))?;
    Ok(Done::Clean)
}

/// True when stderr is the very stream that systemd names: the variable alone is inherited by whoever is
/// started from a service.
fn is_read_by_systemd() -> bool {
    let named = std::env::var("JOURNAL_STREAM").ok();
    let stderr = fs::metadata("/proc/self/fd/2").ok();
    named.zip(stderr).is_some_and(|(named, stderr)| named == format!("{}:{}", stderr.dev(), stderr.ino()))
}
