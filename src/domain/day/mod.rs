//! The day computation.

mod input;
mod outcome;
mod trail;

pub use input::{Context, DayInput, DayPunch, Leave, PunchSource, PunchTime, Recall};
pub use outcome::{Day, KeptPunch, Pair, Status};
pub use trail::Step;
