//! A case of `timbra day`: profile, punches and context, as one JSON object.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime};
use chrono_tz::Tz;

use crate::domain::civil::{Meaning, TimeOfDay};
use crate::domain::day::{Context, DayInput, DayPunch, Leave, PunchSource, PunchTime, Recall};
use crate::domain::profile::Profile;
use crate::domain::punch::Direction;

use super::node::Value;
use super::profile;
use super::section::Section;
use super::values::count;

const AT: &str = "a time like \"2026-05-12T08:00:00+02:00\", or without offset for a local time";

/// Everything a day is computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCase {
    /// The hour profile.
    pub profile: Profile,
    /// The punches, in any order.
    pub punches: Vec<DayPunch>,
    /// What else is known of the day.
    pub context: Context,
}

impl DayCase {
    /// As the computation takes it.
    pub fn input(&self) -> DayInput<'_> {
        DayInput { profile: &self.profile, punches: &self.punches, context: &self.context }
    }
}

/// Reads a case. Keys beside `profile`, `punches` and `context` are nobody's concern; unknown keys
/// inside them are problems. Nothing when one of the three cannot be read; use the case only when
/// nothing was told.
pub fn read(section: &Section<'_>) -> Option<DayCase> {
    let profile = section.required("profile", "{ .. }", section.section("profile"));
    let profile = profile.and_then(|table| {
        let read = profile::read(&table);
        table.finish();
        read
    });
    if section.node("punches").is_none() {
        section.complain(&section.span, "`punches` is missing", "write a list, [] for a day without punches");
    }
    let punches = section.sections("punches").into_iter().filter_map(punch).collect();
    let context = section.required("context", "{ .. }", section.section("context")).and_then(context);
    Some(DayCase { profile: profile?, punches, context: context? })
}

fn punch(table: Section<'_>) -> Option<DayPunch> {
    let at = table.required("at", AT, table.read("at", AT, punch_time));
    let direction = table.choice("direction", &[("in", Direction::In), ("out", Direction::Out)]);
    let reason =
        table.read("reason", "a word, or null", |value| value.as_text().map(|text| text.trim().to_owned()));
    let confirmed = table.flag("confirmed").unwrap_or(false);
    let sources = [("reader", PunchSource::Reader), ("manual", PunchSource::Manual { confirmed })];
    let source = table.choice("source", &sources).unwrap_or(PunchSource::Reader);
    table.finish();
    Some(DayPunch { at: at?, direction, reason: reason.filter(|reason| !reason.is_empty()), source })
}

fn context(table: Section<'_>) -> Option<Context> {
    let date = table.required("date", "\"2026-05-12\"", table.date("date"));
    let zone = table.read("timezone", "the name of a European time zone like \"Europe/Rome\"", |value| {
        value.as_text().and_then(|text| text.parse::<Tz>().ok())
    });
    let mut context = Context::new(date.unwrap_or_default(), zone.unwrap_or(chrono_tz::Europe::Rome));
    let flag = |key| table.flag(key).unwrap_or(false);
    context.in_calendar = flag("in_calendar");
    context.within_term = flag("within_term");
    context.day_number_in_month = count(&table, "day_number_in_month", 0..=366);
    context.monthly_cap = count(&table, "monthly_cap", 0..=366);
    context.toggle = table.choice("reader_mode", &[("toggle", true)]).unwrap_or(false);
    context.leaves = table.sections("leaves").into_iter().filter_map(leave).collect();
    context.authorized_from = table.time_of_day("authorized_from");
    context.authorized_overtime = count(&table, "authorized_overtime_minutes", 0..=1440).unwrap_or(0);
    context.authorized_holiday_work = flag("authorized_holiday_work");
    context.service_authorized = flag("service_authorized");
    context.service_end_declared = table.read(
        "service_end_declared",
        "a time of day like \"15:42\", or a time with its date",
        |value| match value {
            Value::Text(text) => match TimeOfDay::parse(text) {
                Some(time) => Some(PunchTime::Local(time.on(date.unwrap_or_default()))),
                None => punch_time(value),
            },
            _ => None,
        },
    );
    let notice_date = table.date("recall_notice_date");
    context.recall = flag("recalled").then_some(Recall { notice_date });
    context.home_patron_day = flag("home_patron_day");
    context.host_patron_day = flag("host_patron_day");
    table.text("malfunction_id");
    let expected = "a time that happens once, like \"2026-05-11T21:15:00+02:00\"";
    context.previous_exit = table.read("previous_exit", expected, |value| match punch_time(value)? {
        PunchTime::Instant(at) => Some(at),
        PunchTime::Local(local) => match context.clock.meaning(local) {
            Meaning::Once(at) => Some(at),
            Meaning::Twice(..) | Meaning::Never => None,
        },
    });
    table.finish();
    date.map(|_| context)
}

fn leave(table: Section<'_>) -> Option<Leave> {
    let hourly = table.choice("kind", &[("giornaliera", false), ("oraria", true)]);
    let hourly = table.required("kind", "\"giornaliera\" or \"oraria\"", hourly);
    let (from, to) = (table.time_of_day("from"), table.time_of_day("to"));
    let credited = table.flag("credited").unwrap_or(false);
    let read = match hourly {
        None => None,
        Some(false) => Some(Leave::FullDay { credited }),
        Some(true) => {
            let from = table.required("from", "\"08:00\"", from);
            let to = table.required("to", "\"10:00\"", to);
            if from.zip(to).is_some_and(|(from, to)| from >= to) {
                table.complain(&table.span_of("to"), "`to` is not after `from`", "write a later end");
            }
            from.zip(to).map(|(from, to)| Leave::Hourly { from, to, credited })
        }
    };
    table.finish();
    read
}

/// RFC 3339, seconds optional; without offset a local time. Years of four digits.
fn punch_time(value: &Value) -> Option<PunchTime> {
    let (Value::Text(text) | Value::Date(text)) = value else { return None };
    let at = instant(text).map(PunchTime::Instant).or_else(|| local(text).map(PunchTime::Local))?;
    let year = match at {
        PunchTime::Instant(at) => at.naive_utc().year(),
        PunchTime::Local(local) => local.year(),
    };
    (1..=9999).contains(&year).then_some(at)
}

fn instant(text: &str) -> Option<DateTime<FixedOffset>> {
    let zulu = text.strip_suffix(['Z', 'z']).map(|rest| format!("{rest}+00:00"));
    let text = zulu.as_deref().unwrap_or(text);
    let short = || DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%:z").ok();
    DateTime::parse_from_rfc3339(text).ok().or_else(short)
}

fn local(text: &str) -> Option<NaiveDateTime> {
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}
