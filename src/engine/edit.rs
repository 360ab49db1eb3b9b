//! What a person changes in the project, and taking it back.

use super::error::EngineError;
use super::event::Outcome;
use super::shared::Job;
use crate::dataset::FileId;

/// Longer tags would not fit where they are shown.
const LONGEST_TAG: usize = 64;

pub(super) fn remove_files(job: &Job, files: &[FileId]) -> Result<Outcome, EngineError> {
    let words = format!("Removed {}", files_in_words(files.len()));
    let edit = job.shared.project.edit(words.as_str())?;
    edit.remove_files(files)?;
    drop(edit);
    job.shared.refresh()?;
    Ok(Outcome::Changed { words })
}

pub(super) fn clear_problems(job: &Job) -> Result<Outcome, EngineError> {
    let words = "Cleared the problems".to_owned();
    let edit = job.shared.project.edit(words.as_str())?;
    edit.clear_problems()?;
    drop(edit);
    job.shared.refresh_dataset()?;
    Ok(Outcome::Changed { words })
}

pub(super) fn tag_files(job: &Job, files: &[FileId], tag: &str) -> Result<Outcome, EngineError> {
    let tag = checked(tag)?;
    let words = format!("Tagged {} “{tag}”", files_in_words(files.len()));
    let edit = job.shared.project.edit(words.as_str())?;
    edit.tag_files(files, tag)?;
    drop(edit);
    job.shared.refresh_dataset()?;
    Ok(Outcome::Changed { words })
}

pub(super) fn untag_files(job: &Job, files: &[FileId], tag: &str) -> Result<Outcome, EngineError> {
    let tag = tag.trim();
    let words = format!("Took the tag “{tag}” off {}", files_in_words(files.len()));
    let edit = job.shared.project.edit(words.as_str())?;
    edit.untag_files(files, tag)?;
    drop(edit);
    job.shared.refresh_dataset()?;
    Ok(Outcome::Changed { words })
}

pub(super) fn undo(job: &Job) -> Result<Outcome, EngineError> {
    let words = job.shared.project.undo();
    // A change that can no longer be taken back is off the list as well.
    job.shared.refresh()?;
    Ok(Outcome::Undone { words: words? })
}

pub(super) fn redo(job: &Job) -> Result<Outcome, EngineError> {
    let words = job.shared.project.redo();
    job.shared.refresh()?;
    Ok(Outcome::Redone { words: words? })
}

/// "1 file", "3 files".
pub(super) fn files_in_words(n: usize) -> String {
    format!("{n} {}", if n == 1 { "file" } else { "files" })
}

fn checked(tag: &str) -> Result<&str, EngineError> {
    let tag = tag.trim();
    let why = match tag {
        "" => "it is empty",
        _ if tag.contains('"') => "it has quotes in it, which mean something else in a filter",
        _ if tag.chars().any(char::is_control) => "it has more than one line",
        _ if tag.chars().count() > LONGEST_TAG => "it is too long",
        _ => return Ok(tag),
    };
    Err(EngineError::Tag { tag: tag.to_owned(), why })
}
