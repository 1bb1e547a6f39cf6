//! FLOOR 1. What attendance is: no I/O, no async, no clock, no serialisation. The same input gives
//! the same minutes for ever; `now` is a parameter where it matters.

pub mod agreement;
pub mod alarm;
pub mod amendment;
pub mod anomaly;
pub mod calendar;
pub mod checklist;
pub mod civil;
pub mod clauses;
pub mod clock_guard;
pub mod cycle;
pub mod day;
pub mod deadline;
pub mod delivery;
pub mod drift;
pub mod expiry;
pub mod final_report;
pub mod holders;
pub mod host;
pub mod ids;
pub mod malfunction;
pub mod minutes;
pub mod month;
pub mod month_days;
pub mod profile;
pub mod protocol;
pub mod punch;
pub mod reader;
pub mod register;
pub mod release;
pub mod silence;
pub mod standing;
pub mod statement;
pub mod subject;
pub mod table;
pub mod whereabouts;
