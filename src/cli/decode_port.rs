//! `timbra decode PORT`: a reader is tried out while it is used. Without a protocol it is recognised
//! by its first card; with one its reads are shown as they come.

use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::{self, OsdpReader, SerialReader};
use crate::daemon::listen::listen;
use crate::decode::learn::{Learned, Recording, learn, learn_one};
use crate::decode::wire::decoder::WireDecoder;
use crate::decode::wire::settings::WireSettings;
use crate::source::{PortError, PortSettings};

use super::decode_output::Site;
use super::decode_wire_output::ShownFrames;
use super::failure::{Done, Ending, Failure};
use super::learn::{Port, block, report};
use super::output::{print, talk};
use super::port_listener::{CHECKS, Search, Watch};

/// How a port is listened to.
pub(super) struct Listening<'a> {
    /// The folder of the configuration.
    pub(super) folder: &'a Path,
    pub(super) port: PortSettings,
    /// What is known of the reader, and whether it was configured or said with options.
    pub(super) known: Option<(WireSettings, bool)>,
    pub(super) site: Site,
    pub(super) printed: Option<&'a str>,
    pub(super) seconds: Option<u32>,
    pub(super) json: bool,
}

/// True for a path that is a device.
pub(super) fn is_port(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.file_type().is_char_device())
}

/// Listens, shows what comes as it comes, and ends with what was learnt.
pub(super) fn run(listening: Listening<'_>) -> Ending {
    let Listening { folder, port, known, site, printed, seconds, json } = listening;
    let time = seconds.map(|seconds| Duration::from_secs(seconds.into()));
    let learnt = |recording: &Recording| match &known {
        Some((settings, is_configured)) => learn_one(settings, *is_configured, recording, printed),
        None => learn(recording, printed),
    };
    let mut recording = Recording::default();
    let unheard = |error: std::io::Error| Failure::new(format!("cannot listen: {error}"));
    let watched = match &known {
        Some((settings, _)) if printed.is_none() => {
            let mut watch = Watch::new(settings, ShownFrames::new(json, settings, site), &port);
            listen(port.clone(), time, &mut |heard| watch.hear(&heard, &mut recording))
                .map_err(unheard)?
                .map_err(|error| unopened(folder, &error))?;
            Ok(watch.finish()?)
        }
        _ => {
            let mut search = Search::new(&learnt, printed, time.is_none(), &port);
            listen(port.clone(), time, &mut |heard| search.hear(&heard, &mut recording))
                .map_err(unheard)?
                .map_err(|error| unopened(folder, &error))?;
            Err(site)
        }
    };
    if recording.bytes().is_empty() {
        talk(CHECKS);
        return Ok(Done::Attention);
    }
    let learned = learnt(&recording);
    let path = by_id(&port.path).unwrap_or_else(|| port.path.clone());
    let place = Port { path: Some(&path), settings: &port };
    if json {
        talk(block(&learned, &place).trim_start());
    } else {
        print(format!("\n{}", report(&learned, &recording, printed, &place)).as_bytes())?;
    }
    match watched {
        Ok(counts) => Ok(counts.ending()),
        Err(site) if json => events(&learned, &recording, site),
        Err(_) => Ok(if learned.best().is_some() { Done::Clean } else { Done::Attention }),
    }
}

/// What the protocol that was found makes of all that came, for a script.
fn events(learned: &Learned, recording: &Recording, site: Site) -> Ending {
    let (Some(best), Some(badge)) = (learned.best(), learned.badge()) else {
        return Err(Failure::new("what came fits no known protocol")
            .hint("to see what is wrong with each frame, name one: --protocol rdm6300"));
    };
    let settings = WireSettings { badge, ..best.settings.clone() };
    let stripped = learned.parity.map(|_| recording.without_eighth_bit());
    let mut shown = ShownFrames::new(true, &settings, site);
    let mut decoder = WireDecoder::new(&settings);
    stripped.as_ref().unwrap_or(recording).play(&mut decoder, &mut |frame| shown.frame(&frame));
    let counts = shown.summary();
    print(&shown.take())?;
    Ok(counts.ending())
}

/// Why a port cannot be opened, and what to do about it.
fn unopened(folder: &Path, error: &PortError) -> Failure {
    match error {
        PortError::Busy(path) => {
            let failure = Failure::new(format!("{} is used by another program", path.display()));
            match reader_of(folder, path) {
                Some(reader) => failure.hint(format!(
                    "it is the port of the reader `{reader}`: while timbra runs, it is timbra's. `timbra status` \
                     says what comes over it; to try it out, `systemctl stop timbra` first"
                )),
                None => failure.hint(format!("`fuser -v {}` names it: stop that one", path.display())),
            }
        }
        PortError::Denied { path, group } => {
            Failure::new(format!("{} may be opened by the group `{group}` only", path.display()))
                .hint(format!("join it (`adduser $USER {group}`) and log in again; or once with sudo"))
        }
        other => Failure::new(other.to_string()),
    }
}

/// The reader that is configured on a port.
fn reader_of(folder: &Path, port: &Path) -> Option<String> {
    let device = port.canonicalize().ok()?;
    let config = config::load(folder).config?;
    let is_it = |other: &PortSettings| other.path.canonicalize().is_ok_and(|other| other == device);
    let serial = config.serials.iter().find(|serial| is_it(&serial.port)).map(SerialReader::id);
    let bus = config.buses.iter().find(|bus| is_it(&bus.port)).and_then(|bus| bus.readers.first());
    serial.or(bus.map(OsdpReader::id)).map(|id| id.as_str().to_owned())
}

/// A path in `/dev` where nothing is: which ports are there.
pub(super) fn missing(path: &Path) -> Failure {
    let failure = Failure::new(format!("there is no {}", path.display()))
        .hint("is the reader plugged in and switched on?");
    let by_name = |name: &Path| {
        let name = name.file_name().unwrap_or_default().to_string_lossy();
        ["ttyUSB", "ttyACM", "ttyAMA"].iter().any(|start| name.starts_with(start))
    };
    let mut ports = paths(Path::new("/dev/serial/by-id"));
    if ports.is_empty() {
        ports = paths(Path::new("/dev"));
        ports.retain(|path| by_name(path));
    }
    ports.sort_unstable();
    let ports: Vec<String> = ports.iter().map(|path| path.display().to_string()).collect();
    match ports.as_slice() {
        [] => failure.hint("there is no port of a USB reader at all; `dmesg` tells what was plugged in"),
        ports => failure.hint(format!("these ports are here: {}", ports.join(", "))),
    }
}

/// The name of a port that stays when ports are counted anew.
fn by_id(port: &Path) -> Option<PathBuf> {
    let device = port.canonicalize().ok()?;
    let names = paths(Path::new("/dev/serial/by-id"));
    names.into_iter().find(|path| path.canonicalize().is_ok_and(|other| other == device))
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}
