//! A document written into a file, in the form that the file's name asks for.

use std::path::{Path, PathBuf};

use chrono::SubsecRound;
use chrono_tz::Tz;

use crate::daemon::clock;
use crate::daemon::seal::SOFTWARE;
use crate::render::paper::{Paper, Stamp};

use super::failure::Failure;
use super::output::{talk, write_whole};

/// A file whose name ends in `.pdf`, `.html` or `.txt`.
pub(super) fn document_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match ending(&path) {
        Some("pdf" | "html" | "txt") => Ok(path),
        _ => Err("write a name that ends in .pdf, .html or .txt".to_owned()),
    }
}

fn ending(path: &Path) -> Option<&str> {
    path.extension().and_then(|ending| ending.to_str())
}

/// Writes a document. `id` makes it one document.
pub(super) fn write_document(path: &Path, paper: &Paper, id: &str, zone: Tz) -> Result<(), Failure> {
    let at = clock::now().trunc_subsecs(0).with_timezone(&zone).fixed_offset();
    let bytes = match ending(path) {
        Some("html") => paper.html().into_bytes(),
        Some("txt") => paper.text().into_bytes(),
        _ => paper
            .pdf(&Stamp { id, at, software: SOFTWARE })
            .map_err(|error| Failure::new(format!("the document cannot be made: {error}")))?,
    };
    write_whole(path, &bytes)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?;
    talk(&format!("written: {}", path.display()));
    Ok(())
}
