//! Which reader is this? What `timbra decode` shows of a recording of a port, down to the table to
//! paste into `timbra.toml`.

use std::path::Path;

use crate::config::wire::{quoted, written};
use crate::decode::card::Rendering;
use crate::decode::learn::{Learned, Likeness, Recording, Seen, SevenBits, Trial};
use crate::decode::wire::bank_card;
use crate::decode::wire::settings::Protocol;
use crate::hex;
use crate::source::PortSettings;

use super::port_args;

/// The most bytes and cards that are shown.
const BYTES: usize = 256;
const CARDS: usize = 4;

/// What was learnt, for a person: bytes, protocols, numbers, hints, the table.
pub(super) fn report(
    learned: &Learned,
    recording: &Recording,
    printed: Option<&str>,
    port: &Port<'_>,
) -> String {
    let mut text = dump(recording);
    text.push('\n');
    for trial in &learned.trials {
        text.push_str(&verdict(trial));
    }
    let Some(best) = learned.best() else {
        text.push_str("\nNo protocol fits. Is the speed right (--baud)? Is it the reader that sends?\n");
        return text;
    };
    text.push_str(&format!("\n{} fits best.\n", best.settings.protocol.name()));
    for seen in best.cards.iter().take(CARDS) {
        text.push_str(&numbers(seen, learned.printed));
    }
    let more = best.cards.len().saturating_sub(CARDS);
    if more > 0 {
        text.push_str(&format!("\nand {more} other cards\n"));
    }
    text.push('\n');
    for hint in learned.hints() {
        text.push_str(&format!("hint: {hint}\n"));
    }
    text.push_str(&of_printed(learned, printed));
    text.push_str(&block(learned, port));
    text
}

/// Where the bytes came from.
pub(super) struct Port<'a> {
    /// Its path, when it was a port.
    pub(super) path: Option<&'a Path>,
    /// How it is set.
    pub(super) settings: &'a PortSettings,
}

/// Offset, hexadecimal, text; 16 bytes a line, without the digits of bank cards.
fn dump(recording: &Recording) -> String {
    let bytes = recording.bytes();
    let shown = bank_card::masked(bytes);
    let mut text = String::new();
    for (line, chunk) in shown.chunks(16).take(BYTES / 16).enumerate() {
        let byte = |byte: &Option<u8>| byte.map_or("**".to_owned(), |byte| hex::lower(&[byte]));
        let letter = |byte: &Option<u8>| match byte {
            Some(byte @ b' '..=b'~') => char::from(*byte),
            Some(_) => '.',
            None => '*',
        };
        let hex: Vec<String> = chunk.iter().map(byte).collect();
        let letters: String = chunk.iter().map(letter).collect();
        text.push_str(&format!("{:>8}  {:<47}  {letters}\n", line * 16, hex.join(" ")));
    }
    if bytes.len() > BYTES {
        text.push_str(&format!("          and {} other bytes\n", bytes.len() - BYTES));
    }
    text
}

fn verdict(trial: &Trial) -> String {
    let name = trial.settings.protocol.name();
    let noun = if trial.reads == 1 { "read" } else { "reads" };
    let reason = trial.rejects.first().map(String::as_str);
    let told = match (trial.reads, reason) {
        (0, None) => "nothing".to_owned(),
        (0, Some(reason)) => format!("no: {reason}"),
        (reads, None) => format!("{reads} {noun}"),
        (reads, Some(reason)) => format!("{reads} {noun}, {} rejected: {reason}", trial.rejected),
    };
    format!("{name:<9}  {told}\n")
}

/// All numbers of a card, the printed one marked.
fn numbers(seen: &Seen, printed: Option<(Rendering, Likeness)>) -> String {
    let times = if seen.times == 1 { String::new() } else { format!(", {} times", seen.times) };
    let mut text = format!("\ncard at offset {}{times}\n", seen.offset);
    for (name, rendering, number) in seen.card.renderings() {
        let mark = match printed {
            Some((one, _)) if one == rendering => "   <- the printed number",
            _ => "",
        };
        text.push_str(&format!("  {name:<24}  {number}{mark}\n"));
    }
    text
}

