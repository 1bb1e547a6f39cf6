//! The pattern that a badge must match where the reader could send anything.

use regex::{Regex, RegexBuilder};

/// A regular expression for the whole of what a reader sends. With a group named `badge`, that is the
/// badge; without, all of it is.
#[derive(Debug, Clone)]
pub struct BadgePattern {
    written: String,
    regex: Regex,
}

impl BadgePattern {
    /// Compiles a pattern, or says why it is none.
    pub fn new(written: &str) -> Result<Self, regex::Error> {
        // first alone, so that nothing in it can close the group around it
        Regex::new(written)?;
        let regex = RegexBuilder::new(&format!("^(?:{written})$")).size_limit(1 << 20).build()?;
        Ok(Self { written: written.to_owned(), regex })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The badge in a token, if the token is one.
    pub(super) fn badge<'t>(&self, token: &'t str) -> Option<&'t str> {
        let found = self.regex.captures(token)?;
        found.name("badge").or_else(|| found.get(0)).map(|found| found.as_str())
    }
}

impl PartialEq for BadgePattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}
