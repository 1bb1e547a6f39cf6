//! The panel against bytes of real buses, and against readers that are simulated down to their faults.

mod bus;
mod device;
mod properties;
mod secure;
mod trouble;
mod vectors;

use super::{BusSettings, PeerSettings, SiteKey};

/// Bytes written as hexadecimal digits, with or without spaces.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks_exact(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

fn site_key() -> SiteKey {
    SiteKey::parse("000102030405060708090a0b0c0d0e0f").unwrap()
}

/// A bus of readers in clear.
fn clear(addresses: &[u8]) -> BusSettings {
    let peer = |address: &u8| PeerSettings { address: *address, key: None, install: false };
    BusSettings { baud: 9600, poll: 50, readers: addresses.iter().map(peer).collect() }
}

/// A bus of one reader with a key.
fn secure(install: bool) -> BusSettings {
    let peer = PeerSettings { address: 5, key: Some(site_key()), install };
    BusSettings { baud: 9600, poll: 50, readers: vec![peer] }
}
