//! The sections of the board: each a table, or a sentence that says that there is nothing.

use crate::domain::alarm::Level;
use crate::domain::whereabouts::Whereabouts;
use crate::render::naming::short_name;
use crate::render::{italian, reminder};

use super::{Board, Fault, Known, Present, message};

/// A table shows at most so many rows: the page stays one that a person reads.
const LONGEST: usize = 100;

/// One section.
pub(super) struct Section {
    /// Its name in addresses.
    pub(super) id: &'static str,
    /// Its heading.
    pub(super) title: &'static str,
    /// What its table shows.
    pub(super) caption: &'static str,
    /// The heads of its columns, that of what to do aside.
    pub(super) heads: &'static [&'static str],
    /// The head of what to do; none: the rows do not say it.
    pub(super) todo_head: Option<&'static str>,
    /// The rows, at most [`LONGEST`].
    pub(super) rows: Vec<Row>,
    /// How many more there are.
    pub(super) more: usize,
    /// What is said where there are none.
    pub(super) empty: String,
    /// How many rows need a person.
    pub(super) urgent: usize,
    /// What is counted at the top of the page: one, and several.
    pub(super) counted: (&'static str, &'static str),
    /// A sentence under the table.
    pub(super) note: String,
}

/// A row: its cells, the first of which names it, and what to do.
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) todo: Todo,
    /// A person must act.
    pub(super) urgent: bool,
}

/// What to do: in words, and by which command.
pub(super) struct Todo {
    pub(super) words: String,
    pub(super) command: Option<String>,
}

impl Todo {
    pub(super) fn plain(words: impl Into<String>) -> Self {
        Self { words: words.into(), command: None }
    }

    pub(super) fn with(words: impl Into<String>, command: impl Into<String>) -> Self {
        Self { words: words.into(), command: Some(command.into()) }
    }
}

/// All of them, in the order of the page.
pub(super) fn sections(board: &Board<'_>) -> Vec<Section> {
    vec![alarms(board), today(board), open_days(board), due(board), outbox(board), malfunctions(board)]
}

impl Section {
    fn filled(self, mut rows: Vec<Row>) -> Self {
        let urgent = rows.iter().filter(|row| row.urgent).count();
        let more = rows.len().saturating_sub(LONGEST);
        rows.truncate(LONGEST);
        Self { rows, more, urgent, ..self }
    }
}

fn section(id: &'static str, title: &'static str, heads: &'static [&'static str], empty: &str) -> Section {
    Section {
        id,
        title,
        caption: title,
        heads,
        todo_head: Some("Che cosa fare"),
        rows: Vec::new(),
        more: 0,
        empty: empty.to_owned(),
        urgent: 0,
        counted: ("", ""),
        note: String::new(),
    }
}

fn alarms(board: &Board<'_>) -> Section {
    let mut alarms: Vec<_> = board.alarms.iter().collect();
    alarms.sort_by_key(|(at, alarm)| (std::cmp::Reverse(alarm.level), *at));
    let row = |(at, alarm): &&(Option<chrono::NaiveDateTime>, crate::domain::alarm::Alarm)| Row {
        cells: vec![
            level(alarm.level).to_owned(),
            alarm.kind.italian().replace("piu'", "più"),
            at.map_or_else(|| "adesso".to_owned(), italian::date_time),
        ],
        todo: Todo::plain(alarm.text.clone()),
        urgent: alarm.level >= Level::Orange,
    };
    let rows = alarms.iter().map(row).collect();
    let section = section("avvisi", "Avvisi", &["Gravità", "Che cosa", "Dal"], "Nessun avviso.");
    Section {
        caption: "Avvisi, il più grave per primo",
        todo_head: Some("Che cosa è successo, che cosa fare"),
        counted: ("avviso da seguire", "avvisi da seguire"),
        ..section
    }
    .filled(rows)
}

/// Told by words, not by colour alone.
fn level(level: Level) -> &'static str {
    match level {
        Level::Red => "URGENTE (rosso)",
        Level::Orange => "da vedere oggi (arancione)",
        Level::Yellow => "da sapere (giallo)",
    }
}

fn today(board: &Board<'_>) -> Section {
    let is_shown = |one: &&Present<'_>| one.whereabouts != Whereabouts::NotExpected;
    let rows: Vec<Row> = board.present.iter().filter(is_shown).map(|one| present(board, one)).collect();
    let others = board.present.len() - rows.len();
    let empty = "Oggi non è prevista né rilevata alcuna presenza.";
    let heads = &["Intesa", "Sede di lavoro", "Situazione", "Dalle ore", "Dati dei lettori"];
    let note = match others {
        0 => String::new(),
        1 => "Per un'altra intesa in corso oggi non è prevista presenza.".to_owned(),
        others => format!("Per altre {others} intese in corso oggi non è prevista presenza."),
    };
    Section {
        caption: "Chi è previsto o rilevato oggi, secondo l'ultima timbratura",
        todo_head: None,
        note,
        ..section("oggi", "Oggi", heads, empty)
    }
    .filled(rows)
}

