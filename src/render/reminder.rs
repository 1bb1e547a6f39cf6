//! Mail to the personnel office of the host: what should be done before a statement leaves, and when a
//! term is over. Plain and short; the subject names no person.

use chrono::{NaiveDate, NaiveDateTime};
use maud::html;

use crate::domain::agreement::Agreement;
use crate::domain::anomaly::Anomaly;
use crate::domain::host::Host;
use crate::domain::month::Month;
use crate::domain::month_days::MonthDay;
use crate::domain::statement::StatementNumber;
use crate::domain::subject::SubjectTemplate;

use super::ascii::ascii;
use super::lines::Lines;
use super::naming::short_name;
use super::{Letter, italian, page, requests, row, web};

/// What the personnel office is reminded of.
#[derive(Debug, Clone, Copy)]
pub struct Reminder<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// The host.
    pub host: &'a Host,
    /// The month.
    pub month: Month,
    /// What should be done.
    pub matter: Matter<'a>,
}

/// What should be done.
#[derive(Debug, Clone, Copy)]
pub enum Matter<'a> {
    /// Days are to be regularised before the statement leaves.
    OpenDays {
        /// These.
        days: &'a [MonthDay],
        /// It leaves then at the latest, by the clocks of the host.
        leaves: NaiveDateTime,
        /// The agreed day.
        deadline: NaiveDate,
    },
    /// A sealed statement waits for an officer.
    Approval {
        /// Its number.
        number: StatementNumber,
        /// Its message in the outbox.
        message: i64,
        /// Then it leaves without; none: it does not.
        leaves: Option<NaiveDateTime>,
    },
    /// The term is over: the final report is to be written (art. 5 c. 1).
    FinalReport {
        /// Its last day.
        ended: NaiveDate,
    },
}

/// The letter.
pub fn reminder_letter(reminder: &Reminder<'_>) -> Letter {
    let words = Words::of(reminder);
    Letter { subject: words.subject.clone(), text: words.text(), html: words.html(), attachments: Vec::new() }
}

/// The letter in words, whatever its form.
struct Words {
    subject: String,
    about: [(&'static str, String); 4],
    what: String,
    days: Vec<Day>,
    remedy: Vec<String>,
}

/// An open day: which one, and what is missing with what the host can do.
pub(super) struct Day {
    pub(super) day: String,
    pub(super) items: Vec<(&'static str, String)>,
}

impl Day {
    pub(super) fn of(month_day: &MonthDay) -> Self {
        let awaited = (!month_day.covered).then(|| {
            (
                requests::AWAITED,
                "verificare il lettore e i suoi file; timbra status dice fin dove arrivano".to_owned(),
            )
        });
        let asked = row::told(month_day).filter_map(|anomaly| {
            let remedy = match anomaly {
                Anomaly::PendingManualPunch => {
                    "un altro utente la confermi con timbra punch confirm; timbra log ne dice il numero"
                        .to_owned()
                }
                other => format!("chiedere alla sede di lavoro di {}", requests::request(other)?),
            };
            Some((anomaly.italian(), remedy))
        });
        Self {
            day: format!("{} {}", italian::weekday(month_day.date), italian::date(month_day.date)),
            items: awaited.into_iter().chain(asked).collect(),
        }
    }
}

impl Words {
    fn of(reminder: &Reminder<'_>) -> Self {
        let Reminder { agreement, month, matter, .. } = *reminder;
        let id = &agreement.id;
        let (title, what, days, remedy) = match matter {
            Matter::OpenDays { days, leaves, deadline } => (
                "giornate da regolarizzare",
                format!(
                    "Il prospetto di {} parte al più tardi il {} (termine dell'intesa: {}). Vi sono giornate da \
                     regolarizzare; se nulla cambia parte comunque, con queste giornate segnate.",
                    italian::month(month),
                    italian::date_time(leaves),
                    italian::date(deadline)
                ),
                days.iter().map(Day::of).collect(),
                vec![
                    "Ciò che la sede di lavoro comunica si inserisce con i comandi punch, absence, day-change, \
                     service, authorize e plan di timbra."
                        .to_owned(),
                    format!("Il prospetto come risulta ora: timbra statement {id} {month}"),
                    format!("Una giornata, passo per passo: timbra explain {id} DATA"),
                ],
            ),
            Matter::Approval { number, message, leaves } => (
                "prospetto da approvare",
                match leaves {
                    Some(at) => format!(
                        "Il prospetto n. {number} di {} attende l'approvazione di un incaricato. Senza approvazione \
                         parte comunque il {}.",
                        italian::month(month),
                        italian::date_time(at)
                    ),
                    None => format!(
                        "Il prospetto n. {number} di {} attende l'approvazione di un incaricato. Senza approvazione \
                         non parte.",
                        italian::month(month)
                    ),
                },
                Vec::new(),
                vec![
                    format!("Per vederlo: timbra outbox show {message}"),
                    format!("Per approvarlo: timbra outbox approve {message}"),
                    format!("Per ritirarlo: timbra outbox withdraw {message} --why \"motivo\""),
                ],
            ),
            Matter::FinalReport { ended } => (
                "relazione finale",
                format!(
                    "Il turno di coworking è terminato il {}. La sede ospitante deve ora redigere la relazione finale \
                     (art. 5, comma 1, dell'intesa).",
                    italian::date(ended)
                ),
                Vec::new(),
                vec![
                    format!("I dati e i testi da completare: timbra report {id} --out CARTELLA"),
                    format!("Per inviarla: timbra report {id} --text CARTELLA/relazione.toml --send"),
                ],
            ),
        };
        let start = format!("Promemoria coworking {:02}/{} - {title} - ", month.number(), month.year());
        let room = SubjectTemplate::LONGEST.saturating_sub(start.len());
        let home: String = ascii(&short_name(&agreement.home)).chars().take(room).collect();
        Self {
            subject: format!("{start}{}", home.trim_end()),
            about: [
                ("Intesa", format!("{} ({id})", agreement.reference)),
                ("Sede di lavoro", agreement.home.name.clone()),
                ("Lavoratore", page::name(agreement)),
                ("Mese", italian::month(month)),
            ],
            what,
            days,
            remedy,
        }
    }

    fn text(&self) -> String {
        let mut lines = Lines::default();
        for (label, value) in &self.about {
            lines.wrap(&format!("{:<16}", format!("{label}:")), &" ".repeat(16), value);
        }
        lines.blank();
        lines.wrap("", "", &self.what);
        lines.blank();
        for open in &self.days {
            lines.push(&format!("  {}", open.day));
            for (missing, request) in &open.items {
                lines.wrap("    - ", "      ", &format!("{missing}: {request}"));
            }
        }
        if !self.days.is_empty() {
            lines.blank();
        }
        for line in &self.remedy {
            lines.wrap("", "  ", line);
        }
        lines.blank();
        lines.push(page::AUTOMATIC);
        lines.into_text()
    }

    fn html(&self) -> String {
        let body = html! {
            body style="font-family:'Segoe UI',Arial,Helvetica,sans-serif;font-size:13px;color:#1a1a1a" {
                p { @for (label, value) in &self.about { (label) ": " (value) br; } }
                p { (self.what) }
                @if !self.days.is_empty() {
                    ul {
                        @for open in &self.days {
                            li {
                                strong { (open.day) }
                                @for (missing, request) in &open.items { br; (missing) ": " (request) }
                            }
                        }
                    }
                }
                @for line in &self.remedy { p { (line) } }
                p { (page::AUTOMATIC) }
            }
        };
        web::document(&self.subject, &html! {}, &body, &[])
    }
}
