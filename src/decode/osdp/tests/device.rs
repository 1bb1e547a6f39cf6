//! A simulated reader, written from the standard and not from the panel: it checks everything the
//! panel sends, and answers as a good reader does.

use std::collections::VecDeque;

use osdp::packet::{Scb, ScsType};
use osdp::reply::{CCrypt, LStatR, Nak, NakErrorCode, Raw};
use osdp::secure::crypto::{SessionKeys, client_cryptogram};
use osdp::secure::frame::{Direction, seal, unseal};
use osdp::secure::{Cryptogrammed, Disconnected, SCBK_D, Secure, Session};
use osdp::{Address, ControlByte, Packet, ParsedPacket, Sqn, packet::CtrlFlags};

/// What it answers: code and data.
type Answer = (u8, Vec<u8>);

pub(super) struct Device {
    pub(super) address: u8,
    pub(super) key: [u8; 16],
    /// It takes the default key, and a new one.
    pub(super) install: bool,
    /// It refuses all but the introduction in clear.
    pub(super) strict: bool,
    /// It knows only checksums.
    pub(super) checksum_only: bool,
    pub(super) capabilities: Vec<u8>,
    /// What the next polls are answered with.
    pub(super) events: VecDeque<Answer>,
    pub(super) status: (u8, u8),
    /// Lights and beeps it was told to show.
    pub(super) shown: Vec<String>,
    /// Codes of the commands it took, repeats apart.
    pub(super) commands: Vec<u8>,
    sequence: Option<Sqn>,
    last: Vec<u8>,
    proven: Option<Session<Cryptogrammed>>,
    session: Option<Session<Secure>>,
    default_session: bool,
}

impl Device {
    pub(super) fn new(address: u8) -> Self {
        Self {
            address,
            key: [0; 16],
            install: false,
            strict: false,
            checksum_only: false,
            // light, sound, CRC, AES
            capabilities: vec![4, 1, 1, 5, 1, 1, 8, 1, 0, 9, 1, 1],
            events: VecDeque::new(),
            status: (0, 0),
            shown: Vec::new(),
            commands: Vec::new(),
            sequence: None,
            last: Vec::new(),
            proven: None,
            session: None,
            default_session: false,
        }
    }

    /// Shows it a card of so many bits.
    pub(super) fn card(&mut self, count: u16, bits: &[u8]) {
        let raw = Raw { reader: 0, format_code: 1, bit_count: count, bits: bits.to_vec() };
        self.events.push_back((0x50, raw.encode().unwrap()));
    }

    /// Takes its power away and gives it back.
    pub(super) fn power_cycle(&mut self) {
        self.sequence = None;
        self.session = None;
        self.proven = None;
    }

