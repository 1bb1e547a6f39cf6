//! `timbra day`: what a day would come to, computed from a case and nothing else.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::config::day_case::{self, DayCase};
use crate::config::node::Node;
use crate::config::problem::SourceText;
use crate::config::section::{Reading, Section};
use crate::domain::day::{Day, Status, Step, compute};
use crate::domain::minutes::Minutes;

use super::failure::{Done, Ending, Failure};
use super::output::print;

/// Computes a day from a JSON case: no store, no configuration.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    timbra day --case case.json\n  \
    jq '.[0]' cases.json | timbra day --case -\n\n\
    A case is an object with `profile`, `punches` and `context`; an array of cases gives an array.")]
pub(super) struct DayArgs {
    /// JSON file with a case or an array of cases; `-` for stdin
    #[arg(long, value_name = "FILE")]
    case: PathBuf,
}

pub(super) fn day(args: &DayArgs) -> Ending {
    let text = content(&args.case)?;
    let json: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        Failure::new(format!("{} is not JSON: {error}", shown(&args.case)))
            .hint("write an object with `profile`, `punches` and `context`, or an array of them")
    })?;
    let output = match &json {
        Value::Array(cases) => {
            let mut days = Vec::with_capacity(cases.len());
            let mut complaints = Vec::new();
            for (number, case) in (1..).zip(cases) {
                match read(case) {
                    Ok(case) => days.push(ShownDay::of(&compute(&case.input()))),
                    Err(problems) => {
                        let id = case.get("id").and_then(Value::as_str);
                        let name = id.map_or(format!("case {number}"), |id| format!("case {number} ({id})"));
                        complaints.extend(problems.into_iter().map(|problem| format!("{name}: {problem}")));
                    }
                }
            }
            refuse(&args.case, &complaints)?;
            serde_json::to_string_pretty(&days)
        }
        case => match read(case) {
            Ok(case) => serde_json::to_string_pretty(&ShownDay::of(&compute(&case.input()))),
            Err(problems) => return Err(refusal(&args.case, &problems)),
        },
    };
    let output = output.map_err(|error| Failure::new(format!("cannot write the day as JSON: {error}")))?;
    print(format!("{output}\n").as_bytes())?;
    Ok(Done::Clean)
}

fn content(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    read.map_err(|error| Failure::new(format!("cannot read {}: {error}", shown(file))))
}

fn shown(file: &Path) -> String {
    if file == Path::new("-") { "the case on stdin".to_owned() } else { file.display().to_string() }
}

fn refuse(file: &Path, complaints: &[String]) -> Result<(), Failure> {
    if complaints.is_empty() { Ok(()) } else { Err(refusal(file, complaints)) }
}

fn refusal(file: &Path, complaints: &[String]) -> Failure {
    Failure::new(format!("{} cannot be used:\n  {}", shown(file), complaints.join("\n  ")))
}

/// A case, or everything that is wrong with it, each with its path of keys.
fn read(json: &Value) -> Result<DayCase, Vec<String>> {
    if !json.is_object() {
        return Err(vec![
            "not an object: write { \"profile\": .., \"punches\": .., \"context\": .. }".into(),
        ]);
    }
    let source = SourceText::new(Path::new(""), String::new());
    let node = Node::from_json(json);
    let reading = Reading::new(&source, Vec::new());
    let case = day_case::read(&Section::root(&reading, &node));
    let problems = reading.into_problems();
    match case {
        Some(case) if problems.is_empty() => Ok(case),
        _ => Err(problems
            .into_iter()
            .map(|problem| match problem.hint {
                Some(hint) => format!("{}; {hint}", problem.message),
                None => problem.message,
            })
            .collect()),
    }
}

/// A day as JSON; minutes are whole numbers, null where they cannot be known.
#[derive(Debug, Serialize)]
pub(super) struct ShownDay {
    status: &'static str,
    presence_minutes: Option<i32>,
    break_taken_minutes: Option<i32>,
    break_deducted_minutes: Option<i32>,
    worked_minutes: Option<i32>,
    justified_minutes: Option<i32>,
    due_minutes: Option<i32>,
    balance_minutes: Option<i32>,
    not_counted_minutes: Option<i32>,
    service_minutes: Option<i32>,
    meal_voucher: Option<bool>,
    anomalies: Vec<&'static str>,
    coworking_day_used: Option<u8>,
    included_in_totals: bool,
    trail: Vec<ShownStep>,
}

#[derive(Debug, Serialize)]
struct ShownStep {
    rule: &'static str,
    because: String,
    before: i32,
    after: i32,
    punches: Vec<String>,
    english: String,
    italian: String,
}

impl ShownDay {
    pub(super) fn of(day: &Day) -> Self {
        let number = |minutes: Option<Minutes>| minutes.map(|minutes| minutes.0);
        Self {
            status: day.status.code(),
            presence_minutes: number(day.presence),
            break_taken_minutes: number(day.break_taken),
            break_deducted_minutes: number(day.break_deducted),
            worked_minutes: number(day.worked),
            justified_minutes: number(day.justified),
            due_minutes: number(day.due),
            balance_minutes: number(day.balance),
            not_counted_minutes: number(day.not_counted),
            service_minutes: number(day.service),
            meal_voucher: day.meal_voucher,
            anomalies: day.anomalies.iter().map(|anomaly| anomaly.code()).collect(),
            coworking_day_used: (day.status != Status::InputError).then_some(day.coworking_day_used.into()),
            included_in_totals: day.included_in_totals,
            trail: day.trail.iter().map(ShownStep::of).collect(),
        }
    }
}

impl ShownStep {
    fn of(step: &Step) -> Self {
        Self {
            rule: step.rule.code(),
            because: step.because.to_string(),
            before: step.before.0,
            after: step.after.0,
            punches: step.punches.iter().map(chrono::DateTime::to_rfc3339).collect(),
            english: step.english(),
            italian: step.italian(),
        }
    }
}
