//! The statement as a page: every word and number of it, once, for text, HTML and later forms.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::domain::agreement::{Agreement, Contact};
use crate::domain::anomaly::Anomaly;
use crate::domain::civil;
use crate::domain::month_days::MonthDay;
use crate::domain::statement::Statement;

use super::differences::Differences;
use super::faults::FaultRow;
use super::letter::RULES_VERSION;
use super::row::{self, Code, Row};
use super::{comparison, italian, requests};

/// The title of every statement.
pub(super) const TITLE: &str = "PROSPETTO MENSILE DELLE PRESENZE IN COWORKING";

/// The heading of days with punches that were not agreed.
pub(super) const UNPLANNED: &str = "Giornate non concordate con timbrature";

/// The heading of the malfunctions.
pub(super) const MALFUNCTIONS: &str = "Malfunzionamenti nel mese";

/// The limits of what is stated.
pub(super) const LIMITS: &str = "Dati rilevati e calcolati dalla sede ospitante; ogni valutazione su orario, \
                                 assenze, straordinario e buono pasto spetta alla sede di lavoro.";

/// Who may read it.
pub(super) const PRIVACY: &str =
    "Documento contenente dati personali: uso riservato ai fini della gestione del rapporto di lavoro.";

/// The name of the fingerprint of the data file.
pub(super) const DATA_FILE: &str = "SHA-256 del file di dati (JSON)";

/// What a specimen is called, and what it says of itself.
pub(super) const SPECIMEN: &str = "FAC-SIMILE - DATI INVENTATI";
const SPECIMEN_NOTICE: &str = "FAC-SIMILE - DATI INVENTATI: prova del canale di trasmissione. Persona, \
                               giornate e orari non esistono; non occorre alcun riscontro.";

/// Where the protocol office writes.
pub(super) const PROTOCOL: &str = "Protocollo n. ____________________ del ____/____/________";

/// What a letter says of itself.
pub(super) const AUTOMATIC: &str = "Messaggio generato automaticamente.";

/// A line of the box, of the totals or of the footer: what it is, and its value.
pub(super) type Fact = (&'static str, String);

/// A file that goes along, and its SHA-256 in hexadecimal.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) sha256: String,
}

/// A day that is not final: what is missing, and what should be sent.
#[derive(Debug)]
pub(super) struct OpenDay {
    /// `mercoledì 07/10/2026`
    pub(super) day: String,
    /// What is missing, with the request.
    pub(super) items: Vec<(&'static str, &'static str)>,
}

/// The page.
#[derive(Debug)]
pub(super) struct Page {
    /// The host office.
    pub(super) from: String,
    /// `Alla Prefettura ...`
    pub(super) to: String,
    /// `ottobre 2026`
    pub(super) month: String,
    /// `n. 12/2026`, or that it is a preview.
    pub(super) number: String,
    /// What it replaces, and where it differs, when it is an amendment.
    pub(super) amendment: Option<Differences>,
    /// That it is a specimen, when it is one.
    pub(super) specimen: Option<&'static str>,
    /// The line "Oggetto".
    pub(super) subject: String,
    /// The sentence before the numbers.
    pub(super) opening: String,
    /// The box.
    pub(super) facts: Vec<Fact>,
    /// The agreed days.
    pub(super) planned: Vec<Row>,
    /// Other days with punches.
    pub(super) unplanned: Vec<Row>,
    /// The sentence instead of the table, when there is no day at all.
    pub(super) nil: Option<String>,
    /// Counts of days.
    pub(super) day_totals: Vec<Fact>,
    /// Sums of hours.
    pub(super) hour_totals: Vec<Fact>,
    /// What the list of days says.
    pub(super) open_heading: &'static str,
    /// Days that are not final.
    pub(super) open_days: Vec<OpenDay>,
    /// Where the home office answers, when something is asked.
    pub(super) answer_to: Option<String>,
    /// Malfunctions of the month.
    pub(super) malfunctions: Vec<FaultRow>,
    /// Signs on this page, explained.
    pub(super) legend: Vec<(&'static str, &'static str)>,
    /// Source, responsible person, time, versions.
    pub(super) record: Vec<Fact>,
    /// SHA-256 of the data file.
    pub(super) data_sha256: String,
    /// The files that go along; empty for a preview.
    pub(super) files: Vec<File>,
}

impl Page {
    /// Words the statement, without the files that go along. `data_sha256` is that of the JSON file.
    pub(super) fn of(statement: &Statement<'_>, software: &str, data_sha256: &str) -> Self {
        let (agreement, host) = (statement.agreement, statement.host);
        let month = italian::month(statement.month);
        let mut codes = BTreeSet::new();
        let mut rows = |planned: bool| -> Vec<Row> {
            let days = statement.days.iter().filter(|day| day.planned == planned);
            days.map(|day| Row::of(day, host, &mut codes)).collect()
        };
        let (planned, unplanned) = (rows(true), rows(false));
        let employee = &agreement.employee;
        let totals = comparison::totals(&statement.totals);
        let mut day_totals: Vec<Fact> =
            totals.into_iter().map(|(column, total)| (column.italian(), total)).collect();
        let hour_totals = day_totals.split_off(comparison::DAY_TOTALS);
        Self {
            from: host.office.name.clone(),
            to: italian::addressee(&agreement.home),
            number: number(statement),
            amendment: statement.amendment.as_ref().map(Differences::of),
            specimen: statement.specimen.then_some(SPECIMEN_NOTICE),
            subject: format!(
                "prospetto mensile delle presenze in coworking, {month} (art. 2, comma 4, dell'intesa {})",
                agreement.reference
            ),
            opening: format!(
                "Si trasmettono i dati delle presenze rilevate nel mese di {month} per {} {}, in coworking \
                 presso questa sede.",
                italian::article(employee.title),
                name(agreement),
            ),
            facts: facts(statement),
            planned,
            unplanned,
            nil: statement.is_nil().then(|| nil(&month, statement.complete)),
            day_totals,
            hour_totals,
            open_heading: open_heading(statement),
            open_days: statement.open_days().map(open_day).collect(),
            answer_to: asks(statement).then(|| contact(host.contact_on(issued(statement)))),
            malfunctions: statement.malfunctions.iter().map(|fault| FaultRow::of(fault, host)).collect(),
            legend: codes.into_iter().map(Code::explained).collect(),
            record: record(statement, software),
            data_sha256: data_sha256.to_owned(),
            files: Vec::new(),
            month,
        }
    }
}

