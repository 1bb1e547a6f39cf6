//! Mail to the contact of the home office on single days that need them before the month is over.
//! Its subject names no person.

use chrono::NaiveDate;

use crate::domain::agreement::Agreement;
use crate::domain::anomaly::Anomaly;
use crate::domain::host::Host;
use crate::domain::subject::SubjectTemplate;

use super::ascii::ascii;
use super::naming::short_name;
use super::paper::{Block, Paper};
use super::{Letter, italian, page, requests};

/// The days of one agreement, each with what is wrong.
#[derive(Debug, Clone)]
pub struct DigestPart<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// Its days, in order.
    pub days: Vec<(NaiveDate, Vec<Anomaly>)>,
}

/// The letter of a day to one address.
pub fn digest_letter(host: &Host, parts: &[DigestPart<'_>], today: NaiveDate) -> Letter {
    let paper = paper(host, parts, today);
    let date = italian::date(today);
    let subject = format!(
        "Presenze in coworking - giornate da verificare al {date} - {}",
        ascii(&short_name(&host.office))
    );
    Letter {
        subject: subject.chars().take(SubjectTemplate::LONGEST).collect(),
        text: paper.text(),
        html: paper.html(),
        attachments: Vec::new(),
    }
}

fn paper(host: &Host, parts: &[DigestPart<'_>], today: NaiveDate) -> Paper {
    let opening = "Si segnalano le seguenti giornate, rilevate per intero, senza attendere il prospetto mensile. Ciò che \
                   viene comunicato è riportato nel prospetto; in mancanza le giornate vi sono segnate come da regolarizzare.";
    let contact = host.contact_on(today);
    let answer = contact
        .email
        .as_ref()
        .map_or_else(|| contact.name.clone(), |email| format!("{}, {email}", contact.name));
    let mut blocks = vec![Block::Paragraph(opening.to_owned())];
    for part in parts {
        let agreement = part.agreement;
        blocks.push(Block::Heading(format!("{} - intesa {}", page::name(agreement), agreement.reference)));
        blocks.push(Block::List(part.days.iter().map(|(date, found)| item(*date, found)).collect()));
    }
    blocks.push(Block::Paragraph(format!("Riscontro a: {answer}.")));
    blocks.push(Block::Paragraph(page::AUTOMATIC.to_owned()));
    Paper {
        office: host.office.name.clone(),
        title: "GIORNATE DA VERIFICARE".to_owned(),
        under: vec!["Comunicazione tempestiva (art. 2, comma 4, dell'intesa)".to_owned()],
        to: parts.first().map(|part| italian::addressee(&part.agreement.home)),
        blocks,
        running: "Giornate da verificare".to_owned(),
    }
}

/// `lunedì 05/10/2026: manca l'uscita (comunicare l'orario di uscita)`
fn item(date: NaiveDate, found: &[Anomaly]) -> String {
    let asked = found.iter().map(|anomaly| match requests::request(*anomaly) {
        Some(request) => format!("{} ({request})", anomaly.italian()),
        None => anomaly.italian().to_owned(),
    });
    let asked: Vec<String> = asked.collect();
    format!("{} {}: {}", italian::weekday(date), italian::date(date), asked.join("; "))
}
