//! Signatures of every make, by openssl, against the check in the program.

use std::fs;
use std::path::Path;
use std::process::Command;

use timbra::mail::receipt::{Anchors, Verdict, read};

use crate::office::skipped;

/// Makes authorities and signers. `signer NAME CA KEY SUBJECT SAN EXTENDED`.
const MAKE: &str = r#"
set -e
q() { openssl "$@" 2>/dev/null; }
ca() { q req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.pem -days 30 -subj "/CN=$1" \
  -addext basicConstraints=critical,CA:TRUE; }
signer() {
  q req $3 -nodes -keyout $1.key -out $1.csr -subj "$4"
  printf 'basicConstraints=%s\n' "${6:-CA:FALSE}" > $1.ext
  [ -z "$5" ] || printf '%s\n' "$5" >> $1.ext
  printf 'subjectKeyIdentifier=hash\n' >> $1.ext
  q x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -CAcreateserial -extfile $1.ext -out $1.pem -days 30
}
san='subjectAltName=email:posta-certificata@pec.example'
rsa='-newkey rsa:2048'; p256='-newkey ec -pkeyopt ec_paramgen_curve:P-256'; p384='-newkey ec -pkeyopt ec_paramgen_curve:P-384'
ca root; ca other
signer rsa root "$rsa" /CN=rsa "$san"
signer short root '-newkey rsa:1024' /CN=short "$san"
signer p256 root "$p256" /CN=p256 "$san"
signer p384 root "$p384" /CN=p384 "$san"
signer subject root "$p256" /CN=subject/emailAddress=posta-certificata@pec.example ''
signer person root "$p256" /CN=person subjectAltName=email:anna@pec.example
signer server root "$p256" /CN=server "$san
extendedKeyUsage=serverAuth"
signer middle root "$p256" /CN=middle '' CA:TRUE
signer below middle "$p256" /CN=below "$san"
signer noca rsa "$p256" /CN=noca "$san"
"#;

/// Signer, arguments of `openssl cms -sign`, what comes of it with the right authority, and without
/// any.
const ROWS: &[(&str, &str, &str)] = &[
    ("rsa", "-md sha256", "valid valid"),
    ("rsa", "-md sha1", "valid valid"),
    ("rsa", "-md sha384", "valid valid"),
    ("rsa", "-md sha512", "valid valid"),
    ("rsa", "-md sha256 -keyid", "valid valid"),
    ("rsa", "-md sha256 -noattr", "valid valid"),
    ("rsa", "-md sha256 -nocerts", "unchecked unchecked"),
    ("rsa", "-md sha256 -keyopt rsa_padding_mode:pss", "unchecked unchecked"),
    ("rsa", "-md md5", "unchecked unchecked"),
    ("short", "-md sha256", "unchecked unchecked"),
    ("p256", "-md sha256", "valid valid"),
    ("p384", "-md sha384", "valid valid"),
    ("p256", "-md sha512", "unchecked unchecked"),
    ("subject", "-md sha256", "valid valid"),
    ("person", "-md sha256", "broken broken"),
    ("server", "-md sha256", "broken valid"),
    ("below", "-md sha256 -certfile middle.pem", "valid valid"),
    ("below", "-md sha256", "broken valid"),
    ("noca", "-md sha256 -certfile rsa.pem", "broken valid"),
];

#[test]
fn signatures_of_every_make_get_their_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let made = Command::new("bash").args(["-c", MAKE]).current_dir(place).status();
    if !made.is_ok_and(|status| status.success()) {
        skipped("openssl cannot make certificates: signatures of other makes were not checked");
        return;
    }
    fs::write(place.join("part"), "Content-Type: text/plain\r\n\r\nIl giorno 03/11/2026\r\n\r\n").unwrap();
    let authorities = |name: &str| Anchors::from_pem(&fs::read_to_string(place.join(name)).unwrap()).unwrap();
    let (root, other) = (authorities("root.pem"), authorities("other.pem"));
    for (signer, arguments, expected) in ROWS {
        let raw = signed(place, signer, arguments);
        let verdict = |anchors| read(&raw, anchors).signature.verdict;
        let found = format!("{} {}", verdict(Some(&root)).code(), verdict(None).code());
        assert_eq!(found, *expected, "{signer} {arguments}: {}", read(&raw, Some(&root)).signature.why);
        if verdict(Some(&root)) == Verdict::Valid {
            assert_eq!(verdict(Some(&other)), Verdict::Broken, "{signer} {arguments}");
            let text = String::from_utf8(raw.clone()).unwrap();
            let changed = text.replacen("03/11/2026", "04/11/2026", 1);
            assert_eq!(
                read(changed.as_bytes(), None).signature.verdict,
                Verdict::Broken,
                "{signer} {arguments}"
            );
            let bare = text.replace("\r\n", "\n");
            assert_eq!(read(bare.as_bytes(), None).signature.verdict, Verdict::Valid, "{signer} {arguments}");
        }
    }
}

fn signed(place: &Path, signer: &str, arguments: &str) -> Vec<u8> {
    let output = Command::new("openssl")
        .args(["cms", "-sign", "-in", "part", "-crlfeol", "-signer", &format!("{signer}.pem")])
        .args(["-inkey", &format!("{signer}.key")])
        .args(arguments.split(' '))
        .current_dir(place)
        .output()
        .unwrap();
    assert!(output.status.success(), "{signer} {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    let date = timbra::daemon::clock::now().to_rfc2822();
    [format!("Date: {date}\r\n").into_bytes(), output.stdout].concat()
}
