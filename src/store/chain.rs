//! The chain of fingerprints that makes later tampering visible: each link covers the one before.

use rusqlite::Transaction;
use sha2::{Digest, Sha256};

use super::StoreError;

/// A link in the chain of a reader's batches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    /// 1, 2, 3, ...
    pub(super) number: i64,
    /// Covers the link before and the fields of this one.
    pub(super) chain: [u8; 32],
}

impl Link {
    /// The one after the link of that number and chain; after none, after 0 and nothing.
    pub(super) fn after(number: i64, chain: &[u8], fields: &[&[u8]]) -> Self {
        Self { number: number + 1, chain: link(chain, fields) }
    }

    /// Adds a link to the chain of a reader.
    pub(super) fn append(
        transaction: &Transaction<'_>,
        reader: i64,
        fields: &[&[u8]],
    ) -> Result<Self, StoreError> {
        let last = transaction
            .prepare_cached("SELECT links, chain FROM reader WHERE id = ?1")?
            .query_row([reader], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<Vec<u8>>>(1)?)))?;
        let next = Self::after(last.0, &last.1.unwrap_or_default(), fields);
        transaction.prepare_cached("UPDATE reader SET links = ?2, chain = ?3 WHERE id = ?1")?.execute((
            reader,
            next.number,
            next.chain.as_slice(),
        ))?;
        Ok(next)
    }
}

/// SHA-256 over the previous link and the fields of this one, each preceded by its length.
pub(super) fn link(previous: &[u8], fields: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for field in std::iter::once(&previous).chain(fields) {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cannot_run_into_each_other() {
        assert_ne!(link(b"", &[b"ab", b"c"]), link(b"", &[b"a", b"bc"]));
        assert_ne!(link(b"x", &[b"a"]), link(b"y", &[b"a"]));
    }
}
