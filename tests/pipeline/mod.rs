//! The main job by real processes: a dropped file becomes the monthly statement, once.

mod amendments;
mod damaged;
mod delivery;
mod digest;
mod intake;
mod malfunction_signs;
mod malfunctions;
mod month_end;
mod protocol_office;
mod quarantine;
mod release;
mod reminders;
mod specimen;
