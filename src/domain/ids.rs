//! Names that a configuration gives to things: parsed once, trusted afterwards.

use std::fmt;

/// Why a text is not a usable name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to 64 characters of a-z, 0-9, '-' and '_', starting with a letter or digit")]
pub struct BadName;

/// True for 1 to 64 characters of `a-z 0-9 - _` that start with a letter or digit: safe in file
/// names, subjects and logs.
fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let allowed = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-' || *b == b'_';
    (1..=64).contains(&bytes.len())
        && bytes.iter().all(allowed)
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// Checks and takes the name.
            pub fn new(text: &str) -> Result<Self, BadName> {
                if is_name(text) { Ok(Self(text.to_owned())) } else { Err(BadName) }
            }

            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// One agreement between a home office and the host ("intesa"): the name of its file.
    AgreementId
);
name!(
    /// One reader ("lettore", "orologio"): the `id` of a `[[folder]]` table.
    ReaderId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_paths_and_subjects() {
        for good in ["a", "ingresso", "7", "torino-2026_1"] {
            assert!(ReaderId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "A", "a b", "a/b", "..", "à", &"x".repeat(65)] {
            assert!(ReaderId::new(bad).is_err(), "{bad}");
        }
    }
}
