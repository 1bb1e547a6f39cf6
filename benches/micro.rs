//! Single steps, timed by divan: `cargo bench --bench micro`.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be set up must stop")]

mod workload;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use divan::Bencher;
use divan::counter::ItemsCount;
use timbra::config::day_case::{self, DayCase};
use timbra::config::node::Node;
use timbra::config::presets::preset;
use timbra::config::problem::SourceText;
use timbra::config::section::{Reading, Section};
use timbra::config::{self, Config};
use timbra::decode::Outcome;
use timbra::decode::decoder::Decoder;
use timbra::domain::civil::Clocks;
use timbra::domain::day::{self, compute};
use timbra::domain::ids::ReaderId;
use timbra::domain::month::Month;
use timbra::domain::month_days::{self, MonthInput};
use timbra::domain::register::Facts;
use timbra::domain::statement::{Identity, Statement};
use timbra::render;
use timbra::store::{BatchStart, FileIdentity, NewPunch, Portion, Store};

/// Lines of one round: one commit.
const LINES: usize = 10_000;

fn main() {
    divan::main();
}

fn export() -> Vec<u8> {
    let mut text = Vec::new();
    let first = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
    workload::days(LINES, first, &mut |day| text.extend_from_slice(day.as_bytes()));
    text
}

#[divan::bench]
fn decode(bencher: Bencher<'_, '_>) {
    let (text, format) = (export(), Arc::new(preset("zk-attlog").unwrap()));
    bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
        let mut sum = 0;
        let mut decoder = Decoder::new(Arc::clone(&format));
        decoder.push(&text, &mut |row| {
            if let Outcome::Punch(reading) = row.outcome {
                sum += reading.local;
            }
        });
        sum
    });
}

/// One commit into an empty store.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn append(bencher: Bencher<'_, '_>) {
    let text = export();
    let prepare = || {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let reader = store.reader_number(&ReaderId::new("ingresso").unwrap()).unwrap();
        let mut portion = Portion::default();
        let mut decoder = Decoder::new(Arc::new(preset("zk-attlog").unwrap()));
        decoder.push(&text, &mut |row| {
            if let Outcome::Punch(read) = row.outcome {
                portion.piece.push(&NewPunch {
                    local: read.local,
                    badge: read.badge,
                    direction: read.direction,
                    offset_minutes: read.offset_minutes,
                    reason: read.reason,
                    line: row.line,
                    raw: row.raw,
                });
            }
        });
        (folder, store, reader, portion)
    };
    bencher.counter(ItemsCount::new(LINES)).with_inputs(prepare).bench_local_values(
        |(folder, mut store, reader, mut portion)| {
            let start = BatchStart {
                reader,
                origin: "export",
                file: FileIdentity { device: 1, inode: 1, size: 1, modified: 1 },
                decoder: &[0; 32],
                received_at: DateTime::UNIX_EPOCH,
            };
            let batch = store.start_batch(&start).unwrap();
            let new = store.commit_portion(batch, &start, &mut portion, &mut |_| ()).unwrap();
            assert_eq!(new, LINES as u64);
            (folder, store, portion)
        },
    );
}

/// Every case of the agreed table.
#[divan::bench]
fn day(bencher: Bencher<'_, '_>) {
    let text = include_str!("../fixtures/day-cases/day-cases.json");
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    let cases: Vec<DayCase> = json.as_array().unwrap().iter().filter_map(case).collect();
    assert!(!cases.is_empty());
    bencher.counter(ItemsCount::new(cases.len())).bench_local(|| {
        for case in &cases {
            black_box(compute(&case.input()));
        }
    });
}

fn case(json: &serde_json::Value) -> Option<DayCase> {
    let source = SourceText::new(Path::new("case"), json.to_string());
    let node = Node::from_json(json);
    let reading = Reading::new(&source, Vec::new());
    day_case::read(&Section::root(&reading, &node))
}

/// The month of an agreement as a mail would carry it, days and all.
#[divan::bench(args = [render::Format::Text, render::Format::Html, render::Format::Pdf, render::Format::Csv, render::Format::Json])]
fn statement(bencher: Bencher<'_, '_>, format: render::Format) {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path());
    let agreement = config.agreements.first().unwrap();
    let month = Month::parse("2026-10").unwrap();
    let generated_at = DateTime::UNIX_EPOCH.fixed_offset();
    let (first, last) = month_days::dates_needed(month);
    let input = MonthInput {
        agreement,
        host: &config.host,
        facts: &Facts::of(agreement, &[]),
        month,
        clocks: &Clocks::over(first, last, config.host.zone),
        punches: &[],
        covered_until: None,
    };
    let days = month_days::days_of_month(&input, day::compute_untold);
    let identity = Identity { number: None, revision: 1, generated_at };
    let statement = Statement::new(agreement, &config.host, month, identity, days, true);
    bencher.bench_local(|| render::preview(&statement, "timbra", format));
}

fn configuration(folder: &Path) -> Config {
    std::fs::create_dir(folder.join("agreements")).unwrap();
    std::fs::write(folder.join("timbra.toml"), include_str!("../fixtures/demo/timbra.toml")).unwrap();
    let agreement = include_str!("../fixtures/demo/roma-01.toml");
    std::fs::write(folder.join("agreements/roma-01.toml"), agreement).unwrap();
    config::load(folder).config.unwrap()
}
