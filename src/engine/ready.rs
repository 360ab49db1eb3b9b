//! Ready at once: what a search, a map or an export needs is made when it is asked for and not there yet.

use std::sync::Arc;

use super::error::EngineError;
use super::index::build_index;
use super::shared::Job;
use super::snapshot::Snapshot;
use crate::model::Model;

/// The snapshot to search. Builds the index first where there is none of the current model, and fits the library's first model
/// where there is no model. A damaged index is an error: the person is told, and decides.
pub(super) fn current_snapshot(job: &Job) -> Result<Arc<Snapshot>, EngineError> {
    match job.shared.current_snapshot() {
        Err(EngineError::NoModel | EngineError::NoIndex | EngineError::StaleIndex) => {
            make_ready(job)?;
            job.shared.current_snapshot()
        }
        snapshot => snapshot,
    }
}

/// The current model, whether or not there is an index of it; the library's first model where there is none yet.
pub(super) fn current_model(job: &Job) -> Result<Arc<Model>, EngineError> {
    if job.shared.project.current_model()?.is_none() {
        make_ready(job)?;
    }
    job.shared.current_model()
}

/// Builds the index. A project that cannot be changed stays as it is: whoever asked is then told what it lacks.
fn make_ready(job: &Job) -> Result<(), EngineError> {
    match job.shared.project.check_writable() {
        Err(_) => Ok(()),
        Ok(()) => build_index(job).map(|_| ()),
    }
}
