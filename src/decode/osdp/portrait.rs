//! What a reader says: who it is, what it can do, how it is, and which card it saw.

use osdp::caps::FunctionCode;
use osdp::reply::{LStatR, PdCap, PdId, ReplyCode};

use super::Moment;
use super::peer::Outbox;
use super::read;
use super::report::{Capability, Event, Identity};

/// What a reader said of itself.
#[derive(Default)]
pub(super) struct Portrait {
    pub(super) identity: Option<Identity>,
    pub(super) capabilities: Vec<Capability>,
    tamper: bool,
    power: bool,
}

impl Portrait {
    /// Forgets how it was: what is wrong is told again when it is back.
    pub(super) fn forget_status(&mut self) {
        (self.tamper, self.power) = (false, false);
    }

    /// Takes the reply to ID; a reader may refuse to say.
    pub(super) fn identify(&mut self, code: u8, data: &[u8]) {
        let id = PdId::decode(data).ok().filter(|_| code == ReplyCode::PdId.as_byte());
        self.identity = id.map(|id| Identity {
            vendor: id.vendor_oui,
            model: id.model,
            version: id.version,
            serial: id.serial,
            firmware: id.firmware,
        });
    }

    /// Takes the reply to CAP; the same.
    pub(super) fn describe(&mut self, code: u8, data: &[u8]) {
        let list = PdCap::decode(data).ok().filter(|_| code == ReplyCode::PdCap.as_byte());
        self.capabilities = list.map(|list| list.capabilities).unwrap_or_default();
    }

    /// False when it says that it has no secure channel.
    pub(super) fn may_be_secure(&self) -> bool {
        let code = FunctionCode::CommunicationSecurity.as_byte();
        let security = self.capabilities.iter().find(|capability| capability.code == code);
        security.is_none_or(|security| security.compliance & 1 == 1)
    }

    /// Takes a reply to a poll, or whatever else it said instead.
    pub(super) fn take(&mut self, reader: usize, code: u8, data: Vec<u8>, at: Moment, out: &mut Outbox) {
        let head = read::head(&data);
        let Some(card) = read::card(code, &data) else {
            match ReplyCode::from_byte(code) {
                Ok(ReplyCode::Ack) => {}
                Ok(ReplyCode::LStatR) => self.status(reader, &data, out),
                _ => out.counts.ignored += 1,
            }
            return;
        };
        let mut raw = data;
        raw.insert(0, code);
        out.events.push_back(match card {
            Ok(card) => Event::Card { reader, head, at, card, raw },
            Err(reason) => Event::Unreadable { reader, head, at, reason, raw },
        });
    }

    fn status(&mut self, reader: usize, data: &[u8], out: &mut Outbox) {
        let Ok(status) = LStatR::decode(data) else {
            out.counts.ignored += 1;
            return;
        };
        let (tamper, power) = (status.tamper != 0, status.power != 0);
        if (tamper, power) != (self.tamper, self.power) {
            (self.tamper, self.power) = (tamper, power);
            out.events.push_back(Event::Status { reader, tamper, power });
        }
    }
}
