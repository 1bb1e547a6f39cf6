//! `timbra demo`: the whole main job on shipped fixtures, by the same code as the daemon: a dropped
//! file becomes two statements in the home offices' mailboxes. The clock stands still at a morning
//! on which they are due, so that the result is the same every day.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

use crate::config::{self, Config};
use crate::daemon::seal::SOFTWARE;
use crate::daemon::{self, compute};
use crate::domain::holders::Holders;
use crate::domain::month::Month;
use crate::domain::statement::{Identity, Statement};
use crate::render;
use crate::store::{Store, StoreError};

use super::failure::{Done, Ending, Failure};
use super::output::print;

/// The files of the demonstration, and where they go.
const FILES: [(&str, &[u8]); 3] = [
    ("timbra.toml", include_bytes!("../../fixtures/demo/timbra.toml")),
    ("agreements/roma-01.toml", include_bytes!("../../fixtures/demo/roma-01.toml")),
    ("agreements/bologna-01.toml", include_bytes!("../../fixtures/demo/bologna-01.toml")),
];

/// The export of a clock, as a person drops it into the reader's folder.
const EXPORT: (&str, &[u8]) = ("drop/1_attlog.dat", include_bytes!("../../fixtures/demo/1_attlog.dat"));

/// The clock was read out on 2 November 2026 at 07:30 UTC.
const EXPORTED: Duration = Duration::from_mins(29_893_410);

/// The demonstration ends long before.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where to keep what the demonstration makes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  timbra demo --out /tmp/timbra-demo")]
pub(super) struct DemoArgs {
    /// Folder for configuration, store and mail [default: a new one in the folder for temporary files]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// 5 November 2026, 09:00 in Rome: three working days before the agreed 10 November.
fn morning() -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_865_600, 0).unwrap_or_default()
}

pub(super) fn run(args: &DemoArgs) -> Ending {
    let folder = match &args.out {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("timbra-demo-{}", std::process::id())),
    };
    lay_out(&folder).map_err(|error| {
        Failure::new(format!("cannot write the demonstration to {}: {error}", folder.display()))
            .hint("name another folder with --out; it must be new or empty")
    })?;
    let loaded = config::load(&folder);
    let Some(config) = loaded.config else {
        return Err(Failure::new("the demonstration's own configuration is broken"));
    };
    let failed = |error: daemon::RunError| Failure::new(error.to_string());
    let done = daemon::run_until_idle(config.clone(), morning, PATIENCE).map_err(failed)?;
    if !done {
        return Err(Failure::new(format!("the statements did not leave within {} s", PATIENCE.as_secs())));
    }
    let report = report(&folder, &config)?;
    print(report.as_bytes())?;
    Ok(Done::Clean)
}

fn lay_out(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() && fs::read_dir(folder)?.next().is_some() {
        return Err(std::io::Error::other("it is not empty"));
    }
    fs::create_dir_all(folder.join("drop"))?;
    fs::create_dir_all(folder.join("agreements"))?;
    for (name, content) in FILES.iter().chain([&EXPORT]) {
        fs::write(folder.join(name), content)?;
    }
    let export = File::options().write(true).open(folder.join(EXPORT.0))?;
    export.set_modified(SystemTime::UNIX_EPOCH + EXPORTED)
}

fn report(folder: &Path, config: &Config) -> Result<String, StoreError> {
    let store = Store::open_read_only(&config.store_folder)?;
    let month = Month::of(chrono::NaiveDate::from_ymd_opt(2026, 10, 1).unwrap_or_default());
    let holders = Holders::new(&config.agreements);
    let unmatched = store.count_unmatched((Some(month.first()), None), |badge, reader, date| {
        holders.is_held(badge, reader, date)
    })?;
    let mut text = format!(
        "timbra demo: the folder {} was watched, as `timbra run` does.\n\n\
         \x20 dropped    drop/1_attlog.dat, the export of a ZKTeco clock\n\
         \x20 stored     {} punches of October 2026, {unmatched} of them of a card that nobody holds\n\
         \x20 archived   store/archive/ingresso, content intact\n",
        folder.display(),
        store.count_punches()?,
    );
    let sent = store.statements()?;
    for sent in &sent {
        text += &format!(
            "  closed     statement {}/{} of {} for {}, {} day(s) to regularise\n",
            sent.number.number, sent.number.year, sent.agreement, sent.month, sent.open_days
        );
    }
    text += "\nThis is what the home office of Bologna reads:\n\n";
    let generated_at = morning().with_timezone(&config.host.zone).fixed_offset();
    for agreement in config.agreements.iter().filter(|agreement| agreement.id.as_str() == "bologna-01") {
        let days = compute::month(&store, config, agreement, month)?;
        let number = sent.iter().find(|sent| sent.agreement == agreement.id.as_str()).map(|sent| sent.number);
        let identity = Identity { number, revision: 1, generated_at };
        let statement = Statement::new(agreement, &config.host, month, identity, days, true);
        match render::preview(&statement, SOFTWARE, render::Format::Text) {
            Ok(body) => text += &String::from_utf8_lossy(&body),
            Err(error) => text += &format!("{error}\n"),
        }
    }
    text += "\nThe messages, as they would leave by mail (open them with any mail program):\n";
    let mut mails: Vec<PathBuf> = fs::read_dir(folder.join("mail"))
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    mails.sort_unstable();
    for mail in mails {
        text += &format!("  {}\n", mail.display());
    }
    Ok(text)
}
