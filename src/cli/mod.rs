//! FLOOR 4. The person at the terminal: the command table, one file for each command.

mod check;
mod decode;
mod decode_output;
mod failure;
mod manual;
mod output;

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
    /// Validate the whole configuration and list every problem
    Check(check::CheckArgs),
    /// Show what would be ingested from an export file
    Decode(decode::DecodeArgs),
    /// Print shell completions
    Completions(manual::CompletionsArgs),
    /// Print the man page
    Man,
}

/// Runs the command line and says how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let ending = run(&cli);
    if let Err(failure) = &ending {
        output::talk(&failure.to_string());
    }
    failure::exit_code(&ending)
}

fn run(cli: &Cli) -> Ending {
    match &cli.command {
        Command::Check(args) => check::check(&cli.config, args),
        Command::Decode(args) => decode::decode(args),
        Command::Completions(args) => manual::completions(args),
        Command::Man => manual::man(),
    }
}
