//! One reader on the bus: what it is asked next, and what its replies mean.

use std::collections::VecDeque;

use osdp::reply::{NakErrorCode, ReplyCode};
use osdp::{ParsedPacket, REPLY_DELAY_MS, Sqn};

use super::Moment;
use super::command::{Command, KeyKind};
use super::health::Health;
use super::lights::Lights;
use super::link::{Link, Unprotected};
use super::portrait::Portrait;
use super::report::{Counts, Event, Identity, Signal, Trouble};
use super::settings::PeerSettings;

/// What a reader is asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Identify,
    Capabilities,
    Challenge,
    Prove,
    InstallKey,
    Status,
    Poll,
}

/// A command on its way, until it is answered. It is repeated as it was: the reader knows by its
/// sequence number that it only has to say its answer again.
struct Sent {
    command: Command,
    sequence: Sqn,
    packet: Vec<u8>,
    repeated: bool,
}

/// Where events and counts go.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) events: VecDeque<Event>,
    pub(super) counts: Counts,
}

/// One reader.
pub(super) struct Peer {
    /// Its place in the settings.
    number: usize,
    settings: PeerSettings,
    stage: Stage,
    /// The sequence number of the next new command: 0 begins anew, then 1, 2, 3, 1 ...
    sequence: Sqn,
    crc: bool,
    link: Link,
    key: KeyKind,
    sent: Option<Sent>,
    proof: Option<Command>,
    lights: Lights,
    /// When it is asked next, but not before `held`.
    due: Moment,
    held: Moment,
    poll: u64,
    health: Health,
    portrait: Portrait,
    known: Option<Identity>,
}

impl Peer {
    pub(super) fn new(number: usize, settings: PeerSettings, poll: u64, now: Moment) -> Self {
        Self {
            number,
            settings,
            stage: Stage::Identify,
            sequence: Sqn::ZERO,
            crc: true,
            link: Link::Clear,
            key: KeyKind::Site,
            sent: None,
            proof: None,
            lights: Lights::default(),
            due: now,
            held: now,
            poll,
            health: Health::new(now),
            portrait: Portrait::default(),
            known: None,
        }
    }

    pub(super) fn address(&self) -> u8 {
        self.settings.address
    }

    /// Until when everything it saw is known, while it can be used.
    pub(super) fn covered(&self) -> Option<Moment> {
        self.health.covered()
    }

    /// The port was opened anew.
    pub(super) fn reopened(&mut self, now: Moment) {
        self.begin_anew(now);
        self.held = now;
        self.health = Health::new(now);
        self.portrait.forget_status();
    }

    /// When it is asked next; those with a light to show come first.
    pub(super) fn due(&self) -> (bool, Moment) {
        (self.lights.is_empty(), self.due.max(self.held))
    }

    /// Takes a light to show.
    pub(super) fn signal(&mut self, head: u8, signal: Signal, now: Moment, counts: &mut Counts) {
        self.lights.push(head, signal, now, counts);
        if self.stage == Stage::Poll {
            self.due = self.due.min(now);
        }
    }

    /// The next packet for it: the last one again while that is not answered.
    pub(super) fn ask(&mut self, now: Moment, number: [u8; 8], out: &mut Outbox) -> Vec<u8> {
        if let Some(since) = self.health.lost(now) {
            let (reader, trouble) = (self.number, self.health.trouble());
            out.events.push_back(Event::Offline { reader, since, trouble });
            self.portrait.forget_status();
            self.begin_anew(now);
        }
        self.due = now.after(self.poll);
        if let Some(sent) = &mut self.sent {
            sent.repeated = true;
            out.counts.repeats += 1;
            return sent.packet.clone();
        }
        let command = self.command(now, number, &mut out.counts);
        let packet = self.link.packet(self.settings.address, self.sequence, self.crc, &command);
        self.sent = Some(Sent { command, sequence: self.sequence, packet: packet.clone(), repeated: false });
        packet
    }

