//! The parts of an hour profile that are not the same every week: `[holiday]`, `[[week]]` and
//! `cycle_anchor`. What they leave out is as at the top of the profile.

use chrono::{Datelike, Weekday};

use crate::domain::cycle::{Cycle, CycleWeek, HolidayModel};
use crate::domain::profile::Profile;

use super::profile::{WHOLE_DAY, band, bands, due, long_days, minutes, nominal, stretch};
use super::section::Section;

/// The longest cycle, in weeks.
const LONGEST: usize = 53;

/// `[holiday]`: what is owed on a holiday by those who work on it.
pub(super) fn holiday(section: &Section<'_>, profile: &Profile) -> Option<HolidayModel> {
    let table = section.section("holiday")?;
    let due = table.required("due_minutes", "432", minutes(&table, "due_minutes", WHOLE_DAY));
    let model = HolidayModel {
        due: due.unwrap_or_default(),
        nominal: stretch(&table, "nominal"),
        entry_band: band(&table, "entry_band").or(profile.entry_band),
        exit_band: band(&table, "exit_band").or(profile.exit_band),
        core: bands(&table, "core").unwrap_or_else(|| profile.core.clone()),
    };
    table.finish();
    due.map(|_| model)
}

/// `[[week]]` and `cycle_anchor`. Nothing when there is no cycle, or none that can be used.
pub(super) fn cycle(section: &Section<'_>, profile: &Profile) -> Option<Cycle> {
    let anchor = section.date("cycle_anchor");
    if section.node("week").is_none() {
        if section.node("cycle_anchor").is_some() {
            let hint = "write [[week]] twice or more, each with its due_minutes; or take cycle_anchor out";
            let message = "`cycle_anchor` stands there without weeks";
            section.complain(&section.span_of("cycle_anchor"), message, hint);
        }
        return None;
    }
    if section.node("due_minutes").is_some() {
        let message = "`due_minutes` stands beside [[week]]: each week has its own";
        section.complain(&section.span_of("due_minutes"), message, "take it out at the top of the profile");
    }
    let anchor = section.required("cycle_anchor", "2026-01-05", anchor);
    if let Some(date) = anchor.filter(|date| date.weekday() != Weekday::Mon) {
        let message = format!("`cycle_anchor` is {date}, a {}", date.format("%A"));
        let hint = "write the Monday on which a first week of the cycle begins";
        section.complain(&section.span_of("cycle_anchor"), &message, hint);
    }
    let tables = section.sections("week");
    if !(2..=LONGEST).contains(&tables.len()) {
        let message =
            format!("the cycle has {} week", tables.len()) + if tables.len() == 1 { "" } else { "s" };
        let hint = format!("write [[week]] 2 to {LONGEST} times; without a cycle, due_minutes at the top");
        section.complain(&section.span_of("week"), &message, &hint);
    }
    let weeks: Vec<CycleWeek> = tables.into_iter().filter_map(|table| week(table, profile)).collect();
    anchor.filter(|_| !weeks.is_empty()).map(|anchor| Cycle { anchor, weeks })
}

