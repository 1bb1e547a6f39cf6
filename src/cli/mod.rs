//! FLOOR 4. The person at the terminal: the command table, one file for each command.

mod absence;
mod agreement;
mod agreement_new;
mod agreement_questions;
mod agreement_show;
mod author;
mod authorization;
mod backup;
mod badge;
mod bar;
mod channel;
mod check;
mod checklist;
mod clock;
mod configuration;
mod contest;
mod day;
mod day_change;
mod decode;
mod decode_output;
mod decode_port;
mod decode_wire;
mod decode_wire_output;
mod demo;
mod document;
mod entering;
mod entry_output;
mod explain;
mod explain_paper;
mod explain_register;
mod explain_text;
mod failure;
mod held;
mod import;
mod inbox;
mod language;
mod learn;
mod log;
mod malfunction;
mod malfunction_output;
mod manual;
mod outbox;
mod outbox_address;
mod outbox_resume;
mod output;
mod plan;
mod port_args;
mod port_listener;
mod present;
mod profile_change;
mod punch;
mod purge;
mod receipt;
mod receipt_text;
mod report;
mod restore;
mod run;
mod screen;
mod send;
mod statement;
mod status;
mod status_alarms;
mod status_daemon;
mod status_mail;
mod status_malfunctions;
mod status_notes;
mod status_readers;
mod status_watch;
mod subject;
mod unit;
mod verify;
mod wire_args;
mod withdraw;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use failure::{Done, Ending, Failure};

/// Attendance of visiting coworkers: badge events in, monthly statements out, with proof.
#[derive(Debug, Parser)]
#[command(name = "timbra", version, arg_required_else_help = true)]
struct Cli {
    /// Folder of the configuration
    #[arg(long, global = true, value_name = "DIR", default_value = "/etc/timbra")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: watch the readers, compute the days, send the statements
    #[command(after_help = "Example:\n  timbra --config /etc/timbra run\n\n\
        SIGTERM ends it within 5 seconds, SIGHUP makes it read the configuration anew; with errors in it the\n\
        old one goes on. TIMBRA_LOG=debug tells more.")]
    Run(run::RunArgs),
    /// The whole main job on shipped fixtures, in a throw-away store
    Demo(demo::DemoArgs),
    /// Validate the whole configuration and list every problem
    Check(check::CheckArgs),
    /// Write, list, show and check the agreements
    Agreement(agreement::AgreementArgs),
    /// Say whether the time of this machine is believed, or that it is right
    Clock(clock::ClockArgs),
    /// Show what would be ingested from an export file or a reader's port
    Decode(Box<decode::DecodeArgs>),
    /// Compute a day from a JSON case (what-if; touches no store)
    Day(day::DayArgs),
    /// Ingest export files once, by hand
    Import(import::ImportArgs),
    /// Preview the statement of a month; nothing is sent
    Statement(statement::StatementArgs),
    /// Send a statement now, or an amendment of one that was sent
    Send(send::SendArgs),
    /// Tell how a stored day came about, down to each punch
    Explain(explain::ExplainArgs),
    /// Enter the agreed days of a month
    Plan(plan::PlanArgs),
    /// Enter or revoke an absence that the home office communicated
    Absence(absence::AbsenceArgs),
    /// Enter a recalled or a moved day
    DayChange(day_change::DayChangeArgs),
    /// Enter that service exits were authorised
    Service(authorization::ServiceArgs),
    /// Enter that holiday work, an early entry or overtime was authorised
    Authorize(authorization::AuthorizeArgs),
    /// Enter that a badge was issued, returned, lost or replaced; list who held what
    Badge(badge::BadgeArgs),
    /// Enter that another hour profile holds from a day on
    ProfileChange(profile_change::ProfileChangeArgs),
    /// Enter the withdrawal from an agreement
    Withdraw(withdraw::WithdrawArgs),
    /// Enter that the employee contests a day, or that the contest is settled
    Contest(contest::ContestArgs),
    /// Show and enter what the host provides (art. 3)
    Checklist(checklist::ChecklistArgs),
    /// Enter, confirm or void a punch by hand
    Punch(punch::PunchArgs),
    /// Declare, follow and end malfunctions; the home offices are told
    Malfunction(Box<malfunction::MalfunctionArgs>),
    /// Take an entry of the register back
    Undo(log::UndoArgs),
    /// Show all that happened to an agreement: entered by whom, made, sent and received
    Log(log::LogArgs),
    /// Say who of the coworkers is in now
    Present(present::PresentArgs),
    /// Show and settle the letters: statements to the home offices, and reminders
    Outbox(outbox::OutboxArgs),
    /// Try the way by which an agreement's statements leave
    Channel(channel::ChannelArgs),
    /// Show what came back: receipts, bounces, and the other mail in the box
    Inbox(inbox::InboxArgs),
    /// Show what one receipt says, and whether it is believed; touches no store
    Receipt(receipt::ReceiptArgs),
    /// The final report of a term: its figures, a draft to complete, and its sending
    Report(report::ReportArgs),
    /// Health at a glance
    Status(status::StatusArgs),
    /// Hand out all data about one coworker
    Subject(subject::SubjectArgs),
    /// Forget what has been kept long enough; says first what it would forget
    Purge(purge::PurgeArgs),
    /// Say whether the store, or a backup, still is what was written into it
    Verify(verify::VerifyArgs),
    /// Write everything into one file, while the daemon runs
    Backup(backup::BackupArgs),
    /// Make a store of a backup
    Restore(restore::RestoreArgs),
    /// Print shell completions
    Completions(manual::CompletionsArgs),
    /// Print the man page, or write those of all commands
    Man(manual::ManArgs),
}

