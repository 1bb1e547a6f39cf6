//! The figures of the final report as tables and plots.

use std::fmt::Write;

use chrono::{DateTime, FixedOffset};

use crate::domain::anomaly::Anomaly;
use crate::domain::civil;
use crate::domain::final_report::{
    FinalReport, MonthFigures, RecalledDay, ReportedMalfunction, SentDocument,
};
use crate::domain::minutes::Minutes;
use crate::domain::month::Month;
use crate::render::italian;
use crate::render::paper::{Bar, Block, Shade};

/// All of them.
pub(super) fn blocks(report: &FinalReport<'_>) -> Vec<Block> {
    let parts = [days, hours, recalls, punches, statements, malfunctions];
    parts.iter().flat_map(|part| part(report)).collect()
}

/// The months, and their sum when there are several.
fn rows(report: &FinalReport<'_>, cells: impl Fn(&MonthFigures) -> Vec<String>) -> Vec<Vec<String>> {
    let row = |name: String, figures: &MonthFigures| {
        let mut row = vec![name];
        row.extend(cells(figures));
        row
    };
    let name = |figures: &MonthFigures| {
        let awaited = if figures.complete { "" } else { " (*)" };
        format!("{}{awaited}", italian::month(figures.month))
    };
    let mut rows: Vec<Vec<String>> = report.months.iter().map(|month| row(name(month), month)).collect();
    rows.push(row("Totale".to_owned(), &total(report)));
    rows
}

fn total(report: &FinalReport<'_>) -> MonthFigures {
    MonthFigures::sum(&report.months, Month::of(report.term.end))
}

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn days(report: &FinalReport<'_>) -> Vec<Block> {
    // a column that is nearly always empty stands there only when it is not
    let unplanned = report.months.iter().any(|month| month.totals.unplanned > 0);
    let mut heads = words(&["Mese", "Concordate", "Fruite", "Assenze", "Revocate", "Non fruite", "Aperte"]);
    heads.extend(unplanned.then(|| "Altre".to_owned()));
    let cells = |month: &MonthFigures| {
        let totals = &month.totals;
        let counts = [totals.planned, totals.used, month.absent, totals.recalled, month.lost(), totals.open];
        let unplanned = unplanned.then_some(totals.unplanned);
        counts.into_iter().chain(unplanned).map(|count| count.to_string()).collect()
    };
    let mut legend = "Aperte: giornate ancora da regolarizzare.".to_owned();
    if unplanned {
        legend += " Altre: giornate non concordate, con timbrature.";
    }
    if report.months.iter().any(|month| !month.complete) {
        legend += " (*) I dati dei lettori non sono ancora pervenuti fino alla fine del mese.";
    }
    let bars = report.months.iter().map(|month| {
        let other = month.absent + month.totals.recalled;
        Bar {
            label: italian::month(month.month),
            parts: vec![
                (month.totals.used, Shade::Full),
                (other, Shade::Hatched),
                (month.lost(), Shade::Empty),
            ],
            words: format!("{} su {}", month.totals.used, month.totals.planned),
        }
    });
    vec![
        Block::Heading("Giornate".to_owned()),
        Block::Bars {
            summary: "Giornate fruite su quelle concordate".to_owned(),
            bars: bars.collect(),
            key: vec![
                (Shade::Full, "fruite".to_owned()),
                (Shade::Hatched, "assenze e revoche".to_owned()),
                (Shade::Empty, "non fruite".to_owned()),
            ],
        },
        Block::Table {
            summary: "Giornate di coworking, mese per mese".to_owned(),
            heads,
            rows: rows(report, cells),
        },
        Block::Paragraph(legend),
    ]
}

fn hours(report: &FinalReport<'_>) -> Vec<Block> {
    let cells = |month: &MonthFigures| {
        let totals = &month.totals;
        vec![
            totals.worked.to_string(),
            totals.justified.to_string(),
            totals.due.to_string(),
            totals.balance.signed(),
        ]
    };
    let minutes = |minutes: Minutes| u32::try_from(minutes.0).unwrap_or_default();
    let bars = report.months.iter().map(|month| {
        let totals = &month.totals;
        let missing = totals.due - totals.worked - totals.justified;
        Bar {
            label: italian::month(month.month),
            parts: vec![
                (minutes(totals.worked), Shade::Full),
                (minutes(totals.justified), Shade::Hatched),
                (minutes(missing.or_zero()), Shade::Empty),
            ],
            words: format!("{} su {}", totals.worked, totals.due),
        }
    });
    vec![
        Block::Heading("Ore".to_owned()),
        Block::Bars {
            summary: "Ore lavorate su quelle dovute".to_owned(),
            bars: bars.collect(),
            key: vec![
                (Shade::Full, "lavorate".to_owned()),
                (Shade::Hatched, "giustificate".to_owned()),
                (Shade::Empty, "mancanti".to_owned()),
            ],
        },
        Block::Table {
            summary: "Ore delle giornate che entrano nei totali, mese per mese".to_owned(),
            heads: words(&["Mese", "Lavorate", "Giustificate", "Dovute", "Saldo"]),
            rows: rows(report, cells),
        },
    ]
}

