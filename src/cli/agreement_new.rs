//! `timbra agreement new NAME`: the file of a new agreement, out of answers to questions or out of a
//! file of answers. Never over an existing one, and never one that `timbra check` would refuse.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::config::agreement_text::{Written, write};
use crate::config::load_with;
use crate::config::node::Node;
use crate::config::problem::{Problem, Severity, SourceText};
use crate::domain::ids::AgreementId;

use super::agreement_questions::Questions;
use super::check;
use super::failure::{Done, Ending, Failure};
use super::output::{print, talk};

/// The new agreement.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  timbra agreement new torino-03\n  \
    timbra agreement new torino-03 --from risposte.toml\n  \
    timbra agreement new torino-03 --from - --out /tmp/torino-03.toml < risposte.toml\n\n\
    A file of answers has the keys of an agreement file (config/agreements/esempio.toml). Choose a\n\
    name without a person's name: it appears in message ids. With Ctrl-D nothing is written.")]
pub(super) struct NewArgs {
    /// Its name: the file is agreements/NAME.toml
    name: String,
    /// Take the answers from a TOML file, or from stdin (`-`), instead of asking
    #[arg(long, value_name = "ANSWERS.toml")]
    from: Option<PathBuf>,
    /// Write another file than agreements/NAME.toml in the folder of the configuration
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What the whole configuration would be with the new file in it.
pub(super) struct Trial<'a> {
    folder: &'a Path,
    id: AgreementId,
    target: PathBuf,
    before: Vec<Problem>,
}

impl Trial<'_> {
    /// The problems that a text would bring.
    pub(super) fn problems(&self, text: &str) -> Vec<Problem> {
        self.problems_of(SourceText::new(&self.target, text.to_owned()))
    }

    fn problems_of(&self, source: SourceText) -> Vec<Problem> {
        let loaded = check::with_names(load_with(self.folder, &self.id, source), self.folder);
        loaded.problems.into_iter().filter(|problem| !self.before.contains(problem)).collect()
    }
}

pub(super) fn run(folder: &Path, args: &NewArgs) -> Ending {
    let id = AgreementId::new(&args.name).map_err(|_| {
        let hint = "1 to 64 characters of a-z, 0-9, '-' and '_', starting with a letter or digit";
        Failure::usage(format!("`{}` cannot be the name of an agreement", args.name)).hint(hint)
    })?;
    let own = folder.join("agreements").join(format!("{id}.toml"));
    let target = args.out.clone().unwrap_or_else(|| own.clone());
    for file in [&own, &target] {
        if file.exists() {
            let hint = "an agreement is never overwritten: choose another name, or edit that file";
            return Err(Failure::new(format!("{} exists", file.display())).hint(hint));
        }
    }
    let trial = Trial { folder, id, target, before: check::all(folder).problems };
    let written = match &args.from {
        Some(path) => from_file(&trial, path)?,
        None => Questions::new(&trial, io::stdin().lock(), io::stderr()).ask()?,
    };
    let problems = trial.problems(&written.text);
    refuse(&problems, &trial.target)?;
    create(&trial.target, &written.text)?;
    for problem in &problems {
        talk(&problem.to_string());
    }
    print(format!("{}\n", trial.target.display()).as_bytes())?;
    talk("note: the running daemon takes it up with SIGHUP (`systemctl reload timbra`)");
    Ok(if problems.is_empty() { Done::Clean } else { Done::Attention })
}

fn from_file(trial: &Trial<'_>, path: &Path) -> Result<Written, Failure> {
    let unreadable = |error: io::Error| Failure::new(format!("cannot read {}: {error}", path.display()));
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map_err(unreadable)?;
        text
    } else {
        fs::read_to_string(path).map_err(unreadable)?
    };
    let source = SourceText::new(path, text);
    // told with their places in the file of the person, not in one that they have not seen
    refuse(&trial.problems_of(source.clone()), path)?;
    Ok(write(&Node::from_toml(&source).0))
}

/// Tells all problems when there is an error among them.
fn refuse(problems: &[Problem], place: &Path) -> Result<(), Failure> {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    if errors == 0 {
        return Ok(());
    }
    for problem in problems {
        talk(&format!("{problem}\n"));
    }
    let message = format!("{} in {}", check::many(errors, "error"), place.display());
    Err(Failure::new(message).hint("nothing was written"))
}

/// Writes a file that is not there yet, whole or not at all.
fn create(target: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::new(format!("cannot write {}: {error}", target.display()));
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let partial = target.with_file_name(format!(".{name}.part-{}", std::process::id()));
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    // a link fails where a file has come in the meantime; a renaming would not
    let written = fs::write(&partial, text).and_then(|()| fs::hard_link(&partial, target));
    drop(fs::remove_file(&partial));
    written.map_err(failed)
}
