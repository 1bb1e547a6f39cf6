//! The letter with which the coworker gets a copy of a statement that has left. The subject names no
//! person.

use chrono::NaiveDate;

use crate::domain::agreement::Agreement;
use crate::domain::host::Host;
use crate::domain::month::Month;
use crate::domain::statement::StatementNumber;

use super::lines::Lines;
use super::{Attachment, Letter, italian, page, web};

/// The letter. `files` are those of the statement, as they left; `amendment` is the ordinal of one that
/// amends.
pub fn copy_letter(
    agreement: &Agreement,
    host: &Host,
    (month, number, today): (Month, StatementNumber, NaiveDate),
    amendment: Option<u64>,
    files: Vec<Attachment>,
) -> Letter {
    let amends = amendment.map(|ordinal| format!("RETTIFICA n. {ordinal}"));
    let subject = format!(
        "Copia del prospetto presenze coworking {:02}/{} - n. {number}{}",
        month.number(),
        month.year(),
        amends.as_ref().map(|amends| format!(" - {amends}")).unwrap_or_default()
    );
    let mut paragraphs = vec![
        format!(
            "Si allega, per conoscenza, copia del prospetto n. {number} delle presenze in coworking del mese di \
             {} {}, trasmesso alla sede di lavoro ({}).",
            italian::month(month),
            italian::at_the_host(&host.office),
            agreement.home.name
        ),
        format!(
            "Per chiarimenti, o per contestare i dati di una giornata, ci si può rivolgere {}, indicando il \
             numero del prospetto e la data.",
            italian::to(&host.contact_on(today).name)
        ),
    ];
    if let Some(amends) = amends {
        let told = format!(
            "{amends}: questo prospetto sostituisce per intero quello del mese già trasmesso, e ne indica le \
             differenze."
        );
        paragraphs.insert(1, told);
    }
    let mut lines = Lines::default();
    for paragraph in &paragraphs {
        lines.wrap("", "", paragraph);
        lines.blank();
    }
    lines.push(page::AUTOMATIC);
    let body = maud::html! {
        body style="font-family:'Segoe UI',Arial,Helvetica,sans-serif;font-size:13px;color:#1a1a1a" {
            @for paragraph in &paragraphs { p { (paragraph) } }
            p { (page::AUTOMATIC) }
        }
    };
    let html = web::document(&subject, &maud::html! {}, &body, &[]);
    Letter { subject, text: lines.into_text(), html, attachments: files }
}