fn recalls(report: &FinalReport<'_>) -> Vec<Block> {
    let row = |recall: &RecalledDay| {
        let instead = recall.new_date.map_or_else(|| "nessuna".to_owned(), italian::date);
        vec![italian::date(recall.date), italian::date(recall.notice), instead]
    };
    let content = if report.recalls.is_empty() {
        Block::Paragraph("Nessuna giornata concordata è stata revocata.".to_owned())
    } else {
        Block::Table {
            summary: "Giornate revocate dalla sede di lavoro (art. 2, comma 7)".to_owned(),
            heads: words(&["Giornata", "Comunicata il", "Nuova data"]),
            rows: report.recalls.iter().map(row).collect(),
        }
    };
    vec![Block::Heading("Richiami in sede".to_owned()), content]
}

fn punches(report: &FinalReport<'_>) -> Vec<Block> {
    let MonthFigures { punches, manual, .. } = total(report);
    let mut sentence = format!("Timbrature conteggiate: {punches}, di cui inserite a mano {manual}");
    if punches > 0 {
        let tenths = (u64::from(manual) * 1000 + u64::from(punches) / 2) / u64::from(punches);
        let written = write!(sentence, " ({},{}%)", tenths / 10, tenths % 10);
        debug_assert_eq!(written, Ok(()));
    }
    sentence.push('.');
    let row = |(anomaly, count): (&Anomaly, &u32)| vec![anomaly.italian().to_owned(), count.to_string()];
    let anomalies = if report.anomalies.is_empty() {
        Block::Paragraph("Nessuna anomalia.".to_owned())
    } else {
        Block::Table {
            summary: "Anomalie e segnalazioni, con il numero di giornate".to_owned(),
            heads: words(&["Anomalia o segnalazione", "Giornate"]),
            rows: report.anomalies.iter().map(row).collect(),
        }
    };
    vec![Block::Heading("Timbrature e anomalie".to_owned()), Block::Paragraph(sentence), anomalies]
}

fn statements(report: &FinalReport<'_>) -> Vec<Block> {
    let host = report.host;
    let day = |at: Option<DateTime<FixedOffset>>| {
        at.map_or_else(|| "-".to_owned(), |at| italian::date(civil::local_time(&at, host.zone).date()))
    };
    let row = |sent: &SentDocument| {
        let outcome = match sent.in_time(host) {
            _ if sent.amendment => "rettifica",
            Some(true) => "nei termini",
            Some(false) => "oltre il termine",
            None => "non inviato",
        };
        let deadline = if sent.amendment { "-".to_owned() } else { italian::date(sent.deadline) };
        vec![
            italian::month(sent.month),
            sent.number.to_string(),
            deadline,
            day(sent.sent),
            day(sent.delivered),
            outcome.to_owned(),
        ]
    };
    let heading = Block::Heading("Prospetti mensili".to_owned());
    if report.statements.is_empty() {
        let nothing = "Nessun prospetto è stato trasmesso con questo sistema.";
        return vec![heading, Block::Paragraph(nothing.to_owned())];
    }
    let first = || report.statements.iter().filter(|sent| !sent.amendment);
    let in_time = first().filter(|sent| sent.in_time(host) == Some(true)).count();
    let table = Block::Table {
        summary: "Prospetti mensili e rettifiche trasmessi alla sede di lavoro (art. 2, comma 4)".to_owned(),
        heads: words(&["Mese", "N.", "Entro il", "Inviato", "Consegnato", "Esito"]),
        rows: report.statements.iter().map(row).collect(),
    };
    vec![heading, Block::Paragraph(format!("Nei termini: {in_time} su {}.", first().count())), table]
}

fn malfunctions(report: &FinalReport<'_>) -> Vec<Block> {
    let at = |at: DateTime<FixedOffset>| italian::date_time(civil::local_time(&at, report.host.zone));
    let row = |fault: &ReportedMalfunction| {
        let duration = fault.to.map(|to| (to - fault.from).num_minutes().max(0));
        let duration = duration
            .map_or_else(|| "-".to_owned(), |minutes| format!("{}:{:02}", minutes / 60, minutes % 60));
        vec![
            fault.number.to_string(),
            fault.kind.clone(),
            fault.systems.clone(),
            at(fault.from),
            fault.to.map_or_else(|| "ancora in corso".to_owned(), at),
            duration,
        ]
    };
    let content = if report.malfunctions.is_empty() {
        Block::Paragraph("Nessun malfunzionamento registrato.".to_owned())
    } else {
        Block::Table {
            summary: "Malfunzionamenti (art. 2, comma 6), con la durata in ore e minuti".to_owned(),
            heads: words(&["N.", "Tipo", "Sistemi", "Dal", "Al", "Durata"]),
            rows: report.malfunctions.iter().map(row).collect(),
        }
    };
    vec![Block::Heading("Malfunzionamenti".to_owned()), content]
}
