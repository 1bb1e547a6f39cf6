//! Plain text for mail: lines of 78 columns.

/// The columns of a line.
pub(super) const WIDTH: usize = 78;

/// The body while it is written.
#[derive(Default)]
pub(super) struct Lines(String);

impl Lines {
    /// All lines, each ended by `\n`.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    pub(super) fn push(&mut self, line: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.0.push('\n');
    }

    pub(super) fn heading(&mut self, words: &str) {
        self.push(&words.to_uppercase());
    }

    /// Breaks the text between words, `first` before the first line and `rest` before the others. A
    /// word that is longer than a line stays whole.
    pub(super) fn wrap(&mut self, first: &str, rest: &str, text: &str) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in text.split_whitespace() {
            let longer = line.chars().count() + usize::from(!empty) + word.chars().count();
            if !empty && longer > WIDTH {
                self.push(&line);
                rest.clone_into(&mut line);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        self.push(&line);
    }
}
