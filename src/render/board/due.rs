//! What falls due, with what to do.

use chrono::{NaiveDate, NaiveDateTime};

use crate::domain::ids::AgreementId;
use crate::domain::month::Month;
use crate::domain::statement::StatementNumber;
use crate::render::italian;

use super::sections::{Row, Todo};

/// What is due while no letter leaves.
const HELD: &str = "per ora non parte (vedi Avvisi)";

/// Something that falls due. What a message is about is its agreement and month, as `roma-01 2026-10`.
#[derive(Debug, Clone)]
pub enum Due {
    /// A month whose statement has not left.
    Statement {
        /// The agreement.
        agreement: AgreementId,
        /// The month.
        month: Month,
        /// Days that are not final; none: a punch is damaged, and nobody knows.
        open_days: Option<usize>,
        /// It leaves then at the latest.
        leaves: NaiveDateTime,
        /// The agreed day.
        deadline: NaiveDate,
        /// It should have left.
        late: bool,
    },
    /// A month that is no more what was sent.
    Amendment {
        /// The agreement.
        agreement: String,
        /// The month.
        month: Month,
        /// The number of what was sent.
        number: StatementNumber,
        /// Its amendment leaves then, unless it changes back; none: a person must send it.
        leaves: Option<NaiveDateTime>,
        /// It asks for a reason: the configuration or the program has changed the month.
        needs_reason: bool,
    },
    /// A message waits for an officer; then it leaves without.
    Approval(i64, String, Option<NaiveDateTime>),
    /// A message waits to be handed to the protocol office.
    HandOver(i64, String),
    /// The protocol office has not said that it registered a message.
    Registration(i64, String),
    /// Nobody said which days of a month are agreed.
    Plan(AgreementId, Month),
    /// A punch that was entered by hand waits for its confirmation: the number of the entry.
    Confirmation(AgreementId, u64),
    /// A profile that the register names is gone.
    Profile(AgreementId, String),
    /// A term ended then, and its final report was not sent.
    Report(AgreementId, NaiveDate),
}

impl Due {
    /// The day that counts; none: now.
    pub(super) fn day(&self) -> Option<NaiveDate> {
        match self {
            Self::Statement { leaves, .. } => Some(leaves.date()),
            Self::Amendment { leaves, .. } | Self::Approval(_, _, leaves) => leaves.map(|at| at.date()),
            Self::Plan(_, month) => Some(month.first()),
            _ => None,
        }
    }

    /// True when it does not go on without a person.
    pub(super) fn needs_a_person(&self) -> bool {
        match self {
            Self::Statement { late, open_days, .. } => *late || open_days.is_none(),
            Self::Amendment { leaves, .. } => leaves.is_none(),
            _ => true,
        }
    }

    /// `held`: no letter leaves before a person says so.
    pub(super) fn row(&self, held: bool) -> Row {
        let by = match self {
            Self::Statement { leaves, .. } => italian::date_time(*leaves),
            Self::Amendment { leaves: Some(at), .. } | Self::Approval(_, _, Some(at)) => {
                italian::date_time(*at)
            }
            other => other.day().map_or_else(|| "subito".to_owned(), italian::date),
        };
        let (what, about, todo) = self.words(held);
        Row { cells: vec![by, what, about], todo, urgent: self.needs_a_person() }
    }

    fn words(&self, held: bool) -> (String, String, Todo) {
        match self {
            Self::Statement { agreement, month, open_days, deadline, late, .. } => {
                let what = format!(
                    "prospetto di {} (termine dell'intesa: {})",
                    italian::month(*month),
                    italian::date(*deadline)
                );
                let todo = if open_days.is_none() {
                    Todo::with("non parte: una timbratura in archivio è danneggiata", "timbra verify")
                } else if *late {
                    Todo::with("doveva già essere partito: avvisare chi gestisce i sistemi", "timbra status")
                } else if let Some(open_days @ 1..) = open_days {
                    let noun = if *open_days == 1 { "giornata" } else { "giornate" };
                    Todo::plain(format!("{open_days} {noun} da regolarizzare; altrimenti parte così segnato"))
                } else if held {
                    Todo::plain(HELD)
                } else {
                    Todo::plain("parte da solo")
                };
                (what, agreement.to_string(), todo)
            }
            Self::Amendment { agreement, month, number, leaves, needs_reason } => {
                let what = format!("rettifica del prospetto n. {number} di {}", italian::month(*month));
                let todo = match (leaves, needs_reason) {
                    (Some(_), _) if held => Todo::plain(HELD),
                    (Some(_), _) => Todo::plain("parte da sola, se nulla cambia"),
                    (None, true) => Todo::with(
                        "la configurazione o il programma hanno cambiato il mese: ripristinare, oppure inviare",
                        format!("timbra send {agreement} {month} --why \"...\""),
                    ),
                    (None, false) => Todo::with("inviare", format!("timbra send {agreement} {month}")),
                };
                (what, agreement.clone(), todo)
            }
            Self::Approval(message, about, leaves) => {
                let without = if leaves.is_some() { "approvare; poi parte comunque" } else { "approvare" };
                let todo = Todo::with(without, format!("timbra outbox approve {message}"));
                ("prospetto da approvare".to_owned(), about.clone(), todo)
            }
            Self::HandOver(message, about) => (
                format!("messaggio {message} per l'ufficio protocollo"),
                about.clone(),
                Todo::plain("verificare che la cartella del protocollo sia raggiungibile"),
            ),
            Self::Registration(message, about) => (
                format!("messaggio {message} non ancora protocollato"),
                about.clone(),
                Todo::with(
                    "chiedere il numero all'ufficio protocollo e registrarlo",
                    format!("timbra outbox protocol {message} NUMERO"),
                ),
            ),
            Self::Plan(agreement, month) => (
                format!("giornate concordate di {}", italian::month(*month)),
                agreement.to_string(),
                Todo::with(
                    "inserire le giornate concordate, o che non ce ne sono (--none)",
                    format!("timbra plan {agreement} {month} DATA.."),
                ),
            ),
            Self::Confirmation(agreement, entry) => (
                "timbratura inserita a mano da confermare".to_owned(),
                agreement.to_string(),
                Todo::with("la conferma un altro utente", format!("timbra punch confirm {entry}")),
            ),
            Self::Profile(agreement, profile) => (
                format!("profilo orario {profile} mancante: vale quello precedente"),
                agreement.to_string(),
                Todo::plain(format!("far rimettere il file profiles/{profile}.toml")),
            ),
            Self::Report(agreement, ended) => (
                format!("relazione finale del turno concluso il {}", italian::date(*ended)),
                agreement.to_string(),
                Todo::with("compilare e inviare", format!("timbra report {agreement} --out CARTELLA")),
            ),
        }
    }
}
