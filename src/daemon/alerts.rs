//! Alarms on their way to people, each way once for each alarm: the journal, a folder, a command,
//! ordinary mail. None of them is the way of the statements, which may be what has failed.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{Duration, Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::config::{AlertMail, Config};
use crate::domain::alarm::Level;
use crate::domain::civil;
use crate::domain::delivery::Outcome;
use crate::domain::delivery::words::without_addresses;
use crate::domain::ids::AgreementId;
use crate::domain::month::Month;
use crate::mail::{Address, Envelope, MailSettings, MessageId, Outgoing, compose_text};
use crate::render::alarms_text;
use crate::store::{RaisedAlarm, Store, StoreError};

use super::clock::Clock;
use super::{bundle, clock_watch, malfunction_mail, malfunctions, secret, vigil, whole_file};

/// Between two looks while something is under way.
const SOON: Duration = Duration::from_mins(1);

/// Between two looks when nothing is. The clock is watched all the same.
const SELDOM: Duration = Duration::from_mins(10);

/// The first look waits so long, unless an alarm is raised: a start has other things to do.
const FIRST: Duration = Duration::from_secs(2);

/// After so long months that wait were closed, if they can be: before, it is no news that they wait.
const SETTLED: Duration = Duration::from_mins(2);

/// How long a command may take.
const COMMAND: Duration = Duration::from_secs(30);

/// How long the folder may take.
const WRITING: Duration = Duration::from_secs(10);

/// How long a mail may take.
const MAIL: Duration = Duration::from_mins(2);

/// The names of the ways in the store; a mail's is this and the address.
pub(super) const JOURNAL: &str = "journal";
pub(super) const FOLDER: &str = "folder";
pub(super) const PROGRAM: &str = "command";
pub(super) const LETTER: &str = "mail ";

/// What the herald needs.
#[derive(Debug, Clone)]
pub(super) struct Herald {
    pub(super) config: Arc<Config>,
    /// Rung when an alarm was raised.
    pub(super) alarmed: Arc<Notify>,
    /// Rings the courier.
    pub(super) queued: Arc<Notify>,
    pub(super) stop: CancellationToken,
    pub(super) clock: Clock,
    /// The clock is watched.
    pub(super) watched: bool,
    /// The folder of the alarms hangs.
    pub(super) hangs: Arc<AtomicBool>,
}

impl Herald {
    /// Keeps the vigil and tells people until told to stop.
    pub(super) async fn run(self) {
        let (mut told, began) = (String::new(), Instant::now());
        let mut pause = FIRST;
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.alarmed.notified() => (),
                () = sleep(pause) => (),
            }
            let (herald, settled) = (self.clone(), began.elapsed() >= SETTLED);
            let done = spawn_blocking(move || herald.look(settled)).await;
            pause = match done {
                Ok(Ok((queued, busy))) => {
                    told.clear();
                    if queued {
                        self.queued.notify_one();
                    }
                    let all_told = tokio::select! {
                        () = self.stop.cancelled() => return,
                        all_told = self.tell() => all_told,
                    };
                    if busy || !all_told { SOON } else { SELDOM }
                }
                Ok(Err(error)) => {
                    let text = error.to_string();
                    if told != text {
                        error!(%error, "the deadlines cannot be watched now; trying again");
                        told = text;
                    }
                    SOON
                }
                Err(_stopped) => return,
            };
        }
    }

    fn look(&self, settled: bool) -> Result<(bool, bool), StoreError> {
        let mut store = Store::open_existing(&self.config.store_folder)?;
        let now = (self.clock)();
        if self.watched {
            clock_watch::watch(&mut store, &self.config, now)?;
        }
        let round = vigil::look(&mut store, &self.config, settled, now)?;
        let wrong = malfunctions::watch(&mut store, &self.config, now)?;
        let told = malfunction_mail::tell(&mut store, &self.config, now)?;
        Ok((round.queued || told.queued > 0, round.busy || wrong || told.busy))
    }

    /// Tells what was not told yet, by every way. False when some way has failed.
    async fn tell(&self) -> bool {
        let told = tell(&self.config, &self.hangs, self.clock).await;
        told.unwrap_or_else(|error| {
            error!(%error, "alarms cannot be told now; trying again");
            false
        })
    }
}

