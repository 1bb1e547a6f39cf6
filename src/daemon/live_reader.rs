//! One reader whose punches come over a port, whatever its protocol: what it reads goes through the
//! presence filter and the rules of intake to the keeper, and what its port does is noted.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, oneshot};
use tracing::{error, info, warn};

use crate::config::{Config, Reader};
use crate::decode::wire::presence::PresenceFilter;
use crate::decode::wire::{Moment, WireRead};
use crate::domain::civil;
use crate::store::{LiveContent, LiveEntry, LiveFrame, PortCounts, PortNews, PortNote, Stored};

use super::allowance::Allowance;
use super::host_time::HostTime;
use super::intake_rules::{IntakeRules, Verdict};
use super::journal;
use super::keeper::Inbox;
use super::roster::Roster;

/// How far a reader is covered, and what it brought, is noted with a punch after so many milliseconds.
const NOTE_AFTER: u64 = 60_000;

/// Frames that cannot be used are told of once in so many milliseconds.
const TELL_AFTER: u64 = 600_000;

/// What holds for all readers: replaced as a whole when the configuration is.
#[derive(Debug)]
pub struct Site {
    /// The configuration.
    pub config: Arc<Config>,
    /// Who holds which badge.
    pub roster: Arc<Roster>,
}

/// What became of a read.
#[derive(Debug)]
pub enum Taken {
    /// It is on its way into the store; the answer says when it is there.
    Waits(oneshot::Receiver<Stored>),
    /// The same card is still there.
    Repeat,
    /// It is counted and not stored: its retention is over.
    Expired,
    /// There was no place for it to wait for the store.
    Lost,
}

/// One reader.
#[derive(Debug)]
pub struct LiveReader {
    site: Arc<Site>,
    reader: Reader,
    port: String,
    host: Arc<HostTime>,
    inbox: Inbox,
    /// Rung when a port opens: its reader is covered again.
    arrived: Arc<Notify>,
    presence_seconds: u32,
    presence: PresenceFilter,
    allowance: Allowance,
    open: bool,
    /// Since the last note.
    counts: PortCounts,
    noted: Moment,
    /// What was said of a port that cannot be opened: once is enough.
    told: Option<String>,
    /// Frames that cannot be used, since the last time that was told, and when that was.
    unusable: (u64, Option<Moment>),
    /// There was no place for the last read.
    full: bool,
}

impl LiveReader {
    /// A reader whose port is not open yet.
    pub fn new(
        site: Arc<Site>,
        reader: Reader,
        (port, presence_seconds): (&Path, u32),
        host: Arc<HostTime>,
        inbox: Inbox,
        arrived: Arc<Notify>,
    ) -> Self {
        let now = host.look().0;
        Self {
            site,
            reader,
            port: port.display().to_string(),
            host,
            inbox,
            arrived,
            presence_seconds,
            presence: PresenceFilter::new(presence_seconds),
            allowance: Allowance::new(now),
            open: false,
            counts: PortCounts::default(),
            noted: now,
            told: None,
            unusable: (0, None),
            full: false,
        }
    }

    /// Goes on under another configuration.
    pub fn change(&mut self, site: Arc<Site>, reader: Reader, presence_seconds: u32) {
        let another = self.reader.id != reader.id;
        if another {
            self.stopped(self.host.look().0);
        }
        let was_open = self.open;
        self.site = site;
        self.reader = reader;
        if self.presence_seconds != presence_seconds {
            self.presence_seconds = presence_seconds;
            self.presence = PresenceFilter::new(presence_seconds);
        }
        if another && was_open {
            self.note(PortNews::Opened, self.host.look().0);
        }
    }

    /// What holds for all readers.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The reader.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// This moment. A step of the wall clock since the last look is told and noted.
    pub fn look(&self) -> Moment {
        let (now, step) = self.host.look();
        if let Some(step) = step {
            let seconds = step.by.num_seconds();
            warn!(
                seconds, before = %step.before, after = %step.after,
                "the clock of this machine stepped, or it slept; times around this moment may be wrong"
            );
            self.inbox.put(LiveEntry::ClockStep(step));
        }
        now
    }

    /// Takes a badge at the reader; `begun` is when its first byte came, `raw` its bytes.
    pub fn read(&mut self, read: &WireRead<'_>, raw: &[u8], begun: Moment) -> Taken {
        if !self.presence.passes(read, begun) {
            self.counts.repeats += 1;
            return Taken::Repeat;
        }
        let at = self.host.instant(begun);
        let reading = if let Some(local) = read.local {
            read.reading(local, None)
        } else {
            let (local, offset) = civil::stamp(&at, self.site.config.host.zone);
            read.reading(local, Some(offset))
        };
        // What the host stamped itself is not early, also when its clock went back since.
        let now = self.host.instant(self.look()).max(at);
        let holders = self.site.roster.holders();
        let rules = IntakeRules::new(&self.site.config, &self.reader, &holders, now);
        let content = match rules.judge(&reading, &self.reader.id, None) {
            Verdict::Believed => LiveContent::Punch {
                local: reading.local,
                offset_minutes: reading.offset_minutes,
                badge: reading.badge.to_owned(),
                direction: reading.direction.to_owned(),
                reason: reading.reason.map(str::to_owned),
            },
            Verdict::Doubted { reason, early } => {
                self.tell_unusable(&reason, begun);
                LiveContent::Reject { reason, local: Some(reading.local), early }
            }
            Verdict::Expired => {
                self.counts.reads += 1;
                return Taken::Expired;
            }
        };
        match content {
            LiveContent::Punch { .. } => self.counts.reads += 1,
            LiveContent::Reject { .. } => self.counts.rejected += 1,
        }
        let answer = self.inbox.put(self.frame(at, raw, content));
        self.tell_full(answer.is_none());
        if begun.since(self.noted) > NOTE_AFTER {
            self.note(PortNews::Heard, begun);
        }
        answer.map_or(Taken::Lost, Taken::Waits)
    }

