//! What the intesa asks of the host, and the tests that try it: article by article.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::office::{Office, month_ago, working_days};

/// Article, paragraph and number; what is asked; the tests, each as `file: function`. Every test names its
/// number, above it or in its name.
const TABLE: &[(&str, &str, &[&str])] = &[
    (
        "1.1.1",
        "one intesa for an employee, two offices and a term; none overlaps another",
        &[
            "tests/config.rs: each_wrong_file_gets_its_complaints",
            "tests/agreements.rs: r_1_1_1_every_blank_of_the_intesa_goes_from_the_answers_into_the_file",
        ],
    ),
    (
        "1.1.2",
        "the employee with title and grammatical gender",
        &["tests/letters/mod.rs: titles_have_their_gender"],
    ),
    (
        "1.2.1",
        "what lies outside the term is kept and never counts",
        &["tests/register.rs: days_have_a_standing_and_somebody_who_decided"],
    ),
    (
        "2.1.1",
        "so many days a month at most",
        &["tests/register.rs: what_cannot_stand_is_refused_with_the_reason"],
    ),
    (
        "2.1.2",
        "days may follow one another, across a month's end too",
        &["tests/month_days.rs: the_monthly_number_and_the_rest_go_from_day_to_day"],
    ),
    (
        "2.1.3",
        "a day is never split",
        &["tests/month_days.rs: the_monthly_number_and_the_rest_go_from_day_to_day"],
    ),
    (
        "2.1.4",
        "a day not used is not carried over",
        &["tests/register.rs: what_cannot_stand_is_refused_with_the_reason"],
    ),
    (
        "2.1.5",
        "days are agreed in advance",
        &["tests/register.rs: days_that_have_begun_need_a_word_and_are_marked"],
    ),
    (
        "2.2.1",
        "the profile of the home office, from its date",
        &[
            "tests/month_days.rs: each_day_has_the_version_of_its_profile",
            "tests/agreement_changes.rs: r_2_2_1_a_changed_profile_holds_from_its_day_and_old_days_keep_theirs",
        ],
    ),
    (
        "2.3.1",
        "absences are authorised by the home manager or a substitute, and communicated",
        &[
            "tests/agreement_life.rs: r_2_3_1_an_entry_of_an_unauthorised_sender_is_marked_and_not_refused",
            "src/domain/clauses.rs: r_2_3_1_who_may_authorise_is_known_by_date",
        ],
    ),
    (
        "2.3.2",
        "never a reason of an absence",
        &["tests/intesa.rs: r_2_3_2_no_reason_of_an_absence_can_be_entered"],
    ),
    (
        "2.4.1",
        "the hours are detected by the host's own systems",
        &[
            "tests/pipeline/delivery.rs: a_dropped_file_becomes_one_letter_whatever_its_name",
            "tests/explain.rs: a_stored_day_is_told_down_to_each_line",
        ],
    ),
    (
        "2.4.2",
        "a statement each month by the agreed day",
        &[
            "src/domain/deadline.rs: the_statement_leaves_three_working_days_before_the_agreed_day",
            "tests/pipeline/month_end.rs: an_open_month_leaves_on_its_latest_day_and_says_so",
            "tests/term.rs: a_term_from_its_first_day_to_its_report",
        ],
    ),
    (
        "2.4.3",
        "promptly, what cannot wait",
        &[
            "tests/pipeline/digest.rs: r_2_4_3_the_daemon_tells_the_home_contact_at_its_hour",
            "tests/pipeline/digest.rs: r_2_4_3_nothing_is_told_without_reason",
        ],
    ),
    (
        "2.5.1",
        "the badge, by dates",
        &[
            "tests/agreement_changes.rs: r_2_5_1_both_badges_are_theirs_on_the_day_of_a_replacement",
            "tests/agreement_life.rs: r_2_5_1_badges_of_the_register_count_by_date",
        ],
    ),
    (
        "2.6.1",
        "the employee's own report of a malfunction",
        &[
            "tests/pipeline/malfunctions.rs: r_2_6_1_the_employees_own_report_is_on_record_and_status_lists_what_lasts",
        ],
    ),
    (
        "2.6.2",
        "a malfunction is confirmed: kind, systems, expected resolution",
        &[
            "tests/pipeline/malfunctions.rs: r_2_6_2_a_fault_is_told_once_to_each_home_office",
            "tests/pipeline/malfunction_signs.rs: r_2_6_2_a_silent_reader_is_judged_on_planned_days_only",
        ],
    ),
    (
        "2.6.3",
        "its end is told",
        &["tests/pipeline/malfunctions.rs: r_2_6_3_what_ends_before_its_notice_left_is_one_message"],
    ),
    (
        "2.6.4",
        "punches that a fault lost are entered, tied to it and confirmed",
        &[
            "tests/register.rs: entered_punches_join_once_confirmed_and_voided_ones_are_left_out",
            "tests/pipeline/malfunctions.rs: r_2_6_4_a_punch_for_a_malfunction_is_confirmed_by_another_and_shows_its_number",
        ],
    ),
    (
        "2.7.1",
        "the home manager may recall a day at any time",
        &["tests/register.rs: entries_fold_into_the_agreed_days"],
    ),
    (
        "2.7.2",
        "the notice is recorded and not judged",
        &["tests/term.rs: a_term_from_its_first_day_to_its_report"],
    ),
    ("2.7.3", "a recall reaches the host", &["tests/register.rs: a_new_date_is_told_while_it_is_agreed"]),
    (
        "3.1.1",
        "the equipment",
        &["tests/agreement_life.rs: r_3_1_1_the_checklist_is_shown_with_what_is_missing"],
    ),
    (
        "3.2.1",
        "networks, data and documents are protected",
        &["tests/intesa.rs: r_3_2_1_secrets_stay_out_and_files_are_for_their_owner"],
    ),
    (
        "4.1.1",
        "a withdrawal",
        &[
            "tests/agreement_changes.rs: r_4_1_1_a_withdrawal_ends_the_term_and_all_that_would_come",
            "tests/agreement_life.rs: r_4_1_1_a_withdrawal_in_the_past_amends_what_was_sent_and_can_be_undone",
        ],
    ),
    (
        "5.1.1",
        "the final report",
        &[
            "tests/final_report.rs: r_5_1_1_the_report_has_the_figures_of_the_whole_term",
            "tests/final_report.rs: r_5_1_1_the_report_goes_to_the_department_and_a_second_one_replaces_it",
        ],
    ),
    ("5.2.1", "contacts of both offices", &["tests/config.rs: the_sample_has_no_problem"]),
    ("5.3.1", "the intesa goes with the individual agreement", &["tests/agreements.rs: r_1_1_2"]),
    (
        "5.4.1",
        "place, date and signatures",
        &["tests/agreements.rs: r_5_4_1_a_scan_is_held_against_the_fingerprint_of_what_was_signed"],
    ),
];