fn week(table: Section<'_>, profile: &Profile) -> Option<CycleWeek> {
    let owed = table.section("due_minutes").map(due);
    let owed = table.required("due_minutes", "{ mon = 432, tue = 432 }", owed);
    let core = bands(&table, "core");
    let core_long_days = bands(&table, "core_long_days").or_else(|| core.clone());
    let named = table.node("long_days").map(|_| long_days(&table));
    let week = CycleWeek {
        due: owed.unwrap_or_default(),
        nominal: table.section("nominal").map_or(profile.nominal, nominal),
        entry_band: band(&table, "entry_band").or(profile.entry_band),
        exit_band: band(&table, "exit_band").or(profile.exit_band),
        core_long_days: core_long_days.unwrap_or_else(|| profile.core_long_days.clone()),
        core: core.unwrap_or_else(|| profile.core.clone()),
        long_days: named.unwrap_or(profile.long_days),
    };
    table.finish();
    owed.map(|_| week)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::node::Node;
    use crate::config::problem::SourceText;
    use crate::config::section::Reading;
    use crate::domain::minutes::Minutes;
    use chrono::NaiveDate;
    use std::path::Path;

    fn read_text(text: &str) -> (Option<Profile>, Vec<String>) {
        let source = SourceText::new(Path::new("p.toml"), text.to_owned());
        let (node, problems) = Node::from_toml(&source);
        let reading = Reading::new(&source, problems);
        let section = Section::root(&reading, &node);
        let profile = crate::config::profile::read(&section);
        section.finish();
        (profile, reading.into_problems().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_preset_of_two_weeks_knows_each_day() {
        let (profile, problems) = read_text(include_str!("../../config/profiles/turni-due-settimane.toml"));
        assert_eq!(problems, Vec::<String>::new());
        let profile = profile.unwrap();
        let rows = [
            ("2026-01-05", false, 360, "week[1].due_minutes.mon", Some("07:00")), // the anchor
            ("2026-01-17", false, 0, "week[2].due_minutes.sat", None),
            ("2026-01-12", false, 432, "week[2].due_minutes.mon", Some("13:48")),
            ("2026-01-19", false, 360, "week[1].due_minutes.mon", Some("07:00")),
            ("2025-12-29", false, 432, "week[2].due_minutes.mon", Some("13:48")), // before it
            ("2025-12-22", false, 360, "week[1].due_minutes.mon", Some("07:00")),
            ("2028-02-29", false, 360, "week[1].due_minutes.tue", Some("07:00")), // 112 weeks later
            ("2026-01-06", false, 360, "holiday.due_minutes", Some("07:00")),     // Epifania, worked
            ("2026-01-07", true, 360, "holiday.due_minutes", Some("07:00")),      // the home's patron day
            ("2026-01-04", false, 0, "week[2].due_minutes.sun", None),
        ];
        for (date, patron, owed, key, from) in rows {
            let day: NaiveDate = date.parse().unwrap();
            let resolved = profile.on(day, patron);
            assert_eq!(profile.due_on(day, patron), Minutes(owed), "{date}");
            assert_eq!(resolved.due.on(day.weekday()), Minutes(owed), "{date}");
            assert_eq!(profile.due_key(day, patron).to_string(), key, "{date}");
            let nominal = resolved.nominal.on(day.weekday()).map(|band| band.from.to_string());
            assert_eq!(nominal.as_deref(), from, "{date}");
        }
    }

    #[test]
    fn a_holiday_on_which_nothing_is_owed_is_one_like_any_other() {
        let week = "name = \"x\"\n[due_minutes]\ntue = 432\n";
        for (owed, key) in [(0, "due_minutes.tue"), (1, "holiday.due_minutes")] {
            let (profile, problems) = read_text(&format!("{week}[holiday]\ndue_minutes = {owed}\n"));
            assert_eq!(problems, Vec::<String>::new());
            let (profile, holiday) = (profile.unwrap(), "2026-01-06".parse().unwrap());
            assert_eq!(profile.holiday_model(holiday, false).is_some(), owed > 0);
            assert_eq!(profile.due_on(holiday, false), Minutes(owed));
            assert_eq!(profile.due_key(holiday, false).to_string(), key);
        }
    }

    #[test]
    fn bands_come_from_the_week_or_from_the_top() {
        let text = "name = \"x\"\ncycle_anchor = 2026-01-05\nentry_band = [\"07:30\", \"09:00\"]\n\
                    core = [[\"09:00\", \"13:00\"]]\nlong_days = [\"tue\"]\n\
                    [[week]]\ndue_minutes = { tue = 540 }\n\
                    [[week]]\ndue_minutes = { tue = 360 }\nlong_days = []\nentry_band = [\"14:00\", \"14:00\"]\n\
                    exit_band = [\"20:00\", \"21:00\"]\ncore = [[\"15:00\", \"18:00\"]]\n\
                    [holiday]\ndue_minutes = 300\ncore = []\n";
        let (profile, problems) = read_text(text);
        assert_eq!(problems, Vec::<String>::new());
        let profile = profile.unwrap();
        let told = |date: &str| {
            let day: NaiveDate = date.parse().unwrap();
            let resolved = profile.on(day, false);
            let core: Vec<String> =
                resolved.core_on(day.weekday()).iter().map(|band| band.from.to_string()).collect();
            let band = resolved.entry_band.unwrap().from;
            let exit = resolved.exit_band.map(|band| format!(" {}", band.from)).unwrap_or_default();
            format!(
                "{} {} {band}{exit} {core:?}",
                profile.due_on(day, false),
                resolved.long_days.on(Weekday::Tue)
            )
        };
        assert_eq!(told("2026-01-27"), "6:00 false 14:00 20:00 [\"15:00\"]");
        assert_eq!(told("2026-01-20"), "9:00 true 07:30 [\"09:00\"]");
        assert_eq!(told("2026-06-02"), "5:00 false 07:30 []"); // a Tuesday, long on other days
        assert_eq!(profile.due.on(Weekday::Tue), Minutes(540));
    }

    #[test]
    fn a_holiday_that_owes_nothing_is_one_like_any_other() {
        let (profile, _) =
            read_text("name = \"x\"\ndue_minutes = { tue = 432 }\n[holiday]\ndue_minutes = 0\n");
        let day = "2026-01-06".parse().unwrap();
        assert_eq!(profile.unwrap().due_on(day, false), Minutes::ZERO);
    }

    #[test]
    fn every_problem_of_a_cycle_is_told() {
        let (_, problems) = read_text(
            "name = \"x\"\ndue_minutes = { mon = 432 }\ncycle_anchor = 2026-01-06\n\
             [[week]]\nnominal = { mon = [\"07:00\", \"07:00\"] }\nduty = 1\n[holiday]\nnominal = [\"7\", \"8\"]\n",
        );
        let (_, more) = read_text("name = \"x\"\ndue_minutes = { mon = 432 }\ncycle_anchor = 2026-01-05\n");
        let (_, last) = read_text("name = \"x\"\n[[week]]\ndue_minutes = {}\n[[week]]\ndue_minutes = {}\n");
        insta::assert_snapshot!([problems, more, last].concat().join("\n"), @r#"
        p.toml:7:1: error: `due_minutes` is missing
        7 | [holiday]
          | ^^^^^^^^^
          = write due_minutes = 432
        p.toml:8:11: error: `nominal` is a list
        8 | nominal = ["7", "8"]
          |           ^^^^^^^^^^
          = write two times of day like ["07:30", "09:00"], the earlier first
        p.toml:2:15: error: `due_minutes` stands beside [[week]]: each week has its own
        2 | due_minutes = { mon = 432 }
          |               ^^^^^^^^^^^^^
          = take it out at the top of the profile
        p.toml:3:16: error: `cycle_anchor` is 2026-01-06, a Tuesday
        3 | cycle_anchor = 2026-01-06
          |                ^^^^^^^^^^
          = write the Monday on which a first week of the cycle begins
        p.toml:4:1: error: the cycle has 1 week
        4 | [[week]]
          | ^^^^^^^^
          = write [[week]] 2 to 53 times; without a cycle, due_minutes at the top
        p.toml:4:1: error: `due_minutes` is missing
        4 | [[week]]
          | ^^^^^^^^
          = write due_minutes = { mon = 432, tue = 432 }
        p.toml:5:19: error: `mon` is a list
        5 | nominal = { mon = ["07:00", "07:00"] }
          |                   ^^^^^^^^^^^^^^^^^^
          = write two times of day like ["07:30", "09:00"], the earlier first
        p.toml:6:1: error: unknown key `duty`
        6 | duty = 1
          | ^^^^
          = the keys here are: core, core_long_days, due_minutes, entry_band, exit_band, long_days, nominal
        p.toml:3:16: error: `cycle_anchor` stands there without weeks
        3 | cycle_anchor = 2026-01-05
          |                ^^^^^^^^^^
          = write [[week]] twice or more, each with its due_minutes; or take cycle_anchor out
        p.toml:1:1: error: `cycle_anchor` is missing
        1 | name = "x"
          | ^
          = write cycle_anchor = 2026-01-05
        "#);
    }
}
