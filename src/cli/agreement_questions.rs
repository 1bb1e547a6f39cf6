//! The blanks of the intesa, asked one after the other. The reader of agreement files decides what an
//! answer may be, so that nothing is accepted here that `timbra check` would refuse.

use std::io::{BufRead, Write};

use crate::config::agreement_text::{Written, put, take_out, write};
use crate::config::blanks::{Blank, Need, PARTS, Part};
use crate::config::node::{Node, Value};
use crate::config::problem::{Problem, Severity};

use super::agreement_new::Trial;
use super::failure::Failure;

/// A conversation.
pub(super) struct Questions<'a, R, W> {
    trial: &'a Trial<'a>,
    input: R,
    output: W,
    answers: Node,
}

impl<'a, R: BufRead, W: Write> Questions<'a, R, W> {
    pub(super) fn new(trial: &'a Trial<'a>, input: R, output: W) -> Self {
        let answers = Node { value: Value::Table(Vec::new()), span: 0..0 };
        Self { trial, input, output, answers }
    }

    /// Asks until the file has no errors.
    pub(super) fn ask(mut self) -> Result<Written, Failure> {
        self.say("Empty: leave the blank out. Ctrl-D: write nothing.");
        for part in PARTS {
            self.part(part)?;
        }
        loop {
            let written = write(&self.answers);
            let problems = self.trial.problems(&written.text);
            let mut errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
            let Some(error) = errors.next() else { return Ok(written) };
            self.say(&format!("\n{error}"));
            let asked = error.place.as_ref().and_then(|place| written.at(place.line)).and_then(blank_of);
            match asked {
                Some((part, blank)) => {
                    self.blank(part, blank)?;
                }
                None => return Err(Failure::new("the answers make no agreement").hint("nothing was written")),
            }
        }
    }

    fn part(&mut self, part: &Part) -> Result<(), Failure> {
        if !part.table.is_empty() {
            self.say(&format!("\n{}", part.about));
        }
        for blank in part.blanks {
            let is_left_out = !self.blank(part, blank)?;
            if is_left_out && blank.need == Need::Opens {
                break;
            }
        }
        Ok(())
    }

    /// Asks for one blank until the answer can stand. False when it was left empty.
    fn blank(&mut self, part: &Part, blank: &Blank) -> Result<bool, Failure> {
        loop {
            let typed = self.line(blank)?;
            if typed.is_empty() {
                take_out(&mut self.answers, part.table, blank.key);
                if blank.need == Need::Needed {
                    self.say("  this one is needed");
                    continue;
                }
                return Ok(false);
            }
            put(&mut self.answers, part.table, blank.key, blank.answer.value(&typed));
            let wrong = self.wrong(part, blank);
            if wrong.is_empty() {
                return Ok(true);
            }
            for problem in wrong {
                self.say(&format!("  {}", problem.message));
                problem.hint.iter().for_each(|hint| self.say(&format!("  = {hint}")));
            }
        }
    }

    /// What the reader says of the answer just given.
    fn wrong(&self, part: &Part, blank: &Blank) -> Vec<Problem> {
        let written = write(&self.answers);
        let mut problems = self.trial.problems(&written.text);
        problems.retain(|problem| {
            let at = problem.place.as_ref().and_then(|place| written.at(place.line));
            problem.severity == Severity::Error && at == Some(place_of(part, blank))
        });
        problems
    }

    fn line(&mut self, blank: &Blank) -> Result<String, Failure> {
        let need = if blank.need == Need::Needed { "" } else { ", or empty" };
        let question = format!("  {} (as {}{need}): ", blank.asks, blank.example);
        let ended = || Failure::new("the answers ended too early").hint("nothing was written");
        drop(self.output.write_all(question.as_bytes()).and_then(|()| self.output.flush()));
        let mut line = String::new();
        match self.input.read_line(&mut line) {
            Ok(0) => {
                self.say("");
                Err(ended())
            }
            Ok(_) => Ok(line.trim().to_owned()),
            Err(error) => Err(Failure::new(format!("cannot read the answer: {error}"))),
        }
    }

    fn say(&mut self, words: &str) {
        // nobody listens: then nobody answers either, and that is told
        drop(writeln!(self.output, "{words}"));
    }
}

/// Where the value of a blank stands in the file: what stands inline, in the key of its table.
fn place_of(part: &Part, blank: &Blank) -> (&'static str, &'static str) {
    match part.table {
        "home.manager" => ("home", "manager"),
        table => (table, blank.key),
    }
}

/// The blank at a place of the file; of a table, its first one.
fn blank_of((table, key): (&str, &str)) -> Option<(&'static Part, &'static Blank)> {
    let blanks = PARTS.iter().flat_map(|part| part.blanks.iter().map(move |blank| (part, blank)));
    let mut there = blanks.filter(|(part, blank)| {
        let at = place_of(part, blank);
        at == (table, key) || (key.is_empty() && at.0 == table)
    });
    there.next()
}
