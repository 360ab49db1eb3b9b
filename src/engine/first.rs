//! The first model of a library: made in seconds from the base model when something is to be indexed and nothing has been trained,
//! and made anew once the library has grown to twice what it was made for.

use std::sync::Arc;

use super::at_rest::{AtRest, common_rate};
use super::error::EngineError;
use super::features::listen;
use super::job::JobKind;
use super::shared::Job;
use crate::dataset::SoundFile;
use crate::model::{Config, Model, ModelKind, TrainingSettings};
use crate::project::ModelGeneration;

/// Chunks of the files that are listened to, about: four times as many as the head is fitted to.
const CHUNKS: u64 = 12_000;

/// Whether the library has outgrown a first model that was made for `chunks` chunks.
pub(super) fn is_outgrown(model: &Model, chunks: u64) -> bool {
    model.kind() == ModelKind::Base && chunks >= 2 * model.progress().chunks.max(1)
}

/// A first model for what is at rest, with codes of `bits` where that is said; it is not installed yet.
pub(super) fn first_model(
    job: &Job,
    at_rest: &AtRest,
    bits: Option<usize>,
) -> Result<(Model, ModelGeneration), EngineError> {
    let files = &at_rest.dataset.files;
    let settings = TrainingSettings { bits, ..TrainingSettings::default() };
    let config = Config::new(&settings, common_rate(files.iter().map(Arc::as_ref)))?;
    let grid = config.grid();
    let chunks: u64 = files.iter().map(|file| grid.chunks_of_file(file.frames, file.rate)).sum();
    // Every so many files, in the order of their paths: some of each folder.
    let every = usize::try_from(chunks.div_ceil(CHUNKS)).unwrap_or(usize::MAX).clamp(1, files.len().max(1));
    let heard: Vec<Arc<SoundFile>> = files.iter().step_by(every).cloned().collect();
    let cache = job.shared.project.subfolder("cache")?;
    let store = listen(job, JobKind::Index, &config, &heard, cache.as_std_path())?;
    let model = Model::first(config.clone(), &store, chunks)?;
    let generation = ModelGeneration {
        generation: 0,
        config,
        steps: 0,
        seconds: job.began.elapsed().as_secs_f64(),
        loss: 0.0,
        saturation: 0.0,
        collapsed: None,
        history: "[]".into(),
        hash: None,
    };
    Ok((model, generation))
}
