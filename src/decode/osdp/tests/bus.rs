//! A bus in simulated time, with the faults of real ones; and what holds on a good one.

use super::device::Device;
use super::{clear, hex};
use crate::decode::card::Rendering;
use crate::decode::osdp::{Action, BusSettings, Event, Panel, Signal};
use crate::decode::wire::Moment;

/// What the line does to a reply: nothing, or something worse.
pub(super) type Fault = Box<dyn FnMut(Vec<u8>) -> Vec<(u64, Vec<u8>)>>;

pub(super) struct Bus {
    pub(super) panel: Panel,
    pub(super) devices: Vec<Device>,
    pub(super) now: Moment,
    pub(super) events: Vec<Event>,
    /// Everything that was sent, with its time.
    pub(super) sent: Vec<(Moment, Vec<u8>)>,
    pub(super) echo: bool,
    pub(super) plugged: bool,
    /// What each card is answered with, if at all.
    pub(super) signal: Option<Signal>,
    pub(super) fault: Fault,
    arriving: Vec<(Moment, Vec<u8>)>,
}

impl Bus {
    pub(super) fn new(settings: BusSettings, devices: Vec<Device>) -> Self {
        let now = Moment(1_000_000);
        Self {
            panel: Panel::new(settings, [7; 16], now),
            devices,
            now,
            events: Vec::new(),
            sent: Vec::new(),
            echo: false,
            plugged: true,
            signal: Some(Signal::Accepted),
            // a reader thinks for 3 ms, and a reply of 20 bytes takes 20 ms at 9600 baud
            fault: Box::new(|reply| vec![(3 + reply.len() as u64, reply)]),
            arriving: Vec::new(),
        }
    }

    pub(super) fn run(&mut self, milliseconds: u64) {
        let end = self.now.after(milliseconds);
        while self.now < end {
            let wait = match self.panel.next(self.now) {
                Action::Send(bytes) => {
                    self.send(&bytes);
                    continue;
                }
                Action::Tell(event) => {
                    if let (Event::Card { reader, head, .. }, Some(signal)) = (&event, self.signal) {
                        self.panel.signal(*reader, *head, signal, self.now);
                    }
                    self.events.push(event);
                    continue;
                }
                Action::Wait(until) => until,
            };
            assert!(wait > self.now, "the panel would spin");
            let next = self.arriving.iter().map(|(at, _)| *at).min().unwrap_or(wait);
            self.now = wait.min(next).min(end);
            self.arriving.sort_by_key(|(at, _)| *at);
            while self.arriving.first().is_some_and(|(at, _)| *at <= self.now) {
                let (_, bytes) = self.arriving.remove(0);
                self.panel.received(&bytes, self.now);
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.sent.push((self.now, bytes.to_vec()));
        if self.echo {
            self.arriving.push((self.now.after(1), bytes.to_vec()));
        }
        if !self.plugged {
            return;
        }
        for device in &mut self.devices {
            let Some(reply) = device.hear(bytes) else { continue };
            let came = (self.fault)(reply);
            self.arriving.extend(came.into_iter().map(|(after, bytes)| (self.now.after(after), bytes)));
        }
    }

    /// What happened, in words.
    pub(super) fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events).iter().map(shown).collect()
    }
}

fn shown(event: &Event) -> String {
    match event {
        Event::Online { reader, secure, identity, .. } => {
            let serial = identity.map(|identity| identity.serial);
            format!("{reader} online, secure {secure}, serial {serial:?}")
        }
        Event::Offline { reader, trouble, .. } => format!("{reader} offline, {trouble:?}"),
        Event::Card { reader, head, card, .. } => {
            format!("{reader}.{head} card {}", card.rendering(Rendering::Decimal).unwrap())
        }
        Event::Unreadable { reader, reason, .. } => format!("{reader} unreadable: {reason}"),
        Event::Status { reader, tamper, power } => format!("{reader} tamper {tamper} power {power}"),
        Event::Trouble { reader, trouble } => format!("{reader} trouble {trouble:?}"),
        Event::KeyInstalled { reader } => format!("{reader} has the key"),
    }
}

#[test]
fn a_reader_is_introduced_polled_and_shows_what_became_of_a_card() {
    let mut bus = Bus::new(clear(&[5]), vec![Device::new(5)]);
    bus.run(1_000);
    assert_eq!(bus.told(), ["0 online, secure false, serial Some(5)"]);
    assert_eq!(bus.devices[0].commands[..4], [0x61, 0x62, 0x64, 0x60]);
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(200);
    assert_eq!(bus.told(), ["0.0 card 8065495"]);
    assert_eq!(bus.devices[0].shown, ["green at 0", "beep at 0"]);
    bus.signal = Some(Signal::Refused);
    bus.devices[0].shown.clear();
    bus.devices[0].events.push_back((0x51, b"\x01\x00\x0A0001217496".to_vec()));
    bus.run(200);
    assert_eq!(bus.told(), ["0.1 card 1217496"]);
    assert_eq!(bus.devices[0].shown, ["red at 1"]);
    let counts = bus.panel.counts();
    assert_eq!((counts.repeats, counts.late, counts.broken, counts.restarts), (0, 0, 0, 0), "{counts:?}");
    assert_eq!((counts.noise, counts.refusals, counts.sent), (0, 0, counts.replies), "{counts:?}");
}

