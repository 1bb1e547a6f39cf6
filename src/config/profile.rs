//! The hour profile, from a profile file or from the `profile` of a `timbra day` case: the same keys.

use chrono::Weekday;

use crate::domain::civil::{Band, TimeOfDay};
use crate::domain::minutes::Minutes;
use crate::domain::profile::{
    BreakEvidence, BreakRule, CreditMode, DeductionMode, Profile, VoucherRule, Week,
};

use super::cycle;
use super::node::Value;
use super::section::Section;
use super::values::count;

const BAND: &str = "two times of day like [\"07:30\", \"09:00\"], the earlier first";
pub(super) const WHOLE_DAY: std::ops::RangeInclusive<i64> = 0..=1440;
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// Reads an hour profile. Tells every problem of the tables inside; unknown keys of `section` itself
/// are told by its own `finish`, which the caller calls, because a file may have more keys there.
///
/// Nothing when the name or the minutes due are missing. A value that is wrong has its complaint and
/// leaves the default, so that the rest can be checked: use the profile only when nothing was told.
pub fn read(section: &Section<'_>) -> Option<Profile> {
    let name = section.required("name", "\"5 x 7h12\"", section.text("name"));
    let mut due = section.section("due_minutes").map(due);
    if section.node("week").is_none() {
        due = section.required("due_minutes", "{ mon = 432, tue = 432 }", due);
    }
    let core = bands(section, "core").unwrap_or_default();
    section.choice("rounding", &[("none", ())]);
    let mut profile = Profile {
        name: name.unwrap_or_default(),
        due: due.unwrap_or_default(),
        entry_band: band(section, "entry_band"),
        exit_band: band(section, "exit_band"),
        core_long_days: bands(section, "core_long_days").unwrap_or_else(|| core.clone()),
        core,
        long_days: long_days(section),
        service_hours: stretch(section, "service_hours"),
        break_rule: break_rule(section),
        voucher: voucher(section),
        dedupe_seconds: count(section, "dedupe_seconds", 0..=3600).unwrap_or(60),
        nominal: section.section("nominal").map(nominal).unwrap_or_default(),
        tolerance_in: minutes(section, "tolerance_in", 0..=240).unwrap_or_default(),
        tolerance_out: minutes(section, "tolerance_out", 0..=240).unwrap_or_default(),
        round_late_in: grid(section, "round_late_in"),
        round_early_out: grid(section, "round_early_out"),
        max_span: minutes(section, "max_span_minutes", 1..=2880).unwrap_or(Minutes(960)),
        shift_worker: section.flag("shift_worker").unwrap_or(false),
        holiday: None,
        cycle: None,
    };
    profile.holiday = cycle::holiday(section, &profile);
    profile.cycle = cycle::cycle(section, &profile);
    if let Some(first) = profile.cycle.as_ref().and_then(|cycle| cycle.weeks.first().cloned()) {
        profile.put_week(&first);
    }
    let complete = !profile.name.is_empty() && (due.is_some() || profile.cycle.is_some());
    complete.then_some(profile)
}

pub(super) fn minutes(
    section: &Section<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<i64>,
) -> Option<Minutes> {
    count(section, key, range).map(Minutes)
}

/// Absent weekdays owe nothing.
pub(super) fn due(days: Section<'_>) -> Week<Minutes> {
    let mut week = Week::default();
    for (key, weekday) in DAYS {
        week.set(weekday, minutes(&days, key, WHOLE_DAY).unwrap_or_default());
    }
    days.finish();
    week
}

pub(super) fn nominal(days: Section<'_>) -> Week<Option<Band>> {
    let mut week = Week::default();
    for (key, weekday) in DAYS {
        week.set(weekday, stretch(&days, key));
    }
    days.finish();
    week
}

pub(super) fn long_days(section: &Section<'_>) -> Week<bool> {
    let named = section.list("long_days", "a weekday: mon, tue, wed, thu, fri, sat or sun", |value| {
        let Value::Text(text) = value else { return None };
        DAYS.iter().find(|(key, _)| key == text).map(|(_, weekday)| *weekday)
    });
    let mut week = Week::default();
    for weekday in named.unwrap_or_default() {
        week.set(weekday, true);
    }
    week
}

