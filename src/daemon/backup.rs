//! A backup: the store as it is at one moment, the configuration without secrets, the files of the archive
//! and what was laid out for a delivery by hand, and a page for the next administrator.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Map, json};

use crate::backup::{BackupWriter, CannotWrite, Tick};
use crate::config::{Config, MalfunctionPolicy};
use crate::hex;
use crate::source;
use crate::store::{Checked, DATABASE, Store, StoreError};

use super::configuration_files::LeftOut;
use super::seal::SOFTWARE;
use super::{archive_check, configuration_files, handover};

/// The page for the next administrator.
pub const PAGE: &str = "CONSEGNA.txt";

/// What a backup says of itself.
pub const ABOUT: &str = "backup.json";

/// The form of a backup: a change that an older program would not understand is another one.
pub const FORM: u64 = 1;

/// Where the files of the configuration stand in a backup, and those of the store's folder.
pub const CONFIGURATION: &str = "configuration/";
/// See [`CONFIGURATION`].
pub const STATE: &str = "state/";

/// The folders in that of the store which go along.
pub const FOLDERS: [&str; 3] = [source::ARCHIVE, super::bundle::BY_HAND, MalfunctionPolicy::FOLDER];

/// What a backup holds.
#[derive(Debug)]
pub struct Made {
    /// Files in it.
    pub members: u64,
    /// Bytes of it.
    pub bytes: u64,
    /// Files of the configuration that are not in it, and why.
    pub left_out: Vec<(String, LeftOut)>,
    /// What was checked of the store that is in it.
    pub checked: Vec<Checked>,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error(transparent)]
    File(#[from] CannotWrite),
    /// It would lie among what it is a backup of, or in the place of a part of it.
    #[error("{}: a backup does not belong into the folder of the store or of the configuration: name another, best on \
             another disk", .0.display())]
    Inside(PathBuf),
    /// What belongs into it.
    #[error("{} cannot be read: {error}; nothing was left behind", place.display())]
    Unreadable {
        /// The folder.
        place: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// True when a file would lie in a folder, or below.
fn is_inside(file: &Path, folder: &Path) -> bool {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (parent, folder) = (parent.canonicalize(), folder.canonicalize());
    parent.ok().zip(folder.ok()).is_some_and(|(parent, folder)| parent.starts_with(folder))
}

/// Writes a backup of a store, while a daemon may go on writing to it. One of an older schema stays as it is.
pub fn write(
    store: &Store,
    (folder, config): (&Path, &Config),
    (target, force): (&Path, bool),
    now: DateTime<Utc>,
    tick: &mut Tick<'_>,
) -> Result<Made, BackupError> {
    if [&*config.store_folder, folder].iter().any(|own| is_inside(target, own)) {
        return Err(BackupError::Inside(target.to_owned()));
    }
    let now = now.trunc_subsecs(0);
    let modified = now.timestamp().try_into().unwrap_or_default();
    let mut writer = BackupWriter::begin(target, force, modified)?;
    let copy = writer.beside()?;
    tick("copying the store", 0, 0);
    let full = |error| match error {
        // it is the disk of the copy that is full
        StoreError::Full => {
            let error = io::Error::from(io::ErrorKind::StorageFull);
            BackupError::File(CannotWrite::Unwritable { place: target.to_owned(), error })
        }
        other => BackupError::Store(other),
    };
    store.copy_to(&copy).map_err(full)?;
    let copied = match Store::open_copy(&copy) {
        Err(StoreError::Older(_)) => {
            // what is looked at is brought up to date, what is kept is not: its own program can go on with it
            let newer = writer.beside()?;
            let unwritable = |error| CannotWrite::Unwritable { place: target.to_owned(), error };
            fs::copy(&copy, &newer).map_err(unwritable)?;
            Store::open_file(&newer).map_err(full)?
        }
        other => other?,
    };
    let mut checked = copied.verify(tick)?;
    let state_folder = &config.store_folder;
    let mut state = archive_check::files(&copied, state_folder)?.map_err(unreadable(state_folder))?;
    checked.push(archive_check::check(&copied, state_folder, tick)?);
    for folder in FOLDERS.into_iter().skip(1) {
        state.extend(files_below(state_folder, folder).map_err(unreadable(state_folder))?);
    }
    let files = configuration_files::read(folder, config).map_err(unreadable(folder))?;
    let (machine, schema, looked_at) = (machine(), store.schema()?, copied.schema()?);
    let page = handover::page(&copied, (folder, config), (&files, &checked), (&machine, now))?;
    let readers: Map<String, serde_json::Value> = copied
        .reader_chains()?
        .into_iter()
        .map(|(name, count, head)| (name, json!({ "count": count, "head": hex::lower(&head) })))
        .collect();
    drop(copied);
    writer.add(PAGE, page.as_bytes())?;
    let chains: Map<String, serde_json::Value> = checked
        .iter()
        .map(|one| {
            // that of an older store begins when it is brought up to date
            let is_kept = schema == looked_at || one.key != "fingerprints";
            let head = one.head.as_deref().filter(|_| is_kept).map(hex::lower);
            (one.key.to_owned(), json!({ "count": one.count, "head": head, "whole": one.is_whole() }))
        })
        .collect();
    let left_out: Vec<_> =
        files.left_out.iter().map(|(name, why)| json!({ "file": name, "why": why.to_string() })).collect();
    let about = json!({
        "form": FORM, "program": SOFTWARE, "schema": schema, "host": config.host.office.name,
        "machine": machine, "made_at": now.to_rfc3339(), "checked": chains, "readers": readers, "left_out": left_out,
        "configuration": folder.display().to_string(), "store": state_folder.display().to_string(),
    });
    writer.add(ABOUT, format!("{about:#}\n").as_bytes())?;
    let mut sizes = vec![fs::metadata(&copy).map_or(0, |facts| facts.len())];
    sizes.extend(
        state.iter().map(|path| fs::metadata(state_folder.join(path)).map_or(0, |facts| facts.len())),
    );
    let (total, mut done) = (sizes.iter().sum::<u64>(), 0);
    let mut writing = |name: &[u8], path: &Path, size: u64, tick: &mut Tick<'_>| {
        let added = writer.add_file(name, path, &mut |bytes| tick("writing", done + bytes, total));
        done += size;
        added
    };
    writing(DATABASE.as_bytes(), &copy, sizes.first().copied().unwrap_or_default(), tick)?;
    for (path, size) in state.iter().zip(sizes.into_iter().skip(1)) {
        let name = [STATE.as_bytes(), path.as_os_str().as_encoded_bytes()].concat();
        match writing(&name, &state_folder.join(path), size, tick) {
            // retention may have taken it meanwhile
            Err(CannotWrite::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound => (),
            other => other?,
        }
    }
    for (name, bytes) in &files.files {
        writer.add(&format!("{CONFIGURATION}{name}"), bytes)?;
    }
    let (members, bytes) = writer.finish(tick)?;
    Ok(Made { members, bytes, left_out: files.left_out, checked })
}

/// The regular files below a folder inside of another one, by their paths there; none where there is no such
/// folder. Links are not followed.
pub fn files_below(root: &Path, inside: &str) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(inside)];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(root.join(&folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        for entry in entries {
            let entry = entry?;
            let (path, kind) = (folder.join(entry.file_name()), entry.file_type()?);
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                files.push(path);
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn unreadable(place: &Path) -> impl Fn(io::Error) -> BackupError {
    move |error| BackupError::Unreadable { place: place.to_owned(), error }
}

/// The name of this machine.
fn machine() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "?".to_owned() } else { name.to_owned() }
}
