//! What a letter and its files are called: ASCII, short, never the name of a person. The number of the
//! document tells two coworkers of the same two offices apart.

use crate::domain::agreement::{Office, OfficeKind, StatementFile};
use crate::domain::statement::Statement;
use crate::domain::subject::{SubjectField, SubjectPart, SubjectTemplate};

use super::ascii::{ascii, slug};
use super::{italian, page};

/// The longest name of a file, in characters: more is cut off or refused on the way.
const FILE_NAME_LENGTH: usize = 100;

/// The subject by the template of the agreement. When all of it is too long, the names of the offices
/// give way, word by word and the longest first: what is left of a number or of a reference would name
/// another document. Only a reference that leaves no room for itself is cut, and shows it.
pub(super) fn subject(statement: &Statement<'_>) -> String {
    let template = &statement.agreement.statement.form.subject;
    let full = |office: &Office| ascii(&office.name);
    let mut parts = filled(statement, template, full);
    for name in [short_name, place] {
        if length(&parts) > SubjectTemplate::LONGEST {
            parts = filled(statement, template, |office| ascii(&name(office)));
        }
    }
    for gives_way in [Stretch::Office, Stretch::Reference] {
        while length(&parts) > SubjectTemplate::LONGEST {
            let elastic = parts.iter_mut().filter(|(_, stretch)| *stretch == gives_way);
            let Some((longest, _)) = elastic.max_by_key(|(text, _)| text.len()) else { break };
            if longest.is_empty() {
                break;
            }
            *longest = shorter(longest, gives_way == Stretch::Reference);
        }
    }
    let words = parts.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().concat();
    // an office without room for a word leaves no gap
    words.split_whitespace().collect::<Vec<_>>().join(" ").replace(" - - ", " - ")
}

/// What a stretch of a subject is, when there is no room for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stretch {
    Firm,
    Office,
    Reference,
}

/// A text without its last word; where that must not go unseen, it shows.
fn shorter(text: &str, shown: bool) -> String {
    let words = text.trim_end_matches(CUT).trim_end();
    let rest = words.rsplit_once(' ').map_or("", |(rest, _)| rest.trim_end_matches([' ', '-', ',']));
    if shown && !rest.is_empty() { format!("{rest}{CUT}") } else { rest.to_owned() }
}

/// What shows that something is missing.
const CUT: &str = " ...";

fn length(parts: &[(String, Stretch)]) -> usize {
    parts.iter().map(|(text, _)| text.len()).sum()
}

/// The parts with their texts, and whether each gives way.
fn filled(
    statement: &Statement<'_>,
    template: &SubjectTemplate,
    name: impl Fn(&Office) -> String,
) -> Vec<(String, Stretch)> {
    let month = statement.month;
    let field = |field: &SubjectField| match field {
        SubjectField::Month => (format!("{:02}/{}", month.number(), month.year()), Stretch::Firm),
        SubjectField::Host => (name(&statement.host.office), Stretch::Office),
        SubjectField::Home => (name(&statement.agreement.home), Stretch::Office),
        SubjectField::Number => (number(statement), Stretch::Firm),
        SubjectField::Reference => (ascii(&statement.agreement.reference), Stretch::Reference),
    };
    let specimen = statement.specimen.then(|| (format!("{} - ", page::SPECIMEN), Stretch::Firm));
    let parts = template.parts().iter().map(|part| match part {
        SubjectPart::Text(text) => (text.clone(), Stretch::Firm),
        SubjectPart::Field(named) => field(named),
    });
    let amendment = statement.amendment.as_ref();
    let amendment =
        amendment.map(|amendment| (format!(" - RETTIFICA n. {}", amendment.ordinal), Stretch::Firm));
    specimen.into_iter().chain(parts).chain(amendment).collect()
}

fn number(statement: &Statement<'_>) -> String {
    match statement.identity.number {
        Some(number) => format!("{}/{}", number.number, number.year),
        None if statement.specimen => "FAC-SIMILE".to_owned(),
        None => "ANTEPRIMA".to_owned(),
    }
}

/// `Prefettura di Torino`; an office of another kind has only its name.
pub(super) fn short_name(office: &Office) -> String {
    match office.kind {
        OfficeKind::Altro => office.name.clone(),
        kind => format!("{} di {}", italian::kind(kind), office.city),
    }
}

/// `Torino`; an office of another kind has only its name.
fn place(office: &Office) -> String {
    match office.kind {
        OfficeKind::Altro => office.name.clone(),
        _ => office.city.clone(),
    }
}

/// `prospetto-presenze_2026-10_prefettura-torino_prefettura-bari_n12-2026_r1.csv`
pub(super) fn file_name(statement: &Statement<'_>, file: StatementFile) -> String {
    let (month, revision) = (statement.month, statement.identity.revision);
    let number = slug(&number(statement).replace('/', "-"));
    let number = if statement.identity.number.is_some() { format!("n{number}") } else { number };
    let start = format!("prospetto-presenze_{month}_");
    let end = format!("_{number}_r{revision}.{}", file.code());
    let room = FILE_NAME_LENGTH.saturating_sub(start.len() + 1 + end.len()) / 2;
    let office = |office: &Office| {
        let words = match office.kind {
            OfficeKind::Altro => slug(&office.name),
            kind => slug(&format!("{} {}", italian::kind(kind), office.city)),
        };
        words.chars().take(room).collect::<String>().trim_end_matches('-').to_owned()
    };
    format!("{start}{}_{}{end}", office(&statement.host.office), office(&statement.agreement.home))
}
