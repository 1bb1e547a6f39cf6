//! What of two statements of a month is different for whoever reads them.

use timbra::domain::amendment::{Column, Place};
use timbra::domain::anomaly::Anomaly;
use timbra::domain::civil::TimeOfDay;
use timbra::domain::day::{Leave, Status};
use timbra::domain::minutes::Minutes;
use timbra::domain::statement::Statement;
use timbra::render::{Format, Unreadable, differences, preview};

use super::SOFTWARE;
use super::sample::{Sample, at, open, regular_days, worked};

/// The data file of a statement, as it is stored when it is sent.
fn data(statement: &Statement<'_>) -> Vec<u8> {
    preview(statement, SOFTWARE, Format::Json).unwrap()
}

/// Each difference on a line: place, cell, before, after.
fn told(before: &Sample, after: &Sample) -> Vec<String> {
    let found = differences(&data(&before.statement()), &after.statement()).unwrap();
    let line = |difference: &timbra::domain::amendment::Difference| {
        let place = match difference.place {
            Place::Heading => "mese".to_owned(),
            Place::Day(date) => date.format("%d").to_string(),
            Place::Totals => "totali".to_owned(),
        };
        let words = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "-".to_owned());
        let (cell, before, after) = (difference.column.italian(), &difference.before, &difference.after);
        format!("{place} {cell}: {} > {}", words(before), words(after))
    };
    found.iter().map(line).collect()
}

#[test]
fn a_statement_read_back_differs_in_nothing() {
    let mut nobody = super::nil();
    nobody.agreement.employee.home_id = None;
    for sample in [super::eventful(), super::nil(), super::amendment(), nobody] {
        assert_eq!(told(&sample, &sample), Vec::<String>::new());
    }
}

#[test]
fn only_what_a_reader_sees_is_a_difference() {
    let mut later = super::eventful();
    later.identity.revision = 2;
    later.identity.number = None;
    later.identity.generated_at += chrono::Duration::days(9);
    later.host.contact.name = "dott. Nuovo Dirigente".to_owned();
    later.host.responsible = "dott. Nuovo Dirigente".to_owned();
    later.agreement.term.end = "2027-07-31".parse().unwrap();
    later.days[3].day.trail.clear();
    later.days[2].calendar.decided_by = timbra::domain::standing::DecidedBy::Nobody;
    // a number of a day whose data are not there is not shown
    later.days[7].day.due = Some(Minutes(1));
    assert_eq!(told(&super::eventful(), &later), Vec::<String>::new());
}

