//! The way packets go to one reader: in clear, or through its secure channel (Annex D of SIA OSDP 2.2).

use osdp::packet::{MAC_LEN, ScsType};
use osdp::reply::{CCrypt, RMacI};
use osdp::secure::frame::{Direction, seal, unseal};
use osdp::secure::{Challenged, Cryptogrammed, Disconnected, SCBK_D, Secure, Session};
use osdp::{Address, ControlByte, Packet, ParsedPacket, Sqn, packet};

use super::command::{Command, KeyKind};
use super::settings::SiteKey;

/// How far the secure channel of a reader is.
#[derive(Default)]
pub(super) enum Link {
    /// All goes in clear.
    #[default]
    Clear,
    /// The random number is out.
    Challenged(KeyKind, Session<Challenged>),
    /// The reader has proved that it knows the key, and waits for our proof.
    Proven(KeyKind, Session<Cryptogrammed>),
    /// Every packet has a MAC, and its data are encrypted.
    Secure(Session<Secure>),
}

/// A reply is not protected as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unprotected {
    /// It came in clear.
    Clear,
    /// Its MAC, or its encryption, is wrong.
    Forged,
}

/// The other side did not prove that it knows the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unproven;

impl Link {
    /// Begins a secure channel with a random number.
    pub(super) fn challenge(site: &SiteKey, key: KeyKind, number: [u8; 8]) -> (Self, Command) {
        let bytes = match key {
            KeyKind::Default => SCBK_D,
            KeyKind::Site => site.bytes(),
        };
        let session = Session::<Disconnected>::new(bytes).challenge(number);
        (Self::Challenged(key, session), Command::Challenge { number, key })
    }

    /// The second step: what the reader's answer to the challenge must be followed by.
    pub(super) fn prove(&mut self, reply: &ParsedPacket<'_>) -> Result<Command, Unproven> {
        let Self::Challenged(key, session) = std::mem::take(self) else { return Err(Unproven) };
        let answer =
            block(reply, ScsType::Scs12).and_then(|_| CCrypt::decode(reply.data).ok()).ok_or(Unproven)?;
        let session = session.receive_ccrypt(&answer).map_err(|_| Unproven)?;
        let proof = session.server_cryptogram();
        *self = Self::Proven(key, session);
        Ok(Command::Prove { proof, key })
    }

    /// The third step: the reader took our proof. Says which key it was.
    pub(super) fn secure(&mut self, reply: &ParsedPacket<'_>) -> Result<KeyKind, Unproven> {
        let Self::Proven(key, session) = std::mem::take(self) else { return Err(Unproven) };
        let taken = block(reply, ScsType::Scs14).is_some_and(|block| block.first() == Some(&1));
        let mac = RMacI::decode(reply.data).ok().filter(|_| taken).ok_or(Unproven)?;
        let session = session.confirm_rmac_i(&mac.r_mac_i).map_err(|_| Unproven)?;
        *self = Self::Secure(session);
        Ok(key)
    }

    /// True in the secure channel.
    pub(super) fn is_secure(&self) -> bool {
        matches!(self, Self::Secure(..))
    }

    /// A command as packet, without the mark before it. What has data goes encrypted.
    pub(super) fn packet(&mut self, address: u8, sequence: Sqn, crc: bool, command: &Command) -> Vec<u8> {
        let (code, data) = (command.code(), command.data());
        let address = Address::from_raw(address);
        let packet = if let Self::Secure(session) = self {
            seal(session, address, sequence, Direction::AcuToPd, !data.is_empty(), code, &data)
        } else {
            let scb = command.block();
            let mut flags = packet::CtrlFlags::empty();
            // the secure channel knows no checksums
            flags.set(packet::CtrlFlags::USE_CRC, crc || scb.is_some());
            flags.set(packet::CtrlFlags::HAS_SCB, scb.is_some());
            let ctrl = ControlByte::new(sequence, flags);
            Packet { addr: address, ctrl, scb, code, data }.encode()
        };
        // it fails only beyond 65535 bytes, and none of ours has a hundred
        packet.unwrap_or_default()
    }

    /// The data of a reply. In the secure channel its MAC must be right.
    pub(super) fn open(&mut self, reply: &ParsedPacket<'_>, bytes: &[u8]) -> Result<Vec<u8>, Unprotected> {
        let Self::Secure(session) = self else { return Ok(reply.data.to_vec()) };
        let opened = match reply.scb.map(|block| block.ty) {
            None => return Err(Unprotected::Clear),
            // some readers call an empty reply encrypted
            Some(ScsType::Scs18) if reply.data.is_empty() => {
                let mac = reply.mac.ok_or(Unprotected::Forged)?;
                let trailer = if reply.ctrl.use_crc() { 2 } else { 1 };
                let covered = bytes.len().saturating_sub(trailer + MAC_LEN);
                let covered = bytes.get(..covered).unwrap_or_default();
                session.verify(covered, &mac).map(|()| Vec::new()).map_err(|_| Unprotected::Forged)?
            }
            Some(ScsType::Scs16 | ScsType::Scs18) => {
                unseal(session, reply, bytes).map_err(|_| Unprotected::Forged)?
            }
            Some(_) => return Err(Unprotected::Forged),
        };
        Ok(opened)
    }
}

/// The data of a security block of the expected kind.
fn block<'a>(reply: &ParsedPacket<'a>, kind: ScsType) -> Option<&'a [u8]> {
    reply.scb.filter(|block| block.ty == kind).map(|block| block.data)
}
