//! `soundalike check` and `soundalike repair`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::common::{Changes, Common, as_text};
use super::report::health::{self, Repaired};
use super::session::Session;
use crate::engine::{Command, Outcome, Part, PartState, check, repair};

/// Lists every part of the project and its state. The exit code is 1 if a part is damaged.
pub(super) fn run_check(project: PathBuf, common: &Common) -> anyhow::Result<ExitCode> {
    let parts = check(&as_text(project.clone()))?;
    let is_whole = parts.iter().all(|part| part.state != PartState::Damaged);
    // A broken catalogue has no list of sounds.
    let sounds =
        match Session::open(project, common, Changes::Nothing).and_then(|session| session.run(Command::CheckFiles)) {
            Ok(Outcome::Checked(sounds)) => Some(sounds),
            Ok(other) => anyhow::bail!("looking at the sounds ended in {other:?}"),
            Err(cause) if is_whole => return Err(cause),
            Err(_) => None,
        };
    health::checked(&parts, is_whole, sounds.as_ref(), common);
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Repairs what can be repaired, and rebuilds what is damaged in the index.
pub(super) fn run_repair(project: PathBuf, common: &Common) -> anyhow::Result<ExitCode> {
    let folder = as_text(project.clone());
    let mut done = repair(&folder)?;
    let is_index_damaged =
        |parts: &[Part]| parts.iter().any(|part| part.state == PartState::Damaged && part.name.starts_with("index-"));
    if is_index_damaged(&check(&folder)?) {
        let session = Session::open(project, common, Changes::Something)?;
        // Without a model or without sounds, the index cannot be built. The check below still names the damage.
        match session.run(Command::BuildIndex) {
            Ok(_) => done.push("the damaged parts of the index were built again".into()),
            Err(cause) => done.push(format!("the index cannot be built again now: {cause}")),
        }
    }
    let parts = check(&folder)?;
    let is_whole = parts.iter().all(|part| part.state != PartState::Damaged);
    health::repaired(&Repaired { done, parts }, common);
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
