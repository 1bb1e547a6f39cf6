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

/// `[retention]`: when contents are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days for punches of badges that nobody holds (they may be assigned late), from the day of the punch.
    pub unmatched_days: u32,
    /// Days for files that were read, from the day on which they were: they hold strangers' punches too.
    pub archive_days: u32,
    /// Days for rows that could not be read, from the day on which they came.
    pub quarantine_days: u32,
    /// Months for all contents of an agreement, from the end of its term; none: they are kept.
    pub agreement_months: Option<u32>,
}

/// Reads `[retention]`; an absent table is all defaults.
pub(super) fn retention(section: Option<Section<'_>>) -> Retention {
    let default =
        Retention { unmatched_days: 30, archive_days: 90, quarantine_days: 180, agreement_months: None };
    let Some(section) = section else { return default };
    let retention = Retention {
        unmatched_days: count(&section, "unmatched_days", 1..=366).unwrap_or(default.unmatched_days),
        archive_days: count(&section, "archive_days", 1..=3660).unwrap_or(default.archive_days),
        quarantine_days: count(&section, "quarantine_days", 1..=3660).unwrap_or(default.quarantine_days),
        agreement_months: count(&section, "agreement_months", 12..=600),
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
