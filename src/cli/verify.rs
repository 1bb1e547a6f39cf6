//! `timbra verify`: whether the store, or a backup, still is what was written into it.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::daemon::restore::Opened;
use crate::daemon::{archive_check, backup, restore};
use crate::hex;
use crate::store::{Checked, Store, StoreError, Tick, holds_database};

use super::bar::Bar;
use super::configuration;
use super::failure::{Done, Ending, Failure};
use super::output::{print, talk};
use super::restore::failure as refused;

/// What to check.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  timbra verify\n  timbra verify --json\n  timbra verify --since /srv/copie/gennaio.tar\n  \
    timbra verify --backup /srv/copie/timbra.tar\n\n\
    Checks the database itself, the chains of fingerprints over register, deliveries,\n\
    malfunctions and messages and how far each goes, every punch, every stored byte that has a\n\
    fingerprint, the numbers of the documents and the files of the archive. What retention has\n\
    forgotten is no damage. Only reads; the daemon may run.\n\
    Not seen: what was written anew with all its fingerprints (--since sees that, from the\n\
    moment of the backup), and what changes all the time: alarms, ports, gaps, covered times,\n\
    when a letter is tried again, which rows of quarantine still wait.\n\
    Exit code 3 when something is not as it was written."
)]
pub(super) struct VerifyArgs {
    /// Check this backup instead; needs no configuration
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,
    /// See too that each chain still goes through the links that this backup noted: its end was not cut off
    #[arg(long, value_name = "FILE", conflicts_with = "backup")]
    since: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(folder: &Path, args: &VerifyArgs) -> Ending {
    let mut bar = Bar::new();
    let mut tick = |what, done, total| bar.tick(what, done, total);
    let (place, checked) = if let Some(file) = &args.backup {
        let mut opened = restore::open(file, &mut tick).map_err(|error| refused(&error))?;
        let work = Work::make()?;
        let (_store, checked) = opened.examine(work.path(), &mut tick).map_err(|error| refused(&error))?;
        (file.clone(), checked)
    } else {
        let config = configuration::load(folder)?;
        let since = args.since.as_ref().map(|file| restore::open(file, &mut tick)).transpose();
        let since = since.map_err(|error| refused(&error))?;
        let checked = match Store::open_read_only(&config.store_folder) {
            Ok(store) => check(&store, &config.store_folder, since.as_ref(), &mut tick)?,
            Err(error) => vec![unopened(&config.store_folder, error)?],
        };
        (config.store_folder, checked)
    };
    bar.clear();
    let whole = checked.iter().all(Checked::is_whole);
    if args.json {
        let parts: Vec<Value> = checked.iter().map(object).collect();
        let object = json!({ "place": place.display().to_string(), "whole": whole, "checked": parts });
        print(format!("{object}\n").as_bytes())?;
    } else {
        print(text(&checked).as_bytes())?;
    }
    if whole {
        talk(&format!("{}: all is as it was written", place.display()));
        return Ok(Done::Clean);
    }
    talk(&format!(
        "{}: not all is as it was written\n  = keep it as it is: it may be evidence; find out who could write to it, and when\n  \
         = a backup from before goes on: `timbra verify --backup FILE`, then `timbra restore FILE --force`",
        place.display()
    ));
    Ok(Done::Attention)
}

/// The store, its archive, and what an earlier backup noted of it.
fn check(
    store: &Store,
    folder: &Path,
    since: Option<&Opened>,
    tick: &mut Tick<'_>,
) -> Result<Vec<Checked>, StoreError> {
    let mut checked = store.verify(tick)?;
    if checked.iter().all(Checked::is_whole) {
        checked.push(archive_check::check(store, folder, tick)?);
    }
    if let Some(earlier) = since {
        match (compare(store, earlier, &mut checked), checked.first_mut()) {
            (Err(error), Some(first)) if error.is_damage() => {
                first.damage(format!("what the backup noted cannot be looked for: {error}"));
            }
            (compared, _) => compared?,
        }
    }
    Ok(checked)
}

/// A store that cannot be opened: damaged, or not to be looked at.
fn unopened(folder: &Path, error: StoreError) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("structure", "tables and indexes");
    match error {
        StoreError::Missing(path) if holds_database(folder) || has_files(folder) => checked.damage(format!(
            "the database: {} is gone, or nothing that timbra wrote is left in it",
            path.display()
        )),
        error if error.is_damage() => checked.damage(format!("the database: {error}")),
        other => return Err(other),
    }
    Ok(checked)
}

