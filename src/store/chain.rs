//! The chain of fingerprints that makes later tampering visible: each link covers the one before.

use sha2::{Digest, Sha256};

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
