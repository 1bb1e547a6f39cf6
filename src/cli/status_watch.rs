//! `timbra status --alarm`: the watch over the daemon from outside, for a timer.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;

use crate::config::problem::SourceText;
use crate::config::{self, Config};
use crate::daemon::clock;
use crate::daemon::outside::{self, Finding, OutsideError};
use crate::domain::civil;

use super::configuration;
use super::failure::{Done, Ending, Failure};
use super::output::{talk, write_whole};

/// Where systemd keeps what the unit of the watch remembers.
const PLACE: &str = "STATE_DIRECTORY";

impl From<OutsideError> for Failure {
    fn from(error: OutsideError) -> Self {
        Self::new(error.to_string())
    }
}

pub(super) fn run(folder: &Path, grace: u32) -> Ending {
    let own = std::env::var_os(PLACE).map(PathBuf::from);
    let config = usable(folder, own.as_deref())?;
    let place = own.unwrap_or_else(|| config.store_folder.clone());
    let finding = outside::watch(&config, &place, TimeDelta::minutes(grace.into()), clock::now)?;
    let Finding { fault, told, failed, unremembered } = finding;
    for text in told {
        talk(&text);
    }
    if !failed.is_empty() {
        return Err(Failure::new(format!("not everybody could be told: {}", failed.join("; "))));
    }
    if let Some(reason) = unremembered {
        return Err(Failure::new(format!(
            "what was told cannot be remembered in {} ({reason}): it is told again at each look until that is mended",
            place.display()
        )));
    }
    let Some((since, _)) = fault else { return Ok(Done::Clean) };
    let since = civil::local_time(&since, config.host.zone).format("%Y-%m-%d %H:%M");
    talk(&format!("the daemon does not work, seen first at {since}; people are told after {grace} minutes"));
    Ok(Done::Attention)
}

/// The configuration; where it cannot be used, which may be why the daemon is dead, the last one that could:
/// it says whom to tell.
fn usable(folder: &Path, own: Option<&Path>) -> Result<Config, Failure> {
    let copy = own.map(|own| own.join("timbra.toml"));
    if let Some(config) = config::load(folder).config {
        let text =
            config.snapshot.iter().find(|(name, _)| name == "timbra.toml").map(|(_, text)| text.as_str());
        if let (Some(copy), Some(text)) = (&copy, text)
            && fs::read_to_string(copy).ok().as_deref() != Some(text)
            && let Err(error) = write_whole(copy, text.as_bytes())
        {
            talk(&format!("warning: no copy of the configuration can be kept: {}: {error}", copy.display()));
        }
        return Ok(config);
    }
    let kept = copy.and_then(|copy| Some(SourceText::new(&copy, fs::read_to_string(&copy).ok()?)));
    let kept = kept.and_then(|text| config::load_as(folder, text).config);
    // without one, say what is wrong with that which there is
    kept.map_or_else(|| configuration::load(folder), Ok)
}
