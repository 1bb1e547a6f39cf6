//! `timbra report AGREEMENT`: the host's final report (art. 5 c. 1): its figures, a draft to be
//! completed, and the way to the Department.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::config::Config;
use crate::config::problem::SourceText;
use crate::config::report_text;
use crate::daemon::clock;
use crate::daemon::final_report::{self, Sending, document, figures};
use crate::domain::agreement::Agreement;
use crate::domain::final_report::{FinalReport, MonthFigures, ReportText};
use crate::render;
use crate::store::Store;

use super::author::system_user;
use super::configuration;
use super::entering;
use super::failure::{Done, Ending, Failure};
use super::held;
use super::output::{print, talk, write_whole};

/// The file of the texts, and the PDF without and with them.
const TEXTS: &str = "relazione.toml";
const DRAFT: &str = "bozza.pdf";
const PREVIEW: &str = "relazione.pdf";

/// Which report.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  timbra report torino-03                          # the figures\n  \
    timbra report torino-03 --out /tmp/relazione     # relazione.toml to complete, bozza.pdf to look at\n  \
    timbra report torino-03 --text /tmp/relazione/relazione.toml --out /tmp/relazione\n  \
    timbra report torino-03 --text /tmp/relazione/relazione.toml --send\n\n\
    It goes to the office that [department] of the agreement names. What was sent never changes: a\n\
    second report is a new revision that says which one it replaces. Without --send exit code 3 when the\n\
    term is not over, days are open, or data are awaited.")]
pub(super) struct ReportArgs {
    /// The agreement: the name of its file without `.toml`
    agreement: String,
    /// Write into this folder: the texts to be completed, unless they are there, and the draft
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The completed texts
    #[arg(long, value_name = "relazione.toml")]
    text: Option<PathBuf>,
    /// Seal it and send it
    #[arg(long, requires = "text", conflicts_with = "out")]
    send: bool,
    /// Why it is sent before the term is over; stays in the record here
    #[arg(long, value_name = "REASON", requires = "send", value_parser = entering::words)]
    why: Option<String>,
    /// Print one JSON object: the figures, or the message that was queued
    #[arg(long)]
    json: bool,
}

pub(super) fn run(folder: &Path, args: &ReportArgs) -> Ending {
    let config = configuration::load(folder)?;
    configuration::agreement(&config, &args.agreement)?;
    let store = Store::open_read_only(&config.store_folder)?;
    let config = configuration::in_force(&store, config)?;
    let agreement = configuration::agreement(&config, &args.agreement)?;
    let text = args.text.as_ref().map(|path| read(path, agreement)).transpose()?;
    if let (true, Some(text)) = (args.send, &text) {
        return send(&config, agreement, text, args);
    }
    let now = clock::now();
    let report = figures(&store, &config, agreement, now)?;
    if let Some(place) = &args.out {
        write(place, &report, text.as_ref())?;
    }
    if args.json {
        print(format!("{:#}\n", object(&report)).as_bytes())?;
    } else if args.out.is_none() {
        print(render::final_report(&report, text.as_ref(), None).text().as_bytes())?;
    }
    let open = report.months.iter().any(|month| !month.complete || month.totals.open > 0);
    let today = crate::domain::civil::local_time(&now, config.host.zone).date();
    Ok(if open || today <= report.term.end { Done::Attention } else { Done::Clean })
}

fn read(path: &Path, agreement: &Agreement) -> Result<ReportText, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
    let read = report_text::read(&SourceText::new(path, text), agreement).map_err(|problems| {
        for problem in &problems {
            talk(&format!("{problem}\n"));
        }
        Failure::new(format!("the texts in {} cannot be used", path.display()))
    })?;
    let all = [&read.course, &read.problems, &read.proposals, &read.signatory, &read.role];
    let missing: String =
        all.into_iter().map(|text| render::undrawable(&text.replace(['\n', '\t'], " "))).collect();
    if !missing.is_empty() {
        talk(&format!("warning: the PDF has no letters `{missing}`: it prints a question mark for each"));
    }
    Ok(read)
}

