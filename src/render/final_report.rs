//! The host's final report ("relazione", art. 5 c. 1) on paper, and the letter that takes it to the
//! Department. The first part is a person's; the figures and their plots follow.

mod figures;

use chrono::{DateTime, FixedOffset};

use crate::domain::agreement::Contact;
use crate::domain::civil;
use crate::domain::clauses::Department;
use crate::domain::final_report::{FinalReport, ReportText};

use super::ascii::{ascii, slug};
use super::naming::short_name;
use super::paper::{Block, Paper};
use super::{Attachment, Letter, italian, page};

const TITLE: &str = "Relazione finale sul coworking";

/// What stands instead of a signature by hand.
const PRINTED: &str = "firma sostituita dall'indicazione a stampa, art. 3, comma 2, d.lgs. n. 39/1993";

/// The longest subject, in characters.
const SUBJECT: usize = 120;

/// The longest name of a file, in characters.
const FILE_NAME: usize = 100;

/// Which document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// 1 for the first one that is sent.
    pub number: u32,
    /// When the one was made that it replaces.
    pub replaces: Option<DateTime<FixedOffset>>,
}

/// The report. Without a text it is a draft that leaves room for it; without a revision it is not
/// sent.
pub fn final_report(
    report: &FinalReport<'_>,
    text: Option<&ReportText>,
    revision: Option<Revision>,
) -> Paper {
    let (agreement, host) = (report.agreement, report.host);
    let mut under = vec![
        format!("Art. 5, comma 1, dell'intesa {}", agreement.reference),
        format!(
            "Turno di coworking dal {} al {}",
            italian::date(report.term.start),
            italian::date(report.term.end)
        ),
    ];
    if let Some(Revision { number, replaces: Some(at) }) = revision {
        let at = italian::date(civil::local_time(&at, host.zone).date());
        under.push(format!("Revisione n. {number}: sostituisce la relazione trasmessa il {at}"));
    }
    let mut blocks = Vec::new();
    match text {
        None => {
            blocks.push(Block::Banner("BOZZA - dati calcolati dal sistema, testi da completare".to_owned()));
        }
        // without an address this is the document itself, to be printed and signed
        Some(_) if revision.is_none() && agreement.clauses.report_mail().is_some() => {
            blocks.push(Block::Banner("ANTEPRIMA - non trasmessa".to_owned()));
        }
        Some(_) => (),
    }
    blocks.push(Block::Facts(facts(report)));
    blocks.extend(texts(text));
    blocks.extend(figures::blocks(report));
    if let Some(text) = text {
        let role = if text.role.is_empty() { String::new() } else { format!(", {}", text.role) };
        let signatory = format!("{}{role}", text.signatory);
        blocks.push(match revision {
            None => Block::Signatures(vec![signatory]),
            Some(_) => Block::Paragraph(format!("{signatory} ({PRINTED})")),
        });
    }
    Paper {
        office: host.office.name.clone(),
        title: TITLE.to_owned(),
        under,
        to: agreement.clauses.department.as_ref().map(addressee),
        blocks,
        running: format!("Relazione finale, intesa {}", agreement.reference),
    }
}

