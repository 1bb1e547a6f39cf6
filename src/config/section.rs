//! One table of a configuration file while it is being read: hands out typed values, remembers
//! which keys were asked for, and collects every complaint instead of stopping at the first.

use std::cell::RefCell;
use std::ops::Range;

use chrono::NaiveDate;

use crate::domain::civil::TimeOfDay;

use super::node::{Key, MOST_FAULTS, Node, Value};
use super::problem::{Problem, Severity, SourceText, is_secret};
use super::spelling::nearest;

/// The file being read and the complaints so far.
#[derive(Debug)]
pub struct Reading<'a> {
    /// The file.
    pub source: &'a SourceText,
    /// How many faults of syntax it has, where they are many.
    syntax: Option<usize>,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Reading<'a> {
    /// Starts to read a file.
    pub fn new(source: &'a SourceText, problems: Vec<Problem>) -> Self {
        let drowned = problems.len() > MOST_FAULTS;
        Self { source, syntax: drowned.then_some(problems.len()), problems: RefCell::new(problems) }
    }

    /// Takes a complaint.
    pub fn complain(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// How many errors so far; a part whose reading adds none can be used.
    pub fn errors(&self) -> usize {
        self.problems.borrow().iter().filter(|problem| problem.severity == Severity::Error).count()
    }

    /// All complaints; only those of syntax where they are so many that the others come of them.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.truncate(self.syntax.unwrap_or(usize::MAX));
        problems
    }
}

