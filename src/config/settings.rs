//! The parts of `timbra.toml` that are neither the host, the mail, the statement nor a reader: where
//! things are kept, what is believed, how long it is kept.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::section::Section;
use super::values::{count, path, size};

/// `[intake]`: what is believed of a delivered file and its punches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// Punches before this day come from a clock that lost its time.
    pub not_before: NaiveDate,
    /// Punches later than now by more than so many minutes are not believed yet.
    pub future_tolerance_minutes: u32,
    /// Larger files are set aside unread, in bytes.
    pub max_file_size: u64,
    /// Seconds between two looks into a folder, whatever the system tells in between.
    pub poll_seconds: u32,
    /// A file must have kept its size for so many seconds before it is taken.
    pub stable_seconds: u32,
}

/// Reads `[intake]`; an absent table is all defaults.
pub(super) fn intake(section: Option<Section<'_>>) -> Intake {
    let default = Intake {
        not_before: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap_or_default(),
        future_tolerance_minutes: 10,
        max_file_size: 1 << 30,
        poll_seconds: 60,
        stable_seconds: 2,
    };
    let Some(section) = section else { return default };
    let intake = Intake {
        not_before: section.date("not_before").unwrap_or(default.not_before),
        future_tolerance_minutes: count(&section, "future_tolerance_minutes", 0..=1440)
            .unwrap_or(default.future_tolerance_minutes),
        max_file_size: size(&section, "max_file_size").unwrap_or(default.max_file_size),
        poll_seconds: count(&section, "poll_seconds", 1..=3600).unwrap_or(default.poll_seconds),
        stable_seconds: count(&section, "stable_seconds", 0..=3600).unwrap_or(default.stable_seconds),
    };
    section.finish();
    intake
}

/// `[retention]`: when contents are forgotten, counted from the day of the punch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days for punches of badges that nobody holds (they may be assigned late).
    pub unmatched_days: u32,
}

/// Reads `[retention]`; an absent table is all defaults.
pub(super) fn retention(section: Option<Section<'_>>) -> Retention {
    let default = Retention { unmatched_days: 30 };
    let Some(section) = section else { return default };
    let retention = Retention {
        unmatched_days: count(&section, "unmatched_days", 1..=366).unwrap_or(default.unmatched_days),
    };
    section.finish();
    retention
}

/// Reads `[store]`: the folder of the database; `/var/lib/timbra` when nothing is written.
pub(super) fn store(section: Option<Section<'_>>, folder: &Path) -> PathBuf {
    let written = section.and_then(|section| {
        let written = path(&section, "folder", folder);
        section.finish();
        written
    });
    written.unwrap_or_else(|| PathBuf::from("/var/lib/timbra"))
}
