//! `timbra present`: who of the coworkers is in now.

use std::path::Path;

use chrono::{DateTime, FixedOffset, Utc};
use chrono_tz::Tz;
use serde_json::json;

use crate::daemon::clock;
use crate::daemon::presence::{Presence, presence};
use crate::domain::whereabouts::Whereabouts;
use crate::store::Store;

use super::configuration;
use super::failure::{Done, Ending};
use super::output::{print, talk};

/// How to say it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  timbra present\n\n\
    It knows what the readers have delivered; a reader that delivers files once a day knows more.")]
pub(super) struct PresentArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(folder: &Path, args: &PresentArgs) -> Ending {
    let config = configuration::load(folder)?;
    let store = Store::open_read_only(&config.store_folder)?;
    let config = configuration::in_force(&store, config)?;
    let (now, zone) = (clock::now(), config.host.zone);
    let present = presence(&store, &config, now)?;
    if args.json {
        let coworkers: Vec<_> = present.iter().map(|one| object(one, zone)).collect();
        let at = now.with_timezone(&zone).to_rfc3339();
        print(format!("{}\n", json!({ "at": at, "coworkers": coworkers })).as_bytes())?;
        return Ok(Done::Clean);
    }
    print(present.iter().map(|one| line(one, zone)).collect::<String>().as_bytes())?;
    if present.is_empty() {
        talk("no agreement's term holds today");
    }
    Ok(Done::Clean)
}

fn object(one: &Presence<'_>, zone: Tz) -> serde_json::Value {
    json!({
        "agreement": one.agreement.id.as_str(),
        "employee": name(one),
        "whereabouts": one.whereabouts.code(),
        "since": one.since.map(|at| at.to_rfc3339()),
        "covered_until": one.covered_until.map(|at| at.with_timezone(&zone).to_rfc3339()),
    })
}

/// `roma-01     Anna Esempio              in since 08:02         known up to 2026-10-06 12:30`
fn line(one: &Presence<'_>, zone: Tz) -> String {
    let known = one.covered_until.map_or_else(
        || "a reader has delivered nothing yet".to_owned(),
        |at: DateTime<Utc>| format!("known up to {}", at.with_timezone(&zone).format("%Y-%m-%d %H:%M")),
    );
    let said = said(one.whereabouts, one.since);
    format!("{:<14}  {:<28}  {said:<24}  {known}\n", one.agreement.id.as_str(), name(one))
}

fn name(one: &Presence<'_>) -> String {
    let employee = &one.agreement.employee;
    format!("{} {}", employee.given_name, employee.family_name)
}

fn said(whereabouts: Whereabouts, since: Option<DateTime<FixedOffset>>) -> String {
    let words = match whereabouts {
        Whereabouts::In => "in",
        Whereabouts::OnService => "out for service",
        Whereabouts::Out => "out",
        Whereabouts::Expected => "expected, not seen yet",
        Whereabouts::Away => "away, as communicated",
        Whereabouts::NotExpected => "not expected",
        Whereabouts::Unknown => "not known: a punch is damaged (`timbra verify`)",
    };
    since.map_or_else(|| words.to_owned(), |at| format!("{words} since {}", at.format("%H:%M")))
}