/// Tells what was not told yet, by every way. False when some way has failed.
async fn tell(config: &Config, hangs: &Arc<AtomicBool>, clock: Clock) -> Result<bool, StoreError> {
    let mut store = Store::open_existing(&config.store_folder)?;
    let now = clock();
    let mut all = true;
    for raised in store.untold_alarms(JOURNAL)? {
        journal(&raised);
        bundle::prepare(&store, config, &raised.alarm);
        store.alarm_told(raised.id, JOURNAL, now)?;
    }
    if let Some(folder) = &config.alert.folder {
        let file = |raised: &RaisedAlarm| {
            let text = alarms_text(&[(raised.at, &raised.alarm)], &config.host);
            (raised.id, file_name(raised, config), text)
        };
        let files: Vec<_> = store.untold_alarms(FOLDER)?.iter().map(file).collect();
        if !files.is_empty() {
            let (written, whole) = write_into(folder, files, hangs).await;
            for id in written {
                store.alarm_told(id, FOLDER, now)?;
            }
            all &= whole;
        }
    }
    if let Some(words) = &config.alert.command {
        let untold = urgent(store.untold_alarms(PROGRAM)?);
        if !untold.is_empty() {
            let told = run(words, &untold, config).await;
            all &= finish(&mut store, &untold, PROGRAM, &told, now)?;
        }
    }
    if let Some(mail) = &config.alert.mail {
        all &= write_mail(&mut store, config, mail, now).await?;
    }
    Ok(all)
}

/// True when an alarm was raised and nobody told.
pub(super) fn has_untold(store: &Store) -> Result<bool, StoreError> {
    Ok(!store.untold_alarms(JOURNAL)?.is_empty())
}

/// The alarms that call somebody.
fn urgent(mut alarms: Vec<RaisedAlarm>) -> Vec<RaisedAlarm> {
    alarms.retain(|raised| raised.alarm.level >= Level::Orange);
    alarms
}

/// Remembers what was told, or says why it was not.
fn finish(
    store: &mut Store,
    alarms: &[RaisedAlarm],
    way: &str,
    told: &Result<(), String>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if let Err(reason) = told {
        let way = way.split(' ').next().unwrap_or_default();
        warn!(way, reason = without_addresses(reason), "alarms cannot be told this way; trying again");
        return Ok(false);
    }
    for raised in alarms {
        store.alarm_told(raised.id, way, now)?;
    }
    Ok(true)
}

fn journal(raised: &RaisedAlarm) {
    let alarm = &raised.alarm;
    // the subject may be the name of a file that came by mail
    let (subject, text) = (without_addresses(&alarm.subject), without_addresses(&alarm.text));
    let (level, kind) = (alarm.level.code(), alarm.kind.code());
    if alarm.level == Level::Yellow {
        warn!(level, kind, subject, text, "alarm");
    } else {
        error!(level, kind, subject, text, "alarm");
    }
}

/// Sorts by time.
fn file_name(raised: &RaisedAlarm, config: &Config) -> String {
    let local = civil::local_time(&raised.at, config.host.zone).format("%Y-%m-%d-%H%M%S");
    format!("{local}-{}-{}-{}.txt", raised.alarm.level.italian(), raised.alarm.kind.code(), raised.id)
}

/// Writes files on a thread of its own: one that hangs in a dead share is left there, and no second one
/// follows it. The alarms that were written, and whether all were.
async fn write_into(
    folder: &Path,
    files: Vec<(i64, String, String)>,
    hangs: &Arc<AtomicBool>,
) -> (Vec<i64>, bool) {
    if hangs.load(Ordering::Relaxed) {
        return (Vec::new(), false);
    }
    hangs.store(true, Ordering::Relaxed);
    let (place, over) = (folder.to_owned(), Arc::clone(hangs));
    let writing = spawn_blocking(move || {
        let mut written = Vec::new();
        let failed = files.into_iter().find_map(|(id, name, text)| match write_text(&place, &name, &text) {
            Ok(()) => {
                written.push(id);
                None
            }
            Err(error) => Some(error),
        });
        over.store(false, Ordering::Relaxed);
        (written, failed)
    });
    let (written, failed) = match timeout(WRITING, writing).await {
        Ok(done) => done.unwrap_or_else(|stopped| (Vec::new(), Some(io::Error::other(stopped)))),
        Err(_late) => (Vec::new(), Some(io::Error::new(io::ErrorKind::TimedOut, "the folder hangs"))),
    };
    if let Some(error) = &failed {
        warn!(folder = %folder.display(), %error, "an alarm cannot be written into its folder");
    }
    (written, failed.is_none())
}

/// One text for an alarm.
pub(super) fn write(folder: &Path, raised: &RaisedAlarm, config: &Config) -> io::Result<()> {
    let text = alarms_text(&[(raised.at, &raised.alarm)], &config.host);
    write_text(folder, &file_name(raised, config), &text)
}

