//! The archive of read files against the fingerprints that the store keeps of them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::source;
use crate::store::{Checked, Store, StoreError, Tick};

/// What is read at once.
const PIECE: usize = 1 << 18;

/// The files of an archive that belong to the store's deliveries, by path inside of the store's folder. A
/// delivery that came after the last one, or was still being read, is not known to this copy of the store.
pub(super) fn files(store: &Store, store_folder: &Path) -> Result<io::Result<Vec<PathBuf>>, StoreError> {
    let last = store.last_batch()?;
    let found = match super::backup::files_below(store_folder, source::ARCHIVE) {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    let mut files = Vec::new();
    for path in found {
        let known = match batch(&path) {
            Some(batch) => batch <= last && !store.batch_is_open(batch)?,
            None => true,
        };
        if known {
            files.push(path);
        }
    }
    Ok(Ok(files))
}

/// Checks every file of the archive.
pub fn check(store: &Store, store_folder: &Path, tick: &mut Tick<'_>) -> Result<Checked, StoreError> {
    let mut checked = nothing();
    let files = match files(store, store_folder)? {
        Ok(files) => files,
        Err(error) => {
            checked.damage(format!("the archive cannot be listed: {error}"));
            return Ok(checked);
        }
    };
    for (number, path) in (0..).zip(&files) {
        tick("archive", number, files.len() as u64);
        match sha256(&store_folder.join(path)) {
            Ok(sha256) => compare(store, &mut checked, path, &sha256)?,
            // retention may have taken it meanwhile
            Err(error) if error.kind() == io::ErrorKind::NotFound => (),
            Err(error) => checked.damage(format!("{} cannot be read: {error}", path.display())),
        }
    }
    Ok(checked)
}

/// Nothing of the archive was checked yet.
pub(super) fn nothing() -> Checked {
    Checked::new("archive", "files of the archive")
}

/// Compares one file with its delivery.
pub(super) fn compare(
    store: &Store,
    checked: &mut Checked,
    path: &Path,
    sha256: &[u8; 32],
) -> Result<(), StoreError> {
    let known = match batch(path) {
        // it was still being read: nothing is known of it
        Some(batch) if store.batch_is_open(batch)? => return Ok(()),
        Some(batch) => store.batch_content(batch)?,
        None => None,
    };
    checked.count += 1;
    let name = super::folders::shown(path);
    match known {
        None => checked.damage(format!("the archived file {name} belongs to no delivery")),
        Some(known) if known != sha256 => {
            checked.damage(format!("the archived file {name} is not the one that was read"));
        }
        Some(_) => (),
    }
    Ok(())
}

/// The delivery of an archived file: its name begins with the number.
fn batch(path: &Path) -> Option<i64> {
    path.file_name()?.to_string_lossy().split_once('-')?.0.parse().ok()
}

fn sha256(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(piece.get(..read).unwrap_or_default()),
        }
    }
}