/// Whether a store's folder holds files that only a store puts there.
fn has_files(folder: &Path) -> bool {
    let files = |inside| backup::files_below(folder, inside).is_ok_and(|files| !files.is_empty());
    backup::FOLDERS.into_iter().any(files)
}

/// The chains of a store against those that an earlier backup noted.
fn compare(store: &Store, earlier: &Opened, checked: &mut [Checked]) -> Result<(), StoreError> {
    let made_at = earlier.made_at.to_rfc3339();
    for one in checked {
        if one.key == "batches" {
            for (reader, count, head) in &earlier.readers {
                let now = store.reader_chain_at(reader, *count)?;
                if *count > 0 && now.is_none_or(|link| hex::lower(&link) != *head) {
                    one.damage(format!(
                        "reader {reader}: delivery {count} is not the one that the backup of {made_at} noted: its chain \
                         was cut or written anew"
                    ));
                }
            }
            continue;
        }
        let Some((_, count, head)) = earlier.heads.iter().find(|(key, _, _)| key == one.key) else {
            continue;
        };
        let now = store.chain_at(one.key, *count)?;
        if now.is_none_or(|link| hex::lower(&link) != *head) {
            one.damage(format!(
                "{}: link {count} is not the one that the backup of {made_at} noted: the chain was cut or written anew",
                one.what
            ));
        }
    }
    Ok(())
}

fn object(one: &Checked) -> Value {
    json!({
        "key": one.key, "what": one.what, "count": one.count, "forgotten": one.forgotten,
        "head": one.head.as_deref().map(hex::lower), "damages": one.damages, "more_damages": one.more,
    })
}

/// One line for each kind, and one for each damage.
pub(super) fn text(checked: &[Checked]) -> String {
    let mut text = String::new();
    for one in checked {
        let word = if one.is_whole() { "whole" } else { "DAMAGED" };
        text += &format!("{:<32} {:>9}  {word}", one.what, one.count);
        if one.forgotten > 0 {
            text += &format!("; {} forgotten by retention", one.forgotten);
        }
        if let Some(head) = &one.head {
            text += &format!("; last link {}", hex::lower(head).chars().take(16).collect::<String>());
        }
        text += "\n";
        for damage in &one.damages {
            text += &format!("  {damage}\n");
        }
        if one.more > 0 {
            text += &format!("  and {} more\n", one.more);
        }
    }
    text
}

/// A folder that only its owner can read, gone when it is done with.
pub(super) struct Work {
    place: PathBuf,
    _held: fs::File,
}

/// How the names of such folders begin.
const WORK: &str = "timbra-verify-";

impl Work {
    pub(super) fn make() -> Result<Self, Failure> {
        let folder = std::env::temp_dir();
        Self::sweep(&folder);
        let place = folder.join(format!("{WORK}{}", std::process::id()));
        let made = fs::DirBuilder::new().mode(0o700).create(&place).and_then(|()| {
            let folder = fs::File::open(&place)?;
            folder.lock()?;
            Ok(folder)
        });
        let held = made.map_err(|error| {
            Failure::new(format!("the backup cannot be laid out in {}: {error}", place.display()))
                .hint("TMPDIR names another folder")
        })?;
        Ok(Self { place, _held: held })
    }

    /// Removes what killed runs of this user left: it holds personal data.
    fn sweep(folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let process = name.to_str().and_then(|name| name.strip_prefix(WORK));
            // a pipe of that name would make whoever opens it wait
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if !is_folder || process.is_none_or(|number| number.parse::<u32>().is_err()) {
                continue;
            }
            // those of other users are not opened
            let left = fs::File::open(entry.path()).ok().filter(|folder| folder.try_lock().is_ok());
            if left.is_some() {
                drop(fs::remove_dir_all(entry.path()));
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.place
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.place));
    }
}
