//! `[[serial]]`: the readers on a serial port.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::decode::wire::settings::WireSettings;
use crate::domain::ids::ReaderId;
use crate::domain::reader::DirectionMode;
use crate::source::{DataBits, FlowControl, Parity, PortSettings, StopBits};

use super::node::Value;
use super::reader::{Reader, direction, id, installed};
use super::section::{Reading, Section};
use super::settings::Intake;
use super::values::{count, path};
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
) -> Vec<SerialReader> {
    let mut readers = Vec::new();
    let mut seen: Vec<(PathBuf, Option<ReaderId>)> = Vec::new();
    for section in root.sections("serial") {
        let errors = reading.errors();
        let id = id(&section, declared);
        let port = port(&section, folder);
        if let Some(port) = &port {
            if let Some((_, other)) = seen.iter().find(|(path, _)| *path == port.path) {
                let other = other.as_ref().map_or("another reader", ReaderId::as_str);
                let message = format!("`{other}` is on the same port");
                section.complain(&section.span_of("port"), &message, "give each reader a port of its own");
            }
            seen.push((port.path.clone(), id.clone()));
        }
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

/// `port` and how it is set.
fn port(section: &Section<'_>, folder: &Path) -> Option<PortSettings> {
    let example = "\"/dev/serial/by-id/usb-...\"";
    let path = section.required("port", example, path(section, "port", folder));
    if let Some(path) = &path {
        warn_of_numbers(section, path);
    }
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

/// The kernel counts USB ports in the order in which it finds them.
fn warn_of_numbers(section: &Section<'_>, path: &Path) {
    let name = path.strip_prefix("/dev").ok().and_then(Path::to_str).unwrap_or_default();
    if name.starts_with("ttyUSB") || name.starts_with("ttyACM") {
        let message = format!("{} may be another device after the next start", path.display());
        let hint =
            "write the name below /dev/serial/by-id (or by-path) that points to it: ls -l /dev/serial/*";
        section.warn(&section.span_of("port"), &message, hint);
    }
}

/// One of a few numbers.
fn number<T: Copy>(section: &Section<'_>, key: &'static str, choices: &[(i64, T)]) -> Option<T> {
    let words: Vec<String> = choices.iter().map(|(number, _)| number.to_string()).collect();
    section.read(key, &words.join(" or "), |value| match value {
        Value::Integer(number) => choices.iter().find(|(one, _)| one == number).map(|(_, choice)| *choice),
        _ => None,
    })
}
