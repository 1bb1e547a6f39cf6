//! The host's final report (art. 5 c. 1): its figures out of the store, and its way into the outbox.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate, SubsecRound, TimeDelta, Utc};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::anomaly::Anomaly;
use crate::domain::civil;
use crate::domain::delivery::State;
use crate::domain::final_report::{
    FinalReport, MonthFigures, RecalledDay, ReportText, ReportedMalfunction, SentDocument,
};
use crate::domain::malfunction::Malfunction;
use crate::domain::month::Month;
use crate::render::paper::Stamp;
use crate::render::{RenderError, Revision, final_report, final_report_letter};
use crate::store::{NewMessage, OutboxRow, Store, StoreError};

use super::seal::SOFTWARE;
use super::sealing::{Sealing, seal_letter};
use super::{compute, post};

/// The kind of its messages.
pub const KIND: &str = "report";

/// The document's part of the Message-ID.
const DOCUMENT: &str = "relazione";

/// The intesa names no day; an alarm climbs as if it had to be there after so many.
const DAYS: i64 = 7;

/// Why it was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The term goes on.
    #[error("the term ends on {0}")]
    NotOver(NaiveDate),
    /// Somebody has still to write.
    #[error("nobody has written {0} yet")]
    Unwritten(String),
    /// Nobody knows where it goes.
    #[error("the agreement does not say where the final report goes")]
    NoChannel,
    /// An earlier one is still here.
    #[error("the report before it has not left yet: message {0} of the outbox")]
    Waiting(i64),
    /// It could not be made.
    #[error("the report could not be made into a message: {0}")]
    Failed(String),
}

impl NotSent {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotOver(_) => "wait, or say why it leaves before: --why \"...\"",
            Self::Unwritten(_) => "complete relazione.toml; `timbra report AGREEMENT --out DIR` writes it",
            Self::NoChannel => {
                "write in its file: [department] with kind = \"pec\" and address = \"...\" (art. 5 c. 1); where your own \
                 protocol office sends it, the address of its mailbox"
            }
            Self::Waiting(_) => "`timbra outbox withdraw ID --why ..` takes it back",
            Self::Failed(_) => "mend the configuration",
        }
    }
}

/// What leaves, and why.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// The person's part.
    pub text: &'a ReportText,
    /// The system user who sends it.
    pub author: &'a str,
    /// Why it leaves before its time.
    pub why: Option<&'a str>,
}

/// The figures of an agreement's term, as they are now. The configuration is the one in force: a
/// withdrawal has cut its term.
pub fn figures<'a>(
    store: &Store,
    config: &'a Config,
    agreement: &'a Agreement,
    now: DateTime<Utc>,
) -> Result<FinalReport<'a>, StoreError> {
    let term = agreement.term;
    let covers = compute::covers(store)?;
    let (mut months, mut recalls) = (Vec::new(), Vec::new());
    let mut anomalies: BTreeMap<Anomaly, u32> = BTreeMap::new();
    for month in term.months() {
        let days = compute::month(store, config, agreement, month)?;
        let complete = compute::is_covered(config, agreement, month, &covers);
        months.push(MonthFigures::of(month, &days, complete));
        recalls.extend(RecalledDay::among(&days));
        for anomaly in days.iter().filter(|day| day.covered).flat_map(|day| &day.day.anomalies) {
            *anomalies.entry(*anomaly).or_default() += 1;
        }
    }
    Ok(FinalReport {
        agreement,
        host: &config.host,
        term,
        months,
        recalls,
        anomalies,
        statements: statements(store, config, agreement)?,
        malfunctions: malfunctions(store, config, agreement)?,
        at: now.trunc_subsecs(0).with_timezone(&config.host.zone).fixed_offset(),
    })
}

/// The malfunctions that touch the term, and that the home office may know of.
fn malfunctions(
    store: &Store,
    config: &Config,
    agreement: &Agreement,
) -> Result<Vec<ReportedMalfunction>, StoreError> {
    let day = |at: DateTime<Utc>| civil::local_time(&at, config.host.zone).date();
    let local = |at: DateTime<Utc>| at.with_timezone(&config.host.zone).fixed_offset();
    let mut all: Vec<Malfunction> = store.malfunctions()?.into_values().collect();
    all.retain(|one| {
        !one.withdrawn && one.may_be_told(config.malfunction.needs_leave) && one.concerns(agreement, day)
    });
    let reported = all.into_iter().map(|one| ReportedMalfunction {
        number: one.number,
        kind: one.kind.italian().to_owned(),
        systems: one.systems,
        from: local(one.from),
        to: one.to.map(local),
    });
    Ok(reported.collect())
}