    fn command(&mut self, now: Moment, number: [u8; 8], counts: &mut Counts) -> Command {
        match (self.stage, &self.settings.key) {
            (Stage::Identify, _) => Command::Identify,
            (Stage::Capabilities, _) => Command::Capabilities,
            (Stage::Challenge, Some(site)) => {
                let (link, command) = Link::challenge(site, self.key, number);
                self.link = link;
                command
            }
            (Stage::Prove, _) => self.proof.take().unwrap_or(Command::Identify),
            (Stage::InstallKey, Some(site)) => Command::InstallKey(site.bytes()),
            (Stage::Status | Stage::Challenge | Stage::InstallKey, _) => Command::Status,
            (Stage::Poll, _) => self.lights.next(now, counts).unwrap_or(Command::Poll),
        }
    }

    /// No reply came in time. It is asked the same again, after the others had their turn.
    pub(super) fn silent(&mut self, now: Moment) {
        if self.stage == Stage::Identify {
            // an old reader may know checksums only
            self.crc = !self.crc;
            self.sent = None;
        }
        if self.health.silent() {
            self.begin_anew(now);
            self.due = self.health.pause(now);
        }
    }

    /// A reply from its address. False when it answers nothing that was asked.
    pub(super) fn heard(
        &mut self,
        reply: &ParsedPacket<'_>,
        bytes: &[u8],
        first: Moment,
        now: Moment,
        out: &mut Outbox,
    ) -> bool {
        let Some(sent) = self.sent.take() else { return false };
        let repeated = sent.repeated;
        let taken = self.answered(sent, reply, bytes, (first, now), out);
        if taken && repeated {
            // it may answer each of the packets, and an old answer must not pass for a new one
            self.held = now.after(REPLY_DELAY_MS.into());
        }
        taken
    }

    fn answered(
        &mut self,
        sent: Sent,
        reply: &ParsedPacket<'_>,
        bytes: &[u8],
        (first, now): (Moment, Moment),
        out: &mut Outbox,
    ) -> bool {
        self.health.answered();
        let refusal = reply.code == ReplyCode::Nak.as_byte();
        if reply.code == ReplyCode::Busy.as_byte() {
            out.counts.busy += 1;
            self.sent = Some(sent);
            return true;
        }
        if reply.ctrl.sqn != sent.sequence && !refusal {
            self.sent = Some(sent);
            return false;
        }
        let installing = matches!(sent.command, Command::InstallKey(_));
        let data = match self.link.open(reply, bytes) {
            Ok(data) => data,
            // it lost the secure channel, or takes the new key at once
            Err(Unprotected::Clear) if refusal => {
                out.counts.refusals += 1;
                if installing {
                    self.troubled(Trouble::KeyRefused, now, out);
                } else {
                    self.lost(now, &mut out.counts);
                }
                return true;
            }
            Err(Unprotected::Clear) if installing && reply.code == ReplyCode::Ack.as_byte() => Vec::new(),
            Err(Unprotected::Clear | Unprotected::Forged) => {
                out.counts.bad_macs += 1;
                self.troubled(Trouble::BadMac, now, out);
                return true;
            }
        };
        if refusal {
            out.counts.refusals += 1;
            self.refused(sent, data.first().copied().unwrap_or_default(), now, out);
            return true;
        }
        out.counts.replies += 1;
        self.sequence = sent.sequence.next();
        self.still_usable(now);
        match self.stage {
            Stage::Identify | Stage::Capabilities => self.introduced(reply.code, &data, now, out),
            Stage::Challenge => match self.link.prove(reply) {
                Ok(command) => {
                    self.proof = Some(command);
                    self.go(Stage::Prove, now);
                }
                Err(_) => self.unproven(now, out),
            },
            Stage::Prove => match self.link.secure(reply) {
                Ok(KeyKind::Site) => self.go(Stage::Status, now),
                Ok(KeyKind::Default) => self.go(Stage::InstallKey, now),
                Err(_) => self.unproven(now, out),
            },
            Stage::InstallKey => {
                out.events.push_back(Event::KeyInstalled { reader: self.number });
                self.key = KeyKind::Site;
                self.begin_anew(now);
            }
            Stage::Status | Stage::Poll => {
                if self.stage == Stage::Status {
                    self.online(now, out);
                }
                self.portrait.take(self.number, reply.code, data, first, out);
            }
        }
        true
    }