    /// Takes a frame that cannot be read. Without bytes it may not be kept.
    pub fn reject(&mut self, raw: &[u8], reason: &str, begun: Moment) {
        self.counts.rejected += 1;
        self.tell_unusable(reason, begun);
        if raw.is_empty() {
            return;
        }
        let at = self.host.instant(begun);
        let local = civil::stamp(&at, self.site.config.host.zone).0;
        let content = LiveContent::Reject { reason: reason.to_owned(), local: Some(local), early: false };
        let kept =
            self.allowance.admits(raw, begun) && self.inbox.put(self.frame(at, raw, content)).is_some();
        self.counts.unkept += u64::from(!kept);
    }

    /// The port is open.
    pub fn opened(&mut self) {
        info!(reader = %self.reader.id, port = self.port, "the port is open");
        self.present();
    }

    /// The port is gone.
    pub fn lost(&mut self, reason: &str) {
        error!(reader = %self.reader.id, port = self.port, reason, "the port is gone; it is tried again");
        self.away(reason, self.look());
    }

    /// What is shown to the reader is heard from now on.
    pub fn present(&mut self) {
        self.open = true;
        self.told = None;
        self.note(PortNews::Opened, self.look());
        self.arrived.notify_one();
    }

    /// What was shown to it since then may not be heard.
    pub fn away(&mut self, reason: &str, since: Moment) {
        self.open = false;
        self.note(PortNews::Lost(reason.to_owned()), since);
    }

    /// Something is wrong with the reader itself; nothing when empty.
    pub fn condition(&mut self, wrong: &str) {
        self.note(PortNews::Condition(wrong.to_owned()), self.look());
    }

    /// True when somebody holds a badge that was shown here at that moment.
    pub fn is_held(&self, badge: &str, at: Moment) -> bool {
        let date = self.host.instant(at).with_timezone(&self.site.config.host.zone).date_naive();
        self.site.roster.holders().is_held(badge, &self.reader.id, date)
    }

    /// The port cannot be opened.
    pub fn unavailable(&mut self, reason: &str) {
        if self.told.as_deref() == Some(reason) {
            return;
        }
        error!(reader = %self.reader.id, port = self.port, reason, "the port cannot be opened; it is tried again");
        self.told = Some(reason.to_owned());
        self.note(PortNews::Unavailable(reason.to_owned()), self.look());
    }

    /// Nobody listens from now on. Everything up to `until` was heard.
    pub fn stopped(&mut self, until: Moment) {
        if self.open {
            self.note(PortNews::Stopped, until);
        }
    }

    /// Notes that everything up to `until` was heard, and answers when that is durable; does not
    /// answer while the port is not open.
    pub fn heard(&mut self, until: Moment, answer: oneshot::Sender<Stored>) {
        if self.open {
            let note = self.noted(PortNews::Heard, until);
            self.inbox.put_and_answer(note, answer);
        }
    }

    fn frame(&self, received_at: DateTime<Utc>, raw: &[u8], content: LiveContent) -> LiveEntry {
        LiveEntry::Frame(LiveFrame {
            reader: self.reader.id.clone(),
            port: self.port.clone(),
            received_at,
            decoder: self.site.config.hash,
            raw: raw.to_owned(),
            content,
        })
    }

    fn note(&mut self, news: PortNews, at: Moment) {
        let note = self.noted(news, at);
        if self.inbox.put(note).is_none() {
            error!(reader = %self.reader.id, "the store takes nothing: what the port does is not noted");
        }
    }

    fn noted(&mut self, news: PortNews, at: Moment) -> LiveEntry {
        self.noted = at;
        LiveEntry::Port(PortNote {
            reader: self.reader.id.clone(),
            path: self.port.clone(),
            at: self.host.instant(at),
            news,
            counts: std::mem::take(&mut self.counts),
        })
    }

    fn tell_unusable(&mut self, reason: &str, now: Moment) {
        let (count, told) = &mut self.unusable;
        *count += 1;
        if told.is_none_or(|told| now.since(told) > TELL_AFTER) {
            *told = Some(now);
            let frames = std::mem::take(count);
            let reason = journal::without_values(reason);
            warn!(reader = %self.reader.id, frames, reason, "what came over the port cannot be used");
        }
    }

    fn tell_full(&mut self, full: bool) {
        self.counts.lost += u64::from(full);
        if full && !self.full {
            error!(reader = %self.reader.id, "too many punches wait for the store: what comes now is lost");
        }
        self.full = full;
    }
}
