//! What a reader of two statements of the same month would see differ. Both are worded by the same
//! rules, so that a new wording is no difference; contacts, versions and times of making are none
//! either.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::amendment::{Column, Difference, Place};
use crate::domain::host::Host;
use crate::domain::malfunction::MonthMalfunction;
use crate::domain::minutes::Minutes;
use crate::domain::month_days::MonthDay;
use crate::domain::statement::{Statement, Totals};

use super::faults::FaultRow;
use super::row::Row;
use super::{page, sent};

/// The data file of a statement that was sent cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its data file cannot be read")]
pub struct Unreadable;

/// The cells of a day's line that hold a number or a yes or no, in the order of the page.
const NUMBERS: [Column; 8] = [
    Column::Presence,
    Column::BreakTaken,
    Column::BreakDeducted,
    Column::Worked,
    Column::Justified,
    Column::Due,
    Column::Balance,
    Column::Voucher,
];

/// Compares the data file of what was sent with what the month computes to now.
pub fn differences(sent: &[u8], now: &Statement<'_>) -> Result<Vec<Difference>, Unreadable> {
    let sent = sent::read(sent).ok_or(Unreadable)?;
    let mut found = Vec::new();
    let mut compare = |place, column, before: Option<String>, after: Option<String>| {
        if before != after {
            found.push(Difference { place, column, before, after });
        }
    };
    let heading = Place::Heading;
    compare(heading, Column::Employee, Some(sent.employee), Some(page::name(now.agreement)));
    compare(heading, Column::HomeId, sent.home_id, now.agreement.employee.home_id.clone());
    // only a page without days says it
    if sent.days.is_empty() && now.days.is_empty() {
        compare(heading, Column::Complete, Some(yes_or_no(sent.complete)), Some(yes_or_no(now.complete)));
    }
    for number in numbers(&sent.malfunctions).chain(numbers(&now.malfunctions)).collect::<BTreeSet<_>>() {
        let told = |all: &[MonthMalfunction]| {
            let malfunction = all.iter().find(|malfunction| malfunction.number == number);
            malfunction.map(|malfunction| FaultRow::of(malfunction, now.host).sentence())
        };
        compare(heading, Column::Malfunction, told(&sent.malfunctions), told(&now.malfunctions));
    }
    let (earlier, later) = (by_date(&sent.days), by_date(&now.days));
    for date in earlier.keys().chain(later.keys()).copied().collect::<BTreeSet<_>>() {
        let place = Place::Day(date);
        match (earlier.get(&date), later.get(&date)) {
            (Some(before), Some(after)) => {
                for ((column, before), (_, after)) in cells(before, now.host).zip(cells(after, now.host)) {
                    compare(place, column, Some(before), Some(after));
                }
            }
            (before, after) => {
                let told = |day: Option<&&MonthDay>| day.map(|day| summary(day, now.host));
                compare(place, Column::Day, told(before), told(after));
            }
        }
    }
    for ((column, before), (_, after)) in totals(&sent.totals).into_iter().zip(totals(&now.totals)) {
        compare(Place::Totals, column, Some(before), Some(after));
    }
    Ok(found)
}

fn numbers(malfunctions: &[MonthMalfunction]) -> impl Iterator<Item = u32> {
    malfunctions.iter().map(|malfunction| malfunction.number)
}

fn by_date(days: &[MonthDay]) -> BTreeMap<NaiveDate, &MonthDay> {
    days.iter().map(|day| (day.date, day)).collect()
}

/// What the line of a day shows.
fn cells(day: &MonthDay, host: &Host) -> impl Iterator<Item = (Column, String)> {
    let row = Row::of(day, host, &mut BTreeSet::new());
    let first = [(Column::Planned, yes_or_no(day.planned)), (Column::Punches, punches(&row))];
    let notes = (Column::Notes, notes(&row));
    first.into_iter().chain(NUMBERS.into_iter().zip(row.cells)).chain([notes])
}

fn punches(row: &Row) -> String {
    if row.punches.is_empty() { "nessuna".to_owned() } else { row.punches.join(" ") }
}

fn notes(row: &Row) -> String {
    let mark = row.mark.map(|mark| mark.italian().to_owned());
    let notes: Vec<String> = mark.into_iter().chain(row.notes.iter().cloned()).collect();
    if notes.is_empty() { "nessuna".to_owned() } else { notes.join("; ") }
}

/// A day that only one of the two statements has, in one cell.
fn summary(day: &MonthDay, host: &Host) -> String {
    let row = Row::of(day, host, &mut BTreeSet::new());
    let mut parts = vec![format!("timbrature: {}", punches(&row))];
    for (column, cell) in NUMBERS.iter().zip(&row.cells) {
        if matches!(column, Column::Worked | Column::Balance) {
            parts.push(format!("{} {cell}", column.italian().to_lowercase()));
        }
    }
    if row.mark.is_some() || !row.notes.is_empty() {
        parts.push(notes(&row));
    }
    parts.join("; ")
}

/// How many of the totals count days.
pub(super) const DAY_TOTALS: usize = 6;

/// The totals with their names, days first, in the order of the page.
pub(super) fn totals(totals: &Totals) -> [(Column, String); 11] {
    let days = |column, count: u32| (column, count.to_string());
    let hours = |column, sum: Minutes| (column, sum.to_string());
    [
        days(Column::TotalPlanned, totals.planned),
        days(Column::TotalUsed, totals.used),
        days(Column::TotalUnused, totals.unused),
        days(Column::TotalRecalled, totals.recalled),
        days(Column::TotalUnplanned, totals.unplanned),
        days(Column::TotalOpen, totals.open),
        hours(Column::TotalWorked, totals.worked),
        hours(Column::TotalJustified, totals.justified),
        hours(Column::TotalDue, totals.due),
        (Column::TotalBalance, totals.balance.signed()),
        days(Column::TotalVouchers, totals.meal_vouchers),
    ]
}

fn yes_or_no(truth: bool) -> String {
    (if truth { "SI" } else { "NO" }).to_owned()
}
