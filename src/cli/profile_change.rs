//! `timbra profile-change AGREEMENT PROFILE --from DATE`: another profile from a day on (art. 2 c. 2).

use std::path::Path;

use chrono::NaiveDate;

use crate::domain::register::Kind;

use super::configuration;
use super::entering::{self, Grounds, enter};
use super::failure::{Ending, Failure};

/// Which profile, from when.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  timbra profile-change roma-01 4x9h --from 2026-11-02 --ref \"PEC prot. 61\"\n\n\
    Days before that date are computed with the profile that held on them, also later."
)]
pub(super) struct ProfileChangeArgs {
    /// The agreement: the name of its file without `.toml`
    agreement: String,
    /// The name of a profile, as in the agreement's file
    profile: String,
    /// The first day on which it holds
    #[arg(long, value_name = "DATE", value_parser = entering::date)]
    from: NaiveDate,
    #[command(flatten)]
    grounds: Grounds,
}

pub(super) fn run(folder: &Path, args: &ProfileChangeArgs) -> Ending {
    let config = configuration::load(folder)?;
    let agreement = configuration::agreement(&config, &args.agreement)?;
    args.grounds.must_have_reference()?;
    if config.profile(&args.profile).is_none() {
        let known: Vec<&str> = config.profiles.iter().map(String::as_str).collect();
        return Err(Failure::usage(format!("there is no profile `{}`", args.profile))
            .hint(format!("the profiles are: {}", known.join(", "))));
    }
    let kind = Kind::ProfileChanged { profile: args.profile.clone(), from: args.from };
    enter(&config, agreement, kind, &args.grounds, false)
}
