//! The first model of a library. It is made from the base model, in seconds, if something must be indexed and no model
//! was trained. It is made again when the library has grown to twice the size.

use std::sync::Arc;

use super::at_rest::{AtRest, common_rate};
use super::error::EngineError;
use super::features::listen;
use super::job::JobKind;
use super::shared::Job;
use crate::dataset::SoundFile;
use crate::model::{Config, Model, ModelKind, TrainingSettings};
use crate::project::ModelGeneration;

/// Roughly the number of chunks that are listened to: four times as many as the head is fitted to.
const CHUNKS: u64 = 12_000;

/// Whether the library has become too large for a first model that was made for fewer chunks.
pub(super) fn is_outgrown(model: &Model, chunks: u64) -> bool {
    model.kind() == ModelKind::Base && chunks >= 2 * model.progress().chunks.max(1)
}

/// Makes a first model for the library, without installing it. Its codes have `bits` bits if that is given.
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
    // Evenly spaced files, by path, so that every folder is represented.
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
