//! A configuration value with its place, whatever file it came from: TOML of the configuration, or
//! the JSON of a `timbra day` case. One tree, so that one reader understands both.

use std::fmt::Write;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::problem::{Problem, SourceText};

/// What most faults in a list come of.
const UNCLOSED: &str = "is the list closed? write `]` after its last item";

/// So many faults of syntax are told of one file.
pub(super) const MOST_FAULTS: usize = 5;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// A key of a table and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub name: String,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// What a value is. Dates are texts here: their reader knows what it expects.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// JSON's null; the same as an absent key.
    Null,
    /// true or false
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number that is out of any range.
    Huge,
    /// Another number: no key takes one, but it can be named in a complaint.
    Float,
    /// A text.
    Text(String),
    /// A TOML date or time, as written.
    Date(String),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order of its keys.
    Table(Vec<(Key, Node)>),
}

impl Value {
    /// The text, when it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// How to name this kind of value in a complaint.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Integer(_) => "a whole number",
            Self::Huge => "a number that is too large",
            Self::Float => "a number with decimals",
            Self::Text(_) => "a text",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Node {
    /// Reads a TOML file: as much of it as can be understood, and what of its syntax is wrong. One bracket that
    /// is missing makes nonsense of every line below it: the first faults are told, the others counted.
    pub fn from_toml(source: &SourceText) -> (Self, Vec<Problem>) {
        let (table, errors) = DeTable::parse_recoverable(&source.text);
        let told = errors.iter().take(MOST_FAULTS);
        let mut problems: Vec<Problem> = told
            .map(|error| {
                let problem = source.problem(&error.span().unwrap_or(0..0), error.message().to_owned());
                if error.message().contains("array") { problem.hint(UNCLOSED) } else { problem }
            })
            .collect();
        if let Some(others) = errors.len().checked_sub(MOST_FAULTS).filter(|others| *others > 0) {
            let text = format!("{others} more faults of syntax below these");
            problems.push(Problem::of_file(&source.path, text).hint("correct the first one and look again"));
        }
        let span = table.span();
        (Self { value: from_table(table.get_ref()), span }, problems)
    }

    /// Takes a JSON value; it has no places, so readers name the path of keys instead.
    pub fn from_json(json: &serde_json::Value) -> Self {
        let value = match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(truth) => Value::Bool(*truth),
            serde_json::Value::Number(number) => number.as_i64().map_or(Value::Float, Value::Integer),
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Array(items) => Value::List(items.iter().map(Self::from_json).collect()),
            serde_json::Value::Object(entries) => Value::Table(
                entries
                    .iter()
                    .map(|(key, value)| (Key { name: key.clone(), span: 0..0 }, Self::from_json(value)))
                    .collect(),
            ),
        };
        Self { value, span: 0..0 }
    }
}

fn from_table(table: &DeTable<'_>) -> Value {
    let mut entries: Vec<(Key, Node)> = table
        .iter()
        .map(|(key, value)| {
            let name = Key { name: key.get_ref().to_string(), span: key.span() };
            (name, Node { value: from_value(value.get_ref()), span: value.span() })
        })
        .collect();
    entries.sort_unstable_by_key(|(key, _)| key.span.start);
    Value::Table(entries)
}

fn from_value(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Huge, Value::Integer)
        }
        DeValue::Float(_) => Value::Float,
        DeValue::Boolean(truth) => Value::Bool(*truth),
        DeValue::Datetime(date) => {
            let mut text = String::new();
            if write!(text, "{date}").is_err() {
                text.clear();
            }
            Value::Date(text)
        }
        DeValue::Array(items) => Value::List(
            items.iter().map(|item| Node { value: from_value(item.get_ref()), span: item.span() }).collect(),
        ),
        DeValue::Table(table) => from_table(table),
    }
}
