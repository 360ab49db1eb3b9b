//! Changes that a person makes to the project, and how they are undone.

use std::sync::Arc;

use rayon::prelude::*;

use super::error::EngineError;
use super::event::Outcome;
use super::latest::OnDisk;
use super::on_disk;
use super::shared::Job;
use crate::dataset::{FileId, SoundFile};

/// Longer tags would not fit into the window.
const LONGEST_TAG: usize = 64;

pub(super) fn remove_files(job: &Job, files: &[FileId]) -> Result<Outcome, EngineError> {
    let words = format!("Removed {}", files_in_words(files.len()));
    let edit = job.shared.project.edit(words.as_str())?;
    edit.remove_files(files)?;
    edit.commit()?;
    job.shared.refresh()?;
    Ok(Outcome::Changed { words })
}

/// Removes files from the project that are no longer on the disk. Files whose folder is away stay.
pub(super) fn forget_missing(job: &Job) -> Result<Outcome, EngineError> {
    let dataset = job.shared.latest().dataset;
    let away = on_disk::away(&dataset);
    let is_missing = |file: &&Arc<SoundFile>| {
        dataset.root_of(file).is_none_or(|root| !away.contains_key(&root.id))
            && on_disk::state_of(file) == Some(OnDisk::Missing)
    };
    let missing: Vec<FileId> = dataset.files.par_iter().filter(is_missing).map(|file| file.id).collect();
    job.check()?;
    let words = match missing.len() {
        1 => "Removed 1 missing file".to_owned(),
        n => format!("Removed {n} missing files"),
    };
    let edit = job.shared.project.edit(words.as_str())?;
    edit.remove_files(&missing)?;
    edit.commit()?;
    job.shared.refresh()?;
    Ok(Outcome::Changed { words })
}

pub(super) fn clear_problems(job: &Job) -> Result<Outcome, EngineError> {
    let words = "Cleared the problems".to_owned();
    let edit = job.shared.project.edit(words.as_str())?;
    edit.clear_problems()?;
    edit.commit()?;
    job.shared.refresh_dataset()?;
    Ok(Outcome::Changed { words })
}

pub(super) fn tag_files(job: &Job, files: &[FileId], tag: &str) -> Result<Outcome, EngineError> {
    let tag = checked(tag)?;
    let words = format!("Tagged {} “{tag}”", files_in_words(files.len()));
    let edit = job.shared.project.edit(words.as_str())?;
    edit.tag_files(files, tag)?;
    edit.commit()?;
    job.shared.refresh_dataset()?;
    Ok(Outcome::Changed { words })
}

pub(super) fn untag_files(job: &Job, files: &[FileId], tag: &str) -> Result<Outcome, EngineError> {
    let tag = tag.trim();
    let words = format!("Removed the tag “{tag}” from {}", files_in_words(files.len()));
    let edit = job.shared.project.edit(words.as_str())?;
    edit.untag_files(files, tag)?;
    edit.commit()?;
    job.shared.refresh_dataset()?;
    Ok(Outcome::Changed { words })
}

pub(super) fn rename_tag(job: &Job, tag: &str, to: &str) -> Result<Outcome, EngineError> {
    let (tag, to) = (tag.trim(), checked(to)?);
    let edit = job.shared.project.edit("Renamed a tag")?;
    let files = edit.rename_tag(tag, to)?;
    let words = format!("Renamed the tag “{tag}” to “{to}” on {}", files_in_words(files));
    edit.name(words.as_str());
    edit.commit()?;
    job.shared.refresh_dataset()?;
    Ok(Outcome::Changed { words })
}

pub(super) fn undo(job: &Job) -> Result<Outcome, EngineError> {
    let words = job.shared.project.undo();
    // A change that can no longer be undone must also disappear from the history.
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

/// The name of a collection, without surrounding spaces.
pub(super) fn checked_name(name: &str) -> Result<&str, EngineError> {
    named(name).map_err(|why| EngineError::CollectionName { name: name.to_owned(), why })
}

/// A tag, without surrounding spaces.
pub(super) fn checked(tag: &str) -> Result<&str, EngineError> {
    named(tag).map_err(|why| EngineError::Tag { tag: tag.to_owned(), why })
}

fn named(name: &str) -> Result<&str, &'static str> {
    let tag = name.trim();
    let why = match tag {
        "" => "it is empty",
        _ if tag.contains('"') => "it has quotes in it, which mean something else in a filter",
        _ if tag.chars().any(char::is_control) => "it has more than one line",
        _ if tag.chars().count() > LONGEST_TAG => "it is too long",
        _ => return Ok(tag),
    };
    Err(why)
}
