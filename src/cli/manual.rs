//! `timbra completions` and `timbra man`: both come out of the command table, none is kept in the tree.

use clap::CommandFactory;

use super::failure::{Done, Ending, Failure};
use super::output::print;

/// Which shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  timbra completions bash > /etc/bash_completion.d/timbra")]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

pub(super) fn completions(args: &CompletionsArgs) -> Ending {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "timbra", &mut script);
    print(&script)?;
    Ok(Done::Clean)
}

pub(super) fn man() -> Ending {
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(super::Cli::command()).render(&mut page);
    written.map_err(|error| Failure::new(format!("cannot write the man page: {error}")))?;
    print(&page)?;
    Ok(Done::Clean)
}
