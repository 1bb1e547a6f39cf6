//! `timbra agreement`: the files of the agreements, made, listed, shown and checked.

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, SubsecRound};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::config::{Config, Loaded};
use crate::daemon::clock;
use crate::daemon::seal::SOFTWARE;
use crate::domain::agreement::{Agreement, TermState};
use crate::domain::civil;
use crate::render;
use crate::render::paper::Stamp;
use crate::store::Store;

use super::failure::{Done, Ending, Failure};
use super::output::{print, write_whole};
use super::{agreement_new, agreement_show, check, configuration};

/// What to do with the agreements.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  timbra agreement\n  timbra agreement new torino-03\n  \
    timbra agreement new torino-03 --from risposte.toml\n  timbra agreement show torino-03 --file intesa.pdf\n  \
    timbra agreement sheet torino-03 --out sintesi.pdf\n  timbra agreement check torino-03")]
pub(super) struct AgreementArgs {
    #[command(subcommand)]
    command: Option<AgreementCommand>,
    /// Print JSON (of `list` and `show`)
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum AgreementCommand {
    /// List all agreements (the default)
    List,
    /// Write the file of a new agreement: asks for the blanks of the intesa, or takes a file of answers
    New(agreement_new::NewArgs),
    /// Show all data of an agreement, article by article
    Show {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// Compare a scan with the SHA-256 on record of the signed texts
        #[arg(long, value_name = "SCAN")]
        file: Option<PathBuf>,
    },
    /// Write the summary of an agreement's data on one page, to go with the individual agreement (art. 5 c. 3)
    Sheet {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// A PDF, or a text when the name ends in .txt
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// List the problems of one agreement, as `timbra check` does for all
    Check {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
    },
}

pub(super) fn run(folder: &Path, args: &AgreementArgs) -> Ending {
    match args.command.as_ref().unwrap_or(&AgreementCommand::List) {
        AgreementCommand::List => list(folder, args.json),
        AgreementCommand::New(new) => agreement_new::run(folder, new),
        AgreementCommand::Show { agreement, file } => {
            let config = current(folder)?;
            let agreement = configuration::agreement(&config, agreement)?;
            let today = civil::local_time(&clock::now(), config.host.zone).date();
            agreement_show::show(&config, agreement, (file.as_deref(), today), args.json)
        }
        AgreementCommand::Sheet { agreement, out } => sheet(folder, agreement, out),
        AgreementCommand::Check { agreement } => of_one(folder, agreement, args.json),
    }
}

/// The configuration with what the register has changed; where there is no store yet, nothing has.
fn current(folder: &Path) -> Result<Config, Failure> {
    let config = configuration::load(folder)?;
    match Store::open_read_only(&config.store_folder) {
        Ok(store) => Ok(configuration::in_force(&store, config)?),
        Err(_) => Ok(config),
    }
}

fn list(folder: &Path, as_json: bool) -> Ending {
    let config = current(folder)?;
    let today = civil::local_time(&clock::now(), config.host.zone).date();
    if as_json {
        let rows: Vec<Value> = config.agreements.iter().map(|agreement| row(agreement, today)).collect();
        print(format!("{:#}\n", Value::from(rows)).as_bytes())?;
        return Ok(Done::Clean);
    }
    let mut text = String::new();
    for agreement in &config.agreements {
        let Agreement { id, employee, term, .. } = agreement;
        text += &format!(
            "{:<20} {:<8} {} to {}  {} days a month  {} {} {}, of {}; {}\n",
            id.as_str(),
            term.state(today).word(),
            term.start,
            term.end,
            agreement.days_per_month,
            employee.title.italian(),
            employee.given_name,
            employee.family_name,
            agreement.home.name,
            agreement.reference,
        );
    }
    if config.agreements.is_empty() {
        text += "no agreements; `timbra agreement new NAME` writes one\n";
    }
    print(text.as_bytes())?;
    Ok(Done::Clean)
}

/// What the list says of one.
fn row(agreement: &Agreement, today: NaiveDate) -> Value {
    let Agreement { id, reference, employee, home, term, .. } = agreement;
    let state: TermState = term.state(today);
    json!({
        "id": id.as_str(), "reference": reference, "state": state.code(),
        "employee": { "title": employee.title.italian(), "given_name": employee.given_name, "family_name": employee.family_name },
        "home": home.name, "term": { "start": term.start.to_string(), "end": term.end.to_string() },
        "days_per_month": agreement.days_per_month,
    })
}

fn sheet(folder: &Path, name: &str, out: &Path) -> Ending {
    let config = configuration::load(folder)?;
    let agreement = configuration::agreement(&config, name)?;
    let paper = render::agreement_sheet(agreement, &config.host);
    let bytes = if out.extension().is_some_and(|end| end == "txt") {
        paper.text().into_bytes()
    } else {
        let at = clock::now().trunc_subsecs(0).with_timezone(&config.host.zone).fixed_offset();
        let id = format!("sintesi {}", agreement.id);
        let stamp = Stamp { id: &id, at, software: SOFTWARE };
        paper.pdf(&stamp).map_err(|error| Failure::new(error.to_string()))?
    };
    write_whole(out, &bytes)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", out.display())))?;
    Ok(Done::Clean)
}

fn of_one(folder: &Path, name: &str, as_json: bool) -> Ending {
    let path = folder.join("agreements").join(format!("{name}.toml"));
    if !path.is_file() {
        let hint = "`timbra agreement list` shows those there are";
        return Err(Failure::usage(format!("there is no file {}", path.display())).hint(hint));
    }
    let Loaded { config, problems } = check::all(folder);
    let problems: Vec<_> = problems.into_iter().filter(|problem| problem.path == path).collect();
    if as_json {
        print(format!("{:#}\n", check::as_json(&problems)).as_bytes())?;
    } else {
        let told: Vec<String> = problems.iter().map(|problem| format!("{problem}\n")).collect();
        let told = if told.is_empty() { format!("{name}: no problem\n") } else { told.join("\n") };
        print(told.as_bytes())?;
    }
    let hint =
        if config.is_some() { "timbra runs without this agreement" } else { "`timbra check` tells the rest" };
    check::ending(&problems, &path, hint)
}
