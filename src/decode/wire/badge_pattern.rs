//! The pattern that a badge must match where the reader could send anything.

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind};

/// A regular expression for the whole of what a reader sends. With a group named `badge`, that is the
/// badge; without, all of it is.
#[derive(Debug, Clone)]
pub struct BadgePattern {
    written: String,
    regex: Regex,
}

/// Why a text is no pattern of badges.
#[derive(Debug, thiserror::Error)]
pub enum NoPattern {
    /// It is no regular expression.
    #[error(transparent)]
    Syntax(#[from] regex::Error),
    /// It has named groups, and none that is the badge whatever comes.
    #[error("the group `badge` may be missing or empty")]
    NoBadge,
}

impl BadgePattern {
    /// Compiles a pattern, or says why it is none.
    pub fn new(written: &str) -> Result<Self, NoPattern> {
        // first alone, so that nothing in it can close the group around it
        let alone = Regex::new(written)?;
        let named = alone.capture_names().flatten().next().is_some();
        if named && !regex_syntax::parse(written).is_ok_and(|parts| has_badge(&parts)) {
            return Err(NoPattern::NoBadge);
        }
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

/// True when whatever matches has a badge with a character at least.
fn has_badge(parts: &Hir) -> bool {
    match parts.kind() {
        HirKind::Capture(group) if group.name.as_deref() == Some("badge") => {
            group.sub.properties().minimum_len().is_some_and(|bytes| bytes > 0)
        }
        HirKind::Capture(group) => has_badge(&group.sub),
        HirKind::Repetition(repeated) => repeated.min > 0 && has_badge(&repeated.sub),
        HirKind::Concat(parts) => parts.iter().any(has_badge),
        HirKind::Alternation(ways) => ways.iter().all(has_badge),
        _ => false,
    }
}

impl PartialEq for BadgePattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_group_is_a_badge_whatever_comes() {
        let rows = [
            ("E-[0-9]{6}", true),
            ("(E)-([0-9]{6})", true),
            ("E-(?<badge>[0-9]{6})", true),
            ("(?:(E)|F)-((?<badge>(a|b)+)x?)?.", false),
            ("(?:(?:E|F)-(?<badge>(a|b)+)x?){2}", true),
            ("(?<badge>)", false),
            ("E-(?<badge>x*)", false),
            ("E-(?<badge>[0-9]{6})|F", false),
            ("(?<other>[0-9]{6})", false),
        ];
        for (pattern, sound) in rows {
            assert_eq!(BadgePattern::new(pattern).is_ok(), sound, "{pattern}");
        }
    }
}