/// Whoever reads the folder sees the whole text or none.
fn write_text(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let path = folder.join(name);
    whole_file::folder_of(&path)?;
    whole_file::write(&path, None, text)
}

/// Runs the program with the text on its standard input, and never longer than it may take.
pub(super) async fn run(words: &[String], alarms: &[RaisedAlarm], config: &Config) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let worst = alarms.iter().map(|raised| raised.alarm.level).max().unwrap_or(Level::Orange);
    let text = told_together(alarms, config);
    let work = async {
        let mut child = Command::new(program)
            .args(arguments)
            .env("TIMBRA_ALARM_LEVEL", worst.code())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        if let Some(mut input) = child.stdin.take() {
            // one that does not read is not told of it by a broken pipe
            drop(input.write_all(text.as_bytes()).await);
        }
        let ended = child.wait().await.map_err(|error| format!("{program}: {error}"))?;
        if ended.success() { Ok(()) } else { Err(format!("{program}: {ended}")) }
    };
    let late = |_| Err(format!("{program} did not end within {} s", COMMAND.as_secs()));
    timeout(COMMAND, work).await.unwrap_or_else(late)
}

fn told_together(alarms: &[RaisedAlarm], config: &Config) -> String {
    let list: Vec<_> = alarms.iter().map(|raised| (raised.at, &raised.alarm)).collect();
    alarms_text(&list, &config.host)
}

/// One message to each address, with all that it was not told yet.
async fn write_mail(
    store: &mut Store,
    config: &Config,
    mail: &AlertMail,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let settings = match secret::with_alert_password(&mail.mail) {
        Ok(settings) => settings,
        Err(reason) => {
            warn!(reason, "no alarm leaves by mail");
            return Ok(false);
        }
    };
    let mut all = true;
    for (place, to) in mail.to.iter().enumerate() {
        let way = format!("{LETTER}{to}");
        let untold = urgent(store.untold_alarms(&way)?);
        if !untold.is_empty() {
            let sent = send_within(&settings, config, (to, place), &untold, now).await;
            all &= finish(store, &untold, &way, &sent, now)?;
        }
    }
    Ok(all)
}

/// Sends some alarms to one address, and never takes longer than a mail may take.
pub(super) async fn send_within(
    settings: &MailSettings,
    config: &Config,
    to: (&Address, usize),
    alarms: &[RaisedAlarm],
    now: DateTime<Utc>,
) -> Result<(), String> {
    let sent = timeout(MAIL, send(settings, config, to, alarms, now)).await;
    sent.unwrap_or_else(|_| Err(format!("no end within {} s", MAIL.as_secs())))
}

async fn send(
    settings: &MailSettings,
    config: &Config,
    (to, place): (&Address, usize),
    alarms: &[RaisedAlarm],
    now: DateTime<Utc>,
) -> Result<(), String> {
    let last = alarms.last().map(|raised| raised.id).unwrap_or_default();
    let month = Month::of(civil::local_time(&now, config.host.zone).date());
    let sender = AgreementId::new("allarmi").map_err(|error| error.to_string())?;
    let copy = u32::try_from(place + 1).unwrap_or(1);
    let document = format!("a{last}-{}", now.timestamp());
    let message_id = MessageId::new(month, &sender, &document, copy, &settings.message_id_domain);
    let envelope = Envelope {
        from: settings.from.clone(),
        to: to.clone(),
        reply_to: None,
        date: now,
        message_id: message_id.map_err(|error| error.to_string())?,
        certified: false,
    };
    let sealed = compose_text(&subject(alarms), &told_together(alarms, config), &envelope);
    let bytes = sealed.map_err(|error| error.to_string())?.bytes;
    let Envelope { from, message_id, .. } = &envelope;
    let message = Outgoing { from, to, message_id, bytes: &bytes };
    match settings.transport.attempt(&message, &mut || Ok(())).await {
        // a copy of an alarm does less harm than none, but one every minute does
        Outcome::Accepted { .. } | Outcome::Uncertain { .. } => Ok(()),
        Outcome::NotSent(failure) => Err(failure.without_words()),
    }
}

fn subject(alarms: &[RaisedAlarm]) -> String {
    let worst = alarms.iter().map(|raised| raised.alarm.level).max().unwrap_or(Level::Orange).italian();
    match alarms {
        [raised] => format!("timbra: avviso {worst}: {}", raised.alarm.kind.italian()),
        _ => format!("timbra: {} avvisi, il piu' grave {worst}", alarms.len()),
    }
}
