//! The journal: one line on stderr for each event that matters, with its fields; never with the name, badge
//! or address of a person.

use std::fmt::Debug;
use std::io::Write;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::domain::delivery::words::without_addresses;

use super::clock;

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Time, level, message, fields; in colour where asked for.
    Text {
        /// For a terminal.
        colour: bool,
    },
    /// For the journal of systemd: it stamps the time itself and takes the level from `<3>` and the like
    /// before a line (sd-daemon(3)).
    Journal,
    /// One JSON object a line: `time` (RFC 3339, UTC), `level`, `message`, `fields`.
    Json,
}

/// Writes what the program tells from now on. `chosen` says what is told, as `debug` or `timbra=debug`;
/// what cannot be read, or none, is INFO and graver.
pub fn begin(format: LogFormat, chosen: Option<&str>) {
    let told = chosen.and_then(|text| text.parse().ok());
    let told = told.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    // a second one in a process, as in tests, changes nothing
    drop(tracing::subscriber::set_global_default(Journal { format, told }));
}

/// A text that may quote what somebody wrote, without it: no quoted value, no number that is the value of a
/// key, no mail address.
pub(super) fn without_values(text: &str) -> String {
    // a quote inside of a value does not end it
    let text = text.replace("\\\\", "").replace("\\\"", "");
    let mut plain = String::new();
    // what stands between two quotes is a value; backticks name keys and files
    for (place, part) in text.split('"').enumerate() {
        plain += if place % 2 == 0 { part } else { "\"..\"" };
    }
    let before = "` is ";
    let mut parts = plain.split(before);
    let mut without = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() && !c.is_ascii_lowercase());
        let value = if rest.len() < part.len() { ".." } else { "" };
        without += &format!("{before}{value}{rest}");
    }
    without_addresses(&without)
}

#[derive(Debug)]
struct Journal {
    format: LogFormat,
    told: Targets,
}

impl Subscriber for Journal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && self.told.would_enable(metadata.target(), metadata.level())
    }

    fn event(&self, event: &Event<'_>) {
        let mut entry = Entry::default();
        event.record(&mut entry);
        let line = entry.line(*event.metadata().level(), self.format);
        // A journal that went away must not take the daemon with it.
        drop(std::io::stderr().lock().write_all(line.as_bytes()));
    }

    // the program tells of moments, not of spans
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What an event says.
#[derive(Debug, Default)]
struct Entry {
    message: String,
    /// Each with its value.
    fields: Vec<(&'static str, Value)>,
}

impl Visit for Entry {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.keep(field, Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, Value::String(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value.into());
    }
}

impl Entry {
    fn keep(&mut self, field: &Field, value: Value) {
        match value {
            Value::String(text) if field.name() == "message" => self.message = text,
            value => self.fields.push((field.name(), value)),
        }
    }

    /// The line with its end: always one, whatever the values hold.
    fn line(self, level: Level, format: LogFormat) -> String {
        let mut line = match format {
            LogFormat::Json => return self.object(level),
            LogFormat::Journal => format!("<{}>", priority(level)),
            LogFormat::Text { colour: false } => format!("{} {level:>5} ", time()),
            LogFormat::Text { colour: true } => {
                let tint = match level {
                    Level::ERROR => 31,
                    Level::WARN => 33,
                    _ => 32,
                };
                format!("\x1b[2m{}\x1b[0m \x1b[{tint}m{level:>5}\x1b[0m ", time())
            }
        };
        line += &escaped(&self.message);
        for (name, value) in &self.fields {
            // a word needs no quotes
            let shown = match value {
                Value::String(text) if !text.is_empty() && !text.contains([' ', '"', '=']) => escaped(text),
                Value::String(text) => format!("{text:?}"),
                other => other.to_string(),
            };
            line += &format!(" {name}={shown}");
        }
        line + "\n"
    }

    fn object(self, level: Level) -> String {
        let fields: Map<String, Value> =
            self.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let level = level.as_str().to_ascii_lowercase();
        let entry = serde_json::json!({
            "time": time(), "level": level, "message": self.message, "fields": fields,
        });
        format!("{entry}\n")
    }
}

fn time() -> String {
    clock::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// The priority of syslog.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}

/// Without a second line, and without what a terminal would obey.
fn escaped(text: &str) -> String {
    let one = |c: char| if c.is_control() { c.escape_default().collect() } else { vec![c] };
    text.chars().flat_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_in_each_format() {
        let entry = || Entry {
            message: "file\ntaken".to_owned(),
            fields: vec![
                ("reader", "ingresso".into()),
                ("file", "a \"b\"\n.dat".into()),
                ("read", 7.into()),
                ("why", "".into()),
            ],
        };
        let text = entry().line(Level::WARN, LogFormat::Text { colour: false });
        let (_, text) = text.split_once(' ').unwrap();
        let fields = "file\\ntaken reader=ingresso file=\"a \\\"b\\\"\\n.dat\" read=7 why=\"\"\n";
        assert_eq!(text, format!(" WARN {fields}"));
        assert_eq!(entry().line(Level::WARN, LogFormat::Journal), format!("<4>{fields}"));
        for (level, start) in [(Level::ERROR, "<3>"), (Level::INFO, "<6>"), (Level::DEBUG, "<7>")] {
            assert!(entry().line(level, LogFormat::Journal).starts_with(start), "{level}");
        }
        let line = entry().line(Level::WARN, LogFormat::Json);
        assert_eq!(line.lines().count(), 1);
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&object["level"], &object["message"]), (&"warn".into(), &"file\ntaken".into()));
        assert_eq!(object["fields"]["file"], "a \"b\"\n.dat");
        assert_eq!(object["fields"]["read"], 7);
        assert!(object["time"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn values_of_people_are_left_out_and_the_rest_stays() {
        for (text, plain) in [
            (
                r#"badge "04a1b2c3" is held in `a` from 2026-10-01"#,
                r#"badge ".." is held in `a` from 2026-10-01"#,
            ),
            (r#"badge "mario.rossi" is held in `a`"#, r#"badge ".." is held in `a`"#),
            (r#"`given_name` is "Ma\"ria Rossi""#, r#"`given_name` is "..""#),
            (r#"`given_name` is "Maria\\" here"#, r#"`given_name` is ".." here"#),
            ("badge \"7 8\" is not one word", "badge \"..\" is not one word"),
            ("`number` is 1217496", "`number` is .."),
            ("`email` is \"anna@esempio.it\"", "`email` is \"..\""),
            ("`deadline_day` is missing", "`deadline_day` is missing"),
            ("write to anna@esempio.it now", "write to ... now"),
            ("unknown key `fromat`", "unknown key `fromat`"),
        ] {
            assert_eq!(without_values(text), plain);
        }
    }
}
