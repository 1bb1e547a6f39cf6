//! What a letter and its files are called: ASCII, short, never the name of a person. The number of the
//! document tells two coworkers of the same two offices apart.

use crate::domain::agreement::{Office, OfficeKind, StatementFile};
use crate::domain::statement::Statement;
use crate::domain::subject::{SubjectField, SubjectPart, SubjectTemplate};

use super::ascii::{ascii, slug};
use super::{italian, page};

/// The longest name of a file, in characters: more is cut off or refused on the way.
const FILE_NAME_LENGTH: usize = 100;

/// The subject by the template of the agreement. Names of offices and the reference of the intesa give
/// way, the longest first, when all of it is too long; an amendment always says so.
pub(super) fn subject(statement: &Statement<'_>) -> String {
    let template = &statement.agreement.statement.form.subject;
    let full = |office: &Office| ascii(&office.name);
    let whole = filled(statement, template, full);
    let parts = if length(&whole) > SubjectTemplate::LONGEST {
        let mut parts = filled(statement, template, |office| ascii(&short_name(office)));
        while length(&parts) > SubjectTemplate::LONGEST {
            let elastic = parts.iter_mut().filter(|(_, gives_way)| *gives_way);
            let Some((longest, _)) = elastic.max_by_key(|(text, _)| text.len()) else { break };
            if longest.pop().is_none() {
                break;
            }
        }
        parts
    } else {
        whole
    };
    let words = parts.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().concat();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn length(parts: &[(String, bool)]) -> usize {
    parts.iter().map(|(text, _)| text.len()).sum()
}

/// The parts with their texts, and whether each may give way.
fn filled(
    statement: &Statement<'_>,
    template: &SubjectTemplate,
    name: impl Fn(&Office) -> String,
) -> Vec<(String, bool)> {
    let month = statement.month;
    let field = |field: &SubjectField| match field {
        SubjectField::Month => (format!("{:02}/{}", month.number(), month.year()), false),
        SubjectField::Host => (name(&statement.host.office), true),
        SubjectField::Home => (name(&statement.agreement.home), true),
        SubjectField::Number => (number(statement), false),
        SubjectField::Reference => (ascii(&statement.agreement.reference), true),
    };
    let specimen = statement.specimen.then(|| (format!("{} - ", page::SPECIMEN), false));
    let parts = template.parts().iter().map(|part| match part {
        SubjectPart::Text(text) => (text.clone(), false),
        SubjectPart::Field(named) => field(named),
    });
    let amendment = statement.amendment.as_ref();
    let amendment = amendment.map(|amendment| (format!(" - RETTIFICA n. {}", amendment.ordinal), false));
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
