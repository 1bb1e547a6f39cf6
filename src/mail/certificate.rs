//! When certificates end: a person must know weeks before, because on that day no mail leaves.

use chrono::{DateTime, Utc};
use cms::cert::x509::Certificate;
use cms::cert::x509::der::Decode;
use mail_parser::decoders::base64::base64_decode;

/// The ends of the certificates that a handshake rested on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CertificateEnds {
    /// The first end within the chain that the server showed.
    pub server: Option<DateTime<Utc>>,
    /// The first end among the authorities of `ca_file`.
    pub authority: Option<DateTime<Utc>>,
}

/// When a certificate ends.
pub(super) fn end(der: &[u8]) -> Option<DateTime<Utc>> {
    let certificate = Certificate::from_der(der).ok()?;
    let end = certificate.tbs_certificate.validity.not_after.to_unix_duration();
    DateTime::from_timestamp(i64::try_from(end.as_secs()).ok()?, 0)
}

/// The certificates of a PEM file, in DER; `None` for one whose base64 is broken.
pub(super) fn certificates(pem: &str) -> impl Iterator<Item = Option<Vec<u8>>> {
    let parts = pem.split("-----BEGIN CERTIFICATE-----").skip(1);
    parts.map(|part| {
        let body = part.split("-----END").next().unwrap_or_default();
        base64_decode(body.trim().as_bytes())
    })
}

/// The first end among the certificates of a PEM file.
pub(super) fn first_end(pem: &[u8]) -> Option<DateTime<Utc>> {
    certificates(&String::from_utf8_lossy(pem)).filter_map(|der| end(&der?)).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_end_is_found_and_nonsense_has_none() {
        let two = include_bytes!("../../fixtures/certificates/two-ends.pem");
        assert_eq!(first_end(two).unwrap().to_rfc3339(), "2030-12-31T00:00:00+00:00");
        assert_eq!(first_end(b""), None);
        assert_eq!(first_end(b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"), None);
        assert_eq!(end(b"\x30\x03"), None);
    }
}