/// The letter with the report as its only file.
pub fn final_report_letter(report: &FinalReport<'_>, revision: Revision, pdf: Vec<u8>) -> Letter {
    let (agreement, host) = (report.agreement, report.host);
    let name = file_name(&agreement.reference, revision.number);
    let replaces = revision.replaces.map(|at| {
        let at = italian::date(civil::local_time(&at, host.zone).date());
        format!(" Sostituisce la relazione trasmessa il {at}.")
    });
    let sentence = format!(
        "Si trasmette la relazione finale della sede ospitante sul turno di coworking dal {} al {}, ai sensi dell'art. 5, \
         comma 1, dell'intesa {} con {}.{}",
        italian::date(report.term.start),
        italian::date(report.term.end),
        agreement.reference,
        italian::the_office(&agreement.home),
        replaces.unwrap_or_default()
    );
    let cover = Paper {
        office: host.office.name.clone(),
        title: TITLE.to_owned(),
        under: Vec::new(),
        to: agreement.clauses.department.as_ref().map(addressee),
        blocks: vec![
            Block::Paragraph(sentence),
            Block::Facts(vec![
                ("Allegato".to_owned(), name.clone()),
                ("Referente".to_owned(), contact(report)),
            ]),
        ],
        running: page::AUTOMATIC.to_owned(),
    };
    let start = "Relazione finale coworking - ";
    let end = format!(" - intesa {}", ascii(&agreement.reference));
    let host: String = ascii(&short_name(&host.office));
    let mut subject = format!("{start}{host}{end}");
    subject.truncate(SUBJECT);
    Letter {
        subject: subject.trim_end().to_owned(),
        text: cover.text(),
        html: cover.html(),
        attachments: vec![Attachment { name, media_type: "application/pdf", bytes: pdf }],
    }
}

/// `relazione-coworking_prot-12345-del-20-luglio-2026_r1.pdf`: the reference tells two coworkers of the
/// same offices apart, and names none.
fn file_name(reference: &str, revision: u32) -> String {
    let (start, end) = ("relazione-coworking_", format!("_r{revision}.pdf"));
    let room = FILE_NAME - start.len() - end.len();
    let reference: String = slug(reference).chars().take(room).collect();
    format!("{start}{}{end}", reference.trim_end_matches('-'))
}

fn addressee(department: &Department) -> String {
    let to = if department.name.starts_with("Dipartimento") { "Al" } else { "A:" };
    let office = department.report_office.as_ref().map(|office| format!(", {office}"));
    format!("{to} {}{}", department.name, office.unwrap_or_default())
}

fn contact(report: &FinalReport<'_>) -> String {
    let Contact { name, role, email, .. } = report.contact();
    let parts = [Some(name), role.as_ref(), email.as_ref()];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn facts(report: &FinalReport<'_>) -> Vec<(String, String)> {
    let (agreement, host) = (report.agreement, report.host);
    let at = italian::date_time(civil::local_time(&report.at, host.zone));
    let employee = italian::sentence(italian::worker(agreement.employee.title));
    let facts = [
        (employee.as_str(), page::name(agreement)),
        ("Sede di lavoro", agreement.home.name.clone()),
        ("Sede ospitante", host.office.name.clone()),
        ("Giorni mensili concordati", italian::days(agreement.days_per_month.into())),
        ("Referente", contact(report)),
        ("Dati calcolati il", at),
    ];
    facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
}

/// The person's part, or room for it.
fn texts(text: Option<&ReportText>) -> Vec<Block> {
    let heading = |words: &str| Block::Heading(words.to_owned());
    let Some(text) = text else {
        let room = |words: &str, lines| Block::Blank { label: words.to_owned(), lines };
        return vec![
            heading("Andamento dell'attività"),
            room("Organizzazione, postazione, rapporti tra i due uffici", 4),
            heading("Criticità riscontrate"),
            room("Se non ve ne sono, scriverlo", 4),
        ];
    };
    let mut blocks = Vec::new();
    let parts = [
        ("Andamento dell'attività", &text.course),
        ("Criticità riscontrate", &text.problems),
        ("Proposte", &text.proposals),
    ];
    for (title, words) in parts.into_iter().filter(|(_, words)| !words.trim().is_empty()) {
        blocks.push(heading(title));
        blocks.extend(paragraphs(words).map(Block::Paragraph));
    }
    blocks
}

/// Paragraphs have an empty line between them; other line ends are those of an editor.
fn paragraphs(text: &str) -> impl Iterator<Item = String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let paragraphs: Vec<String> = lines.split(|line| line.is_empty()).map(|lines| lines.join(" ")).collect();
    paragraphs.into_iter().filter(|paragraph| !paragraph.is_empty())
}