    /// A reply to ID or CAP.
    fn introduced(&mut self, code: u8, data: &[u8], now: Moment, out: &mut Outbox) {
        if self.stage == Stage::Identify {
            self.portrait.identify(code, data);
            return self.go(Stage::Capabilities, now);
        }
        self.portrait.describe(code, data);
        match self.settings.key {
            None => self.go(Stage::Status, now),
            Some(_) if self.portrait.may_be_secure() => self.go(Stage::Challenge, now),
            Some(_) => self.troubled(Trouble::NoSecureChannel, now, out),
        }
    }

    /// It refused a command.
    fn refused(&mut self, sent: Sent, code: u8, now: Moment, out: &mut Outbox) {
        let handshake = matches!(self.stage, Stage::Challenge | Stage::Prove);
        match (NakErrorCode::from_byte(code), &self.settings.key) {
            // it was damaged on the way
            (Ok(NakErrorCode::BadCrcOrChecksum), _) if !self.link.is_secure() => self.sent = Some(sent),
            (Ok(NakErrorCode::BadCrcOrChecksum | NakErrorCode::UnexpectedSequenceNumber), _) => {
                self.lost(now, &mut out.counts);
            }
            (_, Some(_)) if self.stage == Stage::InstallKey => self.troubled(Trouble::KeyRefused, now, out),
            (Ok(NakErrorCode::EncryptedCommunicationRequired), Some(_)) if handshake => {
                self.unproven(now, out);
            }
            (_, Some(_)) if handshake => self.troubled(Trouble::NoSecureChannel, now, out),
            (
                Ok(
                    NakErrorCode::EncryptedCommunicationRequired
                    | NakErrorCode::SecurityBlockTypeNotSupported,
                ),
                key,
            ) => match key {
                Some(_) => self.lost(now, &mut out.counts),
                None => self.troubled(Trouble::KeyNeeded, now, out),
            },
            // it does not know this command: it is asked the next
            _ => {
                self.sequence = sent.sequence.next();
                self.still_usable(now);
                match self.stage {
                    Stage::Identify | Stage::Capabilities => {
                        self.introduced(ReplyCode::Nak.as_byte(), &[], now, out);
                    }
                    Stage::Status => self.online(now, out),
                    _ => {}
                }
            }
        }
    }

    /// It can be used.
    fn online(&mut self, now: Moment, out: &mut Outbox) {
        self.stage = Stage::Poll;
        let other = self.known != self.portrait.identity;
        if self.health.online(now) || other {
            self.known = self.portrait.identity;
            out.events.push_back(Event::Online {
                reader: self.number,
                identity: self.portrait.identity,
                capabilities: self.portrait.capabilities.clone(),
                secure: self.link.is_secure(),
            });
        }
    }

    fn still_usable(&mut self, now: Moment) {
        if matches!(self.stage, Stage::Status | Stage::Poll) {
            self.health.used(now);
        }
        if !self.lights.is_empty() && self.stage == Stage::Poll {
            self.due = now;
        }
    }

    /// Goes on with the next step at once.
    fn go(&mut self, stage: Stage, now: Moment) {
        self.stage = stage;
        self.due = now;
    }

    /// Sequence or secure channel are lost: from the start.
    fn lost(&mut self, now: Moment, counts: &mut Counts) {
        counts.restarts += 1;
        self.begin_anew(now);
        self.due = now.after(self.poll);
    }

    fn begin_anew(&mut self, now: Moment) {
        self.sequence = Sqn::ZERO;
        self.link = Link::Clear;
        self.sent = None;
        self.proof = None;
        self.health.begin(now);
        self.go(Stage::Identify, now);
    }

    /// One side did not prove that it knows the key.
    fn unproven(&mut self, now: Moment, out: &mut Outbox) {
        match (self.settings.install, self.key) {
            (false, _) => self.troubled(Trouble::WrongKey, now, out),
            (true, KeyKind::Site) => {
                self.key = KeyKind::Default;
                self.begin_anew(now);
            }
            (true, KeyKind::Default) => {
                self.key = KeyKind::Site;
                self.troubled(Trouble::NoDefaultKey, now, out);
            }
        }
    }

    /// It cannot be used like this: told, and tried again after a pause.
    fn troubled(&mut self, trouble: Trouble, now: Moment, out: &mut Outbox) {
        if self.health.troubled(trouble, now) {
            out.events.push_back(Event::Trouble { reader: self.number, trouble });
        }
        out.counts.restarts += 1;
        self.begin_anew(now);
        self.due = self.health.pause(now);
    }
}