/// Runs the command line and says how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let ending = dispatch(&cli);
    if let Err(failure) = &ending {
        output::talk(&failure.to_string());
    }
    failure::exit_code(&ending)
}

fn dispatch(cli: &Cli) -> Ending {
    match &cli.command {
        Command::Run(args) => run::run(&cli.config, args),
        Command::Demo(args) => demo::run(args),
        Command::Clock(args) => clock::run(&cli.config, args),
        Command::Agreement(args) => agreement::run(&cli.config, args),
        Command::Check(args) => check::check(&cli.config, args),
        Command::Decode(args) => decode::decode(&cli.config, args),
        Command::Day(args) => day::day(args),
        Command::Import(args) => import::run(&cli.config, args),
        Command::Statement(args) => statement::run(&cli.config, args),
        Command::Send(args) => send::run(&cli.config, args),
        Command::Explain(args) => explain::run(&cli.config, args),
        Command::Plan(args) => plan::run(&cli.config, args),
        Command::Absence(args) => absence::run(&cli.config, args),
        Command::DayChange(args) => day_change::run(&cli.config, args),
        Command::Service(args) => authorization::service(&cli.config, args),
        Command::Authorize(args) => authorization::authorize(&cli.config, args),
        Command::Badge(args) => badge::run(&cli.config, args),
        Command::ProfileChange(args) => profile_change::run(&cli.config, args),
        Command::Withdraw(args) => withdraw::run(&cli.config, args),
        Command::Contest(args) => contest::run(&cli.config, args),
        Command::Checklist(args) => checklist::run(&cli.config, args),
        Command::Punch(args) => punch::run(&cli.config, args),
        Command::Malfunction(args) => malfunction::run(&cli.config, args),
        Command::Undo(args) => log::undo(&cli.config, args),
        Command::Log(args) => log::run(&cli.config, args),
        Command::Present(args) => present::run(&cli.config, args),
        Command::Subject(args) => subject::run(&cli.config, args),
        Command::Purge(args) => purge::run(&cli.config, args),
        Command::Outbox(args) => outbox::run(&cli.config, args),
        Command::Channel(args) => channel::run(&cli.config, args),
        Command::Inbox(args) => inbox::run(&cli.config, args),
        Command::Receipt(args) => receipt::run(&cli.config, args),
        Command::Report(args) => report::run(&cli.config, args),
        Command::Status(args) => status::run(&cli.config, args),
        Command::Verify(args) => verify::run(&cli.config, args),
        Command::Backup(args) => backup::run(&cli.config, args),
        Command::Restore(args) => restore::run(&cli.config, args),
        Command::Completions(args) => manual::completions(args),
        Command::Man(args) => manual::man(args),
    }
}
