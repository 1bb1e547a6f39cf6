//! A complaint about a configuration file: where, what, and what to write instead.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file of the configuration and its text, to turn byte offsets into lines and columns.
#[derive(Debug, Clone)]
pub struct SourceText {
    /// The file, as the user named it.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

impl SourceText {
    /// A text and the name to show for it.
    pub fn new(path: &Path, text: String) -> Self {
        Self { path: path.to_owned(), text }
    }

    /// Line and column of a byte offset, both counted from 1, columns in characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset.min(self.text.len())).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line, before.get(start..).unwrap_or_default().chars().count() + 1)
    }

    fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number - 1).unwrap_or_default()
    }

    /// A problem at a stretch of bytes of this file.
    pub fn problem(&self, span: &std::ops::Range<usize>, message: impl Into<String>) -> Problem {
        let (line, column) = self.position(span.start);
        let shown = without_secrets(self.line(line));
        let spanned = self.text.get(span.clone()).unwrap_or_default();
        let width = spanned.lines().next().unwrap_or_default().chars().count().max(1);
        Problem {
            severity: Severity::Error,
            path: self.path.clone(),
            place: Some(Place { line, column, width, text: shown }),
            message: message.into(),
            hint: None,
        }
    }
}

/// True for a key that names a secret itself, not a file that holds it.
pub(super) fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let named = ["password", "passwd", "passphrase", "secret", "token"].iter().any(|word| key.contains(word));
    (named || key == "key" || key == "scbk") && !key.ends_with("_file")
}

/// A line without the value of a key that names a secret: complaints end up in journals.
pub(super) fn without_secrets(line: &str) -> String {
    let mut shown = String::new();
    for part in line.split_inclusive('=') {
        shown.push_str(part);
        let key = part.trim_end_matches('=').trim_end();
        let key = key.rsplit(|c: char| !(c.is_alphanumeric() || "_-\"'".contains(c))).next().unwrap_or(key);
        if part.ends_with('=') && is_secret(key.trim_matches(['"', '\''])) {
            shown.push_str(" ***");
            break;
        }
    }
    shown
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// It can be used, but somebody should look.
    Warning,
}

/// Where in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// How many characters to underline.
    pub width: usize,
    /// The line itself.
    pub text: String,
}

/// One complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// The file.
    pub path: PathBuf,
    /// Where in it; absent when the whole file is meant.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem of a whole file.
    pub fn of_file(path: &Path, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            path: path.to_owned(),
            place: None,
            message: message.into(),
            hint: None,
        }
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

/// `file:line:column: error: message`, then the line with the place underlined, then the hint.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let path = self.path.display();
        match &self.place {
            None => write!(f, "{path}: {word}: {}", self.message)?,
            Some(place) => {
                let Place { line, column, width, text } = place;
                writeln!(f, "{path}:{line}:{column}: {word}: {}", self.message)?;
                let margin = line.to_string().len();
                let lead: String =
                    text.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
                writeln!(f, "{line} | {text}")?;
                write!(f, "{:margin$} | {lead}{}", "", "^".repeat(*width))?;
            }
        }
        match &self.hint {
            Some(hint) => write!(f, "\n  = {hint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_complaint_shows_a_secret() {
        for (line, shown) in [
            ("password = \"x\"", "password = ***"),
            ("smtp = { host = \"a\", password=\"x\" }", "smtp = { host = \"a\", password= ***"),
            ("\"Passwd\" = 'x'", "\"Passwd\" = ***"),
            ("password_file = \"/a\"", "password_file = \"/a\""),
            ("name = \"a = b\"", "name = \"a = b\""),
        ] {
            assert_eq!(without_secrets(line), shown);
        }
    }
}
