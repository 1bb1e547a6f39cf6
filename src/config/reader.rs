//! What holds for any reader, however its punches arrive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::decode::format::Format;
use crate::domain::ids::ReaderId;
use crate::domain::punch::Direction;
use crate::domain::reader::{DirectionMode, DirectionRule};

use super::node::Value;
use super::section::Section;
use super::settings::Intake;
use super::spelling::nearest;
use super::values::{NAME, reader_id};

/// A reader.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Its name.
    pub id: ReaderId,
    /// Where the direction of its punches comes from.
    pub direction: DirectionRule,
    /// Earlier punches are not believed: the reader was not there yet.
    pub installed: NaiveDate,
    /// What its words mean, where it delivers files.
    pub format: Option<Arc<Format>>,
}

impl Reader {
    /// What the device's word for the direction means here.
    pub fn direction_of(&self, word: &str) -> Option<Direction> {
        let format_says = self.format.as_ref().and_then(|format| format.direction(word));
        self.direction.direction(word, format_says)
    }

    /// What the device's code of a reason means here.
    pub fn reason_of<'a>(&'a self, code: &'a str) -> &'a str {
        self.format.as_ref().map_or(code, |format| format.reason(code))
    }
}

/// `id`: a name that no other reader has.
pub(super) fn id(section: &Section<'_>, declared: &mut BTreeSet<ReaderId>) -> Option<ReaderId> {
    let id = section.required("id", "\"ingresso\"", reader_id(section, "id"));
    if let Some(id) = &id
        && !declared.insert(id.clone())
    {
        let message = format!("there is another reader `{id}`");
        section.complain(&section.span_of("id"), &message, "give each reader an id of its own");
    }
    id
}

/// `installed`: punches before it are not believed.
pub(super) fn installed(section: &Section<'_>, intake: &Intake) -> NaiveDate {
    section.date("installed").unwrap_or(intake.not_before)
}

/// `direction` and `directions`
pub(super) fn direction(section: &Section<'_>) -> DirectionRule {
    let modes = [
        ("record", DirectionMode::Record),
        ("in", DirectionMode::AlwaysIn),
        ("out", DirectionMode::AlwaysOut),
        ("toggle", DirectionMode::Toggle),
    ];
    let mode = section.choice("direction", &modes).unwrap_or_default();
    let mut map = BTreeMap::new();
    if let Some(words) = section.section("directions") {
        for (word, node) in words.free_entries() {
            let meaning = match &node.value {
                Value::Text(text) if text == "in" => Direction::In,
                Value::Text(text) if text == "out" => Direction::Out,
                _ => {
                    let message = format!("the word `{}` means neither entry nor exit here", word.name);
                    words.complain(&node.span, &message, "write \"in\" or \"out\"");
                    continue;
                }
            };
            map.insert(word.name.trim().to_owned(), meaning);
        }
        if mode != DirectionMode::Record {
            let message = "`directions` has no effect beside this `direction`";
            section.warn(&section.span_of("directions"), message, "take one of the two out");
        }
    }
    DirectionRule { mode, map }
}

/// True when a name could be a reader's; for complaints about names of readers elsewhere.
pub(super) fn known(
    section: &Section<'_>,
    span: &std::ops::Range<usize>,
    text: &str,
    declared: Option<&BTreeSet<ReaderId>>,
) -> Option<ReaderId> {
    let Ok(id) = ReaderId::new(text) else {
        section.complain(span, &format!("`{text}` is no name of a reader"), &format!("write {NAME}"));
        return None;
    };
    if let Some(declared) = declared
        && !declared.contains(&id)
    {
        let names = declared.iter().map(ReaderId::as_str);
        let hint = match nearest(text, names.clone()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None if declared.is_empty() => {
                "timbra.toml has no [[folder]], [[serial]] or [[osdp]] yet".to_owned()
            }
            None => format!("the readers are: {}", names.collect::<Vec<_>>().join(", ")),
        };
        section.complain(span, &format!("there is no reader `{text}`"), &hint);
        return None;
    }
    Some(id)
}
