//! What the computation of one day collects on its way: anomalies and the trail.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};

use crate::domain::anomaly::Anomaly;
use crate::domain::minutes::Minutes;

use super::trail::{Rule, Step};

/// Anomalies and trail so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What a person should know.
    pub(super) anomalies: BTreeSet<Anomaly>,
    /// The steps so far.
    pub(super) trail: Vec<Step>,
    /// Punches left out as repeats.
    pub(super) repeated: Vec<DateTime<FixedOffset>>,
}

impl Findings {
    /// Takes an anomaly.
    pub(super) fn anomaly(&mut self, anomaly: Anomaly) {
        self.anomalies.insert(anomaly);
    }

    /// A step that changes no minutes.
    pub(super) fn note(&mut self, rule: Rule, because: &str, punches: &[DateTime<FixedOffset>]) {
        self.step(rule, because, (Minutes::ZERO, Minutes::ZERO), punches);
    }

    /// A step from some minutes to others.
    pub(super) fn step(
        &mut self,
        rule: Rule,
        because: &str,
        (before, after): (Minutes, Minutes),
        punches: &[DateTime<FixedOffset>],
    ) {
        let because = because.to_owned();
        self.trail.push(Step { rule, because, before, after, punches: punches.to_vec() });
    }
}
