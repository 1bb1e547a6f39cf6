//! `[statement]` and `[release]` of `timbra.toml`: when statements and amendments leave, and who lets
//! them leave.

use std::path::{Path, PathBuf};

use chrono::TimeDelta;

use crate::domain::civil::TimeOfDay;
use crate::domain::drift::{AmendMode, AmendPolicy};
use crate::domain::release::Release;

use super::section::Section;
use super::values::{count, path};

/// `[statement]`: when statements and amendments leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementPolicy {
    /// Working days of the host between sending and the agreed day, 0 to 20.
    pub working_days_before: u8,
    /// The local time at which it leaves on the latest day.
    pub send_at: TimeOfDay,
    /// How amendments leave.
    pub amend: AmendPolicy,
    /// Working days before the latest day at which the personnel office is reminded of days to
    /// regularise, 0 to 20; 0: never.
    pub remind_days_before: u8,
    /// How statements leave where the agreement does not say.
    pub release: Release,
    /// No month is closed by a clock that no time server keeps, unless a person said that it is right.
    pub require_time_server: bool,
}

/// Reads `[statement]` of `timbra.toml`; an absent table is all defaults.
pub(super) fn statement(section: Option<Section<'_>>) -> StatementPolicy {
    let eight = TimeOfDay::from_minutes(8 * 60).unwrap_or(TimeOfDay::END);
    let default = StatementPolicy {
        working_days_before: 3,
        send_at: eight,
        amend: AmendPolicy { mode: AmendMode::Auto, quiet: TimeDelta::hours(4), months: 12 },
        remind_days_before: 5,
        release: Release::Auto,
        require_time_server: true,
    };
    let Some(section) = section else { return default };
    let send_at = section.time_of_day("send_at").unwrap_or(default.send_at);
    if send_at == TimeOfDay::END {
        section.complain(
            &section.span_of("send_at"),
            "`send_at` is the end of the day",
            "write 23:00 or earlier",
        );
    }
    let modes = [("auto", AmendMode::Auto), ("by_hand", AmendMode::ByHand)];
    let quiet: Option<u32> = count(&section, "amend_after_minutes", 0..=10_080);
    let amend = AmendPolicy {
        mode: section.choice("amend", &modes).unwrap_or(default.amend.mode),
        quiet: quiet.map_or(default.amend.quiet, |minutes| TimeDelta::minutes(minutes.into())),
        months: count(&section, "amend_months", 1..=60).unwrap_or(default.amend.months),
    };
    let policy = StatementPolicy {
        working_days_before: count(&section, "working_days_before", 0..=20)
            .unwrap_or(default.working_days_before),
        send_at,
        amend,
        remind_days_before: count(&section, "remind_days_before", 0..=20)
            .unwrap_or(default.remind_days_before),
        release: mode(&section).unwrap_or(default.release),
        require_time_server: section.flag("require_time_server").unwrap_or(default.require_time_server),
    };
    section.finish();
    policy
}

/// The key `release`, here and in agreements.
pub(super) fn mode(section: &Section<'_>) -> Option<Release> {
    section.choice("release", &Release::ALL.map(|release| (release.code(), release)))
}

/// `[release]`: who lets sealed documents leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasePolicy {
    /// The system users who may approve.
    pub officers: Vec<String>,
    /// A document that nobody approved leaves at the last safe moment; else it waits on.
    pub unapproved_leaves: bool,
    /// Working days kept to repair what goes wrong on the way, 0 to 20.
    pub repair_days: u8,
    /// The protocol office's folder: packages go here.
    pub folder: Option<PathBuf>,
    /// What the protocol office gives back is taken from here.
    pub return_folder: Option<PathBuf>,
}

/// Reads `[release]`; an absent table is all defaults.
pub(super) fn release(section: Option<Section<'_>>, folder: &Path) -> ReleasePolicy {
    let default = ReleasePolicy {
        officers: Vec::new(),
        unapproved_leaves: true,
        repair_days: 1,
        folder: None,
        return_folder: None,
    };
    let Some(section) = section else { return default };
    let officers = section.list("officers", "the name of a system user in quotes", |value| {
        value.as_text().filter(|name| !name.trim().is_empty()).map(str::to_owned)
    });
    let unapproved_leaves = section.choice("if_not_approved", &[("send", true), ("hold", false)]);
    let repair_days = count(&section, "repair_days", 0..=20);
    let packages = path(&section, "folder", folder);
    let return_folder = path(&section, "return_folder", folder);
    if packages.is_none() && return_folder.is_some() && section.node("folder").is_none() {
        section.required("folder", "\"/srv/timbra/protocollo\"", None::<()>);
    }
    if packages.is_some() && packages == return_folder {
        let span = section.span_of("return_folder");
        section.complain(&span, "`return_folder` is `folder` itself", "write another folder");
    }
    section.finish();
    ReleasePolicy {
        officers: officers.unwrap_or(default.officers),
        unapproved_leaves: unapproved_leaves.unwrap_or(default.unapproved_leaves),
        repair_days: repair_days.unwrap_or(default.repair_days),
        return_folder: return_folder.or_else(|| packages.as_ref().map(|folder| folder.join("ritorno"))),
        folder: packages,
    }
}

/// Complains about a mode that has not what it needs, where it is written or taken over.
pub(super) fn check_mode(section: &Section<'_>, release: Release, policy: &ReleasePolicy) {
    let (message, hint) = match release {
        Release::Approve if policy.officers.is_empty() => (
            "nobody may approve statements",
            "name the system users in timbra.toml: [release] with officers = [\"anna\"]",
        ),
        Release::External if policy.folder.is_none() => (
            "there is no folder of the protocol office",
            "write it in timbra.toml: [release] with folder = \"/srv/timbra/protocollo\"",
        ),
        _ => return,
    };
    let message = format!("`release` is \"{}\", but {message}", release.code());
    section.complain(&section.span_of("release"), &message, hint);
}
