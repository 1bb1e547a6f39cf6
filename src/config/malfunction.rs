//! `[malfunction]` and `[digest]` of `timbra.toml`: what becomes a malfunction by itself, who lets the
//! home offices know, and when they hear of single days.

use std::path::{Path, PathBuf};

use chrono::TimeDelta;

use crate::domain::civil::TimeOfDay;

use super::section::Section;
use super::values::{count, path};

/// `[malfunction]` (art. 2 c. 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalfunctionPolicy {
    /// Of what the daemon finds the home offices hear only once a person has confirmed it.
    pub needs_leave: bool,
    /// A fault that has lasted so long is a malfunction.
    pub after: TimeDelta,
    /// One that begins again within so long after its end is the same.
    pub flapping: TimeDelta,
    /// A reader is silent that has brought nothing so long after the latest hour of its habit; none:
    /// nobody judges.
    pub silence: Option<TimeDelta>,
    /// Clocks that are farther apart are wrong.
    pub clock: TimeDelta,
    /// Where notices are written to be printed while mail is down.
    pub folder: PathBuf,
}

impl MalfunctionPolicy {
    /// The folder for notices inside of that of the store, where none is configured.
    pub const FOLDER: &str = "avvisi-da-stampare";
}

/// Reads `[malfunction]`; an absent table is all defaults.
pub(super) fn malfunction(
    section: Option<Section<'_>>,
    folder: &Path,
    store_folder: &Path,
) -> MalfunctionPolicy {
    let default = MalfunctionPolicy {
        needs_leave: false,
        after: TimeDelta::minutes(30),
        flapping: TimeDelta::minutes(30),
        silence: Some(TimeDelta::minutes(120)),
        clock: TimeDelta::minutes(10),
        folder: store_folder.join(MalfunctionPolicy::FOLDER),
    };
    let Some(section) = section else { return default };
    let minutes =
        |key, range| count::<u16>(&section, key, range).map(|count| TimeDelta::minutes(count.into()));
    let silence = minutes("silent_minutes", 0..=1440);
    let policy = MalfunctionPolicy {
        needs_leave: section.choice("notice", &[("auto", false), ("approve", true)]).unwrap_or_default(),
        after: minutes("after_minutes", 0..=1440).unwrap_or(default.after),
        flapping: minutes("flapping_minutes", 0..=1440).unwrap_or(default.flapping),
        silence: silence.or(default.silence).filter(|silence| !silence.is_zero()),
        clock: minutes("clock_minutes", 2..=1440).unwrap_or(default.clock),
        folder: path(&section, "folder", folder).unwrap_or(default.folder),
    };
    section.finish();
    policy
}

/// `[digest]`: single days that need the home office before the month is over (art. 2 c. 4:
/// "con tempestività").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestPolicy {
    /// They are told.
    pub enabled: bool,
    /// The local time at which they leave.
    pub at: TimeOfDay,
}

/// Reads `[digest]`; an absent table is all defaults.
pub(super) fn digest(section: Option<Section<'_>>) -> DigestPolicy {
    let hour = |hour: u16| TimeOfDay::from_minutes(hour * 60).unwrap_or(TimeOfDay::END);
    let default = DigestPolicy { enabled: true, at: hour(9) };
    let Some(section) = section else { return default };
    let policy = DigestPolicy {
        enabled: section.flag("enabled").unwrap_or(default.enabled),
        at: count(&section, "hour", 0..=23).map_or(default.at, hour),
    };
    section.finish();
    policy
}
