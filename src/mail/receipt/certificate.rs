//! Whose certificate it is, and whether an authority that the configuration names stands behind it.

use std::time::Duration;

use cms::cert::x509::Certificate;
use cms::cert::x509::der::asn1::ObjectIdentifier;
use cms::cert::x509::der::{Decode, Encode};
use cms::cert::x509::ext::pkix::name::GeneralName;
use cms::cert::x509::ext::pkix::{BasicConstraints, ExtendedKeyUsage, SubjectAltName};

use super::key;
use crate::mail::certificate::certificates;

/// The local part that only providers may use (RFC 6109, 2.1).
pub(super) const PROVIDER: &str = "posta-certificata";

const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const EMAIL_PROTECTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
const ANY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
const EMAIL_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");

/// Longer chains are none.
const LONGEST_CHAIN: usize = 6;

/// The authorities that are believed.
#[derive(Debug, Clone, Default)]
pub struct Anchors(Vec<Certificate>);

impl Anchors {
    /// Reads certificates in PEM. The error says what is wrong with the file.
    pub fn from_pem(pem: &str) -> Result<Self, String> {
        let mut anchors = Vec::new();
        for (number, der) in (1..).zip(certificates(pem)) {
            let certificate = der.and_then(|der| Certificate::from_der(&der).ok());
            anchors.push(certificate.ok_or_else(|| format!("certificate {number} in it cannot be read"))?);
        }
        if anchors.is_empty() {
            return Err("it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)".to_owned());
        }
        Ok(Self(anchors))
    }
}

/// The value of an extension, read as `T`.
fn extension<'a, T: Decode<'a>>(certificate: &'a Certificate, oid: ObjectIdentifier) -> Option<T> {
    let extensions = certificate.tbs_certificate.extensions.as_ref()?;
    let found = extensions.iter().find(|extension| extension.extn_id == oid)?;
    T::from_der(found.extn_value.as_bytes()).ok()
}

/// The mail addresses of a certificate: those it names besides its subject, or else the subject's.
pub(super) fn addresses(certificate: &Certificate) -> Vec<String> {
    let names = extension::<SubjectAltName>(certificate, SUBJECT_ALT_NAME);
    let own: Vec<String> = names
        .iter()
        .flat_map(|names| &names.0)
        .filter_map(|name| match name {
            GeneralName::Rfc822Name(address) => Some(address.to_string()),
            _ => None,
        })
        .collect();
    if !own.is_empty() {
        return own;
    }
    let subject = certificate.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
    let addresses = subject.filter(|part| part.oid == EMAIL_ADDRESS);
    addresses.map(|part| String::from_utf8_lossy(part.value.value()).into_owned()).collect()
}

/// Why nobody who is believed stands behind a certificate at an instant (Unix seconds); `others` are
/// certificates that came with it.
pub(super) fn distrust(
    certificate: &Certificate,
    others: &[&Certificate],
    anchors: &Anchors,
    at: i64,
) -> Option<String> {
    if let Some(usage) = extension::<ExtendedKeyUsage>(certificate, EXTENDED_KEY_USAGE)
        && !usage.0.iter().any(|usage| [EMAIL_PROTECTION, ANY_USAGE].contains(usage))
    {
        return Some("its certificate is not meant for mail".to_owned());
    }
    let mut link = certificate;
    for _ in 0..LONGEST_CHAIN {
        if !valid_at(link, at) {
            return Some("a certificate behind it was not valid when it was made".to_owned());
        }
        if anchors.0.contains(link) {
            return None;
        }
        if let Some(anchor) = anchors.0.iter().find(|anchor| issued(anchor, link)) {
            let valid = valid_at(anchor, at);
            return (!valid).then(|| "the authority behind it was not valid when it was made".to_owned());
        }
        let Some(issuer) = others.iter().find(|other| **other != link && issued(other, link)) else { break };
        link = issuer;
    }
    Some("no authority that `receipts.ca_file` names stands behind its certificate".to_owned())
}

/// True when `issuer` may sign certificates and signed this one.
fn issued(issuer: &Certificate, certificate: &Certificate) -> bool {
    let authority = extension::<BasicConstraints>(issuer, BASIC_CONSTRAINTS).is_some_and(|found| found.ca);
    let (above, below) = (&issuer.tbs_certificate, &certificate.tbs_certificate);
    let (Ok(message), Some(signature)) = (below.to_der(), certificate.signature.as_bytes()) else {
        return false;
    };
    let fits = || {
        let key = &above.subject_public_key_info;
        key::signed(key, &certificate.signature_algorithm, None, &message, signature).unwrap_or(false)
    };
    authority && above.subject == below.issuer && fits()
}

fn valid_at(certificate: &Certificate, at: i64) -> bool {
    let Ok(at) = u64::try_from(at).map(Duration::from_secs) else { return false };
    let validity = &certificate.tbs_certificate.validity;
    (validity.not_before.to_unix_duration()..=validity.not_after.to_unix_duration()).contains(&at)
}
