//! `timbra completions` and `timbra man`: both come out of the command table, none is kept in the tree.

use std::fs;
use std::path::PathBuf;

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

/// Where to.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  timbra man | man -l -\n  timbra man --out /usr/local/share/man/man1")]
pub(super) struct ManArgs {
    /// Write one page for each command into this folder instead
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn man(args: &ManArgs) -> Ending {
    let command = super::Cli::command();
    let failed = |error| Failure::new(format!("cannot write the man page: {error}"));
    if let Some(folder) = &args.out {
        fs::create_dir_all(folder).map_err(failed)?;
        clap_mangen::generate_to(command, folder).map_err(failed)?;
        return Ok(Done::Clean);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(failed)?;
    print(&page)?;
    Ok(Done::Clean)
}
