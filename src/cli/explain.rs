//! `timbra explain AGREEMENT DATE`: a stored day, step by step, down to each punch and the line it
//! came from. Reads only; shows nobody else's data.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::config::Config;
use crate::daemon::compute;
use crate::domain::agreement::{Agreement, ProfileVersion, Term};
use crate::domain::civil;
use crate::domain::day::{KeptPunch, Rule};
use crate::domain::month::Month;
use crate::domain::month_days::{MonthDay, OwnPunch};
use crate::domain::punch::{Direction, Punch};
use crate::domain::register::{Entry, Facts};
use crate::store::{ClockStep, Store, StoreError};

use super::configuration;
use super::day::ShownDay;
use super::document::{document_file, write_document};
use super::entering;
use super::entry_output;
use super::explain_paper;
use super::explain_register::{Decided, rulings};
use super::explain_text;
use super::failure::{Done, Ending};
use super::language::Language;
use super::output::print;

/// Which day of which agreement.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  timbra explain bianchi-torino 2026-10-06 --lang it\n  \
    timbra explain bianchi-torino 2026-10-06 --pdf giornata.pdf\n\n\
    Exit code 3 when the day is to regularise or its data are still awaited.")]
pub(super) struct ExplainArgs {
    /// The agreement: the name of its file without `.toml`
    agreement: String,
    /// The day, as 2026-10-06
    #[arg(value_name = "DATE", value_parser = entering::date)]
    date: NaiveDate,
    /// The language [default: that of the locale]
    #[arg(long, value_enum)]
    lang: Option<Language>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Write it in Italian into a file, for the employee (.pdf, .html or .txt)
    #[arg(long, value_name = "FILE", value_parser = document_file, conflicts_with_all = ["json", "lang"])]
    pdf: Option<PathBuf>,
}

/// What became of a stored punch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PunchFate {
    /// It counts.
    Counts(KeptPunch),
    /// It repeats the one at that instant.
    Repeats(DateTime<FixedOffset>),
    /// The day before took it over: an exit after midnight.
    DayBefore,
    /// An entry of the register voids it.
    Voided,
    /// It was left out for another reason, which the steps tell.
    LeftOut,
}

/// Where a punch was found.
#[derive(Debug)]
pub(super) struct Source {
    /// The reader.
    pub(super) reader: String,
    /// The file or the port, where it is still known.
    pub(super) origin: Option<String>,
    /// It came over a port.
    pub(super) live: bool,
    /// When the file was taken, or the frame came.
    pub(super) received_at: Option<DateTime<Utc>>,
    /// The line, or which frame of those that were stored together, from 1.
    pub(super) line: u64,
    /// What stands in the line; the bytes of the frame.
    pub(super) raw: String,
    /// The host stamped it around a step of its clock.
    pub(super) clock_step: Option<ClockStep>,
    /// The device's own word for the direction.
    pub(super) word: String,
}

/// One punch of the day.
#[derive(Debug)]
pub(super) struct Line {
    /// When it was seen.
    pub(super) at: DateTime<FixedOffset>,
    /// As the reader or the site says.
    pub(super) direction: Option<Direction>,
    /// What became of it.
    pub(super) fate: PunchFate,
    /// Absent for a punch that a person entered.
    pub(super) source: Option<Source>,
}

/// Everything that is known of a day.
#[derive(Debug)]
pub(super) struct Explanation<'a> {
    pub(super) config: &'a Config,
    pub(super) agreement: &'a Agreement,
    pub(super) date: NaiveDate,
    pub(super) profile: Option<&'a ProfileVersion>,
    /// Absent when the day was not agreed and has no punches.
    pub(super) day: Option<MonthDay>,
    pub(super) lines: Vec<Line>,
    /// The day was agreed, by the agreement or by the register.
    pub(super) planned: bool,
    /// What the register says of it.
    pub(super) decided: Vec<Decided>,
    /// Readers that have not delivered past the end of the day, and how far they have; none outside of the term.
    pub(super) awaited: Vec<(String, Option<DateTime<Utc>>)>,
    /// The term of the agreement, which the day is not in.
    pub(super) outside: Option<Term>,
}

