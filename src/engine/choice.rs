//! The files of a project that a person has chosen: named files and folders, and a filter.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::EngineError;
use super::latest::Latest;
use crate::dataset::{Candidate, FileId, Filter, SoundFile};
use crate::ground::paths::WithoutLinks as _;

/// If there are paths, only files at or below them are chosen. If there is a filter, only files that match it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    pub paths: Vec<PathBuf>,
    /// A filter in the language of [`dataset::filter`](crate::dataset::filter).
    pub filter: String,
}

impl Choice {
    /// The chosen files, by path. A path may name a file that is no longer on the disk.
    ///
    /// # Errors
    /// If a path names nothing in the project.
    pub fn files(&self, latest: &Latest) -> Result<Vec<Arc<SoundFile>>, EngineError> {
        let dataset = &latest.dataset;
        let named = self.paths.iter().map(|path| real(path));
        let named: Vec<PathBuf> = named.collect();
        let is_at = |file: &SoundFile, path: &PathBuf| file.path.as_std_path().starts_with(path);
        for (path, given) in named.iter().zip(&self.paths) {
            if !dataset.files.iter().any(|file| is_at(file, path)) {
                return Err(EngineError::NotInProject(given.clone()));
            }
        }
        let filter = Filter::read(&self.filter);
        let favourites: HashSet<FileId> = latest.favourites.iter().map(|favourite| favourite.file).collect();
        let is_meant = |file: &&Arc<SoundFile>| {
            let candidate = Candidate {
                file,
                tags: dataset.tags_of(file.id),
                problem: filter.asks_for_problems() && dataset.problem_now(file).is_some(),
                favourite: favourites.contains(&file.id),
            };
            (named.is_empty() || named.iter().any(|path| is_at(file, path))) && filter.admits(&candidate)
        };
        Ok(dataset.files.iter().filter(is_meant).cloned().collect())
    }
}

/// The absolute path with links resolved, also for a file that no longer exists.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for above in absolute.ancestors() {
        if let (Ok(there), Ok(rest)) = (above.without_links(), absolute.strip_prefix(above)) {
            // Joining an empty path would append a slash.
            return if rest.as_os_str().is_empty() { there } else { there.join(rest) };
        }
    }
    absolute
}
