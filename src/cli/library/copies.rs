//! `soundalike copies`: lists exact copies, and thins them out.

use std::io::{IsTerminal as _, stdin};
use std::path::PathBuf;

use anyhow::bail;

use super::{change, save};
use crate::cli::common::Common;
use crate::cli::report;
use crate::cli::session::Session;
use crate::cli::terminal::say;
use crate::engine::{Command, CopiesDeed, CopiesReport, Keep, Outcome};
use crate::ground::names;

/// What to do with the copies that are not kept.
pub(super) struct Thinning {
    pub forget: bool,
    pub trash: bool,
    /// Whether to move files to the trash without asking.
    pub yes: bool,
    /// The script to write instead.
    pub script: Option<PathBuf>,
}

/// Finds copies and thins them out, or only lists them.
pub(super) fn run(session: &Session, keep: Keep, thinning: Thinning, common: &Common) -> anyhow::Result<()> {
    let Thinning { forget, trash, yes, script } = thinning;
    let found = match session.run(Command::FindCopies(keep))? {
        Outcome::CopiesFound(found) => found,
        other => bail!("looking for copies ended in {other:?}"),
    };
    let others: usize = found.groups.iter().map(|group| group.others.len()).sum();
    if let Some(script) = script {
        let out = names::text_of(&std::path::absolute(script)?);
        return save(session, Command::SaveCopiesScript { copies: found, out }, common);
    }
    if forget || trash && (yes || is_confirmed(others)?) {
        let deed = if forget { CopiesDeed::Forget } else { CopiesDeed::Trash };
        return change(session, Command::ThinOutCopies { copies: found, deed }, common);
    }
    report::show(&*found, common.json, |found: &CopiesReport| {
        for group in &found.groups {
            say!("{}", names::shown(group.keep.as_str()));
            group.others.iter().for_each(|other| say!("  = {}", names::shown(other.as_str())));
        }
        say!("{} sounds have copies: {others} files beside those that are kept", found.groups.len());
    });
    Ok(())
}

/// Asks on the terminal. Without a terminal, nobody can answer.
fn is_confirmed(files: usize) -> anyhow::Result<bool> {
    if !stdin().is_terminal() {
        bail!("there is no terminal to ask whether {files} files may go to the trash; add --yes");
    }
    eprint!("Move {files} files to the trash? (yes/no) ");
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "yes" | "y"))
}
