//! What a configuration says of a reader's protocol: plain data.

use crate::decode::card::Rendering;

use super::grammar::Grammar;
use super::rdm6300;

/// A protocol with its options, and what the badge is.
#[derive(Debug, Clone, PartialEq)]
pub struct WireSettings {
    /// What the reader sends.
    pub protocol: Protocol,
    /// Which rendering of the card is the number of the badge.
    pub badge: Rendering,
}

/// What a reader sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Protocol {
    /// RDM6300, RDM630, EM-18 and ID-2, ID-12, ID-20.
    Rdm6300(rdm6300::Rdm6300),
}

/// The names of all protocols of this room.
pub const PROTOCOLS: [&str; 1] = ["rdm6300"];

impl Protocol {
    /// The protocol of a name, with the options it has when nothing is said.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "rdm6300" => Some(Self::Rdm6300(rdm6300::Rdm6300::default())),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rdm6300(_) => "rdm6300",
        }
    }

    /// The badge when nothing is said: the number that is usually printed on the card, where the
    /// reader sends another; what it sends, where that is all there is.
    pub fn default_badge(&self) -> Rendering {
        match self {
            Self::Rdm6300(_) => Rendering::Decimal10,
        }
    }

    pub(super) fn grammar(&self) -> &dyn Grammar {
        match self {
            Self::Rdm6300(options) => options,
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
