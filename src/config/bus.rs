//! `[[osdp]]`: buses of OSDP readers, and `[[osdp.reader]]`: the readers on each.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::decode::card::Rendering;
use crate::domain::ids::ReaderId;
use crate::domain::reader::{DirectionMode, DirectionRule};
use crate::source::PortSettings;

use super::port::Ports;
use super::reader::{Reader, direction, id, installed};
use super::section::{Reading, Section};
use super::settings::Intake;
use super::values::{count, number, path};
use super::wire::badge;

/// The speeds that the standard knows, in bits a second.
const SPEEDS: [u32; 6] = [9_600, 19_200, 38_400, 57_600, 115_200, 230_400];

/// A bus with its readers; never without any.
#[derive(Debug, Clone)]
pub struct OsdpBus {
    /// Its port.
    pub port: PortSettings,
    /// Milliseconds between two polls of a reader.
    pub poll_ms: u32,
    /// Its readers, in the order of the file.
    pub readers: Vec<OsdpReader>,
}

/// A reader on a bus.
#[derive(Debug, Clone)]
pub struct OsdpReader {
    /// What holds for any reader.
    pub reader: Reader,
    /// Its address, 0 to 126.
    pub address: u8,
    /// Which number of the card is the badge.
    pub badge: Rendering,
    /// The same card within so many seconds of its last sight is the same read.
    pub presence_seconds: u32,
    /// Where the key of its secure channel is; absent when it is used in clear.
    pub key: Option<KeyPlace>,
    /// A new reader is given the key.
    pub install: bool,
}

/// Where a key is kept. Never in the configuration itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// In a file.
    File(PathBuf),
    /// In a credential of systemd.
    Credential(String),
}

impl OsdpReader {
    /// Its name.
    pub fn id(&self) -> &ReaderId {
        &self.reader.id
    }
}

/// Reads all `[[osdp]]`. A reader with errors is left out, and a bus without one that can be used.
pub(super) fn read(
    root: &Section<'_>,
    reading: &Reading<'_>,
    folder: &Path,
    intake: &Intake,
    declared: &mut BTreeSet<ReaderId>,
    ports: &mut Ports,
) -> Vec<OsdpBus> {
    let mut buses = Vec::new();
    for section in root.sections("osdp") {
        let errors = reading.errors();
        let port = ports.take(&section, folder, "another OSDP bus");
        let speed = number(&section, "baud", &SPEEDS.map(|speed| (speed.into(), speed)));
        let switched = section.flag("rs485").unwrap_or(false);
        let poll_ms = count(&section, "poll_ms", 20..=1000).unwrap_or(50);
        let tables = section.sections("reader");
        if tables.is_empty() && section.node("reader").is_none() {
            let hint = "write [[osdp.reader]] with id and address";
            section.complain(&section.span, "this bus has no reader", hint);
        }
        section.finish();
        let sound = reading.errors() == errors;
        let mut readers = Vec::new();
        let mut addresses: Vec<(u8, Option<ReaderId>)> = Vec::new();
        for table in tables {
            let errors = reading.errors();
            let reader = one(table, folder, intake, declared, &mut addresses);
            if reading.errors() == errors {
                readers.extend(reader);
            }
        }
        if let Some(port) = port.filter(|_| sound && !readers.is_empty()) {
            let default = PortSettings::new(port);
            let port = PortSettings { baud: speed.unwrap_or(default.baud), rs485: switched, ..default };
            buses.push(OsdpBus { port, poll_ms, readers });
        }
    }
    buses
}

fn one(
    section: Section<'_>,
    folder: &Path,
    intake: &Intake,
    declared: &mut BTreeSet<ReaderId>,
    addresses: &mut Vec<(u8, Option<ReaderId>)>,
) -> Option<OsdpReader> {
    let id = id(&section, declared);
    let address =
        section.required("address", "0: the number set at the reader", count(&section, "address", 0..=126));
    if let Some(address) = address {
        if let Some((_, other)) = addresses.iter().find(|(one, _)| *one == address) {
            let other = other.as_ref().map_or("another reader", ReaderId::as_str);
            let message = format!("`{other}` has the same address on this bus");
            section.complain(&section.span_of("address"), &message, "set another address at the reader");
        }
        addresses.push((address, id.clone()));
    }
    let badge = badge(&section).unwrap_or(Rendering::Decimal10);
    let direction = fixed_direction(&section);
    let presence_seconds = count(&section, "presence_seconds", 0..=3600).unwrap_or(5);
    let installed = installed(&section, intake);
    let key = key(&section, folder, id.as_ref());
    let install = section.flag("install").unwrap_or(false);
    if install && key.is_none() {
        let hint = "write key_file too: the key that the reader shall get";
        section.complain(&section.span_of("install"), "`install` has no key to give", hint);
    } else if install {
        let message = "a reader with the default key of the standard is given the site key now";
        section.warn(
            &section.span_of("install"),
            message,
            "take it out when the log says that it has the key",
        );
    }
    section.finish();
    let reader = Reader { id: id?, direction, installed, format: None };
    Some(OsdpReader { reader, address: address?, badge, presence_seconds, key, install })
}

/// `direction`: the protocol has none.
fn fixed_direction(section: &Section<'_>) -> DirectionRule {
    let direction = direction(section);
    if direction.mode == DirectionMode::Record {
        let message = "OSDP readers send no direction: nobody would know entry from exit";
        section.warn(&section.span, message, "write direction = \"in\", \"out\" or \"toggle\"");
    }
    direction
}

/// `secure` and `key_file`
fn key(section: &Section<'_>, folder: &Path, id: Option<&ReaderId>) -> Option<KeyPlace> {
    let file = path(section, "key_file", folder);
    match (section.flag("secure"), file) {
        (Some(false), Some(_)) => {
            let hint = "take one of the two out";
            section.complain(&section.span_of("secure"), "`secure = false` contradicts `key_file`", hint);
            None
        }
        (_, Some(file)) => Some(KeyPlace::File(file)),
        (Some(true), None) => id.map(|id| KeyPlace::Credential(format!("osdp-{id}"))),
        (_, None) => None,
    }
}
