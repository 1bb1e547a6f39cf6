//! The months that were sent, each with its documents: what holds for the home office, and what came
//! last.

use std::collections::BTreeMap;

use crate::domain::month::Month;
use crate::store::SentStatement;

/// The documents of one month of an agreement.
#[derive(Debug, Clone, Copy)]
pub struct SentMonth<'a> {
    /// The last one, withdrawn or not.
    pub last: &'a SentStatement,
    /// The last one that was not withdrawn: for the home office it holds.
    pub living: Option<&'a SentStatement>,
    /// How many were not withdrawn.
    pub count: u32,
}

impl SentMonth<'_> {
    /// The revision of the next document.
    pub fn next_revision(&self) -> u32 {
        self.last.revision + 1
    }
}

/// Puts statements together by agreement and month. They come in the order of their revisions.
pub fn by_key(statements: &[SentStatement]) -> BTreeMap<(&str, Month), SentMonth<'_>> {
    let mut months: BTreeMap<(&str, Month), SentMonth<'_>> = BTreeMap::new();
    for statement in statements {
        let Some(month) = Month::parse(&statement.month) else { continue };
        let living = (!statement.is_withdrawn()).then_some(statement);
        months
            .entry((&statement.agreement, month))
            .and_modify(|known| {
                known.last = statement;
                known.living = living.or(known.living);
                known.count += u32::from(living.is_some());
            })
            .or_insert(SentMonth { last: statement, living, count: u32::from(living.is_some()) });
    }
    months
}
