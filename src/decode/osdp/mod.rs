//! OSDP v2 (IEC 60839-11-5, SIA OSDP 2.2) as control panel on an RS-485 bus of badge readers. Without
//! I/O: bytes in, bytes to send and events out, time as an argument. Packets and the secure channel
//! are those of the `osdp` crate; what is here is what its driver lacks: several readers on one bus,
//! repeats, restarts, echo, noise, and the secure channel within all that.
//!
//! ```text
//!  bytes -> Framer -> Panel -> Peer (one for each reader) -> Link (clear or secure)
//!                       |                 |
//!                       v                 v
//!                 Action::Send       Action::Tell(Event)
//! ```
//!
//! A panel answers one question, [`Panel::next`]: send these bytes, tell this event, or wait until
//! then. A card is told first and judged afterwards ([`Panel::signal`]): whoever commits it decides
//! when the light goes green. Meanwhile the panel goes on polling.

mod command;
pub(super) mod framer;
mod health;
mod lights;
mod link;
mod panel;
mod peer;
mod portrait;
mod read;
mod report;
mod settings;
#[cfg(test)]
mod tests;

pub use panel::{Action, Panel};
pub use read::{Unreadable, card};
pub use report::{Capability, Counts, Event, Identity, Signal, Trouble};
pub use settings::{BadKey, BusSettings, PeerSettings, SiteKey};

use super::wire::Moment;
