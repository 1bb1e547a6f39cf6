//! When certificates end, as the last connection showed them.

use crate::mail::CertificateEnds;
use crate::store::{Store, StoreError};

/// The facts of the store.
const SERVER: &str = "certificate_server_ends";
const AUTHORITY: &str = "certificate_authority_ends";

/// Remembers the ends that a connection showed.
pub(super) fn note(store: &mut Store, ends: CertificateEnds) -> Result<(), StoreError> {
    for (fact, end) in [(SERVER, ends.server), (AUTHORITY, ends.authority)] {
        if let Some(end) = end {
            store.keep_fact(fact, Some(&end.to_rfc3339()))?;
        }
    }
    Ok(())
}
