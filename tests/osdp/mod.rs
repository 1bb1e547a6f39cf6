//! The panel on a real pseudo-terminal, with libosdp as the readers at its other end.

mod office;
mod readers;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use timbra::daemon::buses::{Bus, BusEvent};
use timbra::daemon::clock;
use timbra::daemon::host_time::HostTime;
use timbra::decode::card::Rendering;
use timbra::decode::osdp::{BusSettings, Event, PeerSettings, Signal, SiteKey, Trouble};
use timbra::source::PortSettings;
use tokio::time::{Instant, timeout};

use readers::Readers;

const SITE: &str = "000102030405060708090a0b0c0d0e0f";

fn peer(address: u8) -> PeerSettings {
    PeerSettings { address, key: None, install: false }
}

fn with_key(address: u8, install: bool) -> PeerSettings {
    PeerSettings { address, key: Some(SiteKey::parse(SITE).unwrap()), install }
}

fn reader(address: u8, key: Option<&str>, strict: bool) -> serde_json::Value {
    json!({ "address": address, "key": key, "strict": strict })
}

/// Plays a test with readers and the bus of the panel; skipped where libosdp is missing.
fn play(
    settings: Vec<PeerSettings>,
    readers: &[serde_json::Value],
    test: impl AsyncFnOnce(&mut Bus, &mut Readers),
) {
    let Some(mut readers) = Readers::start(readers) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let settings = BusSettings { baud: 9600, poll: 50, readers: settings };
        let host = Arc::new(HostTime::new(clock::now));
        let mut bus = Bus::new(PortSettings::new(&readers.port), settings, host).unwrap();
        assert!(matches!(bus.next().await, BusEvent::Opened { .. }));
        test(&mut bus, &mut readers).await;
    });
}

/// The next event at a reader.
async fn event(bus: &mut Bus) -> Event {
    match timeout(Duration::from_secs(20), bus.next()).await.expect("nothing happens on the bus") {
        BusEvent::Reader(event) => event,
        other => panic!("{other:?}"),
    }
}

/// Lets the bus go on until its readers were told something.
async fn told(bus: &mut Bus, readers: &mut Readers) -> serde_json::Value {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(told) = readers.told() {
            return told;
        }
        assert!(Instant::now() < deadline, "the readers are told nothing");
        if let Ok(event) = timeout(Duration::from_millis(5), bus.next()).await {
            panic!("{event:?}");
        }
    }
}

/// Waits until readers are online, in whatever order, each secured or not.
async fn online(bus: &mut Bus, expected: &[(usize, bool)]) {
    let mut found = Vec::new();
    while found.len() < expected.len() {
        match event(bus).await {
            Event::Online { reader, secure, identity: Some(_), capabilities } => {
                assert!(!capabilities.is_empty());
                found.push((reader, secure));
            }
            other => panic!("{other:?} {:?}", bus.counts()),
        }
    }
    found.sort_unstable();
    assert_eq!(found, expected);
}

/// Shows a card to a reader, and its answer to the card.
async fn swipe(bus: &mut Bus, readers: &mut Readers, (number, address): (usize, u8), signal: Signal) {
    readers.order(&json!({ "address": address, "bits": 26, "card": "bd88eb80" }));
    let Event::Card { reader, head, card, .. } = event(bus).await else { panic!("no card") };
    let card = card.rendering(Rendering::FacilityCard);
    assert_eq!((reader, card.as_deref()), (number, Some("123,04567")));
    assert_eq!(readers.told(), None, "a light before the card was judged");
    bus.signal(reader, head, signal);
    let color = if signal == Signal::Accepted { 2 } else { 1 };
    assert_eq!(told(bus, readers).await, json!({ "address": address, "light": color, "control": 2 }));
    if signal == Signal::Accepted {
        assert_eq!(told(bus, readers).await, json!({ "address": address, "beeps": 1 }));
    }
}

#[test]
fn cards_lights_and_reports_in_clear() {
    play(vec![peer(5)], &[reader(5, None, false)], async |bus, readers| {
        online(bus, &[(0, false)]).await;
        swipe(bus, readers, (0, 5), Signal::Accepted).await;
        swipe(bus, readers, (0, 5), Signal::Refused).await;
        readers.order(&json!({ "address": 5, "keys": "12" }));
        readers.order(&json!({ "address": 5, "tamper": 1, "power": 0 }));
        assert_eq!(event(bus).await, Event::Status { reader: 0, tamper: true, power: false });
        readers.order(&json!({ "address": 5, "tamper": 0, "power": 1 }));
        assert_eq!(event(bus).await, Event::Status { reader: 0, tamper: false, power: true });
        assert_eq!(bus.counts().ignored, 1, "the keys");
    });
}

#[test]
fn readers_share_a_bus() {
    let both = [reader(5, None, false), reader(6, None, false)];
    play(vec![peer(5), peer(6)], &both, async |bus, readers| {
        online(bus, &[(0, false), (1, false)]).await;
        swipe(bus, readers, (0, 5), Signal::Accepted).await;
        swipe(bus, readers, (1, 6), Signal::Refused).await;
        // its power fails for a moment: it is asked from the start, and the other notices nothing
        readers.order(&json!({ "address": 6, "off": true }));
        swipe(bus, readers, (0, 5), Signal::Accepted).await;
        readers.order(&json!({ "address": 6, "on": true }));
        swipe(bus, readers, (1, 6), Signal::Accepted).await;
        swipe(bus, readers, (0, 5), Signal::Accepted).await;
    });
}

#[test]
fn the_secure_channel_with_the_site_key() {
    let both = [reader(5, Some(SITE), true), reader(9, None, false)];
    play(vec![with_key(5, false), peer(9)], &both, async |bus, readers| {
        online(bus, &[(0, true), (1, false)]).await;
        for _ in 0..3 {
            swipe(bus, readers, (0, 5), Signal::Accepted).await;
            swipe(bus, readers, (1, 9), Signal::Refused).await;
        }
        // its power fails for a moment: a new session, and nobody need know
        readers.order(&json!({ "address": 5, "off": true }));
        readers.order(&json!({ "address": 5, "on": true }));
        swipe(bus, readers, (0, 5), Signal::Accepted).await;
        assert_eq!(bus.counts().bad_macs, 0);
    });
}

#[test]
fn a_new_reader_is_given_the_site_key_in_install_mode() {
    play(vec![with_key(5, true)], &[reader(5, None, false)], async |bus, readers| {
        assert_eq!(event(bus).await, Event::KeyInstalled { reader: 0 });
        assert_eq!(readers.until_told(), json!({ "address": 5, "key": SITE }));
        online(bus, &[(0, true)]).await;
        swipe(bus, readers, (0, 5), Signal::Accepted).await;
    });
}

#[test]
fn a_reader_that_does_not_know_the_key_is_not_used() {
    let key = "0f0e0d0c0b0a09080706050403020100";
    play(vec![with_key(5, false)], &[reader(5, Some(key), false)], async |bus, _| {
        let told = Event::Trouble { reader: 0, trouble: Trouble::WrongKey };
        assert_eq!(event(bus).await, told);
    });
    // it wants a key, and none is configured
    play(vec![peer(5)], &[reader(5, Some(key), true)], async |bus, _| {
        let told = Event::Trouble { reader: 0, trouble: Trouble::KeyNeeded };
        assert_eq!(event(bus).await, told);
    });
}
