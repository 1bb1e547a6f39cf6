//! What the computation of one day collects on its way: anomalies and the trail.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};

use crate::domain::anomaly::Anomaly;
use crate::domain::minutes::Minutes;

use super::ground::Ground;
use super::trail::{Rule, Step};

/// Anomalies and trail so far.
#[derive(Debug)]
pub(super) struct Findings {
    /// What a person should know.
    pub(super) anomalies: BTreeSet<Anomaly>,
    /// The steps so far, when somebody asks for them: they cost more than the day itself.
    pub(super) trail: Option<Vec<Step>>,
    /// Punches left out as repeats.
    pub(super) repeated: Vec<DateTime<FixedOffset>>,
}

impl Findings {
    /// None yet; with a trail, or without.
    pub(super) fn new(told: bool) -> Self {
        Self { anomalies: BTreeSet::new(), trail: told.then(Vec::new), repeated: Vec::new() }
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.trail.is_some());
    }

    /// Takes an anomaly.
    pub(super) fn anomaly(&mut self, anomaly: Anomaly) {
        self.anomalies.insert(anomaly);
    }

    /// A step that changes no minutes.
    pub(super) fn note(
        &mut self,
        rule: Rule,
        because: Ground,
        punches: impl IntoIterator<Item = DateTime<FixedOffset>>,
    ) {
        self.step(rule, because, (Minutes::ZERO, Minutes::ZERO), punches);
    }

    /// A step from some minutes to others.
    pub(super) fn step(
        &mut self,
        rule: Rule,
        because: Ground,
        (before, after): (Minutes, Minutes),
        punches: impl IntoIterator<Item = DateTime<FixedOffset>>,
    ) {
        if let Some(trail) = &mut self.trail {
            trail.push(Step { rule, because, before, after, punches: punches.into_iter().collect() });
        }
    }
}
