//! The text of an agreement file out of its values: tables and keys in the order of the intesa, each
//! with its article as a comment.

use super::blanks::{PARTS, named, node};
use super::node::{Node, Value};

/// The column at which comments begin.
const MARGIN: usize = 40;

/// Dates of a list that stand on one line.
const DATES: usize = 5;

/// The tables of which there may be several; who is asked gives the first one.
const LISTS: [&str; 1] = ["badge"];

/// The tables that stand on one line in the table around them.
const INLINE: [&str; 1] = ["home.manager"];

/// A text, and where its keys stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub text: String,
    /// The first line of each key, counted from 1, with its table and its name; of a table's header
    /// with an empty name.
    pub places: Vec<(usize, String, String)>,
}

impl Written {
    /// The table and key at a line; only the table at its header.
    pub fn at(&self, line: usize) -> Option<(&str, &str)> {
        let found = self.places.iter().rfind(|(first, _, _)| *first <= line)?;
        Some((&found.1, &found.2))
    }
}

/// Puts a value into a table of the answers.
pub fn put(answers: &mut Node, table: &str, key: &str, value: Value) {
    fn within(place: &mut Node, path: &[&str], value: Value) {
        let Some((first, rest)) = path.split_first() else {
            place.value = value;
            return;
        };
        if let Value::List(items) = &mut place.value {
            if items.is_empty() {
                items.push(node(Value::Table(Vec::new())));
            }
            if let Some(item) = items.first_mut() {
                within(item, path, value);
            }
            return;
        }
        if !matches!(place.value, Value::Table(_)) {
            place.value = Value::Table(Vec::new());
        }
        if let Value::Table(entries) = &mut place.value {
            if !entries.iter().any(|(key, _)| key.name == *first) {
                let empty = if LISTS.contains(first) { Value::List(Vec::new()) } else { Value::Null };
                entries.push((named(first), node(empty)));
            }
            let found = entries.iter_mut().find(|(key, _)| key.name == *first);
            if let Some((_, inner)) = found {
                within(inner, rest, value);
            }
        }
    }
    within(answers, &path(table, key), value);
}

fn path<'p>(table: &'p str, key: &'p str) -> Vec<&'p str> {
    table.split('.').filter(|name| !name.is_empty()).chain([key]).collect()
}

/// Takes a key out of a table of the answers; a table without keys goes with it.
pub fn take_out(answers: &mut Node, table: &str, key: &str) {
    fn within(place: &mut Node, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else { return };
        match &mut place.value {
            Value::Table(entries) => {
                if let Some((_, inner)) = entries.iter_mut().find(|(key, _)| key.name == *first) {
                    within(inner, rest);
                    let gone = rest.is_empty() || is_empty(&inner.value);
                    entries.retain(|(key, _)| key.name != *first || !gone);
                }
            }
            Value::List(items) => {
                items.first_mut().into_iter().for_each(|item| within(item, path));
                items.retain(|item| !is_empty(&item.value));
            }
            _ => (),
        }
    }
    within(answers, &path(table, key));
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Table(entries) if entries.is_empty())
        || matches!(value, Value::List(items) if items.is_empty())
}

/// Writes the file.
pub fn write(answers: &Node) -> Written {
    let mut file = File { written: Written { text: String::new(), places: Vec::new() }, lines: 0 };
    file.line(&format!("# {}.", article(PARTS[0].about)));
    file.line("# The name of this file is the name of the agreement.");
    if let Value::Table(entries) = &answers.value {
        file.table("", entries);
    }
    file.written
}

