//! `timbra decode`: what would be ingested from a file or a port. Touches no store.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{format, presets};
use crate::decode::Row;
use crate::decode::decoder::Decoder;
use crate::decode::format::Format;
use crate::decode::guess::guess;
use crate::decode::learn::{Learned, Recording, Trial, learn, learn_one};
use crate::decode::wire::Moment;
use crate::decode::wire::settings::WireSettings;
use crate::source::PortSettings;

use super::configuration;
use super::decode_output::{Shown, Site};
use super::decode_port::{self, Listening};
use super::decode_wire;
use super::failure::{Done, Ending, Failure};
use super::learn::{self, Port};
use super::output::{print, talk};
use super::port_args::PortArgs;
use super::wire_args::{WireArgs, suited};

/// How much of a file decides its format.
const START: usize = 64 * 1024;

const HELP: &str = "\
Formats: the presets zk-attlog, zk-attlog-5, zucchetti-transactions, zucchetti-custom, glg, agl, smartclock,
bari, nettime, csv-it, or the path of a format file (.toml). Without --format the presets are tried
on the start of the file, and stderr says which one fits best.

With --json: one object a line. Events have line, badge, at, direction, direction_raw, reason, raw;
rejects have line, error, raw (raw_hex when the bytes are no text); the last object counts events,
rejected, skipped. From a serial port events have offset instead of line, and renderings: every number of
the card by its name; raw is hexadecimal, and is left out of a refused bank card.

A port (any device, as /dev/ttyUSB0) is opened 9600 8N1 or as --baud and its like say, and each burst is shown in
hexadecimal. Without --protocol the first card that is recognised ends it (with --printed: the card
with that number), and every protocol's view, every number of the card and the table to paste are printed. With
--protocol or --reader the reads are shown as they come, until Ctrl-C; with --seconds N all of it
lasts N seconds.

Exit codes: 0 done, 1 the file or port cannot be read or no format fits, 2 wrong usage, 3 nothing but
rejects came out, or nothing at all over a port.

Examples:
  timbra decode 1_attlog.dat
  timbra decode TRANSACTIONS.TXT --format zucchetti-transactions --json
  timbra decode 1_attlog.dat --reader ingresso
  timbra decode captured.bin --protocol rdm6300 --json
  timbra decode /dev/ttyUSB0 --printed 0001217496";

/// What to decode.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct DecodeArgs {
    /// The export file, bytes captured from a serial port, or the port itself
    #[arg(value_name = "FILE|PORT")]
    file: PathBuf,
    /// A preset, or the path of a format file
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Read it as this reader of the configuration does: its format, its directions, its zone
    #[arg(long, value_name = "ID", conflicts_with = "format")]
    reader: Option<String>,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    port: PortArgs,
    #[command(flatten)]
    wire: WireArgs,
}

/// How a file is read.
enum Way {
    Rows(Arc<Format>),
    Wire(WireSettings),
}

