//! `[[folder]]`: the readers whose punches arrive as files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::decode::format::Format;
use crate::domain::ids::ReaderId;
use crate::domain::reader::DirectionMode;
use crate::source::{FilePattern, FolderMode, FolderSettings};

use super::node::Value;
use super::own_folders::{OwnFolders, plain};
use super::reader::{Reader, direction, id, installed};
use super::section::{Reading, Section};
use super::settings::Intake;
use super::shelf::Shelf;
use super::values::path;

/// A reader with its folder.
#[derive(Debug, Clone)]
pub struct FolderReader {
    /// What holds for any reader.
    pub reader: Reader,
    /// The folder and what is taken from it.
    pub folder: FolderSettings,
    /// The name of its format.
    pub format_name: String,
    /// Its format.
    pub format: Arc<Format>,
}

impl FolderReader {
    /// Its name.
    pub fn id(&self) -> &ReaderId {
        &self.reader.id
    }
}

/// Reads all `[[folder]]`. One with errors is left out.
pub(super) fn read(
    root: &Section<'_>,
    reading: &Reading<'_>,
    folder: &Path,
    intake: &Intake,
    formats: &Shelf<Format>,
    own: &OwnFolders,
    declared: &mut BTreeSet<ReaderId>,
) -> Vec<FolderReader> {
    let mut readers = Vec::new();
    let mut seen: Vec<(PathBuf, Vec<FilePattern>, Option<ReaderId>)> = Vec::new();
    for section in root.sections("folder") {
        let errors = reading.errors();
        let id = id(&section, declared);
        let place = path(&section, "path", folder).map(|path| plain(&path));
        let place = section.required("path", "\"/srv/timbra/ingresso\"", place);
        let files = patterns(&section);
        if let Some(place) = &place {
            if let Some(holds) = own.what_holds(place) {
                let message = format!("this folder holds {holds}: it would be taken for exports");
                section.complain(&section.span_of("path"), &message, "give the reader a folder of its own");
            }
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
            readers.extend(reader);
        }
    }
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
    let installed = installed(&section, intake);
    section.finish();
    let format = format?;
    Some(FolderReader {
        reader: Reader { id: id?, direction, installed, format: Some(Arc::clone(&format)) },
        folder: FolderSettings {
            path: path?,
            mode,
            files,
            require_mount,
            max_file_size: intake.max_file_size,
            poll_seconds: intake.poll_seconds,
            stable_seconds: intake.stable_seconds,
        },
        format_name: format_name?,
        format,
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