/// With a capital letter.
fn article(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

struct File {
    written: Written,
    lines: usize,
}

type Entries = [(super::node::Key, Node)];

impl File {
    fn line(&mut self, line: &str) {
        self.written.text.push_str(line);
        self.written.text.push('\n');
        self.lines += line.matches('\n').count() + 1;
    }

    fn place(&mut self, table: &str, key: &str) {
        self.written.places.push((self.lines + 1, table.to_owned(), key.to_owned()));
    }

    /// The keys of a table, then the tables in it.
    fn table(&mut self, path: &str, entries: &Entries) {
        let within = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let mut own: Vec<_> =
            entries.iter().filter(|(key, node)| !stands_apart(&within(&key.name), node)).collect();
        own.sort_by_key(|(key, _)| order(path, &key.name));
        if path.is_empty() {
            self.line("");
        }
        for (key, node) in own {
            self.place(path, &key.name);
            self.key(path, &key.name, &node.value);
        }
        let mut apart: Vec<_> =
            entries.iter().filter(|(key, node)| stands_apart(&within(&key.name), node)).collect();
        apart.sort_by_key(|(key, _)| table_order(&within(&key.name)));
        for (key, node) in apart {
            let inner = within(&key.name);
            match &node.value {
                Value::Table(entries) => self.section(&inner, "[", "]", entries),
                Value::List(items) => {
                    for item in items {
                        if let Value::Table(entries) = &item.value {
                            self.section(&inner, "[[", "]]", entries);
                        }
                    }
                }
                _ => (),
            }
        }
    }

    fn section(&mut self, path: &str, open: &str, close: &str, entries: &Entries) {
        let has_keys = entries.iter().any(|(key, node)| !stands_apart(&format!("{path}.{}", key.name), node));
        if has_keys {
            self.line("");
            self.place(path, "");
            let header = format!("{open}{}{close}", path.split('.').map(bare).collect::<Vec<_>>().join("."));
            let about = PARTS.iter().find(|part| part.table == path).map(|part| part.about);
            self.line(&commented(&header, about));
        }
        self.table(path, entries);
    }

    fn key(&mut self, table: &str, key: &str, value: &Value) {
        let asks = comment(table, key);
        let name = bare(key);
        match value {
            Value::List(items)
                if items.len() > DATES && items.iter().all(|item| matches!(item.value, Value::Date(_))) =>
            {
                self.line(&commented(&format!("{name} = ["), asks));
                for few in items.chunks(DATES) {
                    let few: Vec<String> = few.iter().map(|item| toml(&item.value)).collect();
                    self.line(&format!("    {},", few.join(", ")));
                }
                self.line("]");
            }
            Value::List(items) if items.iter().any(|item| matches!(item.value, Value::Table(_))) => {
                self.line(&commented(&format!("{name} = ["), asks));
                for item in items {
                    self.line(&format!("    {},", toml(&item.value)));
                }
                self.line("]");
            }
            other => self.line(&commented(&format!("{name} = {}", toml(other)), asks)),
        }
    }
}

/// What stands beside a key: its article, where that is not the one beside the header.
fn comment(table: &str, key: &str) -> Option<&'static str> {
    let inline = format!("{table}.{key}");
    let header = PARTS.iter().find(|part| part.table == table)?;
    let own = PARTS.iter().find(|part| {
        part.table == inline || (part.table == table && part.blanks.iter().any(|blank| blank.key == key))
    })?;
    if own != header {
        return Some(own.about);
    }
    own.blanks.iter().find(|blank| table.is_empty() && blank.key == key).map(|blank| blank.asks)
}

fn commented(line: &str, words: Option<&str>) -> String {
    match words {
        Some(words) if line.chars().count() + 2 > MARGIN => format!("{line}   # {words}"),
        Some(words) => format!("{line:<MARGIN$}# {words}"),
        None => line.to_owned(),
    }
}

/// True for a table under a header of its own.
fn stands_apart(path: &str, node: &Node) -> bool {
    match &node.value {
        Value::Table(_) => !INLINE.contains(&path),
        Value::List(items) => {
            // `manager_substitutes` and the like stay lists
            let tables = !items.is_empty() && items.iter().all(|item| matches!(item.value, Value::Table(_)));
            tables && !path.contains('.')
        }
        _ => false,
    }
}

fn order(table: &str, key: &str) -> usize {
    let inline = format!("{table}.{key}");
    let keys = PARTS.iter().flat_map(|part| {
        let own = part.table == table;
        let inside = part.table == inline;
        part.blanks.iter().map(move |blank| inside || (own && blank.key == key))
    });
    keys.into_iter().position(|found| found).unwrap_or(usize::MAX)
}

/// The place of a table, or of the first table inside of it.
fn table_order(path: &str) -> usize {
    let inner = format!("{path}.");
    let found = PARTS.iter().position(|part| part.table == path || part.table.starts_with(&inner));
    found.unwrap_or(usize::MAX)
}

/// A key, in quotes where it needs them.
fn bare(key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if plain { key.to_owned() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|letter| match letter {
        '"' | '\\' => format!("\\{letter}"),
        control if control.is_control() => format!("\\u{:04X}", u32::from(control)),
        other => other.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// A value on one line.
fn toml(value: &Value) -> String {
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        Value::Date(date) => date.clone(),
        // no key of an agreement takes these: the reader has complained
        Value::Null | Value::Huge | Value::Float => quoted(""),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| toml(&item.value)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, node)| format!("{} = {}", bare(&key.name), toml(&node.value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}