pub(super) fn decode(folder: &Path, args: &DecodeArgs) -> Ending {
    let mut port = PortSettings::new(&args.file);
    let (named, site) = match &args.reader {
        None => {
            let format = args.format.as_deref().map(load).transpose()?.map(Way::Rows);
            (format.or(args.wire.settings()?.map(Way::Wire)), Site::default())
        }
        Some(name) => {
            let config = configuration::load(folder)?;
            let zone = config.host.zone;
            if let Some(serial) = config.serials.iter().find(|serial| serial.id().as_str() == name) {
                let site = Site { directions: serial.reader.direction.clone(), zone };
                port = PortSettings { path: port.path, ..serial.port.clone() };
                (Some(Way::Wire(serial.wire.clone())), site)
            } else {
                let reader = configuration::reader(&config, name)?;
                let site = Site { directions: reader.reader.direction.clone(), zone };
                (Some(Way::Rows(Arc::clone(&reader.format))), site)
            }
        }
    };
    if decode_port::is_port(&args.file) {
        return listen(folder, args, port, named, site);
    }
    let mut file = open(&args.file)?;
    if args.port.is_used() {
        return Err(Failure::usage(format!(
            "{} is a file: --baud and its like are for ports",
            args.file.display()
        )));
    }
    let unreadable =
        |error: std::io::Error| Failure::new(format!("cannot read {}: {error}", args.file.display()));
    let mut start = Vec::new();
    file.by_ref().take(START as u64).read_to_end(&mut start).map_err(unreadable)?;
    let format = match named {
        Some(Way::Wire(settings)) => {
            let said = args.wire.protocol.is_none() || args.wire.sentinels.is_some();
            let settings = suited(settings, &start, said);
            return wire(&settings, site, args, &start, &mut file);
        }
        Some(Way::Rows(format)) => format,
        None if args.wire.printed.is_some() => return unknown(site, args, &start, &mut file),
        None => match guess_format(&args.file, &start) {
            Ok(format) => format,
            // no export: perhaps it was captured from a port
            Err(failure) => {
                return if fits_a_reader(&start) {
                    unknown(site, args, &start, &mut file)
                } else {
                    Err(failure)
                };
            }
        },
    };
    let mut shown = Shown::new(args.json, format.clone(), site);
    let mut decoder = Decoder::new(format);
    decoder.push(&start, &mut |row: Row<'_>| shown.row(&row));
    let mut chunk = vec![0; START];
    loop {
        print(&shown.take())?;
        let read = file.read(&mut chunk).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        decoder.push(chunk.get(..read).unwrap_or_default(), &mut |row: Row<'_>| shown.row(&row));
    }
    decoder.finish(&mut |row: Row<'_>| shown.row(&row));
    let counts = shown.summary();
    print(&shown.take())?;
    Ok(counts.ending())
}

/// A port instead of a file.
fn listen(folder: &Path, args: &DecodeArgs, port: PortSettings, named: Option<Way>, site: Site) -> Ending {
    let known = match named {
        Some(Way::Rows(_)) => {
            return Err(Failure::usage(format!("{} is a port: a format is for files", args.file.display()))
                .hint("name what the reader sends: --protocol rdm6300; without it all are tried"));
        }
        Some(Way::Wire(settings)) => {
            Some((settings, args.wire.protocol.is_none() || args.wire.has_options()))
        }
        None => None,
    };
    let printed = args.wire.printed.as_deref();
    let (port, seconds, json) = (args.port.settings(port), args.port.seconds, args.json);
    decode_port::run(Listening { folder, port, known, site, printed, seconds, json })
}

/// A capture of a reader whose protocol is known.
fn wire(settings: &WireSettings, site: Site, args: &DecodeArgs, start: &[u8], file: &mut File) -> Ending {
    let Some(printed) = &args.wire.printed else {
        return decode_wire::capture(settings, site, args.json, start, file);
    };
    let recording = recorded(start);
    let configured = args.wire.protocol.is_none() || args.wire.has_options();
    let learned = learn_one(settings, configured, &recording, Some(printed));
    learnt(&learned, &recording, site, args, start, file)
}

/// A capture of any reader.
fn unknown(site: Site, args: &DecodeArgs, start: &[u8], file: &mut File) -> Ending {
    let recording = recorded(start);
    let learned = learn(&recording, args.wire.printed.as_deref());
    if let Some(best) = learned.best().filter(|_| args.json) {
        let name = best.settings.protocol.name();
        talk(&format!("protocol: {name} (guessed; --protocol {name} makes it certain)"));
    }
    learnt(&learned, &recording, site, args, start, file)
}

fn learnt(
    learned: &Learned,
    recording: &Recording,
    site: Site,
    args: &DecodeArgs,
    start: &[u8],
    file: &mut File,
) -> Ending {
    let usual = PortSettings::new(&args.file);
    let port = Port { path: None, settings: &usual };
    if !args.json {
        print(learn::report(learned, recording, args.wire.printed.as_deref(), &port).as_bytes())?;
        return Ok(if learned.best().is_some() { Done::Clean } else { Done::Attention });
    }
    let (Some(best), Some(badge)) = (learned.best(), learned.badge()) else {
        return Err(Failure::new(format!("{} fits no known protocol", args.file.display()))
            .hint("to see what is wrong with each frame, name one: --protocol rdm6300"));
    };
    if learned.parity.is_some() {
        let message =
            format!("{} was captured with 8 data bits, and its reader sends 7", args.file.display());
        return Err(Failure::new(message).hint("capture it again with 7 data bits and parity"));
    }
    talk(learn::block(learned, &port).trim_start());
    let settings = WireSettings { badge, ..best.settings.clone() };
    decode_wire::capture(&settings, site, true, start, file)
}

fn recorded(bytes: &[u8]) -> Recording {
    let mut recording = Recording::default();
    recording.push(bytes, Moment::default());
    recording
}

/// True for bytes that are no text, and for text that a protocol explains wholly.
fn fits_a_reader(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\r' | b'\n');
    let explained = |learned: &Learned| learned.best().is_some_and(Trial::is_sure);
    bytes.iter().any(is_control) || explained(&learn(&recorded(bytes), None))
}

/// Opens a regular file; anything else could block for ever or is no export.
fn open(path: &Path) -> Result<File, Failure> {
    let shown = path.display();
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound if path.starts_with("/dev") => decode_port::missing(path),
        _ => Failure::new(format!("cannot open {shown}: {error}")),
    })?;
    if metadata.is_dir() {
        return Err(Failure::new(format!("{shown} is a directory")).hint("name one export file in it"));
    }
    if !metadata.is_file() {
        let message = format!("{shown} is not a regular file but a pipe, a socket or a device");
        return Err(Failure::new(message).hint("copy what it gives into a file first"));
    }
    File::open(path).map_err(|error| Failure::new(format!("cannot open {shown}: {error}")))
}

/// A preset by name, or a format file by its path.
fn load(name: &str) -> Result<Arc<Format>, Failure> {
    if let Some(format) = presets::preset(name) {
        return Ok(Arc::new(format));
    }
    let path = Path::new(name);
    let is_path = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    if !is_path && path.components().count() < 2 {
        let near = presets::names().filter(|known| known.starts_with(name) || name.starts_with(known));
        let near: Vec<&str> = near.collect();
        let failure = Failure::usage(format!("there is no format \"{name}\""));
        let failure = match near.as_slice() {
            [] => failure,
            near => failure.hint(format!("did you mean {}?", near.join(" or "))),
        };
        return Err(failure
            .hint(format!("the presets are: {}", list()))
            .hint("or name a file: --format path/to/my-format.toml"));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read the format {name}: {error}")))?;
    let read = format::from_text(path, text);
    read.map(Arc::new).map_err(|problems| {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::new(format!("{name} is no usable format\n{}", told.join("\n")))
    })
}

fn list() -> String {
    presets::names().collect::<Vec<_>>().join(", ")
}

fn guess_format(path: &Path, start: &[u8]) -> Result<Arc<Format>, Failure> {
    let shown = path.display();
    let (names, formats): (Vec<&str>, Vec<Arc<Format>>) =
        presets::names().filter_map(|name| Some((name, Arc::new(presets::preset(name)?)))).unzip();
    let found = guess(&formats, start, start.len() < START);
    let fits: Vec<&str> = found.fits.iter().filter_map(|i| names.get(*i).copied()).collect();
    if let (true, Some(any)) = (start.is_empty(), formats.first()) {
        talk(&format!("{shown} is empty"));
        return Ok(Arc::clone(any));
    }
    if fits.is_empty() {
        return Err(Failure::new(format!("{shown} fits no known format"))
            .hint(format!("the presets are: {}", list()))
            .hint("to see what is wrong with each line, name one: --format zk-attlog")
            .hint("for another layout write a format file and name it: --format my-format.toml"));
    }
    if !found.same {
        return Err(Failure::new(format!("{shown} fits several formats, which read it differently"))
            .hint(format!("name one of these: --format {}", fits.join(" or --format "))));
    }
    let file = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let by_name = fits.iter().position(|name| file.contains(name)).unwrap_or(0);
    let chosen = found.fits.get(by_name).and_then(|i| Some((names.get(*i)?, formats.get(*i)?)));
    let (name, format) = chosen.ok_or_else(|| Failure::new(format!("{shown} fits no known format")))?;
    talk(&format!("format: {name} (guessed; --format {name} makes it certain)"));
    Ok(Arc::clone(format))
}
