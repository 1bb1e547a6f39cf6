//! What the panel tells, and what it is told of a card.

use std::fmt;

use super::super::card::Card;
use super::Moment;
use super::read::Unreadable;

pub use osdp::caps::Capability;

/// Something that happened at a reader, named by its place in the settings of the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It answers and can be used. Told again only after [`Event::Offline`], or when another device
    /// answers at its address.
    Online {
        /// The reader.
        reader: usize,
        /// What it says it is; some readers do not say.
        identity: Option<Identity>,
        /// What it says it can do.
        capabilities: Vec<Capability>,
        /// True when all is encrypted with the site key.
        secure: bool,
    },
    /// For eight seconds it could not be used. Cards shown to it since may be lost.
    Offline {
        /// The reader.
        reader: usize,
        /// When it last could, or was first looked for.
        since: Moment,
        /// Why, when it does answer but not as it should.
        trouble: Option<Trouble>,
    },
    /// A card. The reader waits for [`Panel::signal`](super::Panel::signal).
    Card {
        /// The reader.
        reader: usize,
        /// The reading head, where one device has several.
        head: u8,
        /// When the first byte of the packet came.
        at: Moment,
        /// The card.
        card: Card,
        /// The reply as sent: its code and its data, decrypted.
        raw: Vec<u8>,
    },
    /// A reply that should hold a card and holds none.
    Unreadable {
        /// The reader.
        reader: usize,
        /// The reading head, where one device has several.
        head: u8,
        /// When the first byte of the packet came.
        at: Moment,
        /// Why.
        reason: Unreadable,
        /// The reply as sent: its code and its data, decrypted.
        raw: Vec<u8>,
    },
    /// Its housing or its power changed; both are in order until something else is told after
    /// [`Event::Online`].
    Status {
        /// The reader.
        reader: usize,
        /// True while the housing is open.
        tamper: bool,
        /// True while its power fails.
        power: bool,
    },
    /// It cannot be used as configured; the panel tries again by itself.
    Trouble {
        /// The reader.
        reader: usize,
        /// What is wrong.
        trouble: Trouble,
    },
    /// It took over the site key: `install` is not needed any more.
    KeyInstalled {
        /// The reader.
        reader: usize,
    },
}

impl Event {
    /// The reader that it happened at.
    pub fn reader(&self) -> usize {
        match self {
            Self::Online { reader, .. }
            | Self::Offline { reader, .. }
            | Self::Card { reader, .. }
            | Self::Unreadable { reader, .. }
            | Self::Status { reader, .. }
            | Self::Trouble { reader, .. }
            | Self::KeyInstalled { reader } => *reader,
        }
    }
}

/// Why a reader that answers cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It does not know the site key.
    WrongKey,
    /// In install mode: it knows neither the site key nor the default key.
    NoDefaultKey,
    /// It refused the site key.
    KeyRefused,
    /// It has no secure channel, and a key is configured.
    NoSecureChannel,
    /// It wants a secure channel, and no key is configured.
    KeyNeeded,
    /// A reply was not protected as it must be.
    BadMac,
}

/// The sentence for the log: what, and what to do.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongKey => {
                "it does not know the site key: give it the key, or set install = true once while it has the \
                 default key"
            }
            Self::NoDefaultKey => {
                "it knows neither the site key nor the default key: reset it to its factory settings, or find \
                 the key it has"
            }
            Self::KeyRefused => "it refused the site key: look for its install mode in its manual",
            Self::NoSecureChannel => {
                "it has no secure channel, and nothing is taken from it in clear: take the key out of its \
                 configuration, or replace it"
            }
            Self::KeyNeeded => "it wants a secure channel: give it a key in the configuration",
            Self::BadMac => "a reply was not protected as it must be: somebody is on the cable, or it is faulty",
        })
    }
}

/// What a reader says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The maker's number at the IEEE.
    pub vendor: [u8; 3],
    /// Model.
    pub model: u8,
    /// Version of the hardware.
    pub version: u8,
    /// Serial number.
    pub serial: u32,
    /// Version of the firmware: major, minor, build.
    pub firmware: [u8; 3],
}

/// As `vendor 00:0E:E3, model 16.16, serial 0x23977400, firmware 6.6.27`
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([a, b, c], [major, minor, build]) = (self.vendor, self.firmware);
        write!(f, "vendor {a:02X}:{b:02X}:{c:02X}, model {}.{}, ", self.model, self.version)?;
        write!(f, "serial 0x{:08X}, firmware {major}.{minor}.{build}", self.serial)
    }
}

/// What became of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Stored, and somebody holds it: green and one beep.
    Accepted,
    /// Nobody holds it, or it could not be stored: red.
    Refused,
}

/// What happened on a bus since the panel began. Nothing here is an error of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Packets sent, repeats among them.
    pub sent: u64,
    /// Replies taken.
    pub replies: u64,
    /// Packets sent again because no reply came.
    pub repeats: u64,
    /// Our own packets heard again.
    pub echoes: u64,
    /// Replies that came when nobody waited for them any more.
    pub late: u64,
    /// Packets of others: another panel, or a reader that is not configured.
    pub foreign: u64,
    /// Packets that were cut or damaged.
    pub broken: u64,
    /// Bytes that belong to no packet.
    pub noise: u64,
    /// Readers that asked for a moment.
    pub busy: u64,
    /// Commands refused.
    pub refusals: u64,
    /// Connections begun anew: sequence or secure channel were lost.
    pub restarts: u64,
    /// Replies that were not protected as they must be.
    pub bad_macs: u64,
    /// Key presses and other replies that are of no use here.
    pub ignored: u64,
    /// Lights that would have come too late to mean anything.
    pub stale: u64,
}