#[test]
fn each_change_is_told_in_its_cell() {
    type Change = fn(&mut Sample);
    let rows: [(Change, &[&str]); 13] = [
        (
            |sample| sample.days[1] = worked("2026-10-06", "08:10E 13:00U 13:30E 16:00U", 440),
            &[
                "06 Timbrature: 08:10E 13:00U 13:30E 15:47U > 08:10E 13:00U 13:30E 16:00U",
                "06 Presenza: 7:07 > 7:20",
                "06 Ore lavorate: 7:07 > 7:20",
                "06 Saldo: -0:05 > +0:08",
                "totali Ore lavorate: 36:00 > 36:13",
                "totali Saldo: 0:00 > +0:13",
            ],
        ),
        (|sample| sample.days[1].day.break_taken = Some(Minutes(20)), &["06 Pausa fruita: 0:30 > 0:20"]),
        (
            |sample| sample.days[1].day.break_deducted = Some(Minutes(10)),
            &["06 Pausa decurtata: 0:00 > 0:10"],
        ),
        (
            |sample| sample.days[1].day.meal_voucher = Some(false),
            &["06 Condizioni buono pasto: SI > NO", "totali Buoni pasto (condizioni orarie): 5 > 4"],
        ),
        (
            |sample| sample.days[1].planned = false,
            &[
                "06 Giornata concordata: SI > NO",
                "totali Giorni concordati: 5 > 4",
                "totali Giorni fruiti: 5 > 4",
                "totali Giorni non concordati con timbrature: 0 > 1",
            ],
        ),
        (
            |sample| drop(sample.days.remove(1)),
            &[
                "06 Giornata: timbrature: 08:10E 13:00U 13:30E 15:47U; ore lavorate 7:07; saldo -0:05 > -",
                "totali Giorni concordati: 5 > 4",
                "totali Giorni fruiti: 5 > 4",
                "totali Ore lavorate: 36:00 > 28:53",
                "totali Ore dovute: 36:00 > 28:48",
                "totali Saldo: 0:00 > +0:05",
                "totali Buoni pasto (condizioni orarie): 5 > 4",
            ],
        ),
        (
            |sample| sample.days.push(open("2026-10-30", "", Status::NoShow, &[Anomaly::NoShow])),
            &[
                "30 Giornata: - > timbrature: nessuna; ore lavorate n.d.; saldo n.d.; DA REGOLARIZZARE; nessuna \
                 timbratura e nessuna assenza comunicata; ore escluse dai totali",
                "totali Giorni concordati: 5 > 6",
                "totali Giorni non fruiti: 0 > 1",
                "totali Da regolarizzare o in attesa di dati: 0 > 1",
            ],
        ),
        (
            |sample| {
                sample.days[0].calendar.voided = vec![at("2026-10-05", "17:01")];
                let time = |text| TimeOfDay::parse(text).unwrap();
                let (from, to) = (time("15:42"), time("16:00"));
                sample.days[0].calendar.leaves = vec![Leave::Hourly { from, to, credited: true }];
            },
            &[
                "05 Anomalie/Note: nessuna > assenza dalle 15:42 alle 16:00, ore giustificate; timbratura delle 17:01 \
               annullata",
            ],
        ),
        (
            |sample| sample.days[0].day.punches[0].guessed = true,
            &["05 Timbrature: 08:00E 13:00U 13:30E 15:42U > 08:00E? 13:00U 13:30E 15:42U"],
        ),
        (
            |sample| sample.agreement.employee.family_name = "D'Esempio".to_owned(),
            &["mese Lavoratore: dott.ssa Anna Esempio > dott.ssa Anna D'Esempio"],
        ),
        (|sample| sample.agreement.employee.home_id = None, &["mese Matricola: 004217 > -"]),
        (
            |sample| sample.days[0].day.not_counted = Some(Minutes(5)),
            &["05 Anomalie/Note: nessuna > tempo non conteggiato 0:05"],
        ),
        (
            // a second seen within the same minute
            |sample| sample.days[0].day.punches[0].seen += chrono::Duration::seconds(20),
            &[],
        ),
    ];
    for (change, expected) in rows {
        let mut later = Sample::new(regular_days());
        change(&mut later);
        assert_eq!(told(&Sample::new(regular_days()), &later), expected);
        // and back: as many cells differ
        assert_eq!(told(&later, &Sample::new(regular_days())).len(), expected.len());
    }
}

#[test]
fn data_that_arrive_after_all_are_told() {
    let mut awaited = open("2026-10-05", "08:00E*", Status::Incomplete, &[Anomaly::UnpairedIn]);
    awaited.covered = false;
    let before = Sample::new(vec![awaited]);
    let after = Sample::new(vec![regular_days().remove(0)]);
    let told = told(&before, &after);
    assert_eq!(
        told[..2],
        ["05 Timbrature: 08:00E > 08:00E 13:00U 13:30E 15:42U", "05 Presenza: n.d. > 7:12"]
    );
    assert!(told.contains(
        &"05 Anomalie/Note: DATI NON ANCORA PERVENUTI; ore escluse dai totali > nessuna".to_owned()
    ));
}

#[test]
fn a_month_without_days_becomes_final() {
    let nil = super::nil();
    let mut unfinished = nil.statement();
    unfinished.complete = false;
    let found = differences(&data(&unfinished), &nil.statement()).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].column, found[0].after.as_deref()), (Column::Complete, Some("SI")));
}

#[test]
fn what_is_no_data_file_is_not_compared() {
    let sample = Sample::new(regular_days());
    let whole = String::from_utf8(data(&sample.statement())).unwrap();
    let (half, _) = whole.split_at(whole.len() / 2);
    for broken in ["", "{}", "[1]", "null", half, &whole.replace("\"ok\"", "\"fine\"")] {
        assert_eq!(differences(broken.as_bytes(), &sample.statement()), Err(Unreadable), "{broken}");
    }
}

#[test]
fn a_data_file_of_an_earlier_version_may_lack_keys() {
    let sample = Sample::new(regular_days());
    let mut value: serde_json::Value = serde_json::from_slice(&data(&sample.statement())).unwrap();
    for key in ["amendment", "malfunctions"] {
        value.as_object_mut().unwrap().remove(key);
    }
    for day in value["days"].as_array_mut().unwrap() {
        for key in ["malfunctions", "moved_to", "repeated_punches", "basis", "recall"] {
            day.as_object_mut().unwrap().remove(key);
        }
    }
    assert_eq!(differences(value.to_string().as_bytes(), &sample.statement()), Ok(Vec::new()));
}