pub(super) fn run(folder: &Path, args: &ExplainArgs) -> Ending {
    let config = configuration::load(folder)?;
    configuration::agreement(&config, &args.agreement)?;
    let store = Store::open_read_only(&config.store_folder)?;
    let config = configuration::in_force(&store, config)?;
    let agreement = configuration::agreement(&config, &args.agreement)?;
    let explanation = gather(&store, &config, agreement, args.date)?;
    if let Some(file) = &args.pdf {
        let id = format!("calcolo/{}/{}", agreement.id, args.date);
        write_document(file, &explain_paper::paper(&explanation), &id, config.host.zone)?;
        return Ok(ended(&explanation));
    }
    let text = if args.json {
        format!("{:#}\n", explanation.json())
    } else {
        explain_text::told(&explanation, Language::chosen(args.lang))
    };
    print(text.as_bytes())?;
    Ok(ended(&explanation))
}

fn ended(explanation: &Explanation<'_>) -> Done {
    let open = explanation.day.as_ref().is_some_and(MonthDay::is_open);
    if open { Done::Attention } else { Done::Clean }
}

fn gather<'a>(
    store: &Store,
    config: &'a Config,
    agreement: &'a Agreement,
    date: NaiveDate,
) -> Result<Explanation<'a>, StoreError> {
    let (before, after) = (date - Duration::days(1), date + Duration::days(1));
    let mut days = compute::month_told(store, config, agreement, Month::of(date))?;
    if !Month::of(date).contains(before) {
        days.extend(compute::month_told(store, config, agreement, Month::of(before))?);
    }
    let mut day_of = |date| {
        let found = days.iter().position(|day: &MonthDay| day.date == date);
        found.map(|position| days.swap_remove(position))
    };
    let (day, before) = (day_of(date), day_of(before));
    let stored = compute::punches(store, config, agreement, (date, after))?;
    let entries = store.register_of(&agreement.id)?;
    let facts = Facts::of(agreement, &entries);
    let around = Duration::days(2);
    let noon = civil::start_of_day(date, config.host.zone).to_utc() + Duration::hours(12);
    let steps = store.clock_steps(noon - around, noon + around)?;
    let mut voided = Vec::new();
    let mut kept = day.as_ref().map_or_else(Vec::new, |day| day.day.punches.to_vec());
    let mut lines = Vec::new();
    for (punch, own) in stored {
        let counts = kept.iter().position(|kept| is_of(kept, &own));
        let fate = match counts {
            Some(position) => PunchFate::Counts(kept.remove(position)),
            None if own.date == date && facts.voiding(punch.identity()).is_some() => {
                voided.extend(facts.voiding(punch.identity()).map(|entry| (own.at, entry)));
                PunchFate::Voided
            }
            None if own.date == date => left_out(day.as_ref(), before.as_ref(), &own),
            None => continue,
        };
        let source = Some(source(store, &punch, own.at, &steps)?);
        lines.push(Line { at: own.at, direction: own.direction, fate, source });
    }
    // what counts and no reader delivered was entered by a person
    lines.extend(kept.into_iter().map(|kept| Line {
        at: kept.seen,
        direction: Some(kept.direction),
        fate: PunchFate::Counts(kept),
        source: None,
    }));
    // two within one second stand as the day paired them
    let paired = day.as_ref().map_or(&[][..], |day| &day.day.punches);
    lines.sort_by_key(|line| {
        let PunchFate::Counts(counted) = &line.fate else { return (line.at, None) };
        (line.at, paired.iter().position(|kept| kept == counted))
    });
    let end = civil::start_of_day(after, config.host.zone);
    let covers = compute::covers(store)?;
    let term = facts.term();
    let outside = (date < term.start || date > term.end).then_some(term);
    let awaited = compute::readers_of(config, agreement)
        .map(|reader| (reader.to_string(), covers.get(reader.as_str()).copied()))
        .filter(|(_, covered)| outside.is_none() && covered.is_none_or(|until| until < end))
        .collect();
    let profile = ProfileVersion::on(&agreement.profiles, date);
    let planned = day.as_ref().map_or_else(|| facts.is_planned(date), |day| day.planned);
    let is_unauthorised =
        |entry: &Entry| entry_output::is_authorised(entry, agreement, config.host.zone) == Some(false);
    let decided = rulings(&facts, is_unauthorised, date, voided);
    Ok(Explanation { config, agreement, date, profile, day, lines, planned, decided, awaited, outside })
}

fn is_of(kept: &KeptPunch, own: &OwnPunch) -> bool {
    kept.seen == own.at && !kept.manual && (kept.guessed || own.direction == Some(kept.direction))
}

