//! Makes what a search, a map or an export needs, if it is missing.

use std::sync::Arc;

use super::error::EngineError;
use super::index::build_index;
use super::shared::Job;
use super::snapshot::Snapshot;
use crate::model::Model;

/// The snapshot to search. If there is no index of the current model, it is built first. If there is no model, the
/// library's first model is made before that. A damaged index is an error, because the person must decide what to do.
pub(super) fn current_snapshot(job: &Job) -> Result<Arc<Snapshot>, EngineError> {
    match job.shared.current_snapshot() {
        Err(EngineError::NoModel | EngineError::NoIndex | EngineError::StaleIndex) => {
            make_ready(job)?;
            job.shared.current_snapshot()
        }
        snapshot => snapshot,
    }
}

/// The current model, whether or not it has an index. If there is none, the library's first model is made.
pub(super) fn current_model(job: &Job) -> Result<Arc<Model>, EngineError> {
    if job.shared.project.current_model()?.is_none() {
        make_ready(job)?;
    }
    job.shared.current_model()
}

/// Builds the index. If the project cannot be changed, nothing is built, and the caller reports what is missing.
fn make_ready(job: &Job) -> Result<(), EngineError> {
    match job.shared.project.check_writable() {
        Err(_) => Ok(()),
        Ok(()) => build_index(job).map(|_| ()),
    }
}
