//! All readers of `timbra.toml`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::decode::format::Format;
use crate::domain::ids::ReaderId;

use super::bus::{self, OsdpBus};
use super::folder::{self, FolderReader};
use super::own_folders::OwnFolders;
use super::port::Ports;
use super::section::{Reading, Section};
use super::serial::{self, SerialReader};
use super::settings::Intake;
use super::shelf::Shelf;

/// What `timbra.toml` says of readers.
#[derive(Debug, Default)]
pub(super) struct Readers {
    /// Those with a folder that can be used.
    pub(super) folders: Vec<FolderReader>,
    /// Those on a serial port that can be used.
    pub(super) serials: Vec<SerialReader>,
    /// The buses with readers that can be used.
    pub(super) buses: Vec<OsdpBus>,
    /// Every id that is written, also of those with errors: others may name it.
    pub(super) declared: BTreeSet<ReaderId>,
    /// How many errors are theirs.
    pub(super) errors: usize,
}

/// Reads all `[[folder]]`, `[[serial]]` and `[[osdp]]`. One with errors is left out.
pub(super) fn read(
    root: &Section<'_>,
    reading: &Reading<'_>,
    folder: &Path,
    intake: &Intake,
    formats: &Shelf<Format>,
    own: &OwnFolders,
) -> Readers {
    let before = reading.errors();
    let mut declared = BTreeSet::new();
    let folders = folder::read(root, reading, folder, intake, formats, own, &mut declared);
    let mut ports = Ports::default();
    let serials = serial::read(root, reading, folder, intake, &mut declared, &mut ports);
    let buses = bus::read(root, reading, folder, intake, &mut declared, &mut ports);
    Readers { folders, serials, buses, declared, errors: reading.errors() - before }
}
