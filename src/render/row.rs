//! One day of the page, as every form of it shows it.

use std::collections::BTreeSet;

use crate::domain::anomaly::Anomaly;
use crate::domain::civil;
use crate::domain::day::{KeptPunch, Leave, Status};
use crate::domain::host::Host;
use crate::domain::minutes::Minutes;
use crate::domain::month_days::MonthDay;
use crate::domain::punch::Direction;
use crate::domain::standing::CalendarSide;

use super::{italian, requests};

/// What is shown where a value is not known.
pub(super) const UNKNOWN: &str = "n.d.";

/// The columns with a number or a yes or no, in order: the words on the page, and the same on
/// three short lines.
pub(super) const COLUMNS: [(&str, [&str; 3]); 8] = [
    ("Presenza", ["", "", "Presenza"]),
    ("Pausa fruita", ["", "Pausa", "fruita"]),
    ("Pausa decurtata", ["", "Pausa", "decurt."]),
    ("Ore lavorate", ["", "Ore", "lavor."]),
    ("Ore giustificate", ["", "Ore", "giust."]),
    ("Ore dovute", ["", "Ore", "dovute"]),
    ("Saldo", ["", "", "Saldo"]),
    ("Condizioni buono pasto", ["Cond.", "buono", "pasto"]),
];

/// Something on the page that the legend explains, in the order of the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Code {
    Entry,
    Exit,
    Guessed,
    Manual,
    Service,
    Unpaired,
    Counted,
    NextDay,
    Unknown,
    Contested,
}

impl Code {
    /// The sign and what it means.
    pub(super) fn explained(self) -> (&'static str, &'static str) {
        match self {
            Self::Entry => ("E", "entrata"),
            Self::Exit => ("U", "uscita"),
            Self::Guessed => {
                ("?", "verso non rilevato dal lettore, dedotto dall'alternanza delle timbrature")
            }
            Self::Manual => ("M", "timbratura manuale"),
            Self::Service => ("S", "uscita o rientro per servizio"),
            Self::Unpaired => ("*", "timbratura senza la corrispondente entrata o uscita"),
            Self::Counted => ("=HH:MM", "orario conteggiato dopo tolleranza o arrotondamento del profilo"),
            Self::NextDay => ("+1", "del giorno successivo"),
            Self::Unknown => (UNKNOWN, "non disponibile"),
            Self::Contested => {
                ("contestata", "il lavoratore contesta i dati della giornata, che restano quelli rilevati")
            }
        }
    }
}

/// Why a day is not final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Somebody must act.
    Open,
    /// Data are still to come.
    Awaited,
}

impl Mark {
    /// The words on the page.
    pub(super) fn italian(self) -> &'static str {
        match self {
            Self::Open => "DA REGOLARIZZARE",
            Self::Awaited => "DATI NON ANCORA PERVENUTI",
        }
    }
}

/// One day.
#[derive(Debug)]
pub(super) struct Row {
    /// `05/11/2026`
    pub(super) date: String,
    /// `giovedì`
    pub(super) weekday: &'static str,
    /// `08:00E`, `13:00U?`, ...
    pub(super) punches: Vec<String>,
    /// The values of [`COLUMNS`].
    pub(super) cells: [String; 8],
    /// The day is not final.
    pub(super) mark: Option<Mark>,
    /// Anomalies and other remarks.
    pub(super) notes: Vec<String>,
}

impl Row {
    /// Words a day; adds the signs it uses to `codes`.
    pub(super) fn of(month_day: &MonthDay, host: &Host, codes: &mut BTreeSet<Code>) -> Self {
        let day = &month_day.day;
        let known = |minutes: Option<Minutes>| minutes.filter(|_| month_day.covered);
        let plain = |minutes| known(minutes).map_or(UNKNOWN.to_owned(), |value| value.to_string());
        let voucher = match day.meal_voucher.filter(|_| month_day.covered) {
            Some(true) => "SI",
            Some(false) => "NO",
            None => UNKNOWN,
        };
        let cells = [
            plain(day.presence),
            plain(day.break_taken),
            plain(day.break_deducted),
            plain(day.worked),
            plain(day.justified),
            plain(day.due),
            known(day.balance).map_or(UNKNOWN.to_owned(), Minutes::signed),
            voucher.to_owned(),
        ];
        if cells.iter().any(|cell| cell == UNKNOWN) {
            codes.insert(Code::Unknown);
        }
        if month_day.calendar.contested {
            codes.insert(Code::Contested);
        }
        let punches = day.punches.iter().map(|punch| show(punch, month_day, host, codes)).collect();
        let mark = match (month_day.covered, month_day.is_open()) {
            (false, _) => Some(Mark::Awaited),
            (true, true) => Some(Mark::Open),
            (true, false) => None,
        };
        Self {
            date: italian::date(month_day.date),
            weekday: italian::weekday(month_day.date),
            punches,
            cells,
            mark,
            notes: notes(month_day, host),
        }
    }
}

