//! `[[serial]]`: the readers on a serial port.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::decode::wire::settings::WireSettings;
use crate::domain::ids::ReaderId;
use crate::domain::reader::DirectionMode;
use crate::source::{DataBits, FlowControl, Parity, PortSettings, StopBits};

use super::port::Ports;
use super::reader::{Reader, direction, id, installed};
use super::section::{Reading, Section};
use super::settings::Intake;
use super::values::{count, number};
use super::wire;

/// A reader with its port.
#[derive(Debug, Clone)]
pub struct SerialReader {
    /// What holds for any reader.
    pub reader: Reader,
    /// Its port.
    pub port: PortSettings,
    /// What it sends.
    pub wire: WireSettings,
    /// The same card within so many seconds of its last sight is the same read.
    pub presence_seconds: u32,
}

impl SerialReader {
    /// Its name.
    pub fn id(&self) -> &ReaderId {
        &self.reader.id
    }
}

/// Reads all `[[serial]]`. One with errors is left out.
pub(super) fn read(
    root: &Section<'_>,
    reading: &Reading<'_>,
    folder: &Path,
    intake: &Intake,
    declared: &mut BTreeSet<ReaderId>,
    ports: &mut Ports,
) -> Vec<SerialReader> {
    let mut readers = Vec::new();
    for section in root.sections("serial") {
        let errors = reading.errors();
        let id = id(&section, declared);
        let whose = id.as_ref().map_or("another reader".to_owned(), |id| format!("`{id}`"));
        let path = ports.take(&section, folder, &whose);
        let port = port(&section, path);
        let reader = one(section, id, port, intake);
        if reading.errors() == errors {
            readers.extend(reader);
        }
    }
    readers
}

fn one(
    section: Section<'_>,
    id: Option<ReaderId>,
    port: Option<PortSettings>,
    intake: &Intake,
) -> Option<SerialReader> {
    let wire = wire::read(&section);
    let direction = direction(&section);
    if let Some(wire) = &wire
        && !wire.protocol.has_direction()
        && direction.mode == DirectionMode::Record
    {
        let message = "this protocol has no direction: nobody would know entry from exit";
        let hint = "write direction = \"in\", \"out\" or \"toggle\"";
        section.warn(&section.span_of("protocol"), message, hint);
    }
    let presence_seconds = count(&section, "presence_seconds", 0..=3600).unwrap_or(5);
    let installed = installed(&section, intake);
    section.finish();
    let reader = Reader { id: id?, direction, installed, format: None };
    Some(SerialReader { reader, port: port?, wire: wire?, presence_seconds })
}

/// How a port is set.
fn port(section: &Section<'_>, path: Option<PathBuf>) -> Option<PortSettings> {
    let default = PortSettings::new(path.as_deref().unwrap_or(Path::new("")));
    let data_bits = [(7, DataBits::Seven), (8, DataBits::Eight)];
    let stop_bits = [(1, StopBits::One), (2, StopBits::Two)];
    let parity = [("none", Parity::None), ("even", Parity::Even), ("odd", Parity::Odd)];
    let flow = [
        ("none", FlowControl::None),
        ("hardware", FlowControl::Hardware),
        ("software", FlowControl::Software),
    ];
    let port = PortSettings {
        path: default.path,
        baud: count(section, "baud", 50..=4_000_000).unwrap_or(default.baud),
        data_bits: number(section, "data_bits", &data_bits).unwrap_or(default.data_bits),
        parity: section.choice("parity", &parity).unwrap_or(default.parity),
        stop_bits: number(section, "stop_bits", &stop_bits).unwrap_or(default.stop_bits),
        flow: section.choice("flow", &flow).unwrap_or(default.flow),
        rs485: section.flag("rs485").unwrap_or(default.rs485),
    };
    path.map(|_| port)
}
