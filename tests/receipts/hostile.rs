//! Mail that means harm: no panic, no effect, bounded work (failure row 18 of delivery).

use timbra::mail::receipt::{Place, read};

use super::command::sample;

const TOP: &str = "X-Ricevuta: accettazione\r\n";

/// Nothing panics, and nothing takes long or much.
#[test]
fn hostile_mail_is_only_mail() {
    let mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    let xml = "--b\r\nContent-Type: application/xml\r\n";
    let mut random = fastrand::Rng::with_seed(5);
    let deep = (0..2000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"));
    let rows: [Vec<u8>; 14] = [
        b"".to_vec(),
        b"\n".to_vec(),
        b"\x00\xff".to_vec(),
        b"X-Ricevuta".to_vec(),
        b"X-Ricevuta:".to_vec(),
        (0..100_000).map(|_| random.u8(..)).collect(),
        deep.collect::<Vec<_>>().concat().into_bytes(),
        "Content-Type: message/rfc822\r\n\r\n".repeat(5000).into_bytes(),
        format!("{TOP}{mixed}{}", "--b\r\n\r\n".repeat(200_000)).into_bytes(),
        TOP.repeat(100_000).into_bytes(),
        format!("X-Ricevuta: a{}\r\n\r\n", "\r\n b".repeat(100_000)).into_bytes(),
        format!("{TOP}{mixed}{xml}\r\n{}\r\n--b--", "<a>".repeat(1_000_000)).into_bytes(),
        format!("{TOP}{mixed}{xml}Content-Transfer-Encoding: base64\r\n\r\n=!!\u{e8}\r\n--b--").into_bytes(),
        format!("{TOP}{mixed}{xml}\r\n\u{0}\r\n--b--").repeat(3).into_bytes(),
    ];
    for raw in rows {
        let receipt = read(&raw, None);
        for place in [Place::Mailbox, Place::File] {
            assert_eq!(receipt.judge(place).effect, None, "{:.60}", String::from_utf8_lossy(&raw));
        }
    }
}

/// Samples, cut and bent at random places.
#[test]
fn a_bent_sample_gains_no_effect() {
    let mut random = fastrand::Rng::with_seed(11);
    for name in ["01-accettazione", "08-errore-consegna-no-dest", "30-busta-con-ricevuta-falsa-dentro"] {
        let raw = std::fs::read(sample(&format!("{name}.eml"))).unwrap();
        let before = read(&raw, None).judge(Place::File).effect;
        for _ in 0..150 {
            let mut bent = raw.clone();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..bent.len());
                match random.u8(..3) {
                    0 => bent[at] = random.u8(..),
                    1 => drop(bent.remove(at)),
                    _ => bent.truncate(at.max(1)),
                }
            }
            let after = read(&bent, None).judge(Place::File).effect;
            assert!(after.is_none() || after == before, "{name}: {after:?}");
        }
    }
}
