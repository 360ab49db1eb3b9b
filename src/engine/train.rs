//! Trains a model on the dataset, and keeps the result.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::at_rest::{AtRest, common_rate};
use super::curve::Curve;
use super::error::EngineError;
use super::event::TrainReport;
use super::features::listen;
use super::index::{encode_all, install_both, install_model};
use super::job::JobKind;
use super::latest::TrainingView;
use super::shared::Job;
use super::stage::JobStage;
use crate::model::{Config, Model, StepReport, Synthetic, TrainSummary, Trainer, TrainingSettings};
use crate::project::ModelGeneration;

/// How often the newest values are published.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// A kill loses at most this much of a training.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

pub(super) fn train(
    job: &Job,
    settings: &TrainingSettings,
    resume: bool,
    then_index: bool,
) -> Result<TrainReport, EngineError> {
    let project = &job.shared.project;
    project.check_writable()?;
    project.look_at_problems()?;
    let files = project.files()?;
    if files.is_empty() {
        return Err(EngineError::NoSounds);
    }
    let checkpoint = project.checkpoint_path();
    project.claim_checkpoint()?;
    let config = match resume {
        true if !checkpoint.is_file() => return Err(EngineError::NothingToResume),
        true => Model::load(checkpoint.as_std_path())?.config().clone(),
        false => Config::new(settings, common_rate(&files))?.suited(settings, files.len()),
    };
    let cache = project.subfolder("cache")?;
    let store = listen(job, JobKind::Train, &config, &files, cache.as_std_path())?;
    let synthetic = synthetic_sounds(job, &config, cache.as_std_path())?;
    let mut trainer = match resume {
        true => Trainer::resume_beside(checkpoint.as_std_path(), &store, synthetic.as_ref())?,
        false => Trainer::beside(config.clone(), &store, synthetic.as_ref())?,
    };
    let (summary, view) = run(job, &mut trainer, &config, checkpoint.as_std_path())?;
    if job.is_cancelled() {
        trainer.save(checkpoint.as_std_path())?;
        job.shared.update(|latest| latest.resumable = true);
        return Err(EngineError::Cancelled);
    }
    let kept_first = trainer.keep_the_better(&store)?;
    let generation = ModelGeneration {
        generation: 0,
        config: config.clone(),
        steps: if kept_first { 0 } else { summary.step },
        seconds: summary.seconds,
        loss: summary.loss,
        saturation: summary.saturation,
        collapsed: summary.collapsed.clone().filter(|_| !kept_first),
        history: serde_json::to_string(&view.history).map_err(|cause| EngineError::Fault(cause.to_string()))?,
        hash: None,
    };
    // The features are no longer needed, and indexing a large library needs the memory.
    let model = trainer.model();
    drop(trainer);
    drop(synthetic);
    drop(store);
    let index = match then_index {
        true => {
            let _alone = job.shared.building();
            match encode_all(job, &AtRest::read(project)?, &model) {
                Ok(encoded) => Some(install_both(job, &model, &generation, encoded)?),
                // The trained model is kept, even if its index could not be built.
                Err(cause) => {
                    install_model(project, &model, &generation)?;
                    job.shared.refresh()?;
                    return Err(cause);
                }
            }
        }
        false => {
            install_model(project, &model, &generation)?;
            None
        }
    };
    if checkpoint.is_file() {
        std::fs::remove_file(&checkpoint)
            .map_err(|cause| EngineError::Write { path: checkpoint.into_std_path_buf(), cause })?;
    }
    job.shared.update(|latest| latest.resumable = false);
    job.shared.refresh()?;
    job.shared.sweep();
    Ok(TrainReport {
        preset: config.preset,
        bits: config.bits,
        steps: summary.step,
        seconds: summary.seconds,
        chunks_per_second: summary.chunks_per_second,
        loss: summary.loss,
        saturation: summary.saturation,
        code_entropy: summary.code_entropy,
        unique: view.history.iter().rev().find_map(|point| point.unique),
        probe: view.history.iter().rev().find_map(|point| point.probe),
        collapsed: summary.collapsed,
        stopped_early: summary.step < summary.steps,
        kept_first,
        index,
    })
}