fn write(place: &Path, report: &FinalReport<'_>, text: Option<&ReportText>) -> Result<(), Failure> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::new(format!("cannot write {}: {error}", path.display()))
    };
    fs::create_dir_all(place).map_err(|error| failed(place, &error))?;
    let texts = place.join(TEXTS);
    if text.is_none() && !texts.exists() {
        let template = report_text::template(report);
        write_whole(&texts, template.as_bytes()).map_err(|error| failed(&texts, &error))?;
        talk(&format!("{}: to be completed", texts.display()));
    }
    let pdf = place.join(if text.is_some() { PREVIEW } else { DRAFT });
    let bytes = document(report, text, None).map_err(|error| failed(&pdf, &error))?;
    write_whole(&pdf, &bytes).map_err(|error| failed(&pdf, &error))?;
    talk(&format!("{}: to be looked at", pdf.display()));
    Ok(())
}

fn send(config: &Config, agreement: &Agreement, text: &ReportText, args: &ReportArgs) -> Ending {
    let mut store = Store::open_existing(&config.store_folder)?;
    let author = system_user();
    let sending = Sending { text, author: &author, why: args.why.as_deref() };
    let sent = final_report::send(&mut store, config, agreement, sending, clock::now())?;
    let (message, revision) =
        sent.map_err(|refusal| Failure::new(refusal.to_string()).hint(refusal.hint()))?;
    let id = agreement.id.as_str();
    if args.json {
        let object = json!({ "agreement": id, "id": message, "revision": revision });
        print(format!("{object}\n").as_bytes())?;
    } else {
        print(
            format!("report of {id}, revision {revision}, is in the outbox as message {message}\n")
                .as_bytes(),
        )?;
    }
    if !held::note(&store, config.host.zone)? {
        talk("note: it leaves with the running daemon (`timbra run`)");
    }
    Ok(Done::Clean)
}

fn figures_of(month: &MonthFigures) -> Value {
    let totals = &month.totals;
    json!({
        "planned": totals.planned, "used": totals.used, "absent": month.absent, "recalled": totals.recalled,
        "lost": month.lost(), "unplanned": totals.unplanned, "open": totals.open,
        "worked_minutes": totals.worked.0, "justified_minutes": totals.justified.0, "due_minutes": totals.due.0,
        "balance_minutes": totals.balance.0, "punches": month.punches, "manual_punches": month.manual,
        "complete": month.complete,
    })
}

fn object(report: &FinalReport<'_>) -> Value {
    let months: Vec<Value> = report
        .months
        .iter()
        .map(|month| {
            let mut object = figures_of(month);
            object["month"] = month.month.to_string().into();
            object
        })
        .collect();
    let total = MonthFigures::sum(&report.months, crate::domain::month::Month::of(report.term.end));
    let anomalies: serde_json::Map<String, Value> = report
        .anomalies
        .iter()
        .map(|(anomaly, count)| (anomaly.code().to_owned(), (*count).into()))
        .collect();
    json!({
        "agreement": report.agreement.id.as_str(), "at": report.at.to_rfc3339(),
        "term": { "start": report.term.start.to_string(), "end": report.term.end.to_string() },
        "months": months, "total": figures_of(&total),
        "recalls": report.recalls.iter().map(|recall| json!({
            "date": recall.date.to_string(), "notice_date": recall.notice.to_string(),
            "new_date": recall.new_date.map(|date| date.to_string()),
        })).collect::<Vec<_>>(),
        "anomalies": anomalies,
        "statements": report.statements.iter().map(|sent| json!({
            "month": sent.month.to_string(), "number": sent.number.number, "year": sent.number.year,
            "amendment": sent.amendment, "deadline": sent.deadline.to_string(),
            "sent_at": sent.sent.map(|at| at.to_rfc3339()), "delivered_at": sent.delivered.map(|at| at.to_rfc3339()),
            "in_time": sent.in_time(report.host),
        })).collect::<Vec<_>>(),
        "malfunctions": report.malfunctions.iter().map(|fault| json!({
            "number": fault.number, "kind": fault.kind, "systems": fault.systems, "from": fault.from.to_rfc3339(),
            "to": fault.to.map(|to| to.to_rfc3339()),
        })).collect::<Vec<_>>(),
    })
}
