//! What a restore laid out, and how it gets its place: rights, owner, durable, and in one step.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::backup::{Belonging, exchange};
use crate::durable;
use crate::store::{DATABASE, holds_database, put_aside};

use super::backup::FOLDERS;
use super::restore::RestoreError;

/// Puts the new store in the place of the old one, the database in one step. Where there is one already it
/// comes first; where there is none it comes last, so that it is not there before its archive.
pub(super) fn switch(
    folder: &Path,
    work: &Path,
    now: DateTime<Utc>,
) -> Result<Option<PathBuf>, RestoreError> {
    let there = |path: &Path| fs::symlink_metadata(path).is_ok();
    let replaces = there(&folder.join(DATABASE));
    let old = holds_database(folder) || FOLDERS.iter().any(|name| there(&folder.join(name)));
    let mut aside = folder.to_owned();
    if old {
        aside = unused(folder, &format!("replaced-{}", stamp(now)))?;
        // empty when this is refused
        put_aside(folder, &aside).inspect_err(|_| drop(fs::remove_dir(&aside)))?;
        sync(&aside)?;
        sync(folder)?;
    }
    let mut names = FOLDERS.to_vec();
    names.insert(if replaces { 0 } else { names.len() }, DATABASE);
    for name in names {
        let (from, place) = (work.join(name), folder.join(name));
        if name != DATABASE && there(&place) {
            durable::step();
            fs::rename(&place, aside.join(name)).map_err(unwritable(&place))?;
        }
        if there(&from) {
            durable::step();
            fs::rename(&from, &place).map_err(unwritable(&place))?;
        }
        sync(folder)?;
    }
    Ok(old.then_some(aside))
}

/// Puts a configuration in the place of the one that is there, in one step; returns where that one is now.
pub(super) fn replace(partial: &Path, folder: &Path, now: DateTime<Utc>) -> Result<PathBuf, RestoreError> {
    let parent = folder.parent().unwrap_or(folder);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    // the new one takes the name of the old one first: once they changed places, the old one has its own
    let place = unused(parent, &format!("{name}.replaced-{}", stamp(now)))?;
    durable::step();
    let exchanged = fs::rename(partial, &place).and_then(|()| {
        durable::step();
        exchange(&place, folder)
    });
    if let Err(error) = exchanged {
        drop(remove(&place));
        return Err(unwritable(folder)(error));
    }
    durable::step();
    Ok(place)
}

/// Gives what was laid out to the owner of the store's folder, with the rights of the database that was there.
pub(super) fn own(work: &Path, folder: &Path, database: &Path) -> Result<(), RestoreError> {
    let owner = fs::metadata(folder).map_err(unwritable(folder))?;
    let mode = fs::metadata(database).map_or(0o640, |old| old.permissions().mode() & 0o777);
    give(Belonging { user: Some(owner.uid()), group: owner.gid(), mode }, work)
}

/// The configuration may be read by the group of the store: the service runs as another user than who
/// restores it.
pub(super) fn open_up(folder: &Path, store: &Path) -> Result<(), RestoreError> {
    let group = fs::metadata(store).map_err(unwritable(store))?.gid();
    give(Belonging { user: None, group, mode: 0o640 }, folder)
}

fn give(belonging: Belonging, folder: &Path) -> Result<(), RestoreError> {
    belonging.give(folder).map_err(|(place, error)| RestoreError::Unwritable { place, error })
}

fn stamp(now: DateTime<Utc>) -> String {
    now.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Makes a folder that was not there: with a number behind its name where that is taken.
fn unused(folder: &Path, name: &str) -> Result<PathBuf, RestoreError> {
    let mut place = folder.join(name);
    for number in 2.. {
        match DirBuilder::new().mode(0o700).create(&place) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                place = folder.join(format!("{name}-{number}"));
            }
            other => return other.map(|()| place.clone()).map_err(unwritable(&place)),
        }
    }
    Ok(place)
}

/// Makes a folder that was not there: somebody else may have put a link in its place.
pub(super) fn make_new(folder: &Path) -> Result<(), RestoreError> {
    DirBuilder::new().mode(0o700).create(folder).map_err(unwritable(folder))
}

pub(super) fn make(folder: &Path) -> Result<(), RestoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unwritable(folder))
}

pub(super) fn remove(folder: &Path) -> Result<(), RestoreError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritable(folder)(error)),
        _ => Ok(()),
    }
}

/// Removes everything that is in a folder, and leaves the folder itself.
pub(super) fn empty(folder: &Path) -> Result<(), RestoreError> {
    for entry in fs::read_dir(folder).map_err(unwritable(folder))? {
        let entry = entry.map_err(unwritable(folder))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let path = entry.path();
        if is_folder { remove(&path)? } else { fs::remove_file(&path).map_err(unwritable(&path))? }
    }
    Ok(())
}

pub(super) fn sync(folder: &Path) -> Result<(), RestoreError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(unwritable(folder))
}

pub(super) fn unwritable(place: &Path) -> impl Fn(io::Error) -> RestoreError {
    move |error| RestoreError::Unwritable { place: place.to_owned(), error }
}
