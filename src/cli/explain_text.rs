//! An explained day as text, in Italian or English, to be read aloud to the employee.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Utc};

use crate::domain::day::{Measure, Step};
use crate::domain::minutes::Minutes;
use crate::domain::month_days::MonthDay;
use crate::domain::punch::Direction;

use super::explain::{Explanation, Line, PunchFate};
use super::language::Language;

const ENGLISH: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const ITALIAN: [&str; 7] = ["Lunedì", "Martedì", "Mercoledì", "Giovedì", "Venerdì", "Sabato", "Domenica"];

/// The whole text.
pub(super) fn told(explanation: &Explanation<'_>, language: Language) -> String {
    let teller = Teller::new(explanation, language);
    let mut text = teller.heading();
    let Some(day) = &explanation.day else { return text + teller.nothing() };
    text += &teller.punches();
    text += &teller.steps(day);
    text += &teller.ending(day);
    text
}

/// Says what is known of a day in one language.
pub(super) struct Teller<'a> {
    explanation: &'a Explanation<'a>,
    italian: bool,
}

impl<'a> Teller<'a> {
    pub(super) fn new(explanation: &'a Explanation<'a>, language: Language) -> Self {
        Self { explanation, italian: language == Language::It }
    }
}

impl Teller<'_> {
    /// What is said of a day of which nothing is known.
    pub(super) fn nothing(&self) -> &'static str {
        self.say(
            "\nThe day was not agreed and no punch of it is stored: there is nothing to explain.\n",
            "\nLa giornata non è concordata e non ha timbrature: non c'è nulla da spiegare.\n",
        )
    }

    fn say<'w>(&self, english: &'w str, italian: &'w str) -> &'w str {
        if self.italian { italian } else { english }
    }

    fn date(&self, date: NaiveDate) -> String {
        date.format(self.say("%Y-%m-%d", "%d/%m/%Y")).to_string()
    }

    fn instant(&self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.explanation.config.host.zone);
        format!("{} {}", self.date(local.date_naive()), local.format("%H:%M"))
    }

    /// A time of the day; with its date when it is of another one.
    fn clock(&self, at: &DateTime<FixedOffset>) -> String {
        let time = at.format("%H:%M:%S");
        if at.date_naive() == self.explanation.date {
            time.to_string()
        } else {
            format!("{time} ({})", self.date(at.date_naive()))
        }
    }

    /// The day, and what it is for agreement, register and calendar.
    pub(super) fn heading(&self) -> String {
        let explanation = self.explanation;
        let (agreement, date) = (explanation.agreement, explanation.date);
        let number = date.weekday().num_days_from_monday() as usize;
        let weekday = self.say(ENGLISH[number], ITALIAN[number]);
        let employee = &agreement.employee;
        let mut text = format!(
            "{weekday} {}\n{} {} {}, {} ({})\n{}: {}\n",
            self.date(date),
            employee.title.italian(),
            employee.given_name,
            employee.family_name,
            agreement.id,
            agreement.reference,
            self.say("Home workplace", "Sede di lavoro"),
            agreement.home.name,
        );
        let agreed = agreement.clauses.calendar_agreed.as_ref().map(|agreed| {
            format!(
                ", {} {} {} {} ({} {})",
                self.say("by", "da"),
                agreed.by,
                self.say("on", "il"),
                self.date(agreed.on),
                self.say("calendar, version", "calendario, versione"),
                agreed.version
            )
        });
        text += &if explanation.planned {
            format!("{}{}\n", self.say("Agreed: yes", "Concordata: sì"), agreed.unwrap_or_default())
        } else {
            format!("{}\n", self.say("Agreed: no", "Concordata: no"))
        };
        for decided in &explanation.decided {
            text += &format!("{}: {}\n", self.say("Register", "Registro"), decided.told(self.italian));
        }
        if let Some(version) = explanation.profile {
            text += &format!(
                "{}: {}, {} {}\n",
                self.say("Hour profile", "Profilo orario"),
                version.profile.name,
                self.say("in force from", "in vigore dal"),
                self.date(version.from)
            );
        }
        if let Some(term) = explanation.outside {
            text += &format!(
                "{} {} - {}\n",
                self.say("Outside of the term of the agreement:", "Fuori dal periodo dell'intesa:"),
                self.date(term.start),
                self.date(term.end)
            );
        } else if explanation.awaited.is_empty() {
            text += self.say(
                "Data: complete, every reader has delivered past the end of the day\n",
                "Dati: completi, ogni lettore ha consegnato oltre la fine della giornata\n",
            );
        }
        for (reader, until) in &explanation.awaited {
            let reached = until.map_or_else(
                || self.say("has never delivered", "non ha mai consegnato").to_owned(),
                |at| {
                    format!(
                        "{} {}",
                        self.say("has delivered until", "ha consegnato fino al"),
                        self.instant(at)
                    )
                },
            );
            text += &format!(
                "{} {reader} {reached}\n",
                self.say("Data: still awaited, reader", "Dati: ancora attesi, il lettore")
            );
        }
        text
    }

    fn punches(&self) -> String {
        let mut text = format!("\n{}\n", self.say("PUNCHES", "TIMBRATURE"));
        if self.explanation.lines.is_empty() {
            text += self.say("  none\n", "  nessuna\n");
        }
        for line in &self.explanation.lines {
            text += &format!("  {}", self.punch(line));
        }
        text
    }

    /// A punch, and below it where it came from.
    pub(super) fn punch(&self, line: &Line) -> String {
        let (at, direction, fate) = (self.clock(&line.at), self.direction(line), self.fate(line));
        format!("{at}  {direction}: {fate}\n{}", self.source(line))
    }

    fn direction(&self, line: &Line) -> &'static str {
        let counted =
            if let PunchFate::Counts(kept) = &line.fate { Some(kept.direction) } else { line.direction };
        match (counted, self.italian) {
            (Some(Direction::In), true) => "entrata",
            (Some(Direction::In), false) => "entry",
            (Some(Direction::Out), true) => "uscita",
            (Some(Direction::Out), false) => "exit",
            (None, true) => "senza verso",
            (None, false) => "no direction",
        }
    }

    fn fate(&self, line: &Line) -> String {
        let kept = match &line.fate {
            PunchFate::Counts(kept) => kept,
            PunchFate::Repeats(first) => {
                let words = self.say("left out, it repeats that of", "non conta, ripete quella delle");
                return format!("{words} {}", self.clock(first));
            }
            PunchFate::DayBefore => {
                return self
                    .say(
                        "counts for the day before, whose exit it is",
                        "conta per il giorno prima: ne è l'uscita",
                    )
                    .to_owned();
            }
            PunchFate::Voided => {
                return self
                    .say("voided by an entry of the register", "annullata da una voce del registro")
                    .to_owned();
            }
            PunchFate::LeftOut => return self.say("left out", "non conta").to_owned(),
        };
        let counted = kept.counted.format("%H:%M");
        let mut told = format!("{} {counted}", self.say("counts as", "conta come"));
        if kept.guessed {
            told += self.say(", direction by alternation", ", verso dedotto per alternanza");
        }
        if kept.manual {
            told += self.say(", entered by hand and confirmed", ", inserita a mano e confermata");
        }
        if kept.unpaired {
            told += match kept.direction {
                Direction::In => self.say(", without its exit", ", senza la sua uscita"),
                Direction::Out => self.say(", without its entry", ", senza la sua entrata"),
            };
        }
        if let Some(reason) = &kept.reason {
            told += &format!(", {} {reason}", self.say("reason", "causale"));
        }
        told
    }

    fn source(&self, line: &Line) -> String {
        let Some(source) = &line.source else { return String::new() };
        let unknown = || self.say("(no longer known)", "(non più noto)").to_owned();
        let (what, part, taken) = if source.live {
            (self.say("port", "porta"), self.say("frame", "trama"), self.say("received on", "ricevuta il"))
        } else {
            ("file", self.say("line", "riga"), self.say("taken on", "acquisito il"))
        };
        let taken = source.received_at.map(|at| format!(", {taken} {}", self.instant(at)));
        let word = if source.word.is_empty() {
            self.say("none", "nessuno").to_owned()
        } else {
            format!("\"{}\"", source.word)
        };
        let mut text = format!(
            "            {} {}, {what} {}, {part} {}{}; {} {word}\n            | {}\n",
            self.say("reader", "lettore"),
            source.reader,
            source.origin.clone().unwrap_or_else(unknown),
            source.line,
            taken.unwrap_or_default(),
            self.say("the device's word for the direction:", "verso scritto dal lettore:"),
            source.raw
        );
        if let Some(step) = source.clock_step {
            text += &format!(
                "            ! {} {:+} s ({} -> {})\n",
                self.say(
                    "this time may be wrong: the clock of the computer was set around it, by",
                    "ora da verificare: l'orologio del computer è stato spostato in quel momento di"
                ),
                step.by.num_seconds(),
                self.instant(step.before),
                self.instant(step.after)
            );
        }
        text
    }

    fn steps(&self, day: &MonthDay) -> String {
        let mut text = format!("\n{}\n", self.say("STEP BY STEP", "PASSO PER PASSO"));
        for (number, step) in (1..).zip(&day.day.trail) {
            text += &format!("{number:>4}. {}\n", self.step(step));
        }
        text
    }

    /// A step, and below it its ground.
    pub(super) fn step(&self, step: &Step) -> String {
        let sentence = if self.italian { step.italian() } else { step.english() };
        format!("{sentence}\n      [{}]", self.ground(step))
    }

    /// The rule, what decided, the minutes before and after, the punches.
    fn ground(&self, step: &Step) -> String {
        let mut parts = if self.italian {
            vec![format!("regola: {}", step.rule.title()), step.because.italian()]
        } else {
            vec![format!("rule {}", step.rule.code()), step.because.to_string()]
        };
        let shown = |minutes: Minutes| match step.rule.measure() {
            Measure::Clock => format!("{:0>5}", minutes.to_string()),
            _ => minutes.to_string(),
        };
        if step.rule.measure() != Measure::Nothing {
            let (from, to) = (self.say("from", "da"), self.say("to", "a"));
            parts.push(format!("{from} {} {to} {}", shown(step.before), shown(step.after)));
        }
        if !step.punches.is_empty() {
            let punches: Vec<String> = step.punches.iter().map(|at| self.clock(at)).collect();
            parts.push(format!("{} {}", self.say("punches", "timbrature"), punches.join(", ")));
        }
        parts.join("; ")
    }

    fn ending(&self, day: &MonthDay) -> String {
        let mut items = self.to_know(day);
        let counts = items.pop().unwrap_or_default();
        let mut text = format!("\n{}\n", self.say("TO KNOW", "DA SAPERE"));
        for item in items {
            text += &format!("  - {item}\n");
        }
        text + &format!("  {counts}\n")
    }

    /// What is unusual of the day, and whether it counts.
    pub(super) fn to_know(&self, day: &MonthDay) -> Vec<String> {
        let mut items = Vec::new();
        for anomaly in &day.day.anomalies {
            let told =
                if self.italian { anomaly.italian().to_owned() } else { anomaly.code().replace('_', " ") };
            let open =
                if anomaly.is_open() { self.say(" (to regularise)", " (da regolarizzare)") } else { "" };
            items.push(format!("{told}{open}"));
        }
        let counts = match (day.covered, day.counts(), day.is_open()) {
            _ if self.explanation.outside.is_some() => self.say(
                "The day is outside of the term: it counts for nothing.",
                "La giornata è fuori dal periodo dell'intesa: non conta.",
            ),
            (false, _, _) => self.say(
                "Data are still awaited: all of this is provisional.",
                "Si attendono ancora dati: tutto questo è provvisorio.",
            ),
            (true, true, _) => {
                self.say("The day counts in the month's totals.", "La giornata conta nei totali del mese.")
            }
            (true, false, true) => self.say(
                "The day stays out of the totals until it is put right.",
                "La giornata resta fuori dai totali finché non è regolarizzata.",
            ),
            (true, false, false) => self.say(
                "The day does not count in the month's totals.",
                "La giornata non conta nei totali del mese.",
            ),
        };
        items.push(counts.to_owned());
        items
    }
}