/// The anomalies that may be told: before the data are complete, only those that no punch can undo.
/// How short the notice of a recall was is never told: it shows its two dates, and the home judges.
pub(super) fn told(month_day: &MonthDay) -> impl Iterator<Item = Anomaly> {
    let covered = month_day.covered;
    let anomalies = month_day.day.anomalies.iter().copied();
    let anomalies = anomalies.filter(|anomaly| *anomaly != Anomaly::RecallShortNotice);
    anomalies.filter(move |anomaly| covered || requests::holds_before_all_data(*anomaly))
}

fn notes(month_day: &MonthDay, host: &Host) -> Vec<String> {
    let day = &month_day.day;
    let mut notes: Vec<String> = told(month_day).map(|anomaly| anomaly.italian().to_owned()).collect();
    if month_day.covered {
        if notes.is_empty() && day.status != Status::Ok {
            notes.push(italian::outcome(day.status).to_owned());
        }
        let mut amount = |words: &str, minutes: Option<Minutes>| {
            if let Some(minutes) = minutes.filter(|minutes| minutes.0 > 0) {
                notes.push(format!("{words} {minutes}"));
            }
        };
        amount("tempo non conteggiato", day.not_counted);
        amount("servizio esterno", day.service);
    }
    notes.extend(entered(&month_day.calendar, host));
    if !month_day.counts() {
        notes.push("ore escluse dai totali".to_owned());
    }
    notes
}

/// What the home office communicated, or the host entered, about the day.
fn entered(calendar: &CalendarSide, host: &Host) -> Vec<String> {
    let mut notes = Vec::new();
    if calendar.contested {
        notes.push("contestata dal lavoratore".to_owned());
    }
    if let Some(recall) = calendar.recall {
        let instead = match recall.new_date {
            Some(date) => format!("nuova data {}", italian::date(date)),
            None => "senza nuova data".to_owned(),
        };
        notes.push(format!("revoca comunicata il {}, {instead}", italian::date(recall.notice)));
    }
    if let Some(date) = calendar.moved_to {
        notes.push(format!("giornata spostata al {}", italian::date(date)));
    }
    for leave in &calendar.leaves {
        let settled = |credited| if credited { "ore giustificate" } else { "ore da recuperare" };
        notes.push(match *leave {
            Leave::FullDay { credited } => format!("assenza per l'intera giornata, {}", settled(credited)),
            Leave::Hourly { from, to, credited } => {
                format!("assenza dalle {from} alle {to}, {}", settled(credited))
            }
        });
    }
    for malfunction in &calendar.malfunctions {
        notes.push(format!("timbratura manuale per il malfunzionamento n. {malfunction}"));
    }
    for at in &calendar.voided {
        notes
            .push(format!("timbratura delle {} annullata", civil::local_time(at, host.zone).format("%H:%M")));
    }
    notes
}

/// `08:00E`: the minute that the reader saw, the direction, and signs for all that is unusual.
fn show(punch: &KeptPunch, month_day: &MonthDay, host: &Host, codes: &mut BTreeSet<Code>) -> String {
    let seen = civil::local_time(&punch.seen, host.zone);
    let counted = civil::local_time(&punch.counted, host.zone);
    let clock = |at: chrono::NaiveDateTime| at.format("%H:%M").to_string();
    let mut shown = clock(seen);
    let mut sign = |code: Code, text: &str| {
        codes.insert(code);
        shown.push_str(text);
    };
    match punch.direction {
        Direction::In => sign(Code::Entry, "E"),
        Direction::Out => sign(Code::Exit, "U"),
    }
    let moved = clock(seen) != clock(counted);
    for (code, text, used) in [
        (Code::Guessed, "?", punch.guessed),
        (Code::Manual, "M", punch.manual),
        (Code::Service, "S", punch.is_service()),
        // before the data are complete, the other half of the pair may still come
        (Code::Unpaired, "*", punch.unpaired && month_day.covered),
        (Code::Counted, &*format!("={}", clock(counted)), moved),
        (Code::NextDay, "+1", seen.date() > month_day.date),
    ] {
        if used {
            sign(code, text);
        }
    }
    shown
}
