//! The files of a configuration folder: `timbra.toml` and the `*.toml` of `agreements/`, `profiles/`
//! and `formats/`. A file that cannot be read is a problem of its own and stops no other.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::problem::{Problem, SourceText};

/// No configuration file is that long; something else was put there by mistake.
const LONGEST: u64 = 4 << 20;

/// A file whose name means something.
#[derive(Debug)]
pub(super) struct NamedFile {
    /// Its name without `.toml`.
    pub(super) stem: String,
    /// Its path relative to the configuration, with `/`.
    pub(super) relative: String,
    /// Its text.
    pub(super) source: SourceText,
}

/// Everything that could be read.
#[derive(Debug)]
pub(super) struct ConfigFiles {
    /// `timbra.toml`
    pub(super) timbra: Option<SourceText>,
    /// `agreements/*.toml`, by name.
    pub(super) agreements: Vec<NamedFile>,
    /// `profiles/*.toml`, by name.
    pub(super) profiles: Vec<NamedFile>,
    /// `formats/*.toml`, by name.
    pub(super) formats: Vec<NamedFile>,
}

/// Reads the files of a folder.
pub(super) fn read(folder: &Path, problems: &mut Vec<Problem>) -> ConfigFiles {
    let path = folder.join("timbra.toml");
    let timbra = match text(&path) {
        Ok(text) => Some(SourceText::new(&path, text)),
        Err(problem) if problem.place.is_some() => {
            problems.push(*problem);
            None
        }
        Err(problem) => {
            let hint = "copy the sample configuration there and fill it in, or name another folder: \
                        timbra --config DIR check";
            problems.push(problem.hint(hint));
            None
        }
    };
    ConfigFiles {
        timbra,
        agreements: named(folder, "agreements", problems),
        profiles: named(folder, "profiles", problems),
        formats: named(folder, "formats", problems),
    }
}

/// The `*.toml` of a folder inside the configuration, by name. Hidden files are an editor's business.
fn named(folder: &Path, inside: &str, problems: &mut Vec<Problem>) -> Vec<NamedFile> {
    let place = folder.join(inside);
    let entries = match fs::read_dir(&place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.push(Problem::of_file(&place, format!("cannot be listed: {error}")));
            return Vec::new();
        }
    };
    let mut names = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => names.push(entry.file_name()),
            Err(error) => problems.push(Problem::of_file(&place, format!("cannot be listed: {error}"))),
        }
    }
    names.sort_unstable();
    let mut files = Vec::new();
    for name in names {
        let path = place.join(&name);
        let Some(name) = name.to_str() else {
            problems.push(Problem::of_file(&path, "the file name is not UTF-8").hint("rename the file"));
            continue;
        };
        let Some(stem) = name.strip_suffix(".toml").filter(|stem| !stem.starts_with('.')) else { continue };
        match text(&path) {
            Ok(text) => files.push(NamedFile {
                stem: stem.to_owned(),
                relative: format!("{inside}/{name}"),
                source: SourceText::new(&path, text),
            }),
            Err(problem) => problems.push(*problem),
        }
    }
    files
}

/// The text of a file; a byte order mark at its start is taken off.
fn text(path: &Path) -> Result<String, Box<Problem>> {
    let unreadable = |reason: &str| Box::new(Problem::of_file(path, format!("cannot be read: {reason}")));
    let failed = |error: std::io::Error| unreadable(&error.to_string());
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(unreadable("it is no regular file"));
    }
    // One more than it should be: then one read finds the end.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(LONGEST)).unwrap_or(0) + 1);
    fs::File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > LONGEST {
        return Err(unreadable(&format!("it is longer than {} MiB", LONGEST >> 20)));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let wrong = error.utf8_error().valid_up_to();
        let source = SourceText::new(path, String::from_utf8_lossy(error.as_bytes()).into_owned());
        let problem = source.problem(&(wrong..wrong), "this character is not UTF-8");
        Box::new(problem.hint("save the file as UTF-8, not as ANSI or Windows-1252"))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
