//! Figures for monitoring as text: OpenMetrics 1.0, and the older format of Prometheus (0.0.4), which is
//! what the textfile collector of `node_exporter` reads. They differ: OpenMetrics names a family without the
//! `_total` and `_info` of its samples, gives its unit, and ends with a line that says so.

/// What a family counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A value that only grows; its samples end with `_total`.
    Counter,
    /// Always 1: its labels say something; its samples end with `_info`.
    Info,
}

/// The two ways of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// The text format of Prometheus, version 0.0.4.
    Prometheus,
}

/// Figures of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Its name without the suffix of its kind: `a-z`, `0-9` and `_`; it ends with its unit.
    pub name: &'static str,
    /// What it counts.
    pub kind: Kind,
    /// What it says, in one line without quotes.
    pub help: &'static str,
    /// The figures. A family without any is not written: what is not known is absent, not 0.
    pub samples: Vec<Sample>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The labels, each with its value.
    pub labels: Vec<(&'static str, String)>,
    /// The figure.
    pub value: i64,
}

/// The units that a name may end with.
const UNITS: [&str; 2] = ["seconds", "bytes"];

impl Family {
    /// A family with one figure that has no labels; with none where it is not known.
    pub fn of(name: &'static str, kind: Kind, help: &'static str, value: Option<i64>) -> Self {
        let samples = value.map(|value| Sample { labels: Vec::new(), value });
        Self { name, kind, help, samples: samples.into_iter().collect() }
    }

    /// A family with a figure for each value of one label.
    pub fn by(
        name: &'static str,
        kind: Kind,
        help: &'static str,
        label: &'static str,
        values: impl IntoIterator<Item = (String, i64)>,
    ) -> Self {
        let samples = values.into_iter().map(|(of, value)| Sample { labels: vec![(label, of)], value });
        Self { name, kind, help, samples: samples.collect() }
    }

    fn unit(&self) -> Option<&'static str> {
        UNITS.into_iter().find(|unit| self.name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_')))
    }

    fn write(&self, dialect: Dialect, text: &mut String) {
        let suffix = match self.kind {
            Kind::Gauge => "",
            Kind::Counter => "_total",
            Kind::Info => "_info",
        };
        let (name, help) = (self.name, self.help);
        let (family, kind) = match (dialect, self.kind) {
            (Dialect::OpenMetrics, Kind::Info) => (name.to_owned(), "info"),
            (Dialect::OpenMetrics, Kind::Counter) => (name.to_owned(), "counter"),
            (Dialect::Prometheus, Kind::Counter) => (format!("{name}{suffix}"), "counter"),
            (_, Kind::Gauge | Kind::Info) => (format!("{name}{suffix}"), "gauge"),
        };
        *text += &format!("# TYPE {family} {kind}\n");
        if let (Dialect::OpenMetrics, Some(unit)) = (dialect, self.unit()) {
            *text += &format!("# UNIT {family} {unit}\n");
        }
        *text += &format!("# HELP {family} {}\n", escaped(help));
        for Sample { labels, value } in &self.samples {
            let labels: Vec<String> =
                labels.iter().map(|(label, of)| format!("{label}=\"{}\"", escaped(of))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            *text += &format!("{name}{suffix}{labels} {value}\n");
        }
    }
}

/// All the figures as text.
pub fn metrics_text(families: &[Family], dialect: Dialect) -> String {
    let mut text = String::new();
    for family in families.iter().filter(|family| !family.samples.is_empty()) {
        family.write(dialect, &mut text);
    }
    if dialect == Dialect::OpenMetrics {
        text += "# EOF\n";
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_formats_differ_where_they_must() {
        let families = [
            Family {
                name: "timbra_build",
                kind: Kind::Info,
                help: "The program.",
                samples: vec![Sample { labels: vec![("version", "1.0".to_owned())], value: 1 }],
            },
            Family::of("timbra_punches_stored", Kind::Counter, "Punches.", Some(7)),
            Family::of("timbra_unknown", Kind::Gauge, "Not known.", None),
            Family::by(
                "timbra_reader_last_seen_timestamp_seconds",
                Kind::Gauge,
                "Last delivery.",
                "reader",
                [("a\"b\\c\nd".to_owned(), -1), ("e".to_owned(), 2)],
            ),
        ];
        let open = "# TYPE timbra_build info\n# HELP timbra_build The program.\ntimbra_build_info{version=\"1.0\"} 1\n\
            # TYPE timbra_punches_stored counter\n# HELP timbra_punches_stored Punches.\ntimbra_punches_stored_total 7\n\
            # TYPE timbra_reader_last_seen_timestamp_seconds gauge\n# UNIT timbra_reader_last_seen_timestamp_seconds seconds\n\
            # HELP timbra_reader_last_seen_timestamp_seconds Last delivery.\n\
            timbra_reader_last_seen_timestamp_seconds{reader=\"a\\\"b\\\\c\\nd\"} -1\n\
            timbra_reader_last_seen_timestamp_seconds{reader=\"e\"} 2\n# EOF\n";
        assert_eq!(metrics_text(&families, Dialect::OpenMetrics), open);
        let old = open
            .replace("# TYPE timbra_build info", "# TYPE timbra_build_info gauge")
            .replace("# HELP timbra_build ", "# HELP timbra_build_info ")
            .replace("# TYPE timbra_punches_stored ", "# TYPE timbra_punches_stored_total ")
            .replace("# HELP timbra_punches_stored ", "# HELP timbra_punches_stored_total ")
            .replace("# UNIT timbra_reader_last_seen_timestamp_seconds seconds\n", "")
            .replace("# EOF\n", "");
        assert_eq!(metrics_text(&families, Dialect::Prometheus), old);
    }
}
