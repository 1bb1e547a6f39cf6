//! `[[folder]]`: the readers whose punches arrive as files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::decode::format::Format;
use crate::domain::ids::ReaderId;
use crate::domain::punch::Direction;
use crate::domain::reader::{DirectionMode, DirectionRule};
use crate::source::{FilePattern, FolderMode, FolderSettings};

use super::node::Value;
use super::section::{Reading, Section};
use super::settings::Intake;
use super::shelf::Shelf;
use super::values::{NAME, path, reader_id};

/// A reader with its folder.
#[derive(Debug, Clone)]
pub struct FolderReader {
    /// The folder and what is taken from it.
    pub folder: FolderSettings,
    /// The name of its format.
    pub format_name: String,
    /// Its format.
    pub format: Arc<Format>,
    /// Where the direction of its punches comes from.
    pub direction: DirectionRule,
    /// Earlier punches are not believed: the reader was not there yet.
    pub installed: NaiveDate,
}

/// What `timbra.toml` says of readers.
#[derive(Debug, Default)]
pub(super) struct Readers {
    /// Those that can be used.
    pub(super) usable: Vec<FolderReader>,
    /// Every id that is written, also of those with errors: others may name it.
    pub(super) declared: BTreeSet<ReaderId>,
    /// How many errors are theirs.
    pub(super) errors: usize,
}

/// Reads all `[[folder]]`. One with errors is left out.
pub(super) fn read(
    root: &Section<'_>,
    reading: &Reading<'_>,
    folder: &Path,
    intake: &Intake,
    formats: &Shelf<Format>,
) -> Readers {
    let before = reading.errors();
    let mut readers = Readers::default();
    let mut seen: Vec<(PathBuf, Vec<FilePattern>, Option<ReaderId>)> = Vec::new();
    for section in root.sections("folder") {
        let errors = reading.errors();
        let id = section.required("id", "\"ingresso\"", reader_id(&section, "id"));
        if let Some(id) = &id
            && !readers.declared.insert(id.clone())
        {
            let message = format!("there is another reader `{id}`");
            section.complain(&section.span_of("id"), &message, "give each reader an id of its own");
        }
        let place = path(&section, "path", folder).map(|path| plain(&path));
        let place = section.required("path", "\"/srv/timbra/ingresso\"", place);
        let files = patterns(&section);
        if let Some(place) = &place {
            let same = seen.iter().find(|(other, patterns, _)| {
                other == place && patterns.iter().any(|one| files.iter().any(|two| one.overlaps(two)))
            });
            if let Some((.., other)) = same {
                let other = other.as_ref().map_or("another reader", ReaderId::as_str);
                let message = format!("`{other}` watches the same folder for the same file names");
                let hint = "give each its own folder, or `files` that no name fits twice";
                section.complain(&section.span_of("path"), &message, hint);
            }
            seen.push((place.clone(), files.clone(), id.clone()));
        }
        let reader = one(section, id, place, files, intake, formats);
        if reading.errors() == errors {
            readers.usable.extend(reader);
        }
    }
    readers.errors = reading.errors() - before;
    readers
}

fn one(
    section: Section<'_>,
    id: Option<ReaderId>,
    path: Option<PathBuf>,
    files: Vec<FilePattern>,
    intake: &Intake,
    formats: &Shelf<Format>,
) -> Option<FolderReader> {
    let format_name = section.required("format", "\"zk-attlog\"", section.text("format"));
    let format = format_name.as_deref().and_then(|name| formats.find(&section, "format", name));
    let modes = [("claim", FolderMode::Claim), ("follow", FolderMode::Follow)];
    let mode = section.choice("mode", &modes).unwrap_or_default();
    let require_mount = section.flag("require_mount").unwrap_or(false);
    let direction = direction(&section);
    if let Some(format) = &format
        && !format.has_direction()
        && direction.mode == DirectionMode::Record
    {
        let message = "this format has no direction: nobody would know entry from exit";
        section.warn(&section.span_of("format"), message, "write direction = \"in\", \"out\" or \"toggle\"");
    }
    let installed = section.date("installed").unwrap_or(intake.not_before);
    section.finish();
    Some(FolderReader {
        folder: FolderSettings {
            reader: id?,
            path: path?,
            mode,
            files,
            require_mount,
            max_file_size: intake.max_file_size,
            poll_seconds: intake.poll_seconds,
            stable_seconds: intake.stable_seconds,
        },
        format_name: format_name?,
        format: format?,
        direction,
        installed,
    })
}

/// `files`: one pattern or a list of them; all files when absent.
fn patterns(section: &Section<'_>) -> Vec<FilePattern> {
    let expected = "a pattern of file names like \"*.dat\", without folders";
    let one = |value: &Value| value.as_text().and_then(|text| FilePattern::new(text.trim()));
    let written = match section.node("files").map(|node| &node.value) {
        Some(Value::List(items)) => {
            if items.is_empty() {
                section.complain(
                    &section.span_of("files"),
                    "`files` is an empty list",
                    &format!("write {expected}"),
                );
            }
            section.list("files", expected, one).unwrap_or_default()
        }
        _ => section.read("files", expected, one).into_iter().collect(),
    };
    if written.is_empty() { FilePattern::new("*").into_iter().collect() } else { written }
}

fn direction(section: &Section<'_>) -> DirectionRule {
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

/// The path without `.` and doubled slashes, and with `..` resolved by name: to compare, no more.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
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
        let hint = match super::section::nearest(text, names.clone()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None if declared.is_empty() => "timbra.toml has no [[folder]] yet".to_owned(),
            None => format!("the readers are: {}", names.collect::<Vec<_>>().join(", ")),
        };
        section.complain(span, &format!("there is no reader `{text}`"), &hint);
        return None;
    }
    Some(id)
}