fn present(board: &Board<'_>, one: &Present<'_>) -> Row {
    let known = match one.known {
        Known::Never => "un lettore non ha ancora consegnato dati".to_owned(),
        Known::Now => "in tempo reale".to_owned(),
        Known::Until(at) if at.date() == board.today => format!("fino alle {}", at.format("%H:%M")),
        Known::Until(at) => format!("fino al {}", italian::date_time(at)),
    };
    let cells = vec![
        board.label(one.agreement),
        short_name(&one.agreement.home),
        one.whereabouts.italian().to_owned(),
        one.since.map_or_else(String::new, |at| at.format("%H:%M").to_string()),
        known,
    ];
    Row { cells, todo: Todo::plain(""), urgent: false }
}

fn open_days(board: &Board<'_>) -> Section {
    let mut days: Vec<_> = board
        .open_days
        .iter()
        .flat_map(|(agreement, days)| days.iter().map(|day| (board.label(agreement), day)))
        .collect();
    days.sort_by_key(|(_, day)| day.date);
    let row = |(label, day): (String, &crate::domain::month_days::MonthDay)| {
        let told = reminder::Day::of(day);
        let (missing, todo): (Vec<&str>, Vec<String>) = told.items.into_iter().unzip();
        Row {
            cells: vec![told.day, label, missing.join("; ")],
            todo: Todo::plain(todo.join("; ")),
            urgent: true,
        }
    };
    let rows = days.into_iter().map(row).collect();
    let heads = &["Giorno", "Intesa", "Che cosa manca"];
    let empty = "Nessuna giornata da regolarizzare.";
    Section {
        caption: "Giornate da regolarizzare prima che parta il prospetto",
        counted: ("giornata da regolarizzare", "giornate da regolarizzare"),
        ..section("giornate", "Giornate da regolarizzare", heads, empty)
    }
    .filled(rows)
}

fn due(board: &Board<'_>) -> Section {
    let mut due: Vec<_> = board.due.iter().collect();
    due.sort_by_key(|due| due.day());
    let rows = due.into_iter().map(|due| due.row(board.held)).collect();
    let heads = &["Entro", "Che cosa", "Intesa"];
    Section {
        caption: "Scadenze, la più vicina per prima",
        counted: ("scadenza che richiede un intervento", "scadenze che richiedono un intervento"),
        ..section("scadenze", "Scadenze", heads, "Nessuna scadenza.")
    }
    .filled(rows)
}

fn outbox(board: &Board<'_>) -> Section {
    let rows = board.messages.iter().map(|message| message::row(message, board.held)).collect();
    let heads = &["Messaggio", "Che cosa", "Intesa", "Stato", "Termine"];
    let empty = "Nessun prospetto e nessuna comunicazione in attesa.";
    Section {
        caption: "Messaggi non ancora conclusi",
        counted: ("messaggio fermo", "messaggi fermi"),
        ..section("posta", "Posta in uscita", heads, empty)
    }
    .filled(rows)
}

fn malfunctions(board: &Board<'_>) -> Section {
    let rows = board.malfunctions.iter().map(fault).collect();
    let heads = &["Numero", "Tipologia", "Sistemi coinvolti", "Dal", "Ripristino previsto"];
    Section {
        caption: "Malfunzionamenti in corso o da confermare",
        counted: ("malfunzionamento da seguire", "malfunzionamenti da seguire"),
        ..section("malfunzionamenti", "Malfunzionamenti", heads, "Nessun malfunzionamento in corso.")
    }
    .filled(rows)
}

fn fault(fault: &Fault) -> Row {
    let one = &fault.malfunction;
    let number = one.number;
    let expected = one.expected.map_or_else(
        || "non noto".to_owned(),
        |expected| match expected.time {
            Some(time) => italian::date_time(time.on(expected.date)),
            None => italian::date(expected.date),
        },
    );
    let todo = if fault.waits {
        Todo::with(
            "confermare, perché le sedi di lavoro siano avvisate, o annullare (undo)",
            format!("timbra malfunction confirm {number}"),
        )
    } else if fault.overdue {
        Todo::with(
            "il ripristino era previsto: chiudere, o indicare un nuovo termine (update)",
            format!("timbra malfunction close {number}"),
        )
    } else if one.cause.is_some() {
        Todo::plain("far riparare; si chiude da solo quando tutto funziona di nuovo")
    } else {
        Todo::with("chiudere quando è risolto", format!("timbra malfunction close {number}"))
    };
    let cells = vec![
        number.to_string(),
        one.kind.italian().to_owned(),
        one.systems.clone(),
        italian::date_time(fault.from),
        expected,
    ];
    Row { cells, todo, urgent: true }
}
