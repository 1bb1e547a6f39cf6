//! Text as a terminal shows it: headings stand out, long lines are wrapped, long lists folded. In a pipe it
//! stays as it is, whole lines for `grep`.

use std::io::IsTerminal;

use super::output::wants_no_colour;

/// Lines are at most so wide.
const WIDTH: usize = 100;

/// A list under a heading shows at most so many lines.
const LONGEST: usize = 10;

/// Headings that stand out, with their colours: what is wrong, what is well.
const TINTS: [(&str, &str); 2] = [("NEEDS ATTENTION", "31"), ("ALL IS WELL", "32")];

/// The text for stdout: lines that begin with a space stand under the heading before them.
pub(super) fn for_stdout(text: String) -> String {
    let is_terminal = std::io::stdout().is_terminal();
    let has_colour = !wants_no_colour() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    if is_terminal { dressed(&text, has_colour) } else { text }
}

fn dressed(text: &str, colour: bool) -> String {
    let mut shown = String::new();
    let mut lines = text.lines().peekable();
    while let Some(heading) = lines.next() {
        let tint = TINTS.iter().find(|(words, _)| heading.starts_with(words));
        shown += &match (colour, tint) {
            (true, Some((_, tint))) => format!("\x1b[1;{tint}m{heading}\x1b[0m\n"),
            (true, None) => format!("\x1b[1m{heading}\x1b[0m\n"),
            (false, _) => format!("{heading}\n"),
        };
        let mut count = 0;
        while let Some(line) = lines.next_if(|line| line.starts_with(' ')) {
            count += 1;
            if count <= LONGEST {
                wrapped(line, &mut shown);
            }
        }
        if count > LONGEST {
            shown += &format!("  .. and {} more; through a pipe (| less) all of them\n", count - LONGEST);
        }
    }
    shown
}

/// Breaks a line between words; what follows stands deeper.
fn wrapped(line: &str, shown: &mut String) {
    let indent = line.len() - line.trim_start().len();
    let mut width = 0;
    for (place, word) in line.trim_start().split(' ').enumerate() {
        let length = word.chars().count();
        if place == 0 {
            *shown += &" ".repeat(indent);
            width = indent;
        } else if width + 1 + length > WIDTH && !word.is_empty() {
            *shown = shown.trim_end_matches(' ').to_owned();
            *shown += &format!("\n{}", " ".repeat(indent + 2));
            width = indent + 2;
        } else {
            *shown += " ";
            width += 1;
        }
        *shown += word;
        width += length;
    }
    *shown += "\n";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_a_hundred_columns_and_short_lists() {
        let text = format!(
            "NEEDS ATTENTION\n  {}\nREADERS\n{}NOTES\n",
            "word ".repeat(40).trim(),
            "  a   b\n".repeat(13)
        );
        let shown = dressed(&text, false);
        assert!(shown.lines().all(|line| line.chars().count() <= WIDTH), "{shown}");
        assert!(shown.contains("word\n    word word"), "{shown}");
        assert_eq!(shown.matches("  a   b\n").count(), 10);
        assert!(shown.contains("  .. and 3 more; "), "{shown}");
        assert!(!shown.contains('\x1b'));
        let coloured = dressed(&text, true);
        assert!(coloured.starts_with("\x1b[1;31mNEEDS ATTENTION\x1b[0m\n  word"), "{coloured}");
        assert!(coloured.contains("\x1b[1mREADERS\x1b[0m\n"), "{coloured}");
    }
}
