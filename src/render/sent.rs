//! A data file read back: what a statement that was sent shows. Files of earlier versions lack keys;
//! what they do not say is taken as not there.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde_json::Value;

use crate::domain::anomaly::Anomaly;
use crate::domain::civil::TimeOfDay;
use crate::domain::day::{Day, KeptPunch, Leave, Status};
use crate::domain::malfunction::{MalfunctionKind, MonthMalfunction};
use crate::domain::minutes::Minutes;
use crate::domain::month_days::MonthDay;
use crate::domain::punch::Direction;
use crate::domain::standing::{CalendarSide, RecallDates};
use crate::domain::statement::Totals;
use crate::domain::table::AWAITED;

/// What can be compared of a statement that was sent.
#[derive(Debug)]
pub(super) struct Sent {
    /// Title, given name, family name.
    pub(super) employee: String,
    /// The home's own number of the person.
    pub(super) home_id: Option<String>,
    /// The readers had delivered past the end of the month.
    pub(super) complete: bool,
    /// Its days: all that the page shows of them, and no more.
    pub(super) days: Vec<MonthDay>,
    /// Malfunctions of the month.
    pub(super) malfunctions: Vec<MonthMalfunction>,
    /// Its totals.
    pub(super) totals: Totals,
}

/// Reads a data file; none when it is not one.
pub(super) fn read(data: &[u8]) -> Option<Sent> {
    let value: Value = serde_json::from_slice(data).ok()?;
    let employee = &value["employee"];
    let name = |key: &str| employee[key].as_str().unwrap_or_default();
    let totals = &value["totals"];
    let count = |key: &str| totals[key].as_u64().and_then(|count| u32::try_from(count).ok());
    let sum = |key: &str| minutes(&totals[key]).unwrap_or_default();
    Some(Sent {
        employee: [name("title"), name("given_name"), name("family_name")].join(" "),
        home_id: text(&employee["home_id"]),
        complete: value["complete"].as_bool()?,
        days: value["days"].as_array()?.iter().map(month_day).collect::<Option<_>>()?,
        malfunctions: list(&value, "malfunctions", malfunction)?,
        totals: Totals {
            planned: count("planned")?,
            used: count("used")?,
            unused: count("unused")?,
            recalled: count("recalled")?,
            unplanned: count("unplanned")?,
            open: count("to_regularise")?,
            worked: sum("worked_minutes"),
            justified: sum("justified_minutes"),
            due: sum("due_minutes"),
            balance: sum("balance_minutes"),
            meal_vouchers: count("meal_voucher_conditions")?,
        },
    })
}

fn month_day(value: &Value) -> Option<MonthDay> {
    let truth = |key: &str| value[key].as_bool().unwrap_or_default();
    let known = |key: &str| minutes(&value[key]);
    let status = value["status"].as_str()?;
    let anomalies = list(value, "anomalies", |code| {
        let code = code.as_str()?;
        Anomaly::ALL.iter().copied().find(|anomaly| anomaly.code() == code)
    })?;
    let day = Day {
        status: match status {
            AWAITED => Status::Incomplete,
            code => *Status::ALL.iter().find(|status| status.code() == code)?,
        },
        presence: known("presence_minutes"),
        break_taken: known("break_taken_minutes"),
        break_deducted: known("break_deducted_minutes"),
        worked: known("worked_minutes"),
        justified: known("justified_minutes"),
        due: known("due_minutes"),
        balance: known("balance_minutes"),
        not_counted: known("not_counted_minutes"),
        service: known("service_minutes"),
        meal_voucher: value["meal_voucher_conditions"].as_bool(),
        anomalies: anomalies.into_iter().collect(),
        coworking_day_used: truth("coworking_day_used"),
        included_in_totals: truth("included_in_totals"),
        punches: list(value, "punches", punch)?.into(),
        repeated: list(value, "repeated_punches", instant)?,
        trail: Vec::new(),
    };
    Some(MonthDay {
        date: date(&value["date"])?,
        planned: truth("planned"),
        covered: truth("covered"),
        day,
        calendar: CalendarSide {
            recall: date(&value["recall"]["notice_date"])
                .map(|notice| RecallDates { notice, new_date: date(&value["recall"]["new_date"]) }),
            moved_to: date(&value["moved_to"]),
            leaves: list(value, "leaves", leave)?,
            voided: list(value, "voided_punches", instant)?,
            malfunctions: list(value, "malfunctions", |number| number.as_u64()?.try_into().ok())?,
            contested: truth("contested"),
            ..CalendarSide::default()
        },
    })
}

fn malfunction(value: &Value) -> Option<MonthMalfunction> {
    Some(MonthMalfunction {
        number: value["number"].as_u64()?.try_into().ok()?,
        kind: MalfunctionKind::parse(value["kind"].as_str()?)?,
        systems: text(&value["systems"])?,
        from: instant(&value["from"])?,
        to: instant(&value["to"]),
    })
}

fn punch(value: &Value) -> Option<KeptPunch> {
    let truth = |key: &str| value[key].as_bool().unwrap_or_default();
    Some(KeptPunch {
        seen: instant(&value["seen_at"])?,
        counted: instant(&value["counted_at"])?,
        direction: [Direction::In, Direction::Out]
            .into_iter()
            .find(|direction| value["direction"].as_str() == Some(&direction.to_string()))?,
        guessed: truth("guessed"),
        reason: text(&value["reason"]),
        manual: truth("manual"),
        unpaired: truth("unpaired"),
    })
}

fn leave(value: &Value) -> Option<Leave> {
    let credited = value["credited"].as_bool()?;
    let time = |key: &str| value[key].as_str().and_then(TimeOfDay::parse);
    Some(match (time("from"), time("to")) {
        (Some(from), Some(to)) => Leave::Hourly { from, to, credited },
        _ => Leave::FullDay { credited },
    })
}

/// The items under a key; an absent one has none.
fn list<T>(value: &Value, key: &str, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value[key].as_array().into_iter().flatten().map(read).collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn minutes(value: &Value) -> Option<Minutes> {
    value.as_i64().and_then(|minutes| i32::try_from(minutes).ok()).map(Minutes)
}

fn date(value: &Value) -> Option<NaiveDate> {
    value.as_str()?.parse().ok()
}

fn instant(value: &Value) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok()
}