#[test]
fn polls_come_every_50_milliseconds_and_a_light_at_once() {
    let mut bus = Bus::new(clear(&[5]), vec![Device::new(5)]);
    bus.run(500);
    bus.sent.clear();
    bus.run(500);
    let times: Vec<u64> = bus.sent.iter().map(|(at, _)| at.0).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 50), "{times:?}");
    bus.sent.clear();
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(100);
    let codes: Vec<(u64, u8)> =
        bus.sent.iter().map(|(at, bytes)| (at.0 - bus.sent[0].0.0, bytes[6])).collect();
    // poll, then light and beep as soon as the line is free, then the poll that was due
    assert_eq!(codes.iter().map(|(_, code)| *code).collect::<Vec<u8>>(), [0x60, 0x69, 0x6A, 0x60]);
    assert!(codes[2].0 < 50, "{codes:?}");
}

#[test]
fn the_panel_polls_on_while_a_card_waits_for_its_light() {
    let mut bus = Bus::new(clear(&[5, 6]), vec![Device::new(5), Device::new(6)]);
    bus.signal = None;
    bus.run(1_000);
    bus.told();
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(400);
    bus.devices[1].card(26, &hex("0949EC40"));
    bus.run(400);
    assert_eq!(bus.told(), ["0.0 card 8065495", "1.0 card 1217496"]);
    assert!(bus.devices[0].shown.is_empty() && bus.devices[1].shown.is_empty());
    bus.panel.signal(1, 0, Signal::Accepted, bus.now);
    bus.panel.signal(0, 0, Signal::Refused, bus.now);
    bus.run(200);
    assert_eq!(bus.devices[0].shown, ["red at 0"]);
    assert_eq!(bus.devices[1].shown, ["green at 0", "beep at 0"]);
}

#[test]
fn readers_share_a_bus_in_turn() {
    let addresses = [0, 1, 2, 3, 100, 126];
    let mut bus = Bus::new(clear(&addresses), addresses.map(Device::new).into());
    bus.run(3_000);
    assert_eq!(bus.told().len(), 6);
    bus.sent.clear();
    bus.run(3_000);
    let polls = addresses.map(|address| bus.sent.iter().filter(|(_, bytes)| bytes[2] == address).count());
    let (least, most) = (polls.iter().min().unwrap(), polls.iter().max().unwrap());
    assert!(*least > 20 && most - least <= 1, "{polls:?}");
}

#[test]
fn the_echo_of_a_two_wire_adapter_is_dropped() {
    let mut bus = Bus::new(clear(&[5]), vec![Device::new(5)]);
    bus.echo = true;
    bus.run(1_000);
    bus.devices[0].card(26, &hex("BD88EB80"));
    bus.run(1_000);
    assert_eq!(bus.told().len(), 2);
    let counts = bus.panel.counts();
    assert!(counts.sent - counts.echoes <= 1, "{counts:?}");
    assert_eq!((counts.foreign, counts.repeats, counts.noise), (0, 0, 0), "{counts:?}");
}

#[test]
fn housing_power_keys_and_what_nobody_knows() {
    let mut bus = Bus::new(clear(&[5]), vec![Device::new(5)]);
    bus.devices[0].status = (1, 0);
    bus.run(500);
    assert_eq!(bus.told(), ["0 online, secure false, serial Some(5)", "0 tamper true power false"]);
    let says = |bus: &mut Bus, code: u8, data: &[u8]| {
        bus.devices[0].events.push_back((code, data.to_vec()));
        bus.run(100);
        bus.told()
    };
    assert_eq!(says(&mut bus, 0x48, &[1, 0]), [""; 0]);
    assert_eq!(says(&mut bus, 0x48, &[0, 1]), ["0 tamper false power true"]);
    assert_eq!(says(&mut bus, 0x48, &[0, 0]), ["0 tamper false power false"]);
    assert_eq!(says(&mut bus, 0x48, &[0]), [""; 0]);
    assert_eq!(says(&mut bus, 0x53, &[0, 1, b'7']), [""; 0]);
    assert_eq!(says(&mut bus, 0xEE, &[1, 2, 3]), [""; 0]);
    assert_eq!(bus.panel.counts().ignored, 3);
    assert_eq!(
        says(&mut bus, 0x50, &[0, 1, 40, 0, 1]),
        ["0 unreadable: the reply has fewer bytes than it says the card has"]
    );
}
