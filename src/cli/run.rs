//! `timbra run`: the daemon.

use std::io::IsTerminal;
use std::path::Path;

use tracing_subscriber::EnvFilter;

use crate::daemon;

use super::failure::{Done, Ending, Failure};

pub(super) fn run(config: &Path) -> Ending {
    journal();
    daemon::run(config).map_err(|error| Failure::new(error.to_string()))?;
    Ok(Done::Clean)
}

/// The journal goes to stderr; systemd stamps it, a terminal shows colours. `TIMBRA_LOG` chooses
/// what is told, as `timbra=debug`.
fn journal() {
    let filter = EnvFilter::try_from_env("TIMBRA_LOG").unwrap_or_else(|_unset| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        // A journal that went away must not take the daemon with it.
        .log_internal_errors(false)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        builder.without_time().init();
    } else {
        builder.init();
    }
}