fn left_out(day: Option<&MonthDay>, before: Option<&MonthDay>, own: &OwnPunch) -> PunchFate {
    if before.is_some_and(|before| before.day.punches.iter().any(|kept| is_of(kept, own))) {
        return PunchFate::DayBefore;
    }
    let steps = day.iter().flat_map(|day| &day.day.trail);
    let mut repeats = steps.filter(|step| step.rule == Rule::Repeat && step.punches.get(1) == Some(&own.at));
    let first = repeats.next().and_then(|step| step.punches.first());
    first.map_or(PunchFate::LeftOut, |first| PunchFate::Repeats(*first))
}

fn source(
    store: &Store,
    punch: &Punch,
    at: DateTime<FixedOffset>,
    steps: &[ClockStep],
) -> Result<Source, StoreError> {
    let batch = store.batch_origin(punch.provenance.batch)?;
    let raw = store.raw_line(punch)?.unwrap_or_default();
    let live = batch.as_ref().is_some_and(|batch| batch.live);
    let stamped = live && punch.offset.is_some();
    let shown = |c: char| if c.is_control() && c != '\t' { '\u{fffd}' } else { c };
    Ok(Source {
        reader: punch.reader.to_string(),
        received_at: batch.as_ref().map(|batch| batch.received_at),
        origin: batch.map(|batch| batch.origin),
        live,
        line: punch.provenance.line,
        raw: if live {
            raw.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
        } else {
            String::from_utf8_lossy(&raw).trim_end_matches(['\r', '\n']).chars().map(shown).collect()
        },
        clock_step: steps.iter().find(|step| stamped && step.is_around(at.to_utc())).copied(),
        word: punch.direction_raw.clone(),
    })
}

impl Explanation<'_> {
    fn json(&self) -> Value {
        let zone = self.config.host.zone;
        let local = |at: DateTime<Utc>| at.with_timezone(&zone).to_rfc3339();
        let agreed = self.agreement.clauses.calendar_agreed.as_ref();
        let awaited = self.awaited.iter();
        json!({
            "agreement": self.agreement.id.as_str(),
            "date": self.date.to_string(),
            "profile": self.profile.map(|version| json!({
                "name": version.profile.name, "from": version.from.to_string(),
            })),
            "planned": self.planned,
            "planned_by": agreed.map(|agreed| json!({
                "by": agreed.by, "on": agreed.on.to_string(), "version": agreed.version,
            })),
            "register": self.decided.iter().map(Decided::json).collect::<Vec<_>>(),
            "in_term": self.outside.is_none(),
            "covered": self.day.as_ref().map(|day| day.covered),
            "awaited": awaited.map(|(reader, until)| json!({
                "reader": reader, "covered_until": until.map(local),
            })).collect::<Vec<_>>(),
            "punches": self.lines.iter().map(|line| line.json(&local)).collect::<Vec<_>>(),
            "day": self.day.as_ref().map(|day| ShownDay::of(&day.day)),
        })
    }
}

impl Line {
    fn json(&self, local: &impl Fn(DateTime<Utc>) -> String) -> Value {
        let (fate, kept, repeats) = match &self.fate {
            PunchFate::Counts(kept) => ("counts", Some(kept), None),
            PunchFate::Repeats(first) => ("repeats", None, Some(first.to_rfc3339())),
            PunchFate::DayBefore => ("day_before", None, None),
            PunchFate::Voided => ("voided", None, None),
            PunchFate::LeftOut => ("left_out", None, None),
        };
        let direction = kept.map(|kept| kept.direction).or(self.direction);
        json!({
            "at": self.at.to_rfc3339(),
            "direction": direction.map(|direction| direction.to_string()),
            "fate": fate,
            "counted": kept.map(|kept| kept.counted.to_rfc3339()),
            "guessed": kept.map(|kept| kept.guessed),
            "unpaired": kept.map(|kept| kept.unpaired),
            "repeats": repeats,
            "source": self.source.as_ref().map(|source| json!({
                "reader": source.reader, "file": source.origin.as_ref().filter(|_| !source.live),
                "port": source.origin.as_ref().filter(|_| source.live), "line": source.line, "raw": source.raw,
                "clock_step": source.clock_step.map(|step| json!({
                    "before": local(step.before), "after": local(step.after), "seconds": step.by.num_seconds(),
                })),
                "direction_word": source.word, "received_at": source.received_at.map(local),
            })),
        })
    }
}