/// A stretch that may be empty (`from <= to`), as for an entry at a fixed time.
pub(super) fn band(section: &Section<'_>, key: &'static str) -> Option<Band> {
    section.read(key, BAND, as_band)
}

/// A stretch that has minutes (`from < to`).
pub(super) fn stretch(section: &Section<'_>, key: &'static str) -> Option<Band> {
    section.read(key, BAND, |value| as_band(value).filter(|band| band.from < band.to))
}

pub(super) fn bands(section: &Section<'_>, key: &'static str) -> Option<Vec<Band>> {
    section.list(key, BAND, |value| as_band(value).filter(|band| band.from < band.to))
}

fn as_band(value: &Value) -> Option<Band> {
    let Value::List(items) = value else { return None };
    let [from, to] = items.as_slice() else { return None };
    let time = |value: &Value| value.as_text().and_then(TimeOfDay::parse);
    let band = Band { from: time(&from.value)?, to: time(&to.value)? };
    (band.from <= band.to).then_some(band)
}

/// A grid on the clock's hour: a divisor of 60, with a sign.
fn grid(section: &Section<'_>, key: &'static str) -> Option<i32> {
    let expected = "a divisor of 60 (5, 10, 15, 30 ..) with its sign: positive against the employee, \
                    negative in favour";
    section.read(key, expected, |value| match value {
        Value::Integer(number) if *number != 0 && 60 % number == 0 => i32::try_from(*number).ok(),
        _ => None,
    })
}

fn break_rule(section: &Section<'_>) -> BreakRule {
    let mut rule = BreakRule {
        applies: false,
        threshold: Minutes(360),
        minimum: Minutes(30),
        maximum: None,
        window: None,
        deduction: DeductionMode::default(),
        credit: CreditMode::default(),
    };
    let Some(table) = section.section("break_rule") else { return rule };
    rule.applies = table.flag("applies").unwrap_or(true);
    rule.threshold = minutes(&table, "threshold_minutes", WHOLE_DAY).unwrap_or(rule.threshold);
    rule.minimum = minutes(&table, "min_minutes", WHOLE_DAY).unwrap_or(rule.minimum);
    rule.maximum = minutes(&table, "max_minutes", WHOLE_DAY);
    rule.window = stretch(&table, "window");
    let deductions = [
        ("graduated", DeductionMode::Graduated),
        ("full", DeductionMode::Full),
        ("voucher_threshold", DeductionMode::VoucherThreshold),
        ("if_stamped", DeductionMode::IfStamped),
        ("none", DeductionMode::None),
    ];
    rule.deduction = table.choice("deduction_mode", &deductions).unwrap_or_default();
    let credits = [("sum", CreditMode::Sum), ("longest", CreditMode::Longest), ("first", CreditMode::First)];
    rule.credit = table.choice("credit_mode", &credits).unwrap_or_default();
    if rule.maximum.is_some_and(|maximum| maximum < rule.minimum) {
        table.complain(
            &table.span_of("max_minutes"),
            "`max_minutes` is less than `min_minutes`",
            "write a longer maximum, or leave it out",
        );
    }
    table.finish();
    rule
}