/// The number of synthetic patches beside which a library is learned, if the settings want some.
const PATCHES: usize = 640;

/// The synthetic sounds that the configuration wants in its batches. `None` if it wants none.
fn synthetic_sounds(job: &Job, config: &Config, cache: &Path) -> Result<Option<Synthetic>, EngineError> {
    if config.synthetic_pairs() == 0 {
        return Ok(None);
    }
    let began = Instant::now();
    let mut tell = |done: usize| {
        job.progress(JobKind::Train, JobStage::MakingSyntheticSounds, began, done as u64, PATCHES as u64);
        if job.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    match Synthetic::render(config, PATCHES, config.seed, cache, &mut tell)? {
        Some(sounds) => Ok(Some(sounds)),
        None => Err(EngineError::Cancelled),
    }
}

/// Trains to the planned end, or until the person stops it, and reports progress.
fn run(
    job: &Job,
    trainer: &mut Trainer<'_>,
    config: &Config,
    checkpoint: &Path,
) -> Result<(TrainSummary, TrainingView), EngineError> {
    let began = Instant::now();
    let mut curve = Curve::new(trainer.step().1);
    let mut view = TrainingView { config: Some(config.clone()), running: true, ..TrainingView::default() };
    view.steps_planned = trainer.step().1;
    let mut told: Option<Instant> = None;
    let first_step = trainer.step().0;
    let mut summary = loop {
        let slice_began = Instant::now();
        let mut is_slice_over = false;
        let summary = trainer.run(&mut |step: &StepReport| {
            curve.add(step);
            if told.is_none_or(|at| at.elapsed() > TELL_EVERY) {
                told = Some(Instant::now());
                tell(job, &mut view, &curve, step, began);
            }
            is_slice_over = slice_began.elapsed() > CHECKPOINT_EVERY;
            let is_over = job.is_cancelled() || job.is_to_finish();
            if is_over || is_slice_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let summary = match summary {
            Ok(summary) => summary,
            Err(failure) => {
                job.shared.update(|latest| end_of(latest, &view));
                return Err(failure.into());
            }
        };
        let is_over = job.is_cancelled() || job.is_to_finish() || summary.step >= summary.steps;
        if is_over {
            break summary;
        }
        trainer.save(checkpoint)?;
    };
    // The trainer counts only the time of its last call.
    summary.seconds = began.elapsed().as_secs_f64();
    let chunks = ((summary.step - first_step) * config.batch) as f64;
    summary.chunks_per_second = chunks / summary.seconds.max(f64::MIN_POSITIVE);
    view.history = curve.points();
    view.running = false;
    view.secs_left = None;
    view.chunks_per_second = summary.chunks_per_second;
    view.collapsed = summary.collapsed.clone();
    job.shared.update(|latest| latest.training = Some(Arc::new(view.clone())));
    Ok((summary, view))
}

fn end_of(latest: &mut super::latest::Latest, view: &TrainingView) {
    latest.training = Some(Arc::new(TrainingView { running: false, secs_left: None, ..view.clone() }));
}

fn tell(job: &Job, view: &mut TrainingView, curve: &Curve, step: &StepReport, began: Instant) {
    let trained_a_step = view.config.as_ref().map_or(0.0, |config| config.batch as f64);
    view.history = curve.points();
    view.chunks_per_second = step.chunks_per_second;
    view.bit_balance.clone_from(&step.ones);
    view.collapsed.clone_from(&step.collapsed);
    let chunks_left = (step.steps - step.step) as f64 * trained_a_step;
    view.secs_left = (step.chunks_per_second > 0.0).then_some(chunks_left / step.chunks_per_second);
    let shown = Arc::new(view.clone());
    job.shared.update(|latest| latest.training = Some(shown));
    job.progress(JobKind::Train, JobStage::Learning, began, step.step as u64, step.steps as u64);
}
