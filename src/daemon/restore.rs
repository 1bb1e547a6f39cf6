//! A backup becomes a store again: checked before one byte of it is used, put in its place in one step, and
//! what was there before is kept aside. At every moment either the old store is in place or the new one.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::backup::{Backup, BadBackup, Member, Tick, give_folder, is_mount_point, shown};
use crate::config;
use crate::durable;
use crate::store::{Checked, DATABASE, Hold, Restored, Store, StoreError, StoreLock};

use super::backup::{ABOUT, CONFIGURATION, FOLDERS, FORM, PAGE, STATE};
use super::laid_out::{empty, make, make_new, open_up, own, remove, replace, switch, sync, unwritable};
use super::{archive_check, life};

/// Where a backup is laid out inside of the store's folder. What is in it came out of a backup.
const WORK: &str = ".restore";

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup.
    #[error(transparent)]
    Backup(#[from] BadBackup),
    /// The store that is there, or the one in the backup.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is a store already.
    #[error("there is a store in {}", .0.display())]
    Exists(PathBuf),
    /// The folder for the configuration holds something.
    #[error("there is a configuration in {}", .0.display())]
    NotEmpty(PathBuf),
    /// A file system is mounted there: it cannot change places with another folder.
    #[error("{} is a mount point: a configuration cannot take its place in one step", .0.display())]
    MountPoint(PathBuf),
    /// The store would be put aside with the configuration, under a daemon that may run on it.
    #[error("the store that this configuration names lies inside of {}", .0.display())]
    StoreInside(PathBuf),
    /// Another restore beside the same folder.
    #[error("another restore is under way beside {}", .0.display())]
    Another(PathBuf),
    /// The store in the backup is not as it was written.
    #[error("the store in this backup is damaged or was changed: {0}")]
    Damaged(String),
    /// The configuration in the backup names no store.
    #[error("the configuration in this backup cannot be used")]
    NoConfiguration,
    /// The file system refuses.
    #[error("{} cannot be written: {error}", place.display())]
    Unwritable {
        /// The file or folder.
        place: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A backup that is whole, and what it says of itself.
#[derive(Debug)]
pub struct Opened {
    backup: Backup,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// By which program.
    pub program: String,
    /// The host.
    pub host: String,
    /// Files in it.
    pub members: usize,
    /// The page for the next administrator.
    pub page: String,
    /// Where the chains were: key, how many links, the last one in hexadecimal.
    pub heads: Vec<(String, u64, String)>,
    /// Where the chains of the readers were, by name.
    pub readers: Vec<(String, u64, String)>,
}

/// What was restored.
#[derive(Debug)]
pub struct Done {
    /// Where what was there before is now; none where nothing was.
    pub aside: Option<PathBuf>,
    /// Letters that were on their way, and wait for a person now.
    pub uncertain: usize,
    /// What was checked.
    pub checked: Vec<Checked>,
}

/// Opens a backup and checks every byte of it, but not yet what the store in it says.
pub fn open(file: &Path, tick: &mut Tick<'_>) -> Result<Opened, RestoreError> {
    let mut backup = Backup::open(file, tick)?;
    let foreign = backup.members().iter().find(|member| !is_ours(&member.name));
    if let Some(member) = foreign {
        let reason = format!("it holds {}, which is no part of a backup", shown(&member.name));
        return Err(backup.refused(reason).into());
    }
    let mut text = |name| -> Result<String, RestoreError> {
        let member = backup.member(name)?;
        Ok(String::from_utf8_lossy(&backup.read(&member)?).into_owned())
    };
    let (about, page) = (text(ABOUT)?, text(PAGE)?);
    let about: Value = serde_json::from_str(&about).unwrap_or_default();
    let made_at = about["made_at"].as_str().and_then(|text| text.parse().ok());
    let (Some(made_at), Some(form)) = (made_at, about["form"].as_u64()) else {
        return Err(backup.refused(format!("{ABOUT} in it makes no sense")).into());
    };
    if form > FORM {
        return Err(backup.refused("a newer timbra made it: install that one".to_owned()).into());
    }
    let word = |key: &str| about[key].as_str().unwrap_or("?").to_owned();
    let members = backup.members().len();
    let heads = |part: &str| {
        let all = about[part].as_object().into_iter().flatten();
        all.filter_map(|(key, one)| {
            Some((key.clone(), one["count"].as_u64()?, one["head"].as_str()?.to_owned()))
        })
        .collect()
    };
    let (heads, readers) = (heads("checked"), heads("readers"));
    Ok(Opened {
        heads,
        readers,
        made_at,
        program: word("program"),
        host: word("host"),
        members,
        page,
        backup,
    })
}

/// Where a folder really lies: where links lead, the configuration goes. The last part need not be there.
fn settled(folder: &Path) -> Result<PathBuf, RestoreError> {
    let folder = std::path::absolute(folder).map_err(unwritable(folder))?;
    if folder.symlink_metadata().is_ok() {
        return folder.canonicalize().map_err(unwritable(&folder));
    }
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else { return Ok(folder) };
    Ok(parent.canonicalize().map_err(unwritable(parent))?.join(name))
}

fn is_ours(name: &[u8]) -> bool {
    let state = || name.strip_prefix(STATE.as_bytes());
    let of = |folder: &str| state().is_some_and(|rest| rest.starts_with(format!("{folder}/").as_bytes()));
    [PAGE, ABOUT, DATABASE].iter().any(|own| name == own.as_bytes())
        || name.starts_with(CONFIGURATION.as_bytes())
        || FOLDERS.into_iter().any(of)
}

impl Opened {
    /// Lays the store of the backup out in a folder, brings it up to date there and checks it, the archive
    /// in the backup too.
    pub fn examine(
        &mut self,
        folder: &Path,
        tick: &mut Tick<'_>,
    ) -> Result<(Store, Vec<Checked>), RestoreError> {
        let member = self.backup.member(DATABASE)?;
        let path = folder.join(DATABASE);
        let total = member.size;
        self.backup.extract(&member, &path, &mut |bytes| tick("laying out the store", bytes, total))?;
        let store = Store::open_file(&path).map_err(|error| match error {
            StoreError::Missing(_) => StoreError::Damaged("it is empty".to_owned()),
            other => other,
        })?;
        let mut checked = store.verify(tick)?;
        if checked.iter().all(Checked::is_whole) {
            let mut archive = archive_check::nothing();
            let prefix = [STATE, crate::source::ARCHIVE].concat();
            for member in self.backup.members().iter().filter(|member| member.path.starts_with(&prefix)) {
                archive_check::compare(&store, &mut archive, &member.path, member.sha256())?;
            }
            checked.push(archive);
        }
        Ok((store, checked))
    }

    /// Makes a store of the backup in a folder. With `force` one that is there is put aside; with
    /// `although_damaged` a store that was damaged before the backup was made is taken as it is.
    pub fn restore(
        &mut self,
        folder: &Path,
        (force, although_damaged): (bool, bool),
        now: DateTime<Utc>,
        tick: &mut Tick<'_>,
    ) -> Result<Done, RestoreError> {
        let lock = StoreLock::take(folder)?;
        let database = folder.join(DATABASE);
        let refused = || !force && fs::symlink_metadata(&database).is_ok();
        if refused() {
            return Err(RestoreError::Exists(folder.to_owned()));
        }
        // made by whoever restores, used by the daemon
        let owner = fs::metadata(folder).map_err(unwritable(folder))?;
        let (user, group) = (owner.uid(), owner.gid());
        lock.give_to(user, group).map_err(unwritable(&folder.join(StoreLock::FILE)))?;
        let work = folder.join(WORK);
        remove(&work)?;
        let done = self.lay_out(&work, although_damaged, now, tick).and_then(|(uncertain, checked)| {
            own(&work, folder, &database)?;
            let _hold = Hold::alone(folder)?;
            // a command may have made one meanwhile
            if refused() {
                return Err(RestoreError::Exists(folder.to_owned()));
            }
            let aside = switch(folder, &work, now)?;
            if let Some(made) = &aside {
                give_folder(made, user, group).map_err(unwritable(made))?;
            }
            Ok(Done { aside, uncertain, checked })
        });
        match done {
            Ok(done) => remove(&work).map(|()| done),
            Err(error) => {
                drop(remove(&work));
                Err(error)
            }
        }
    }

    fn lay_out(
        &mut self,
        work: &Path,
        although_damaged: bool,
        now: DateTime<Utc>,
        tick: &mut Tick<'_>,
    ) -> Result<(usize, Vec<Checked>), RestoreError> {
        make_new(work)?;
        let (mut store, checked) = self.examine(work, tick)?;
        let damage = checked.iter().flat_map(|one| &one.damages).next();
        if let Some(damage) = damage.filter(|_| !although_damaged) {
            return Err(RestoreError::Damaged(damage.clone()));
        }
        let restored = Restored { made_at: self.made_at, restored_at: now };
        let uncertain = store.hold_letters(restored)?;
        life::forget(&mut store)?;
        store.close_as_one_file()?;
        self.extract_below(STATE, work, tick)?;
        Ok((uncertain, checked))
    }

    /// Writes the configuration of the backup into a folder: whole or not at all. With `force` what is there
    /// is put aside beside it: where, is the second value. `then` gets the folder of the store that it names,
    /// and comes before the configuration is in place.
    pub fn with_configuration<T>(
        &mut self,
        (folder, force): (&Path, bool),
        now: DateTime<Utc>,
        tick: &mut Tick<'_>,
        then: impl FnOnce(&mut Self, &Path, &mut Tick<'_>) -> Result<T, RestoreError>,
    ) -> Result<(T, Option<PathBuf>), RestoreError> {
        let folder = settled(folder)?;
        if is_mount_point(&folder) {
            return Err(RestoreError::MountPoint(folder));
        }
        let occupied = match fs::read_dir(&folder).map(|mut entries| entries.next().is_some()) {
            Ok(true) if !force => return Err(RestoreError::NotEmpty(folder)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritable(&folder)(error)),
            other => other.unwrap_or(false),
        };
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        // beside it, where relative paths in it lead to the same places
        let partial = folder.with_file_name(format!(".{name}.part"));
        make(&partial)?;
        // whoever comes second would remove what the first one lays out
        let lock = fs::File::open(&partial).map_err(unwritable(&partial))?;
        lock.try_lock().map_err(|_| RestoreError::Another(folder.clone()))?;
        empty(&partial)?;
        let done = self.extract_below(CONFIGURATION, &partial, tick).and_then(|()| {
            let config = config::load(&partial).config.ok_or(RestoreError::NoConfiguration)?;
            let store = config::plain(&config.store_folder);
            if occupied && store.starts_with(config::plain(&partial)) {
                return Err(RestoreError::StoreInside(folder.clone()));
            }
            let done = then(self, &store, tick)?;
            open_up(&partial, &store)?;
            let mut aside = None;
            if occupied {
                aside = Some(replace(&partial, &folder, now)?);
            } else {
                durable::step();
                fs::rename(&partial, &folder).map_err(unwritable(&folder))?;
            }
            sync(folder.parent().unwrap_or(&folder))?;
            Ok((done, aside))
        });
        if done.is_err() {
            drop(remove(&partial));
        }
        done
    }

    /// Writes the members below a name into a folder.
    fn extract_below(
        &mut self,
        prefix: &str,
        folder: &Path,
        tick: &mut Tick<'_>,
    ) -> Result<(), RestoreError> {
        let below: Vec<Member> = self
            .backup
            .members()
            .iter()
            .filter(|member| member.name.starts_with(prefix.as_bytes()))
            .cloned()
            .collect();
        let (total, mut done) = (below.iter().map(|member| member.size).sum::<u64>(), 0);
        for member in below {
            let inside = member.path.strip_prefix(prefix).unwrap_or(&member.path);
            let to = folder.join(inside);
            make(to.parent().unwrap_or(folder))?;
            self.backup.extract(&member, &to, &mut |bytes| tick("laying out", done + bytes, total))?;
            done += member.size;
        }
        Ok(())
    }
}
