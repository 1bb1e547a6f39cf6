//! One signature by one public key: which algorithm is meant, and whether it fits.

use cms::cert::x509::der::asn1::ObjectIdentifier;
use cms::cert::x509::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use ring::{digest, signature};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ELLIPTIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// RSA keys below 2048 bits are no evidence: the key, encoded, is shorter than this in bytes.
const SHORTEST_RSA: usize = 256;

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The one that an algorithm names, alone or together with a kind of key.
    pub(super) fn of(algorithm: &AlgorithmIdentifierOwned) -> Option<Self> {
        Some(match algorithm.oid.to_string().as_str() {
            "1.3.14.3.2.26" | "1.2.840.113549.1.1.5" => Self::Sha1,
            "2.16.840.1.101.3.4.2.1" | "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" | "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" | "1.2.840.113549.1.1.13" => Self::Sha512,
            _ => return None,
        })
    }

    /// How the library calls it.
    pub(super) fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

/// True when `signature` is one of `message` by this key. `hash` is the one named elsewhere, for
/// algorithms that name only the kind of key. The error says what cannot be checked.
pub(super) fn signed(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    hash: Option<Hash>,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, String> {
    let unknown = || format!("it is made with an algorithm that timbra does not know ({})", algorithm.oid);
    let bits = key.subject_public_key.raw_bytes();
    let named = if algorithm.oid == RSA || algorithm.oid == ELLIPTIC { hash } else { Hash::of(algorithm) };
    let hash = named.ok_or_else(unknown)?;
    let with: &dyn signature::VerificationAlgorithm = if key.algorithm.oid == RSA {
        if bits.len() < SHORTEST_RSA {
            return Err("its key is too short to prove anything".to_owned());
        }
        match hash {
            Hash::Sha1 => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Hash::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Hash::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        }
    } else if key.algorithm.oid == ELLIPTIC {
        let curve =
            key.algorithm.parameters.as_ref().and_then(|found| found.decode_as::<ObjectIdentifier>().ok());
        match (curve, hash) {
            (Some(P256), Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
            (Some(P256), Hash::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
            (Some(P384), Hash::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
            (Some(P384), Hash::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
            _ => return Err(unknown()),
        }
    } else {
        return Err(unknown());
    };
    Ok(signature::UnparsedPublicKey::new(with, bits).verify(message, signature).is_ok())
}
