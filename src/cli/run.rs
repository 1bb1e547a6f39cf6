//! `timbra run`: the daemon.

use std::io::IsTerminal;
use std::path::Path;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::daemon;

use super::failure::{Done, Ending, Failure};

pub(super) fn run(config: &Path) -> Ending {
    journal();
    daemon::run(config).map_err(|error| Failure::new(error.to_string()))?;
    Ok(Done::Clean)
}

/// The journal goes to stderr; systemd stamps it, a terminal shows colours. `TIMBRA_LOG` chooses
/// what is told, as `debug` or `timbra=debug`.
fn journal() {
    let chosen = std::env::var("TIMBRA_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let told = chosen.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let builder = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_target(false)
        // A journal that went away must not take the daemon with it.
        .log_internal_errors(false)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        builder.without_time().finish().with(told).init();
    } else {
        builder.finish().with(told).init();
    }
}