/// The statements that were not taken back, with when they left and arrived first.
fn statements(
    store: &Store,
    config: &Config,
    agreement: &Agreement,
) -> Result<Vec<SentDocument>, StoreError> {
    let mut documents = Vec::new();
    let mut last = None;
    let all = store.statements()?;
    let own = all.iter().filter(|sent| sent.agreement == agreement.id.as_str() && !sent.is_withdrawn());
    for sent in own {
        let Some(month) = Month::parse(&sent.month) else { continue };
        let amendment = last.replace(month) == Some(month);
        let mut events = Vec::new();
        for (message, _, _) in &sent.messages {
            events.extend(store.outbox_events(*message)?);
        }
        let first = |states: &[State]| {
            let at = events.iter().filter(|event| states.contains(&event.state)).map(|event| event.at).min();
            at.map(|at| at.with_timezone(&config.host.zone).fixed_offset())
        };
        documents.push(SentDocument {
            month,
            number: sent.number,
            amendment,
            deadline: post::schedule(config, agreement, month).deadline,
            sent: first(&[State::SmtpAccepted, State::PecAccepted, State::Delivered]),
            delivered: first(&[State::Delivered]),
        });
    }
    Ok(documents)
}

/// The reports of an agreement in the outbox that were not taken back, in the order of their revisions.
pub fn sent_reports(store: &Store, agreement: &Agreement) -> Result<Vec<OutboxRow>, StoreError> {
    let mut rows = store.outbox()?;
    rows.retain(|row| {
        row.kind == KIND && row.agreement == agreement.id.as_str() && row.state != State::Cancelled
    });
    Ok(rows)
}

/// The agreements whose term is over and that name who gets the report, which nobody has sent.
pub fn awaited<'a>(
    store: &Store,
    config: &'a Config,
    today: NaiveDate,
) -> Result<Vec<&'a Agreement>, StoreError> {
    let reported = store.reported()?;
    let is_awaited = |agreement: &&Agreement| {
        let named = agreement.clauses.department.is_some();
        named && today > agreement.term.end && !reported.contains(agreement.id.as_str())
    };
    Ok(config.agreements.iter().filter(is_awaited).collect())
}

/// The report as a PDF: a draft, a preview, or the document of a revision.
pub fn document(
    report: &FinalReport<'_>,
    text: Option<&ReportText>,
    revision: Option<Revision>,
) -> Result<Vec<u8>, RenderError> {
    let number = revision.map_or(0, |revision| revision.number);
    let id = format!("{DOCUMENT} {} r{number}", report.agreement.id);
    final_report(report, text, revision).pdf(&Stamp { id: &id, at: report.at, software: SOFTWARE })
}

/// Seals the report and queues it for the Department's office: its message and its revision.
pub fn send(
    store: &mut Store,
    config: &Config,
    agreement: &Agreement,
    sending: Sending<'_>,
    now: DateTime<Utc>,
) -> Result<Result<(i64, u32), NotSent>, StoreError> {
    let report = figures(store, config, agreement, now)?;
    let today = civil::local_time(&now, config.host.zone).date();
    let unwritten = sending.text.unwritten();
    if !unwritten.is_empty() {
        return Ok(Err(NotSent::Unwritten(unwritten.join(", "))));
    }
    if today <= report.term.end && sending.why.is_none() {
        return Ok(Err(NotSent::NotOver(report.term.end)));
    }
    let earlier = sent_reports(store, agreement)?;
    if let Some(waiting) = earlier.iter().find(|row| row.state.is_inside()) {
        return Ok(Err(NotSent::Waiting(waiting.id)));
    }
    let mut replaces: Option<DateTime<FixedOffset>> = None;
    if let Some(last) = earlier.last() {
        let made = store.outbox_events(last.id)?.first().map(|event| event.at);
        replaces = made.map(|at| at.with_timezone(&config.host.zone).fixed_offset());
    }
    let why = sending.why.map(|why| format!(": {why}")).unwrap_or_default();
    let note = format!("sent by {}{why}", sending.author);
    let mut number = 0;
    let queued = store.queue_report(&agreement.id, Month::of(report.term.end), &note, now, |revision| {
        number = revision;
        seal(config, &report, sending.text, Revision { number: revision, replaces }, now)
    })?;
    Ok(queued.map(|message| (message, number)))
}

fn seal(
    config: &Config,
    report: &FinalReport<'_>,
    text: &ReportText,
    revision: Revision,
    now: DateTime<Utc>,
) -> Result<NewMessage, NotSent> {
    let agreement = report.agreement;
    let (kind, address) = agreement.clauses.report_mail().ok_or(NotSent::NoChannel)?;
    let failed = |error: String| NotSent::Failed(error);
    let pdf = document(report, Some(text), Some(revision)).map_err(|error| failed(error.to_string()))?;
    let letter = final_report_letter(report, revision, pdf);
    let sealing = Sealing {
        kind: KIND,
        about: (&agreement.id, Month::of(report.term.end)),
        document: DOCUMENT,
        revision: revision.number,
        channel: kind,
        recipient: address,
        deadline: now + TimeDelta::days(DAYS),
    };
    seal_letter(config, &letter, &sealing, now).map_err(failed)
}
