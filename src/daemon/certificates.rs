//! When certificates end, as the last connection showed them.

use chrono::{DateTime, Utc};

use crate::mail::CertificateEnds;
use crate::store::{Store, StoreError};

/// The facts of the store.
const SERVER: &str = "certificate_server_ends";
const AUTHORITY: &str = "certificate_authority_ends";

/// Remembers the ends that a connection showed.
pub(super) fn note(store: &mut Store, ends: CertificateEnds) -> Result<(), StoreError> {
    if ends.server.is_none() {
        return Ok(()); // nothing was encrypted, or nobody reached
    }
    for (fact, end) in [(SERVER, ends.server), (AUTHORITY, ends.authority)] {
        store.keep_fact(fact, end.map(|end| end.to_rfc3339()).as_deref())?;
    }
    Ok(())
}

/// The ends that the last encrypted connection showed.
pub(super) fn ends(store: &Store) -> Result<CertificateEnds, StoreError> {
    let end =
        |fact| Ok::<_, StoreError>(store.fact(fact)?.and_then(|text| text.parse::<DateTime<Utc>>().ok()));
    Ok(CertificateEnds { server: end(SERVER)?, authority: end(AUTHORITY)? })
}
