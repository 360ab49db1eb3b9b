//! Saved searches, with the verdicts on their matches.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::error::EngineError;
use super::event::Outcome;
use super::query::{Grouping, Match, Query, SavedSearchView, SearchReport};
use super::search;
use super::shared::Job;
use crate::dataset::{Favourite, FileId, Verdict};
use crate::project::{Project, SavedSearch, SeenMatch};

/// Longer names would not fit where they are shown.
const LONGEST_NAME: usize = 64;

/// All saved searches, by name. One that this program cannot read is left out of the list but kept.
pub(super) fn list(project: &Project) -> Result<Vec<SavedSearchView>, EngineError> {
    let saved = project.saved_searches()?.into_iter();
    Ok(saved
        .filter_map(|saved| Some(SavedSearchView { query: query_of(project, &saved)?, name: saved.name }))
        .collect())
}

/// A query as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    query: Query,
    /// The files of the project at the query's paths. A file that was moved, or whose project was moved, is followed by its number.
    #[serde(default)]
    query_files: Vec<(Utf8PathBuf, FileId)>,
}

/// The paths of a query: its own, and those of its examples.
fn paths_of(query: &mut Query) -> impl Iterator<Item = &mut Utf8PathBuf> {
    std::iter::once(&mut query.path).chain(query.basket.examples.iter_mut().map(|example| &mut example.path))
}

fn query_of(project: &Project, saved: &SavedSearch) -> Option<Query> {
    let read = serde_json::from_str::<Kept>(&saved.query);
    let Kept { mut query, query_files } =
        read.inspect_err(|cause| tracing::warn!("the search {:?} is not read: {cause}", saved.name)).ok()?;
    for (was, file) in query_files {
        // A file that was removed is searched with where it was.
        let Some(is) = project.path_of(file).ok().flatten() else { continue };
        paths_of(&mut query).filter(|path| **path == was).for_each(|path| path.clone_from(&is));
    }
    query.basket.threshold = saved.threshold;
    query.basket.verdicts = saved.verdicts.clone();
    Some(query)
}

/// The saved search of this name.
fn find(project: &Project, name: &str) -> Result<Query, EngineError> {
    let saved = project.saved_searches()?.into_iter().find(|saved| saved.name == name);
    saved
        .and_then(|saved| query_of(project, &saved))
        .ok_or_else(|| EngineError::NoSavedSearch { name: name.to_owned() })
}

/// Saves a search. Like the other changes below, this can be undone.
pub(super) fn save(job: &Job, name: &str, query: &Query) -> Result<Outcome, EngineError> {
    let name = checked(name)?;
    let mut kept = query.clone();
    let (threshold, verdicts) = (kept.basket.threshold.take(), std::mem::take(&mut kept.basket.verdicts));
    let dataset = job.shared.latest().dataset;
    let known = |path: &mut Utf8PathBuf| {
        let file = dataset.files.iter().find(|file| file.path == *path)?;
        Some((path.clone(), file.id))
    };
    let query_files = paths_of(&mut kept).filter_map(known).collect();
    let query = serde_json::to_string(&Kept { query: kept, query_files })
        .map_err(|cause| EngineError::Fault(cause.to_string()))?;
    let search = SavedSearch { name: name.to_owned(), query, threshold, verdicts };
    change(job, format!("Saved the search “{name}”"), |edit| edit.save_search(&search))
}

pub(super) fn judge(job: &Job, name: &str, verdicts: &[Verdict]) -> Result<Outcome, EngineError> {
    find(&job.shared.project, name)?;
    let words = match verdicts {
        [Verdict { yes: true, .. }] => format!("Said yes to a match of “{name}”"),
        [Verdict { yes: false, .. }] => format!("Said no to a match of “{name}”"),
        _ => format!("Judged {} matches of “{name}”", verdicts.len()),
    };
    change(job, words, |edit| edit.judge_matches(name, verdicts))
}

pub(super) fn rename(job: &Job, from: &str, to: &str) -> Result<Outcome, EngineError> {
    let to = checked(to)?;
    find(&job.shared.project, from)?;
    if to != from && job.shared.project.saved_searches()?.iter().any(|saved| saved.name == to) {
        return Err(EngineError::SearchName { name: to.to_owned(), why: "another saved search has it" });
    }
    change(job, format!("Renamed the search “{from}” to “{to}”"), |edit| edit.rename_search(from, to))
}

pub(super) fn delete(job: &Job, name: &str) -> Result<Outcome, EngineError> {
    if !job.shared.project.saved_searches()?.iter().any(|saved| saved.name == name) {
        return Err(EngineError::NoSavedSearch { name: name.to_owned() });
    }
    change(job, format!("Deleted the search “{name}”"), |edit| edit.delete_search(name))
}

fn change(
    job: &Job,
    words: String,
    change: impl FnOnce(&crate::project::Edit<'_>) -> Result<(), crate::project::ProjectError>,
) -> Result<Outcome, EngineError> {
    let edit = job.shared.project.edit(words.as_str())?;
    change(&edit)?;
    edit.commit()?;
    job.shared.refresh_searches()?;
    Ok(Outcome::Changed { words })
}

/// Runs a saved search. Matches before the line that overlap no match of the last run are new. If the project can be
/// written, the matches are remembered for the next run.
pub(super) fn run(job: &Job, name: &str, k: usize) -> Result<SearchReport, EngineError> {
    let project = &job.shared.project;
    let query = Query { k, ..find(project, name)? };
    let mut report = search::search(job, &query)?;
    let alike = report.line.alike.unwrap_or(report.matches.len());
    if let Some(seen) = project.seen_matches(name)? {
        let is_seen = |found: &Match| {
            seen.iter().any(|seen| {
                let seen = Favourite { file: seen.file, start_secs: seen.start_secs, end_secs: seen.end_secs };
                // A file is the same one, whichever of its moments is the nearest now.
                let is_whole = query.by == Grouping::File && seen.file == found.file;
                is_whole || seen.is_at(found.file, found.start_seconds, found.end_seconds)
            })
        };
        report.matches[..alike].iter_mut().for_each(|found| found.nearness.is_new = !is_seen(found));
        report.line.new = Some(report.matches.iter().filter(|found| found.nearness.is_new).count());
    }
    // If the project cannot be written, the search still gives its answer.
    if project.check_writable().is_ok() {
        let seen = |found: &Match| SeenMatch {
            file: found.file,
            start_secs: found.start_seconds,
            end_secs: found.end_seconds,
        };
        project.note_seen_matches(name, &report.matches[..alike].iter().map(seen).collect::<Vec<_>>())?;
    }
    Ok(report)
}

fn checked(name: &str) -> Result<&str, EngineError> {
    let name = name.trim();
    let why = match name {
        "" => "it is empty",
        _ if name.chars().any(char::is_control) => "it has more than one line",
        _ if name.chars().count() > LONGEST_NAME => "it is too long",
        _ => return Ok(name),
    };
    Err(EngineError::SearchName { name: name.to_owned(), why })
}
