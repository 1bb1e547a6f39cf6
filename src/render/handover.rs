//! The page for whoever takes timbra over, out of a backup: what is open, what to enter again, what to do
//! first. Plain text: it must open everywhere.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::civil;
use crate::domain::delivery::State;
use crate::domain::host::Host;

use super::italian;

/// What the page says.
#[derive(Debug, Clone)]
pub struct HandOver<'a> {
    /// The host.
    pub host: &'a Host,
    /// The machine's name.
    pub machine: &'a str,
    /// When the backup was made.
    pub made_at: DateTime<Utc>,
    /// The program and its version.
    pub software: &'a str,
    /// The folder of the configuration, and that of the store.
    pub folders: [String; 2],
    /// Agreements whose term runs or begins later: name, home office, last day, next deadline.
    pub agreements: Vec<(String, String, NaiveDate, Option<NaiveDate>)>,
    /// Statements of months that are over and that have not left: agreement, month, agreed day.
    pub statements: Vec<(String, String, NaiveDate)>,
    /// Messages that have not left or wait for a person: number, kind, agreement, month, state.
    pub messages: Vec<(i64, String, String, String, State)>,
    /// Malfunctions that last: number, systems, since when.
    pub malfunctions: Vec<(u32, String, DateTime<Utc>)>,
    /// What else waits for somebody.
    pub open: Vec<String>,
    /// Secrets: the key, and the file or credential that must hold it.
    pub secrets: Vec<(String, Result<String, String>)>,
    /// Files of the configuration, and folders of notices, that are not in the backup, and why.
    pub left_out: Vec<(String, String)>,
    /// What was found damaged when the backup was made.
    pub damages: Vec<String>,
}

/// The page.
pub fn handover_text(page: &HandOver<'_>) -> String {
    let zone = page.host.zone;
    let when = |at: &DateTime<Utc>| italian::date_time(civil::local_time(at, zone));
    let [configuration, store] = &page.folders;
    let mut text = format!(
        "CONSEGNA DI TIMBRA\n{}\n\nCopia del {}, fatta con {} sulla macchina {}.\n\
         Configurazione: {configuration}\nArchivio dati:  {store}\n\n",
        page.host.office.name,
        when(&page.made_at),
        page.software,
        page.machine
    );
    if !page.damages.is_empty() {
        text += "ATTENZIONE: al momento della copia l'archivio risultava danneggiato o alterato (parole di timbra verify):\n";
        for damage in &page.damages {
            text += &format!("  - {damage}\n");
        }
        text += "\n";
    }
    text += "CHE COSA FARE PER PRIMA COSA\n\
        \x20 1. Controllare la copia:                timbra verify --backup FILE\n\
        \x20 2. Fermare il servizio, se è attivo:    systemctl stop timbra\n\
        \x20 3. Ripristinare, su una macchina nuova: timbra restore FILE --with-configuration /etc/timbra --force\n\
        \x20 4. Inserire di nuovo i segreti elencati sotto, poi: timbra check\n\
        \x20 5. Avviare il servizio:                 systemctl start timbra\n\
        \x20 6. Nessun messaggio parte da solo dopo un ripristino: ciò che attendeva può essere già partito.\n\
        \x20    Per ogni messaggio incerto guardare nella casella PEC; se è partito: timbra outbox close N --why \"...\",\n\
        \x20    altrimenti: timbra outbox retry N. Poi, per tutti: timbra outbox resume\n\n";
    section(
        &mut text,
        "SEGRETI DA INSERIRE DI NUOVO (non sono nella copia)",
        "nessuno",
        &page.secrets,
        |(key, place)| match place {
            Ok(file) => format!("{key}: nel file {file}"),
            Err(credential) => {
                format!("{key}: credenziale systemd {credential} (LoadCredential={credential}:...)")
            }
        },
    );
    section(
        &mut text,
        "NON COPIATI (FILE DELLA CONFIGURAZIONE E AVVISI)",
        "nessuno",
        &page.left_out,
        |(name, why)| format!("{name} ({why})"),
    );
    section(&mut text, "INTESE IN CORSO", "nessuna", &page.agreements, |(name, home, end, deadline)| {
        let deadline = deadline.map_or_else(String::new, |day| {
            format!("; prossimo prospetto da consegnare entro il {}", italian::date(day))
        });
        format!("{name}: {home}, fino al {}{deadline}", italian::date(*end))
    });
    section(&mut text, "PROSPETTI DA INVIARE", "nessuno", &page.statements, |(name, month, deadline)| {
        format!("{name} {month}: entro il {}", italian::date(*deadline))
    });
    section(
        &mut text,
        "MESSAGGI IN ATTESA",
        "nessuno",
        &page.messages,
        |(id, kind, agreement, month, state)| {
            format!("{id}: {} {agreement} {month}, {}", document(kind), italian::state(*state))
        },
    );
    section(
        &mut text,
        "MALFUNZIONAMENTI APERTI",
        "nessuno",
        &page.malfunctions,
        |(number, systems, from)| format!("{number}: {systems}, dal {}", when(from)),
    );
    section(&mut text, "ALTRO IN SOSPESO", "nulla", &page.open, Clone::clone);
    text += "COME SI APRE QUESTA COPIA SENZA TIMBRA\n\
        \x20 tar xf FILE && sha256sum -c manifest.sha256\n\
        \x20 timbra.sqlite      tutti i dati (SQLite; le tabelle sono commentate: sqlite3 timbra.sqlite .schema)\n\
        \x20 configuration/     i file della configurazione, senza segreti\n\
        \x20 state/             i file letti dai lettori (archive) e le consegne a mano\n\
        \x20 backup.json        quando, dove e con quale versione è stata fatta; gli ultimi anelli delle catene\n";
    text
}

/// What a message is.
fn document(kind: &str) -> &str {
    match kind {
        "statement" => "prospetto",
        "reminder" => "promemoria",
        "notice" => "avviso di malfunzionamento",
        "digest" => "segnalazione",
        "specimen" => "messaggio di prova",
        "copy" => "copia per il dipendente",
        "report" => "relazione finale",
        other => other,
    }
}

fn section<T>(text: &mut String, title: &str, none: &str, rows: &[T], line: impl Fn(&T) -> String) {
    *text += &format!("{title}\n");
    for row in rows {
        *text += &format!("  - {}\n", line(row));
    }
    if rows.is_empty() {
        *text += &format!("  {none}\n");
    }
    text.push('\n');
}