fn of_printed(learned: &Learned, printed: Option<&str>) -> String {
    match (printed, learned.printed) {
        (None, _) => {
            "hint: with --printed NUMBER the number that is printed on the card is looked for\n".to_owned()
        }
        (Some(_), Some((rendering, Likeness::Exact))) => {
            format!("the printed number is `{}`\n", rendering.name())
        }
        (Some(_), Some((rendering, Likeness::Nearly))) => format!(
            "the printed number is `{}`, but for leading zeros or what stands between its digits: badges in an \
             agreement must be written as the reader tells them\n",
            rendering.name()
        ),
        (Some(printed), None) => format!("no number of these cards is {printed}: is it this card?\n"),
    }
}

/// The table to paste.
pub(super) fn block(learned: &Learned, port: &Port<'_>) -> String {
    let (Some(best), Some(badge)) = (learned.best(), learned.badge()) else { return String::new() };
    let path = port.path.map_or("/dev/serial/by-id/usb-...".into(), |path| path.display().to_string());
    let path = quoted(&path);
    let mut settings = best.settings.clone();
    settings.badge = badge;
    let mut text = "\npaste into timbra.toml, with an id of its own and the right direction:\n\n".to_owned();
    let mut line = |key: &str, value: &str| text.push_str(&format!("{key} = {value}\n"));
    if let Protocol::Osdp(_) = settings.protocol {
        let bus = format!("[[osdp]]\nport = {path}\nbaud = {}\n[[osdp.reader]]\n", port.settings.baud);
        let address = best.cards.first().and_then(|seen| seen.raw.get(1)).map_or(0, |byte| byte & 0x7F);
        let badge = quoted(badge.name());
        text.push_str(&format!(
            "{bus}id = \"ingresso\"\naddress = {address}\ndirection = \"in\"\nbadge = {badge}\n"
        ));
        return text;
    }
    line("[[serial]]\nid", "\"ingresso\"");
    line("port", &path);
    if port.settings.baud != 9600 {
        line("baud", &port.settings.baud.to_string());
    }
    if learned.parity.is_none() {
        for (key, value) in port_args::written(port.settings) {
            line(key, value);
        }
    }
    if let Some(parity) = learned.parity {
        line("data_bits", "7");
        match parity {
            SevenBits::Even => line("parity", "\"even\""),
            SevenBits::Odd => line("parity", "\"odd\""),
            SevenBits::Mark => line("stop_bits", "2"),
        }
    }
    let keys = written(&settings);
    let has = |key: &str| keys.iter().any(|(known, _)| *known == key);
    for (key, value) in &keys {
        line(key, value);
    }
    if !has("badge") {
        line("badge", &quoted(badge.name()));
    }
    if let Protocol::Barcode(options) = &settings.protocol
        && options.pattern.is_none()
    {
        line("pattern", &quoted(&pattern(best)));
    }
    if settings.protocol.has_direction() {
        line("directions", "{ \"1\" = \"in\", \"2\" = \"out\" }   # the device's own words");
    } else {
        line("direction", "\"in\"   # or \"out\", \"toggle\"");
    }
    text
}

/// What the codes that were read look like: their letters, with any digit in the place of digits.
fn pattern(trial: &Trial) -> String {
    let mut shapes: Vec<String> = Vec::new();
    for seen in &trial.cards {
        let text = seen.card.rendering(Rendering::AsSent).unwrap_or_default();
        let mut shape = String::new();
        let mut rest = text.as_str();
        while let Some(next) = rest.chars().next() {
            let digits = rest.chars().take_while(char::is_ascii_digit).count();
            let (used, shown) = match (digits, next) {
                (0, c) if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | ':') => {
                    (1, c.to_string())
                }
                (0, c) if c.is_ascii() => (1, format!("\\{c}")),
                (0, c) => (c.len_utf8(), c.to_string()),
                (count, _) => (count, format!("[0-9]{{{count}}}")),
            };
            shape.push_str(&shown);
            rest = rest.get(used..).unwrap_or_default();
        }
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    }
    shapes.join("|")
}