fn voucher(section: &Section<'_>) -> VoucherRule {
    let mut rule = VoucherRule {
        enabled: false,
        minimum_worked_exclusive: Minutes(360),
        evidence: BreakEvidence::default(),
        short_day_overtime: Minutes(180),
    };
    let Some(table) = section.section("voucher") else { return rule };
    rule.enabled = table.flag("enabled").unwrap_or(true);
    rule.minimum_worked_exclusive =
        minutes(&table, "min_worked_exclusive_minutes", WHOLE_DAY).unwrap_or(rule.minimum_worked_exclusive);
    let evidence =
        [("taken_or_deducted", BreakEvidence::TakenOrDeducted), ("stamped", BreakEvidence::Stamped)];
    rule.evidence = table.choice("break_evidence", &evidence).unwrap_or_default();
    rule.short_day_overtime =
        minutes(&table, "short_day_overtime_minutes", WHOLE_DAY).unwrap_or(rule.short_day_overtime);
    table.finish();
    rule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::node::Node;
    use crate::config::problem::SourceText;
    use crate::config::section::Reading;
    use std::path::Path;

    fn read_text(text: &str) -> (Option<Profile>, Vec<String>) {
        let source = SourceText::new(Path::new("p.toml"), text.to_owned());
        let (node, problems) = Node::from_toml(&source);
        let reading = Reading::new(&source, problems);
        let section = Section::root(&reading, &node);
        let profile = read(&section);
        section.finish();
        let told =
            reading.into_problems().into_iter().map(|p| p.message + " | " + &p.hint.unwrap_or_default());
        (profile, told.collect())
    }

    #[test]
    fn every_preset_reads_without_problems() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/profiles");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let (profile, problems) = read_text(&std::fs::read_to_string(&path).unwrap());
            assert_eq!(problems, Vec::<String>::new(), "{}", path.display());
            let weekly: Minutes = DAYS.iter().map(|(_, day)| profile.as_ref().unwrap().due.on(*day)).sum();
            assert!((Minutes(648)..=Minutes(2160)).contains(&weekly), "{}: {weekly}", path.display());
            seen += 1;
        }
        assert_eq!(seen, 8);
    }

    #[test]
    fn absent_keys_have_the_documented_defaults() {
        let (profile, problems) = read_text("name = \"x\"\ndue_minutes = { mon = 432 }\n");
        let profile = profile.unwrap();
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!((profile.dedupe_seconds, profile.max_span), (60, Minutes(960)));
        assert!(!profile.break_rule.applies && !profile.voucher.enabled && !profile.shift_worker);
        assert_eq!((profile.break_rule.threshold, profile.break_rule.minimum), (Minutes(360), Minutes(30)));
        assert_eq!(profile.due.on(Weekday::Sun), Minutes::ZERO);
        let long = "name = \"x\"\ndue_minutes = {}\nlong_days = [\"tue\"]\ncore = [[\"09:00\", \"13:00\"]]\n";
        assert_eq!(read_text(long).0.unwrap().core_on(Weekday::Tue).len(), 1);
    }

    #[test]
    fn all_problems_are_told_in_one_go() {
        let text = "nome = \"x\"\n\
                    due_minutes = { mon = 1441, lun = 432 }\n\
                    entry_band = [\"09:00\", \"07:30\"]\n\
                    service_hours = [\"07:30\"]\n\
                    core = [[\"09:00\", \"25:00\"]]\n\
                    long_days = [\"tuesday\"]\n\
                    round_late_in = 7\n\
                    round_early_out = 0\n\
                    rounding = \"up\"\n\
                    break_rule = { min_minutes = 30, max_minutes = 20, mode = \"x\" }\n\
                    voucher = { enabled = \"yes\" }\n";
        let (profile, problems) = read_text(text);
        assert_eq!(profile, None);
        insta::assert_snapshot!(problems.join("\n"), @r#"
        `name` is missing | write name = "5 x 7h12"
        `mon` is 1441 | write a whole number from 0 to 1440
        unknown key `lun` | did you mean `sun`?
        an item of `core` is wrong | write two times of day like ["07:30", "09:00"], the earlier first
        `rounding` is "up" | write one of "none"
        `entry_band` is a list | write two times of day like ["07:30", "09:00"], the earlier first
        an item of `long_days` is wrong | write a weekday: mon, tue, wed, thu, fri, sat or sun
        `service_hours` is a list | write two times of day like ["07:30", "09:00"], the earlier first
        `max_minutes` is less than `min_minutes` | write a longer maximum, or leave it out
        unknown key `mode` | the keys here are: applies, credit_mode, deduction_mode, max_minutes, min_minutes, threshold_minutes, window
        `enabled` is "yes" | write true or false
        `round_late_in` is 7 | write a divisor of 60 (5, 10, 15, 30 ..) with its sign: positive against the employee, negative in favour
        `round_early_out` is 0 | write a divisor of 60 (5, 10, 15, 30 ..) with its sign: positive against the employee, negative in favour
        unknown key `nome` | did you mean `name`?
        "#);
    }
}
