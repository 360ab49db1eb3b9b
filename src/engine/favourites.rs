//! Marking favourites.

use super::error::EngineError;
use super::shared::Job;
use crate::dataset::Favourite;

/// Sets or removes a favourite's mark. This can be undone.
pub(super) fn mark(job: &Job, favourite: Favourite, on: bool) -> Result<(), EngineError> {
    let words = if on { "Marked a favourite" } else { "Removed a favourite's mark" };
    let edit = job.shared.project.edit(words)?;
    edit.mark_favourite(favourite, on)?;
    edit.commit()?;
    job.shared.refresh_favourites()
}