    /// What it answers to bytes on the line: nothing to what is not for it.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let start = bytes.iter().position(|byte| *byte == 0x53)?;
        let (packet, length) = ParsedPacket::parse(&bytes[start..]).ok()?;
        if packet.addr.as_byte() != self.address || (self.checksum_only && packet.ctrl.use_crc()) {
            return None;
        }
        let sequence = packet.ctrl.sqn;
        if sequence == Sqn::ZERO {
            self.power_cycle();
        } else if self.sequence == Some(sequence) {
            return Some(self.last.clone());
        } else if self.sequence.map(Sqn::next) != Some(sequence) {
            return Some(self.clear_packet(&packet, None, &nak(NakErrorCode::UnexpectedSequenceNumber)));
        }
        self.sequence = Some(sequence);
        self.commands.push(packet.code);
        let reply = self.reply(&packet, &bytes[start..start + length]);
        self.last.clone_from(&reply);
        Some(reply)
    }

    fn reply(&mut self, packet: &ParsedPacket<'_>, bytes: &[u8]) -> Vec<u8> {
        if let Some(mut session) = self.session.take() {
            let Ok(data) = unseal(&mut session, packet, bytes) else {
                return self.clear_packet(packet, None, &nak(NakErrorCode::EncryptedCommunicationRequired));
            };
            let (code, data) = self.answer(packet.code, &data, true);
            let address = Address::from_raw(self.address | 0x80);
            let (direction, sequence) = (Direction::PdToAcu, packet.ctrl.sqn);
            let reply =
                seal(&mut session, address, sequence, direction, !data.is_empty(), code, &data).unwrap();
            // a new key ends the session
            self.session = (packet.code != 0x75).then_some(session);
            return reply;
        }
        match (packet.code, packet.scb) {
            (0x76, Some(block)) if block.ty == ScsType::Scs11 => {
                let number: [u8; 8] = packet.data.try_into().unwrap();
                self.default_session = block.data == [0] && self.install;
                let key = if self.default_session { SCBK_D } else { self.key };
                let keys = SessionKeys::derive(&key, &number);
                let answer = CCrypt {
                    cuid: [9; 8],
                    rnd_b: [0xA5; 8],
                    client_cryptogram: client_cryptogram(&keys.s_enc, &number, &[0xA5; 8]),
                };
                let session = Session::<Disconnected>::new(key).challenge(number);
                self.proven = session.receive_ccrypt(&answer).ok();
                let block = Scb::new(ScsType::Scs12, [u8::from(!self.default_session)]);
                self.clear_packet(packet, Some(block), &(0x76, answer.encode().unwrap()))
            }
            (0x77, Some(block)) if block.ty == ScsType::Scs13 => {
                let session = self.proven.take().unwrap();
                let taken = session.server_cryptogram() == packet.data;
                let mac = session.initial_rmac();
                self.session = session.confirm_rmac_i(&mac).ok().filter(|_| taken);
                let block = Scb::new(ScsType::Scs14, [u8::from(taken)]);
                self.clear_packet(packet, Some(block), &(0x78, mac.to_vec()))
            }
            _ if self.strict && !matches!(packet.code, 0x61 | 0x62) => {
                self.clear_packet(packet, None, &nak(NakErrorCode::EncryptedCommunicationRequired))
            }
            _ => {
                let answer = self.answer(packet.code, packet.data, false);
                self.clear_packet(packet, None, &answer)
            }
        }
    }

    fn answer(&mut self, code: u8, data: &[u8], secure: bool) -> Answer {
        match code {
            0x60 => self.events.pop_front().unwrap_or((0x40, Vec::new())),
            0x61 => (0x45, vec![0x00, 0x0E, 0xE3, 16, 16, self.address, 0, 0, 0, 6, 6, 27]),
            0x62 => (0x46, self.capabilities.clone()),
            0x64 => (0x48, LStatR { tamper: self.status.0, power: self.status.1 }.encode().unwrap()),
            0x69 => {
                let color = ["black", "red", "green"][usize::from(data[5])];
                self.shown.push(format!("{color} at {}", data[0]));
                (0x40, Vec::new())
            }
            0x6A => {
                self.shown.push(format!("beep at {}", data[0]));
                (0x40, Vec::new())
            }
            0x75 if secure && self.install => {
                assert_eq!(data[..2], [1, 16]);
                assert!(self.default_session, "the key goes out only where it is not known");
                self.key = data[2..].try_into().unwrap();
                self.install = false;
                (0x40, Vec::new())
            }
            0x75 => nak(NakErrorCode::EncryptedCommunicationRequired),
            _ => nak(NakErrorCode::UnknownCommandCode),
        }
    }

    /// A reply outside the secure channel, with the trailer that the command had.
    fn clear_packet(&self, to: &ParsedPacket<'_>, scb: Option<Scb>, (code, data): &Answer) -> Vec<u8> {
        let mut flags = to.ctrl.flags;
        flags.set(CtrlFlags::HAS_SCB, scb.is_some());
        let ctrl = ControlByte::new(to.ctrl.sqn, flags);
        let addr = Address::from_raw(self.address | 0x80);
        Packet { addr, ctrl, scb, code: *code, data: data.clone() }.encode().unwrap()
    }
}

fn nak(code: NakErrorCode) -> Answer {
    (0x41, Nak::simple(code).encode().unwrap())
}
