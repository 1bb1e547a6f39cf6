//! Writes what is measured: `generator lines COUNT FIRST_DAY FILE` the export of a clock,
//! `generator config FOLDER FIRST_DAY` a configuration of one reader and 30 agreements that takes it.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be set up must stop")]

mod workload;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Agreements of the configuration; an office with as many is a large one.
const AGREEMENTS: u32 = 30;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["lines", count, first, file] => {
            lines(count.parse().unwrap(), first.parse().unwrap(), Path::new(file));
        }
        ["config", folder, first] => config(Path::new(folder), first.parse().unwrap()),
        // `cargo bench` runs every target: this one is for peers.sh and gate.sh
        _ => (),
    }
}

fn lines(count: usize, first: NaiveDate, file: &Path) {
    let mut file = BufWriter::new(File::create(file).unwrap());
    workload::days(count, first, &mut |day| file.write_all(day.as_bytes()).unwrap());
    file.flush().unwrap();
}

fn config(folder: &Path, first: NaiveDate) {
    fs::create_dir_all(folder.join("agreements")).unwrap();
    fs::create_dir_all(folder.join("drop")).unwrap();
    let timbra = include_str!("../fixtures/demo/timbra.toml")
        .replace("stable_seconds = 0", "not_before = 2020-01-01\n\n[retention]\nunmatched_days = 366");
    fs::write(folder.join("timbra.toml"), timbra).unwrap();
    for agreement in 0..AGREEMENTS {
        let text = include_str!("../fixtures/demo/roma-01.toml")
            .lines()
            .map(|line| line_of(line, agreement, first))
            .collect::<Vec<_>>()
            .join("\n");
        fs::write(folder.join(format!("agreements/roma-{agreement:02}.toml")), text).unwrap();
    }
}

/// A line of the sample agreement, for another person and other days.
fn line_of(line: &str, agreement: u32, first: NaiveDate) -> String {
    let day = |days| first + Days::new(days);
    // February has no holidays
    let february = (0..365).map(day).find(|day| day.month() == 2 && day.weekday() == Weekday::Wed).unwrap();
    let wednesday = |days| february + Days::new(days);
    match line.split_once(" = ") {
        Some(("calendar", _)) => {
            format!("calendar = [{}, {}, {}]", wednesday(0), wednesday(7), wednesday(14))
        }
        Some(("number", _)) => format!("number = \"{}\"", workload::badge(agreement * 300)),
        Some(("home_id", _)) => format!("home_id = \"M{agreement:06}\""),
        Some(("start", _)) => format!("start = {first}"),
        Some(("end", _)) => format!("end = {}", day(364)),
        _ => line.to_owned(),
    }
}
