//! The options of `timbra decode` for readers on a serial port: the keys of `[[serial]]`.

use serde_json::{Map, Value};

use crate::config::wire;
use crate::decode::wire::settings::{Protocol, WireSettings};

use super::failure::Failure;

/// What the reader sends.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Readers on a serial port")]
pub(super) struct WireArgs {
    /// rdm6300, track2, wiegand, line, barcode, kaba-b91, giga-tms, anviz, osdp; none: all are tried
    #[arg(long, value_name = "P", conflicts_with_all = ["format", "reader"])]
    pub(super) protocol: Option<String>,
    /// The number that is printed on the card: says which number of the card it is
    #[arg(long, value_name = "NUMBER", conflicts_with = "format")]
    pub(super) printed: Option<String>,
    /// Which number of the card is the badge, as decimal10, hex10, `facility_card`
    #[arg(long, requires = "protocol")]
    badge: Option<String>,
    /// rdm6300: xor, sum, none
    #[arg(long, requires = "protocol")]
    checksum: Option<String>,
    /// track2: auto, always, never
    #[arg(long, requires = "protocol")]
    lrc: Option<String>,
    /// track2: false when the reader strips `;` and `?`
    #[arg(long, value_name = "true|false", requires = "protocol")]
    pub(super) sentinels: Option<bool>,
    /// wiegand: auto, hex, decimal, binary; line: unknown, hex, decimal
    #[arg(long, requires = "protocol")]
    base: Option<String>,
    /// wiegand: auto, joined (FFFCCCCC)
    #[arg(long, requires = "protocol")]
    facility: Option<String>,
    /// wiegand: `byte_reverse`, `bit_reverse_each_byte`, complement, low32, low24
    #[arg(long, requires = "protocol")]
    transform: Option<String>,
    /// wiegand, line, barcode: what stands before the number (`\x02` is a byte)
    #[arg(long, value_name = "TEXT", requires = "protocol")]
    prefix: Option<String>,
    /// wiegand, line, barcode: what stands behind it
    #[arg(long, value_name = "TEXT", requires = "protocol")]
    suffix: Option<String>,
    /// wiegand, line, barcode: the pause that ends a record without a line end
    #[arg(long, value_name = "MS", requires = "protocol")]
    idle_ms: Option<i64>,
    /// line, barcode: a regular expression for a badge
    #[arg(long, value_name = "REGEX", requires = "protocol")]
    pattern: Option<String>,
    /// barcode: longer codes are refused
    #[arg(long, value_name = "N", requires = "protocol")]
    max_length: Option<i64>,
    /// kaba-b91: both, punctuation, letters
    #[arg(long, requires = "protocol")]
    alphabet: Option<String>,
    /// anviz: the day on which the device's seconds begin
    #[arg(long, value_name = "DATE", requires = "protocol")]
    epoch: Option<String>,
}

impl WireArgs {
    /// True when something beside the protocol was said.
    pub(super) fn has_options(&self) -> bool {
        self.object().len() > 1
    }

    /// The settings, when a protocol is named.
    pub(super) fn settings(&self) -> Result<Option<WireSettings>, Failure> {
        if self.protocol.is_none() {
            return Ok(None);
        }
        wire::from_options(&Value::Object(self.object())).map(Some).map_err(|problems| {
            let mut problems = problems.into_iter();
            let Some(first) = problems.next() else { return Failure::usage("these options do not fit") };
            let failure = Failure::usage(first.message);
            let failure = first.hint.into_iter().fold(failure, Failure::hint);
            problems.fold(failure, |failure, other| failure.hint(other.message))
        })
    }

    fn object(&self) -> Map<String, Value> {
        let text = |text: &Option<String>| text.clone().map(Value::from);
        let bytes = |text: &Option<String>| text.as_deref().map(|text| Value::from(unescaped(text)));
        let options = [
            ("protocol", text(&self.protocol)),
            ("badge", text(&self.badge)),
            ("checksum", text(&self.checksum)),
            ("lrc", text(&self.lrc)),
            ("sentinels", self.sentinels.map(Value::from)),
            ("base", text(&self.base)),
            ("facility", text(&self.facility)),
            ("transform", text(&self.transform)),
            ("prefix", bytes(&self.prefix)),
            ("suffix", bytes(&self.suffix)),
            ("idle_ms", self.idle_ms.map(Value::from)),
            ("pattern", text(&self.pattern)),
            ("max_length", self.max_length.map(Value::from)),
            ("alphabet", text(&self.alphabet)),
            ("epoch", text(&self.epoch)),
        ];
        options.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }
}

/// Stripes without a sentinel in all that is there come from a reader that strips them.
pub(super) fn suited(settings: WireSettings, bytes: &[u8], said: bool) -> WireSettings {
    let mut settings = settings;
    if let Protocol::Track2(options) = &mut settings.protocol
        && !said
    {
        options.sentinels = bytes.is_empty() || bytes.iter().any(|byte| matches!(byte, b';' | b'?'));
    }
    settings
}

/// A text in which `\x02`, `\r`, `\n`, `\t` and `\\` stand for bytes.
fn unescaped(text: &str) -> String {
    let mut bytes = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let ahead = rest.as_str();
        let (meant, used) = match (character, ahead.chars().next()) {
            ('\\', Some('r')) => ('\r', 1),
            ('\\', Some('n')) => ('\n', 1),
            ('\\', Some('t')) => ('\t', 1),
            ('\\', Some('\\')) => ('\\', 1),
            ('\\', Some('x')) => match ahead.get(1..3).and_then(|digits| u8::from_str_radix(digits, 16).ok())
            {
                Some(byte) => (char::from(byte), 3),
                None => ('\\', 0),
            },
            (other, _) => (other, 0),
        };
        bytes.push(meant);
        rest.by_ref().take(used).for_each(drop);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_can_be_written_on_a_command_line() {
        let rows =
            [(r"\x02ID:", "\u{2}ID:"), (r"a\r\n\t\\x", "a\r\n\t\\x"), (r"\xZZ\", "\\xZZ\\"), ("è", "è")];
        for (text, bytes) in rows {
            assert_eq!(unescaped(text), bytes, "{text}");
        }
    }
}
