//! The configuration as commands need it: told once what is wrong with it, used as far as it goes.

use std::borrow::Cow;
use std::path::Path;

use crate::config::problem::{Severity, SourceText};
use crate::config::{self, Config, FolderReader};
use crate::daemon::in_force;
use crate::domain::agreement::Agreement;
use crate::store::{Store, StoreError};

use super::failure::Failure;
use super::output::talk;

/// Loads a configuration. Errors go to stderr; what is valid is used.
pub(super) fn load(folder: &Path) -> Result<Config, Failure> {
    let loaded = config::load(folder);
    for problem in loaded.problems.iter().filter(|problem| problem.severity == Severity::Error) {
        talk(&problem.to_string());
    }
    loaded.config.ok_or_else(|| {
        Failure::new(format!("the configuration in {} cannot be used", folder.display()))
            .hint("`timbra check` lists every problem; `--config DIR` names another folder")
    })
}

/// The configuration with the terms, badges and profiles that the register has changed.
pub(super) fn in_force(store: &Store, config: Config) -> Result<Config, StoreError> {
    for id in in_force::forgotten(store, &config)?.unwrap_or_default() {
        talk(&format!(
            "note: all contents of {id} were forgotten (`timbra log {id}`); the file agreements/{id}.toml can go too"
        ));
    }
    let changed = match in_force::config(store, &config)? {
        Cow::Borrowed(_) => None,
        Cow::Owned(changed) => Some(changed),
    };
    Ok(changed.unwrap_or(config))
}

/// The same with an agreement whose file is gone or cannot be used, as it was last in force: where the store
/// knows something of it.
pub(super) fn with_former(
    store: &Store,
    config: Config,
    (folder, name): (&Path, &str),
) -> Result<Config, Failure> {
    if config.agreements.iter().any(|agreement| agreement.id.as_str() == name) {
        return Ok(config);
    }
    let Some(id) = store.known_agreements()?.into_iter().find(|id| id.as_str() == name) else {
        return Ok(config);
    };
    let file = format!("agreements/{id}.toml");
    let former = match store.last_text_of(&file)? {
        Some(text) => config::load_with(folder, &id, SourceText::new(&folder.join(&file), text)).config,
        None => None,
    };
    let former = former.filter(|former| former.agreements.iter().any(|agreement| agreement.id == id));
    let Some(former) = former else {
        return Err(Failure::new(format!("{file} is gone or cannot be used, and what it said is not known"))
            .hint("put the file back to see what happened"));
    };
    talk(&format!("note: {file} is gone or cannot be used: shown with what it said last"));
    Ok(former)
}

/// The reader of a name, of those that deliver files.
pub(super) fn reader<'a>(config: &'a Config, name: &str) -> Result<&'a FolderReader, Failure> {
    config.folders.iter().find(|reader| reader.id().as_str() == name).ok_or_else(|| {
        if let Some(serial) = config.serials.iter().find(|serial| serial.id().as_str() == name) {
            let message = format!("the reader `{name}` delivers no files");
            let hint =
                format!("its punches come over {} while `timbra run` runs", serial.port.path.display());
            return Failure::usage(message).hint(hint);
        }
        let known: Vec<&str> = config.folders.iter().map(|reader| reader.id().as_str()).collect();
        Failure::usage(format!("there is no reader `{name}`"))
            .hint(format!("the readers are: {}", known.join(", ")))
    })
}

/// The agreement of a name.
pub(super) fn agreement<'a>(config: &'a Config, name: &str) -> Result<&'a Agreement, Failure> {
    config.agreements.iter().find(|agreement| agreement.id.as_str() == name).ok_or_else(|| {
        let known: Vec<&str> = config.agreements.iter().map(|agreement| agreement.id.as_str()).collect();
        Failure::usage(format!("there is no agreement `{name}`"))
            .hint(format!("the agreements are: {}", known.join(", ")))
    })
}
