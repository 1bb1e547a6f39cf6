//! The signature of a provider (S/MIME, RFC 8551): the signed part exactly as it stands, the digest
//! in the signed attributes, the signature over these, and the address of the certificate.

use chrono::DateTime;
use cms::cert::CertificateChoices;
use cms::cert::x509::Certificate;
use cms::cert::x509::der::asn1::{ObjectIdentifier, OctetString};
use cms::cert::x509::der::{Decode, Encode};
use cms::cert::x509::ext::pkix::SubjectKeyIdentifier;
use cms::cert::x509::time::Time;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use ring::digest;

use super::certificate::{Anchors, PROVIDER, addresses, distrust};
use super::key::{self, Hash};
use super::mime::Entity;
use super::{ber, mime};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");

/// What became of checking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It fits the bytes, a provider's certificate, and the authorities where some are named.
    Valid,
    /// It does not: the message was changed, or somebody else made it.
    Broken,
    /// There is none.
    Missing,
    /// There is one, made in a way that cannot be checked here.
    Unchecked,
}

impl Verdict {
    /// The word used in the store and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Broken => "broken",
            Self::Missing => "missing",
            Self::Unchecked => "unchecked",
        }
    }
}

/// A checked signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Whether it holds.
    pub verdict: Verdict,
    /// Why it does not, for a person; empty when it holds.
    pub why: String,
    /// The certificate of the signer, in DER.
    pub certificate: Option<Vec<u8>>,
    /// The address in that certificate.
    pub signer: Option<String>,
}

impl Signature {
    fn of(verdict: Verdict, why: impl Into<String>) -> Self {
        Self { verdict, why: why.into(), certificate: None, signer: None }
    }
}

/// Checks the signature of a whole message. `at` is the instant of the receipt (Unix seconds), where
/// the signature itself tells none.
pub(super) fn check(message: &Entity<'_>, anchors: Option<&Anchors>, at: Option<i64>) -> Signature {
    if !message.is("multipart", Some("signed")) {
        let opaque =
            message.is("application", Some("pkcs7-mime")) || message.is("application", Some("x-pkcs7-mime"));
        return if opaque {
            Signature::of(Verdict::Unchecked, "it wraps the message instead of following it")
        } else {
            Signature::of(Verdict::Missing, "it bears no signature")
        };
    }
    let parts = message.parts();
    let [covered, signature, ..] = parts.as_slice() else {
        return Signature::of(Verdict::Broken, "the signature is cut off");
    };
    let content = Entity::part(signature).content().map(std::borrow::Cow::into_owned);
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        return Signature::of(Verdict::Broken, "the signature is damaged");
    };
    let data = match structure(&content) {
        Ok(data) => data,
        Err(signature) => return signature,
    };
    let certificates: Vec<&Certificate> = data
        .certificates
        .iter()
        .flat_map(|certificates| certificates.0.iter())
        .filter_map(|certificate| match certificate {
            CertificateChoices::Certificate(certificate) => Some(certificate),
            CertificateChoices::Other(_) => None,
        })
        .collect();
    let Some(signer) = data.signer_infos.0.iter().next() else {
        return Signature::of(Verdict::Broken, "nobody signed it");
    };
    let Some(certificate) = certificates.iter().find(|certificate| is_of(certificate, &signer.sid)) else {
        return Signature::of(Verdict::Unchecked, "the certificate of its signer is not with it");
    };
    let (verdict, why) = match fits(signer, certificate, covered) {
        Err(unknown) => (Verdict::Unchecked, unknown),
        Ok(Some(flaw)) => (Verdict::Broken, flaw.to_owned()),
        Ok(None) => {
            let at = signing_time(signer).or(at).unwrap_or_default();
            let stranger = || {
                let at_provider = |address: &String| is_provider(address);
                let own = addresses(certificate).iter().any(at_provider);
                (!own).then(|| format!("its certificate is not of a provider ({PROVIDER}@...)"))
            };
            let distrusted = stranger()
                .or_else(|| anchors.and_then(|anchors| distrust(certificate, &certificates, anchors, at)));
            distrusted.map_or((Verdict::Valid, String::new()), |why| (Verdict::Broken, why))
        }
    };
    let address = addresses(certificate).into_iter().next().map(|address| mime::plain(&address, 254));
    Signature { verdict, why, certificate: certificate.to_der().ok(), signer: address }
}

/// True for an address that only providers may use.
pub(super) fn is_provider(address: &str) -> bool {
    address
        .split_once('@')
        .is_some_and(|(local, domain)| local.eq_ignore_ascii_case(PROVIDER) && !domain.is_empty())
}

/// The structure of a signature: DER, or BER made into it.
fn structure(content: &[u8]) -> Result<SignedData, Signature> {
    let outer = |bytes: &[u8]| {
        let info = ContentInfo::from_der(bytes).ok()?;
        Some((info.content_type, info.content.decode_as::<SignedData>().ok()))
    };
    let damaged = || Signature::of(Verdict::Broken, "the signature is damaged");
    let read = match outer(content) {
        Some((kind, Some(data))) => (kind, Some(data)),
        _ => ber::to_der(content).and_then(|der| outer(&der)).ok_or_else(damaged)?,
    };
    match read {
        (SIGNED_DATA, Some(data)) => Ok(data),
        (SIGNED_DATA, None) => Err(Signature::of(Verdict::Unchecked, "its structure is not understood")),
        _ => Err(damaged()),
    }
}

