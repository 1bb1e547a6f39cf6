//! `timbra restore FILE`: a backup becomes a store again.

use std::path::{Path, PathBuf};

use crate::backup::{BadBackup, Tick};
use crate::daemon::clock;
use crate::daemon::restore::{self, Opened, RestoreError};
use crate::store::StoreError;

use super::bar::Bar;
use super::configuration;
use super::failure::{Done, Ending, Failure};
use super::output::{print, talk};

/// What to restore, and where.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  timbra restore /srv/copie/timbra.tar --check\n  \
    timbra restore /srv/copie/timbra.tar --force\n  \
    timbra restore /srv/copie/timbra.tar --with-configuration /etc/timbra --force\n\n\
    Every byte is checked before one is used; a file that is damaged, cut or not a backup is\n\
    refused. What was there is put aside, never deleted. Letters that were waiting may have left\n\
    since: they become uncertain, and no letter leaves until `timbra outbox resume`.")]
pub(super) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only check it, and show the page for the next administrator
    #[arg(long, visible_alias = "dry-run")]
    check: bool,
    /// Put a store that is there aside
    #[arg(long)]
    force: bool,
    /// Restore the configuration too, into this folder; the store goes where it says. One that is there is put
    /// aside by --force
    #[arg(long, value_name = "DIR")]
    with_configuration: Option<PathBuf>,
    /// Take a store that was damaged before it was backed up
    #[arg(long)]
    although_damaged: bool,
}

pub(super) fn run(folder: &Path, args: &RestoreArgs) -> Ending {
    let mut bar = Bar::new();
    let mut tick = |what, done, total| bar.tick(what, done, total);
    let mut opened = restore::open(&args.file, &mut tick).map_err(|error| failure(&error))?;
    if args.check {
        return check(opened, &args.file, bar);
    }
    let now = clock::now();
    let how = (args.force, args.although_damaged);
    let restored = if let Some(folder) = &args.with_configuration {
        let then = |opened: &mut Opened, store: &Path, tick: &mut Tick<'_>| {
            Ok((store.to_owned(), opened.restore(store, how, now, tick)?))
        };
        opened.with_configuration((folder, args.force), now, &mut tick, then)
    } else {
        let store = configuration::load(folder)?.store_folder;
        opened.restore(&store, how, now, &mut tick).map(|done| ((store, done), None))
    };
    bar.clear();
    let ((store, done), old_configuration) = restored.map_err(|error| failure(&error))?;
    for aside in done.aside.iter().chain(&old_configuration) {
        talk(&format!("what was there is in {}; remove it when nobody needs it", aside.display()));
    }
    talk(&format!(
        "{}: restored from the backup of {} ({})\n\
         letters that were on their way: {}; each waits for `timbra outbox close` or `timbra outbox retry`\n\
         no letter leaves until `timbra outbox resume`: what was sent since the backup is not known here",
        store.display(),
        opened.made_at.to_rfc3339(),
        opened.program,
        done.uncertain
    ));
    Ok(Done::Clean)
}

fn check(mut opened: Opened, file: &Path, mut bar: Bar) -> Ending {
    let work = super::verify::Work::make()?;
    let examined = opened.examine(work.path(), &mut |what, done, total| bar.tick(what, done, total));
    bar.clear();
    let (_store, checked) = examined.map_err(|error| failure(&error))?;
    print(opened.page.as_bytes())?;
    let damage = checked.iter().flat_map(|one| &one.damages).next();
    if let Some(damage) = damage {
        return Err(failure(&RestoreError::Damaged(damage.clone())));
    }
    let Opened { members, program, .. } = &opened;
    talk(&format!("{}: {members} files, all as {program} wrote them; nothing was changed", file.display()));
    Ok(Done::Clean)
}

/// What happened, and what to do.
pub(super) fn failure(error: &RestoreError) -> Failure {
    let text = error.to_string();
    match error {
        RestoreError::Backup(BadBackup::Unwritable { .. }) => Failure::new(text)
            .hint("nothing was changed; free space there, or let this user write there, and try again"),
        RestoreError::Backup(_) => Failure::new(text)
            .hint("nothing was changed; take another backup: `timbra verify --backup FILE` checks one"),
        RestoreError::Store(StoreError::Newer { .. }) => Failure::new(format!("{text}; nothing was changed")),
        RestoreError::Exists(_) => Failure::new(text).hint(
            "stop the daemon and add --force: the store is put aside beside the new one, never deleted",
        ),
        RestoreError::NotEmpty(_) => Failure::new(text)
            .hint("nothing was changed; name another folder, or add --force: it is put aside, never deleted"),
        RestoreError::StoreInside(_) => Failure::new(text).hint(
            "nothing was changed; stop the daemon, move that folder away by hand, and restore without --force",
        ),
        RestoreError::MountPoint(folder) => Failure::new(text).hint(format!(
            "nothing was changed; name a folder beside it (--with-configuration {}-new), and copy its files into it \
             afterwards",
            folder.display()
        )),
        RestoreError::Another(_) => Failure::new(text).hint("nothing was changed; wait for it to end"),
        RestoreError::Damaged(_) => Failure::new(text)
            .hint("nothing was changed; take another backup, or this one as it is by --although-damaged"),
        RestoreError::NoConfiguration => Failure::new(text)
            .hint("restore without --with-configuration, for a configuration that names the store"),
        _ => Failure::new(text),
    }
}