#[test]
fn every_number_of_the_intesa_has_a_test_that_names_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (number, asked, tests) in TABLE {
        assert!(!tests.is_empty(), "R-{number}: {asked}");
        for test in *tests {
            let (file, function) = test.split_once(": ").unwrap();
            let source =
                fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            let lines: Vec<&str> = source.lines().collect();
            let start = format!("fn {function}");
            let found = lines.iter().position(|line| line.trim_start().starts_with(&start));
            let at = found.unwrap_or_else(|| panic!("R-{number}: there is no {function} in {file}"));
            let above = lines[at.saturating_sub(4)..=at].join("\n");
            assert!(above.contains("#[test]"), "R-{number}: {test} is no test");
            let names = above.contains(&format!("R-{number}"))
                || above.contains(&format!("r_{}", number.replace('.', "_")));
            assert!(names, "R-{number}: {test} does not name it");
        }
    }
}

#[test]
fn r_2_3_2_no_reason_of_an_absence_can_be_entered() {
    let office = Office::new();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "7", &days, "");
    let date = days[0].to_string();
    let add = ["absence", "add", "roma-01", &date, "--ref", "PEC 4"];
    let said = office.timbra(&[&add[..], &["--reason", "visita"]].concat());
    assert_eq!(said.code, Some(2), "{said:?}");
    let said = office.timbra(&[&add[..], &["--json"]].concat());
    let entry = said.json();
    assert!(entry.as_object().unwrap().keys().all(|key| key != "reason"), "{entry}");
}

#[test]
fn r_3_2_1_secrets_stay_out_and_files_are_for_their_owner() {
    let mut office = Office::new();
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "7", &days, "");
    office.import(&office.export("a.dat", "", days[0]));
    let mode = fs::metadata(office.path("store")).unwrap().permissions().mode();
    assert_eq!(mode & 0o007, 0, "strangers cannot look into the store: {mode:o}");
    office.mail = "transport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\ntls = \"starttls\"\nuser = \"a\"\npassword = \"geheim\"\n".to_owned();
    office.write();
    let said = office.timbra(&["check"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let told = said.out + &said.err;
    assert!(told.contains("password_file"), "{told}");
}