/// One table.
#[derive(Debug)]
pub struct Section<'a> {
    reading: &'a Reading<'a>,
    /// Its place: of its header, or of the whole table.
    pub span: Range<usize>,
    path: String,
    entries: &'a [(Key, Node)],
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    /// The table at the root of a file.
    pub fn root(reading: &'a Reading<'a>, node: &'a Node) -> Self {
        Self::of(reading, node, String::new()).unwrap_or(Self {
            reading,
            span: 0..0,
            path: String::new(),
            entries: &[],
            asked: RefCell::default(),
        })
    }

    fn of(reading: &'a Reading<'a>, node: &'a Node, path: String) -> Option<Self> {
        let Value::Table(entries) = &node.value else { return None };
        Some(Self { reading, span: node.span.clone(), path, entries, asked: RefCell::default() })
    }

    /// A complaint about a stretch of this file, prefixed with the path of keys where the file has
    /// no places (JSON).
    pub fn complain(&self, span: &Range<usize>, message: &str, hint: &str) {
        let placeless = self.reading.source.text.is_empty();
        let message = if placeless && !self.path.is_empty() {
            format!("{}: {message}", self.path)
        } else {
            message.to_owned()
        };
        let mut problem = self.reading.source.problem(span, message);
        if placeless {
            problem.place = None;
        }
        self.reading.complain(if hint.is_empty() { problem } else { problem.hint(hint) });
    }

    /// A warning about a stretch of this file.
    pub fn warn(&self, span: &Range<usize>, message: &str, hint: &str) {
        let problem = self.reading.source.problem(span, message).warning();
        self.reading.complain(if hint.is_empty() { problem } else { problem.hint(hint) });
    }

    /// The line of a stretch of this file.
    pub fn line_of(&self, span: &Range<usize>) -> usize {
        self.reading.source.position(span.start).0
    }

    /// The value of a key, unless absent or null. Called for each of some hundred keys: not inlined, here and
    /// below, for the sake of the program's size.
    #[inline(never)]
    pub fn node(&self, key: &'static str) -> Option<&'a Node> {
        self.asked.borrow_mut().push(key);
        let found = self.entries.iter().find(|(k, _)| k.name == key).map(|(_, node)| node);
        found.filter(|node| node.value != Value::Null)
    }

    /// The place of a key's value, or of the table when the key is absent.
    pub fn span_of(&self, key: &str) -> Range<usize> {
        let found = self.entries.iter().find(|(k, _)| k.name == key);
        found.map_or_else(|| self.span.clone(), |(_, node)| node.span.clone())
    }

    /// All keys and values, for tables whose keys are free (maps). No key is unknown afterwards.
    pub fn free_entries(&self) -> &'a [(Key, Node)] {
        self.asked.borrow_mut().push("*");
        self.entries
    }

    /// Reads a key with a function that says what it expected.
    pub fn read<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let node = self.node(key)?;
        let value = read(&node.value);
        if value.is_none() {
            self.is_wrong(node, key, expected);
        }
        value
    }

    #[cold]
    fn is_wrong(&self, node: &Node, key: &str, expected: &str) {
        let found = match &node.value {
            Value::Text(text) => format!("{text:?}"),
            Value::Integer(number) => number.to_string(),
            other => other.kind().to_owned(),
        };
        self.complain(&node.span, &format!("`{key}` is {found}"), &format!("write {expected}"));
    }

    /// Complains when a key is absent. A key that is there but wrong has its complaint already.
    pub fn required<T>(&self, key: &'static str, expected: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.is_none(key, expected);
        }
        value
    }

    #[cold]
    fn is_none(&self, key: &str, expected: &str) {
        if !self.entries.iter().any(|(k, node)| k.name == key && node.value != Value::Null) {
            self.complain(&self.span, &format!("`{key}` is missing"), &format!("write {key} = {expected}"));
        }
    }

    /// A text that is not empty.
    #[inline(never)]
    pub fn text(&self, key: &'static str) -> Option<String> {
        self.read(key, "a text in quotes", |value| match value {
            Value::Text(text) if !text.trim().is_empty() => Some(text.clone()),
            _ => None,
        })
    }

    /// true or false
    #[inline(never)]
    pub fn flag(&self, key: &'static str) -> Option<bool> {
        self.read(key, "true or false", |value| match value {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        })
    }

    /// A whole number in a range.
    #[inline(never)]
    pub fn integer(&self, key: &'static str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.read(key, &expected, |value| match value {
            Value::Integer(number) if range.contains(number) => Some(*number),
            _ => None,
        })
    }

    /// A date, `YYYY-MM-DD`, in quotes or not.
    #[inline(never)]
    pub fn date(&self, key: &'static str) -> Option<NaiveDate> {
        self.read(key, "a date like 2026-03-01", date)
    }

    /// A time of day, `"HH:MM"`.
    #[inline(never)]
    pub fn time_of_day(&self, key: &'static str) -> Option<TimeOfDay> {
        self.read(key, "a time of day like \"07:30\"", |value| value.as_text().and_then(TimeOfDay::parse))
    }

    /// One of a closed list of words.
    pub fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.read(key, &format!("one of {}", words.join(", ")), |value| {
            value
                .as_text()
                .and_then(|text| choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice))
        })
    }

    /// A list, read item by item; one wrong item is one complaint and the others stay.
    pub fn list<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<Vec<T>> {
        let node = self.node(key)?;
        let Value::List(items) = &node.value else {
            self.is_no_list(node, key, expected);
            return None;
        };
        let mut values = Vec::new();
        for item in items {
            match read(&item.value) {
                Some(value) => values.push(value),
                None => self.is_wrong_in(item, key, expected),
            }
        }
        Some(values)
    }

    #[cold]
    fn is_no_list(&self, node: &Node, key: &str, expected: &str) {
        let hint = format!("write a list: each {expected}");
        self.complain(&node.span, &format!("`{key}` is {}", node.value.kind()), &hint);
    }

    #[cold]
    fn is_wrong_in(&self, item: &Node, key: &str, expected: &str) {
        let hint = format!("write {expected}");
        self.complain(&item.span, &format!("an item of `{key}` is wrong"), &hint);
    }

    /// A table under a key.
    #[inline(never)]
    pub fn section(&self, key: &'static str) -> Option<Section<'a>> {
        let node = self.node(key)?;
        let section = Self::of(self.reading, node, self.path_of(key));
        if section.is_none() {
            self.complain(
                &node.span,
                &format!("`{key}` is {}", node.value.kind()),
                &format!("write a table: [{key}]"),
            );
        }
        section
    }

    /// A table that must be there; `hint` says where its keys are shown.
    pub fn table(&self, key: &'static str, hint: &str) -> Option<Section<'a>> {
        let section = self.section(key);
        if section.is_none() && self.node(key).is_none() {
            self.complain(&self.span, &format!("the table [{key}] is missing"), hint);
        }
        section
    }

    /// The tables under a key, as `[[key]]`.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some(node) = self.node(key) else { return Vec::new() };
        let Value::List(items) = &node.value else {
            self.complain(
                &node.span,
                &format!("`{key}` is {}", node.value.kind()),
                &format!("write tables: [[{key}]]"),
            );
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (number, item) in items.iter().enumerate() {
            match Self::of(self.reading, item, format!("{}[{number}]", self.path_of(key))) {
                Some(section) => sections.push(section),
                None => self.complain(&item.span, &format!("an item of `{key}` is no table"), ""),
            }
        }
        sections
    }

    /// The tables under a key; one table may stand there without a list around it.
    pub fn one_or_more(&self, key: &'static str) -> Vec<Section<'a>> {
        match self.node(key).map(|node| &node.value) {
            Some(Value::List(_)) => self.sections(key),
            _ => self.section(key).into_iter().collect(),
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Complains about every key that nobody asked for. Call it last.
    pub fn finish(self) {
        let asked = self.asked.borrow();
        if asked.contains(&"*") {
            return;
        }
        for (key, _) in self.entries.iter().filter(|(key, _)| !asked.contains(&key.name.as_str())) {
            if is_secret(&key.name) {
                let example = if key.name.contains("key") || key.name == "scbk" {
                    "key_file = \"/etc/timbra/ingresso.key\""
                } else {
                    "password_file = \"/etc/timbra/smtp-password\""
                };
                let hint = format!(
                    "write the secret into a file that only the service can read, and name that file: {example}"
                );
                self.complain(
                    &key.span,
                    &format!("`{}`: a secret never stands in this file", key.name),
                    &hint,
                );
                continue;
            }
            let hint = nearest(&key.name, asked.iter().copied()).map_or_else(
                || {
                    let mut known = asked.clone();
                    known.sort_unstable();
                    known.dedup();
                    format!("the keys here are: {}", known.join(", "))
                },
                |known| format!("did you mean `{known}`?"),
            );
            self.complain(&key.span, &format!("unknown key `{}`", key.name), &hint);
        }
    }
}

/// A date out of a TOML date or a text.
pub fn date(value: &Value) -> Option<NaiveDate> {
    match value {
        Value::Date(text) | Value::Text(text) if text.len() == 10 => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_problem_of_a_file_is_told_with_its_place() {
        let text = "name = 7\nnmae = \"x\"\ndays = [1, \"b\"]\n".to_owned();
        let source = SourceText::new(Path::new("a.toml"), text);
        let (node, problems) = Node::from_toml(&source);
        let reading = Reading::new(&source, problems);
        let section = Section::root(&reading, &node);
        section.text("name");
        section.list("days", "a number", |v| matches!(v, Value::Integer(_)).then_some(()));
        section.required("until", "2026-01-01", section.date("until"));
        section.finish();
        let shown: Vec<String> = reading.into_problems().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        a.toml:1:8: error: `name` is 7
        1 | name = 7
          |        ^
          = write a text in quotes
        a.toml:3:12: error: an item of `days` is wrong
        3 | days = [1, "b"]
          |            ^^^
          = write a number
        a.toml:1:1: error: `until` is missing
        1 | name = 7
          | ^
          = write until = 2026-01-01
        a.toml:2:1: error: unknown key `nmae`
        2 | nmae = "x"
          | ^^^^
          = did you mean `name`?
        "#);
    }
}
