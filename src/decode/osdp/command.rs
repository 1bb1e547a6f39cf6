//! What the panel asks of a reader.

use osdp::command::led::LedRecord;
use osdp::command::{
    BuzzerControl, BuzzerTone, CommandCode, KeySet, LedColor, LedControl, LedPermanent, LedTemporary,
};
use osdp::packet::{Scb, ScsType};

use super::report::Signal;

/// A command.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Command {
    Poll,
    Identify,
    Capabilities,
    Status,
    Light {
        head: u8,
        signal: Signal,
    },
    Beep {
        head: u8,
    },
    /// Opens the secure channel with a random number.
    Challenge {
        number: [u8; 8],
        key: KeyKind,
    },
    /// Proves that the panel has the key.
    Prove {
        proof: [u8; 16],
        key: KeyKind,
    },
    /// Hands over the site key.
    InstallKey([u8; 16]),
}

/// Which key a secure channel is opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// The key that everybody knows.
    Default,
    /// The key of the site.
    Site,
}

impl Command {
    /// Its code.
    pub(super) fn code(&self) -> u8 {
        let code = match self {
            Self::Poll => CommandCode::Poll,
            Self::Identify => CommandCode::Id,
            Self::Capabilities => CommandCode::Cap,
            Self::Status => CommandCode::LStat,
            Self::Light { .. } => CommandCode::Led,
            Self::Beep { .. } => CommandCode::Buz,
            Self::Challenge { .. } => CommandCode::Chlng,
            Self::Prove { .. } => CommandCode::SCrypt,
            Self::InstallKey(_) => CommandCode::KeySet,
        };
        code.as_byte()
    }

    /// Its data.
    pub(super) fn data(&self) -> Vec<u8> {
        match self {
            Self::Poll | Self::Status => Vec::new(),
            // the standard form of the answer, the only one there is
            Self::Identify | Self::Capabilities => vec![0],
            Self::Light { head, signal } => light(*head, *signal),
            Self::Beep { head } => beep(*head),
            Self::Challenge { number, .. } => number.to_vec(),
            Self::Prove { proof, .. } => proof.to_vec(),
            // 16 bytes always fit
            Self::InstallKey(key) => KeySet::scbk(*key).encode().unwrap_or_default(),
        }
    }

    /// The security block that goes with it outside a secure channel.
    pub(super) fn block(&self) -> Option<Scb> {
        let (kind, key) = match self {
            Self::Challenge { key, .. } => (ScsType::Scs11, key),
            Self::Prove { key, .. } => (ScsType::Scs13, key),
            _ => return None,
        };
        Some(Scb::new(kind, [u8::from(*key == KeyKind::Site)]))
    }
}

/// One second of light, on for 200 ms and off for 100; then the reader's own again.
fn light(head: u8, signal: Signal) -> Vec<u8> {
    let on_color = match signal {
        Signal::Accepted => LedColor::Green,
        Signal::Refused => LedColor::Red,
    };
    let off_color = LedColor::Black;
    let temporary = LedTemporary { control: 2, on_time: 2, off_time: 1, on_color, off_color, timer: 10 };
    let permanent = LedPermanent { control: 0, on_time: 0, off_time: 0, on_color: off_color, off_color };
    // one record always encodes
    LedControl::new(vec![LedRecord { reader: head, led: 0, temporary, permanent }])
        .encode()
        .unwrap_or_default()
}

/// One beep of 200 ms.
fn beep(head: u8) -> Vec<u8> {
    let beep = BuzzerControl { reader: head, tone: BuzzerTone::Default, on_time: 2, off_time: 1, count: 1 };
    beep.encode().unwrap_or_default()
}
