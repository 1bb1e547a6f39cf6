//! What a configuration says of a reader's protocol: plain data.

use crate::decode::card::Rendering;

use super::anviz::Anviz;
use super::barcode::Barcode;
use super::giga_tms::GigaTms;
use super::grammar::Grammar;
use super::kaba_b91::KabaB91;
use super::line::{Line, LineBase};
use super::osdp::Osdp;
use super::rdm6300::Rdm6300;
use super::track2::Track2;
use super::wiegand::Wiegand;

/// A protocol with its options, and what the badge is.
#[derive(Debug, Clone, PartialEq)]
pub struct WireSettings {
    /// What the reader sends.
    pub protocol: Protocol,
    /// Which number of the card is the badge.
    pub badge: Rendering,
}

/// What a reader sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Protocol {
    /// RDM6300, RDM630, EM-18 and ID-2, ID-12, ID-20.
    Rdm6300(Rdm6300),
    /// Magnetic stripe, track 2.
    Track2(Track2),
    /// Converters from Wiegand to serial.
    Wiegand(Wiegand),
    /// Plain line readers.
    Line(Line),
    /// Barcode and QR readers.
    Barcode(Barcode),
    /// Kaba B-Net 91 sub-terminals.
    KabaB91(KabaB91),
    /// GIGA-TMS terminals.
    GigaTms(GigaTms),
    /// Anviz `TC_B` live records.
    Anviz(Anviz),
    /// What was captured on an OSDP bus.
    Osdp(Osdp),
}

/// The names of all protocols.
pub const PROTOCOLS: [&str; 9] =
    ["rdm6300", "track2", "wiegand", "line", "barcode", "kaba-b91", "giga-tms", "anviz", "osdp"];

impl Protocol {
    /// The protocol of a name, with the options it has when nothing is said.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "rdm6300" => Self::Rdm6300(Rdm6300::default()),
            "track2" => Self::Track2(Track2::default()),
            "wiegand" => Self::Wiegand(Wiegand::default()),
            "line" => Self::Line(Line::default()),
            "barcode" => Self::Barcode(Barcode::default()),
            "kaba-b91" => Self::KabaB91(KabaB91::default()),
            "giga-tms" => Self::GigaTms(GigaTms::default()),
            "anviz" => Self::Anviz(Anviz::default()),
            "osdp" => Self::Osdp(Osdp),
            _ => return None,
        })
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rdm6300(_) => "rdm6300",
            Self::Track2(_) => "track2",
            Self::Wiegand(_) => "wiegand",
            Self::Line(_) => "line",
            Self::Barcode(_) => "barcode",
            Self::KabaB91(_) => "kaba-b91",
            Self::GigaTms(_) => "giga-tms",
            Self::Anviz(_) => "anviz",
            Self::Osdp(_) => "osdp",
        }
    }

    /// The badge when nothing is said: the number that is usually printed on the card where the
    /// reader sends another, and the same for one card at an RDM6300 and behind a Wiegand converter;
    /// elsewhere what is sent.
    pub fn default_badge(&self) -> Rendering {
        match self {
            Self::Rdm6300(_) | Self::Wiegand(_) | Self::Osdp(_) => Rendering::Decimal10,
            _ => Rendering::AsSent,
        }
    }

    /// True when its cards have such a number, and the same one whatever digits they happen to have.
    pub fn can_have(&self, badge: Rendering) -> bool {
        match (self, badge) {
            (_, Rendering::AsSent) => true,
            (_, Rendering::WithExtra) => matches!(self, Self::Track2(_)),
            (Self::Line(options), _) => options.base != LineBase::Unknown,
            (Self::Barcode(_) | Self::KabaB91(_), _) => false,
            _ => true,
        }
    }

    /// True when its records carry the device's own time.
    pub fn has_time(&self) -> bool {
        matches!(self, Self::GigaTms(_) | Self::Anviz(_))
    }

    /// True when its records carry the device's own word for the direction.
    pub fn has_direction(&self) -> bool {
        self.has_time()
    }

    pub(super) fn grammar(&self) -> &dyn Grammar {
        match self {
            Self::Rdm6300(options) => options,
            Self::Track2(options) => options,
            Self::Wiegand(options) => options,
            Self::Line(options) => options,
            Self::Barcode(options) => options,
            Self::KabaB91(options) => options,
            Self::GigaTms(options) => options,
            Self::Anviz(options) => options,
            Self::Osdp(options) => options,
        }
    }
}

impl WireSettings {
    /// A protocol with its usual badge.
    pub fn new(protocol: Protocol) -> Self {
        let badge = protocol.default_badge();
        Self { protocol, badge }
    }
}