fn number(statement: &Statement<'_>) -> String {
    match statement.identity.number {
        _ if statement.specimen => SPECIMEN.to_owned(),
        Some(number) => format!("n. {}/{}", number.number, number.year),
        None => "ANTEPRIMA - non trasmessa".to_owned(),
    }
}

/// Title, given name, family name.
pub(super) fn name(agreement: &Agreement) -> String {
    let employee = &agreement.employee;
    format!("{} {} {}", employee.title.italian(), employee.given_name, employee.family_name)
}

/// What is said instead of a table. Before all data are there nobody can say that nothing happened.
fn nil(month: &str, complete: bool) -> String {
    let finding = "non risultano giornate di coworking concordate né timbrature registrate";
    if complete {
        format!("PROSPETTO NEGATIVO: nel mese di {month} {finding}.")
    } else {
        format!(
            "Nel mese di {month} finora {finding}; i dati dei lettori non sono ancora pervenuti fino alla \
             fine del mese."
        )
    }
}

/// Name, role and address of a person to turn to.
pub(super) fn contact(contact: &Contact) -> String {
    let parts = [Some(&contact.name), contact.role.as_ref(), contact.email.as_ref()];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The day on which it is made.
fn issued(statement: &Statement<'_>) -> NaiveDate {
    civil::local_time(&statement.identity.generated_at, statement.host.zone).date()
}

fn facts(statement: &Statement<'_>) -> Vec<Fact> {
    let (agreement, host) = (statement.agreement, statement.host);
    let term = agreement.term;
    let withdrawn = if term == agreement.as_signed().term { "" } else { " (per recesso)" };
    let mut facts = vec![("Lavoratore", name(agreement))];
    facts.extend(agreement.employee.home_id.clone().map(|id| ("Matricola", id)));
    facts.extend([
        ("Sede di lavoro", agreement.home.name.clone()),
        ("Sede ospitante", host.office.name.clone()),
        (
            "Periodo dell'intesa",
            format!("{} - {}{withdrawn}", italian::date(term.start), italian::date(term.end)),
        ),
        ("Giorni mensili concordati", italian::days(agreement.days_per_month.into())),
        ("Profilo orario", profiles(statement)),
    ]);
    let issued = issued(statement);
    let referent = Contact::on(&agreement.home_contacts, issued);
    facts.extend(referent.map(|who| ("Referente sede di lavoro", contact(who))));
    facts.push(("Referente ospitante", contact(host.contact_on(issued))));
    facts
}

/// The profile of the month; where it changes, each with its date.
fn profiles(statement: &Statement<'_>) -> String {
    let first = statement.month.first();
    let mut words: Vec<String> =
        statement.agreement.profile_on(first).map(|profile| profile.name.clone()).into_iter().collect();
    for version in &statement.agreement.profiles {
        if version.from > first && statement.month.contains(version.from) {
            words.push(format!("dal {}: {}", italian::date(version.from), version.profile.name));
        }
    }
    words.join("; ")
}

/// True when something is asked of the home office.
fn asks(statement: &Statement<'_>) -> bool {
    statement.days.iter().flat_map(row::told).any(Anomaly::is_open)
}

fn open_heading(statement: &Statement<'_>) -> &'static str {
    let awaited = statement.days.iter().any(|day| !day.covered);
    match (asks(statement), awaited) {
        (true, true) => "Giornate da regolarizzare o in attesa di dati",
        (false, true) => "Giornate in attesa di dati",
        (_, false) => "Giornate da regolarizzare",
    }
}

fn open_day(month_day: &MonthDay) -> OpenDay {
    let awaited = (!month_day.covered).then_some((requests::AWAITED, requests::AWAITED_REMEDY));
    let asked = row::told(month_day)
        .filter_map(|anomaly| requests::request(anomaly).map(|request| (anomaly.italian(), request)));
    OpenDay {
        day: format!("{} {}", italian::weekday(month_day.date), italian::date(month_day.date)),
        items: awaited.into_iter().chain(asked).collect(),
    }
}

fn record(statement: &Statement<'_>, software: &str) -> Vec<Fact> {
    let host = statement.host;
    let generated = civil::local_time(&statement.identity.generated_at, host.zone);
    let mut record = vec![
        ("Fonte dei dati", format!("sistema di rilevazione delle presenze, {}", host.office.name)),
        (
            "Responsabile",
            format!("{} (indicazione a stampa, art. 3, comma 2, d.lgs. n. 39/1993)", host.responsible),
        ),
        ("Generato il", italian::date_time(generated)),
        ("Programma", format!("{software}, regole di calcolo versione {RULES_VERSION}")),
    ];
    let replaced = statement.amendment.as_ref().map(|amendment| amendment.replaces.message_id.clone());
    record.extend(replaced.map(|id| ("Messaggio sostituito", id)));
    record
}