fn is_of(certificate: &Certificate, signer: &SignerIdentifier) -> bool {
    let fields = &certificate.tbs_certificate;
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            id.issuer == fields.issuer && id.serial_number == fields.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            let extensions = fields.extensions.iter().flatten();
            let mut found = extensions.filter(|extension| extension.extn_id == KEY_IDENTIFIER);
            found.any(|extension| {
                SubjectKeyIdentifier::from_der(extension.extn_value.as_bytes()).is_ok_and(|own| own == *id)
            })
        }
    }
}

/// The first value of a signed attribute, in DER.
fn attribute(signer: &SignerInfo, oid: ObjectIdentifier) -> Option<Vec<u8>> {
    let attributes = signer.signed_attrs.as_ref()?;
    let found = attributes.iter().find(|attribute| attribute.oid == oid)?;
    found.values.iter().next()?.to_der().ok()
}

fn signing_time(signer: &SignerInfo) -> Option<i64> {
    let time = Time::from_der(&attribute(signer, SIGNING_TIME)?).ok()?;
    i64::try_from(time.to_unix_duration().as_secs())
        .ok()
        .filter(|at| DateTime::from_timestamp(*at, 0).is_some())
}

/// What does not fit, if anything. The error says what cannot be checked.
fn fits(
    signer: &SignerInfo,
    certificate: &Certificate,
    bytes: &[u8],
) -> Result<Option<&'static str>, String> {
    let hash = Hash::of(&signer.digest_alg)
        .ok_or_else(|| format!("it uses a digest that timbra does not know ({})", signer.digest_alg.oid))?;
    let key = &certificate.tbs_certificate.subject_public_key_info;
    let by_key = |message: &[u8]| {
        key::signed(key, &signer.signature_algorithm, Some(hash), message, signer.signature.as_bytes())
    };
    let Some(attributes) = &signer.signed_attrs else {
        let whole = canonical(bytes);
        return Ok((!by_key(&whole)? && !by_key(bytes)?).then_some("the signature does not fit"));
    };
    let stated = attribute(signer, MESSAGE_DIGEST).and_then(|value| OctetString::from_der(&value).ok());
    let Some(stated) = stated else { return Ok(Some("the signature does not say what it covers")) };
    let mut context = digest::Context::new(hash.algorithm());
    for_each_piece(bytes, |piece| context.update(piece));
    // some programs sign lines as they stand
    let covered = context.finish().as_ref() == stated.as_bytes()
        || digest::digest(hash.algorithm(), bytes).as_ref() == stated.as_bytes();
    if !covered {
        return Ok(Some("the message was changed after it was signed"));
    }
    let attributes = attributes.to_der().map_err(|error| format!("its attributes make no sense: {error}"))?;
    Ok((!by_key(&attributes)?).then_some("the signature does not fit"))
}

/// The signed bytes with the line ends they had when they were signed: CRLF. Mail is often stored
/// with bare LF.
fn for_each_piece(signed: &[u8], mut take: impl FnMut(&[u8])) {
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', signed) {
        let line = signed.get(start..end).unwrap_or_default();
        take(line.strip_suffix(b"\r").unwrap_or(line));
        take(b"\r\n");
        start = end + 1;
    }
    take(signed.get(start..).unwrap_or_default());
}

fn canonical(signed: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(signed.len() + signed.len() / 32);
    for_each_piece(signed, |piece| whole.extend_from_slice(piece));
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::decoders::base64::base64_decode;

    /// The same value with every constructed length left open, as Java programs write it.
    fn open_ended(der: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        let mut left = der;
        while let [tag, length, rest @ ..] = left {
            let digits = usize::from(length.saturating_sub(0x80));
            let (long, content) = rest.split_at(digits);
            let length = if digits == 0 {
                usize::from(*length)
            } else {
                long.iter().fold(0, |length, digit| length << 8 | usize::from(*digit))
            };
            let (content, after) = content.split_at(length);
            if tag & 0x20 == 0 {
                output.extend_from_slice(&left[..left.len() - after.len()]);
            } else {
                output.extend_from_slice(&[*tag, 0x80]);
                output.extend(open_ended(content));
                output.extend_from_slice(&[0, 0]);
            }
            left = after;
        }
        output
    }

    #[test]
    fn a_signature_of_open_lengths_is_understood() {
        let raw = include_str!("../../../fixtures/pec/01-accettazione.eml");
        let (_, signature) = raw.rsplit_once("smime.p7s\"\r\n\r\n").unwrap();
        let (signature, _) = signature.split_once("\r\n\r\n").unwrap();
        let der = base64_decode(signature.as_bytes()).unwrap();
        let ber = open_ended(&der);
        assert_ne!(ber, der);
        assert_eq!(structure(&ber).unwrap(), structure(&der).unwrap());
        assert_eq!(ber::to_der(&ber).unwrap(), der);
    }
}
