//! The form in which a home office wants its statements: what is attached, the subject, and the
//! layout of the table.

use std::collections::BTreeMap;

use crate::domain::agreement::{StatementFile, StatementForm};
use crate::domain::subject::SubjectTemplate;
use crate::domain::table::{Dates, Durations, Field, TableColumn, TableEncoding, TableLayout};

use super::node::Value;
use super::section::Section;
use super::spelling::nearest;

/// The keys of `[channel.statement]` that are read here.
pub(super) const CHANNEL_KEYS: [&str; 2] = ["attachments", "subject"];

/// Reads what `[channel.statement]` and `[statement.table]` say.
pub(super) fn read(root: &Section<'_>, statement: &Section<'_>) -> StatementForm {
    let mut form = StatementForm::default();
    let channel = root.section("channel").and_then(|all| all.section("statement"));
    if let Some(channel) = channel {
        form.files = files(&channel).unwrap_or(form.files);
        form.subject = subject(&channel).unwrap_or(form.subject);
    }
    if let Some(section) = statement.section("table") {
        form.table = table(&section);
        section.finish();
    }
    form
}

fn files(channel: &Section<'_>) -> Option<Vec<StatementFile>> {
    let word = |value: &Value| {
        let word = value.as_text()?;
        StatementFile::ALL.iter().copied().find(|file| file.code() == word)
    };
    let named = channel.list("attachments", "\"pdf\", \"csv\" or \"json\"", word)?;
    Some(StatementFile::ALL.iter().copied().filter(|file| named.contains(file)).collect())
}

fn subject(channel: &Section<'_>) -> Option<SubjectTemplate> {
    let text = channel.text("subject")?;
    match SubjectTemplate::parse(&text) {
        Ok(template) => Some(template),
        Err(error) => {
            let hint = "write plain letters and fields, as \"Presenze {month} - {host} - n. {number}\"; the fields \
                        are {month}, {host}, {home}, {number}, {reference}";
            channel.complain(&channel.span_of("subject"), &format!("`subject`: {error}"), hint);
            None
        }
    }
}

fn table(section: &Section<'_>) -> TableLayout {
    let default = TableLayout::default();
    let separators = [(";", b';'), (",", b','), ("|", b'|'), ("tab", b'\t')];
    let durations = [("minutes", Durations::Minutes), ("H:MM", Durations::HoursMinutes)];
    let dates = [("YYYY-MM-DD", Dates::Iso), ("DD/MM/YYYY", Dates::Italian), ("YYYYMMDD", Dates::Compact)];
    let encodings = [
        ("utf-8", TableEncoding::Utf8),
        ("utf-8-bom", TableEncoding::Utf8Bom),
        ("windows-1252", TableEncoding::Windows1252),
    ];
    TableLayout {
        columns: columns(section).filter(|columns| !columns.is_empty()).unwrap_or(default.columns),
        separator: section.choice("separator", &separators).unwrap_or(default.separator),
        header: section.flag("header").unwrap_or(default.header),
        durations: section.choice("durations", &durations).unwrap_or_default(),
        dates: section.choice("dates", &dates).unwrap_or_default(),
        encoding: section.choice("encoding", &encodings).unwrap_or_default(),
        yes_no: yes_no(section).unwrap_or(default.yes_no),
        status_codes: codes(section, "status_codes", &TableLayout::statuses().collect::<Vec<_>>()),
        anomaly_codes: codes(section, "anomaly_codes", &TableLayout::anomalies().collect::<Vec<_>>()),
    }
}

/// Each column by its name, or by its name and the heading that it shall have.
fn columns(section: &Section<'_>) -> Option<Vec<TableColumn>> {
    let node = section.node("columns")?;
    if let Value::List(items) = &node.value {
        for item in items {
            let name = match &item.value {
                Value::List(pair) => pair.first().and_then(|name| name.value.as_text()),
                other => other.as_text(),
            };
            if let Some(name) = name
                && field(name).is_none()
            {
                let known = Field::ALL.iter().map(|field| field.code());
                let hint = nearest(name, known.clone()).map_or_else(
                    || format!("the columns are: {}", known.collect::<Vec<_>>().join(", ")),
                    |known| format!("did you mean `{known}`?"),
                );
                section.complain(&item.span, &format!("there is no column `{name}`"), &hint);
                return None;
            }
        }
    }
    section.list("columns", "the name of a column, or [\"name\", \"HEADING\"]", |value| {
        let (name, heading) = match value {
            Value::List(pair) => match pair.as_slice() {
                [name, heading] => (name.value.as_text()?, heading.value.as_text().filter(is_cell)?),
                _ => return None,
            },
            other => (other.as_text()?, other.as_text()?),
        };
        Some(TableColumn { field: field(name)?, heading: heading.to_owned() })
    })
}

fn field(name: &str) -> Option<Field> {
    Field::ALL.iter().copied().find(|field| field.code() == name)
}

/// A text that fits one cell.
fn is_cell(text: &&str) -> bool {
    text.chars().count() <= 100 && !text.chars().any(char::is_control)
}

fn yes_no(section: &Section<'_>) -> Option<[String; 2]> {
    section.read("yes_no", "two texts, as [\"SI\", \"NO\"]", |value| {
        let Value::List(items) = value else { return None };
        let [yes, no] = items.as_slice() else { return None };
        let word = |value: &Value| value.as_text().filter(is_cell).map(str::to_owned);
        Some([word(&yes.value)?, word(&no.value)?])
    })
}

/// A table of our words and theirs.
fn codes(section: &Section<'_>, key: &'static str, known: &[&'static str]) -> BTreeMap<String, String> {
    let Some(codes) = section.section(key) else { return BTreeMap::new() };
    let mut theirs = BTreeMap::new();
    for (ours, node) in codes.free_entries() {
        if !known.contains(&ours.name.as_str()) {
            let hint = nearest(&ours.name, known.iter().copied()).map_or_else(
                || format!("the codes are: {}", known.join(", ")),
                |known| format!("did you mean `{known}`?"),
            );
            codes.complain(&ours.span, &format!("there is no code `{}`", ours.name), &hint);
        } else if let Some(word) = node.value.as_text().filter(is_cell) {
            theirs.insert(ours.name.clone(), word.to_owned());
        } else {
            codes.complain(
                &node.span,
                &format!("`{}` is no short text", ours.name),
                "write a text in quotes",
            );
        }
    }
    theirs
}
