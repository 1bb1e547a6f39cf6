//! All data about one coworker, for the right of access: what the readers saw, what was entered, what
//! was computed, what was sent.

use std::collections::HashSet;

use chrono::NaiveDate;

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::punch::Punch;
use crate::mail::package::PackageFile;
use crate::render::subject_text;
use crate::store::{Store, StoreError};

/// Several people have that name: nobody's data may go to another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namesakes<'a>(pub Vec<&'a Agreement>);

/// The agreements of a person: by an agreement's name, by the number that the home office gave, or by
/// name; and all others of the same person.
///
/// # Errors
///
/// [`Namesakes`] when they are of people with different numbers.
pub fn agreements_of<'a>(config: &'a Config, employee: &str) -> Result<Vec<&'a Agreement>, Namesakes<'a>> {
    let said = words(employee);
    let is_named = |agreement: &&Agreement| {
        agreement.id.as_str() == employee.trim()
            || agreement.employee.home_id.as_deref().is_some_and(|id| words(id) == said)
            || name(agreement) == said
    };
    let named: Vec<&Agreement> = config.agreements.iter().filter(is_named).collect();
    let same = |one: &Agreement, other: &Agreement| match (&one.employee.home_id, &other.employee.home_id) {
        // two people of one name are told apart by their numbers
        (Some(id), Some(other)) => words(id) == words(other),
        _ => name(one) == name(other),
    };
    let found = config.agreements.iter().filter(|one| named.iter().any(|other| same(one, other)));
    let found: Vec<&Agreement> = found.collect();
    let mut numbers = found.iter().filter_map(|one| one.employee.home_id.as_deref()).map(words);
    let first = numbers.next();
    if numbers.any(|number| Some(number) != first) { Err(Namesakes(found)) } else { Ok(found) }
}

/// Lower case, one space between words: how people type a name.
fn words(text: &str) -> String {
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

fn name(agreement: &Agreement) -> String {
    words(&format!("{} {}", agreement.employee.given_name, agreement.employee.family_name))
}

/// A punch with its line as delivered.
pub type Delivered = (Punch, Option<Vec<u8>>);

/// The punches of an agreement's badges while they were held.
pub fn punches(store: &Store, agreement: &Agreement) -> Result<Vec<Delivered>, StoreError> {
    let numbers: HashSet<&str> = agreement.badges.iter().map(|held| held.number.as_str()).collect();
    let first = agreement.badges.iter().map(|held| held.valid_from).min();
    let last = agreement.badges.iter().map(|held| held.valid_to).max();
    let (Some(first), Some(last)) = (first, last) else { return Ok(Vec::new()) };
    let mut own = Vec::new();
    for punch in store.punches_of(&numbers, first, last)? {
        if agreement.holds(&punch.badge, &punch.reader, punch.local.date()) {
            let raw = store.raw_line(&punch)?;
            own.push((punch, raw));
        }
    }
    Ok(own)
}

/// The documents: statements with their data, messages as sent, and a text that says what is what.
pub fn files(
    store: &Store,
    config: &Config,
    agreements: &[&Agreement],
    today: NaiveDate,
) -> Result<Vec<PackageFile>, StoreError> {
    let of_person = |id: &str| agreements.iter().any(|agreement| agreement.id.as_str() == id);
    let mut files = vec![PackageFile {
        path: "LEGGIMI.txt".to_owned(),
        bytes: subject_text(&config.host, today).into_bytes(),
    }];
    for statement in store.statements()?.iter().filter(|statement| of_person(&statement.agreement)) {
        let data = store.statement_data(statement.id)?.filter(|data| !data.is_empty());
        let (agreement, month, revision) = (&statement.agreement, &statement.month, statement.revision);
        files.extend(data.map(|bytes| PackageFile {
            path: format!("prospetti/{agreement}-{month}-r{revision}.json"),
            bytes,
        }));
    }
    for row in store.outbox()?.iter().filter(|row| of_person(&row.agreement)) {
        let path = format!("messaggi/{:05}-{}-{}.eml", row.id, row.kind, row.period);
        files.extend(store.outbox_message(row.id)?.map(|bytes| PackageFile { path, bytes }));
    }
    Ok(files)
}
