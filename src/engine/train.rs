//! Training a model on the dataset, and keeping what was learned.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::at_rest::common_rate;
use super::curve::Curve;
use super::error::EngineError;
use super::event::TrainReport;
use super::index::build_index;
use super::job::JobKind;
use super::latest::TrainingView;
use super::listen::stretches;
use super::shared::Job;
use super::stage::JobStage;
use crate::dataset::{Problem, SoundFile};
use crate::model::{
    Config, FeatureStore, FeatureStoreBuilder, Features, Model, StepReport, TrainSummary, Trainer, TrainingSettings,
};
use crate::project::{ModelGeneration, ProblemOf};

/// How often the newest values are told.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// A kill loses at most this much of a training.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

/// Files whose features are computed before they are stored and cancelling is looked at: at most so many, and with at most
/// so many bytes of features where they are more than one. A library of long recordings never lies in memory.
const FILES_A_ROUND: usize = 64;
const BYTES_A_ROUND: u64 = 256 << 20;

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
        false => Config::new(settings, common_rate(&files))?,
    };
    let cache = project.subfolder("cache")?;
    let store = listen(job, &config, &files, cache.as_std_path())?;
    let mut trainer = match resume {
        true => Trainer::resume(checkpoint.as_std_path(), &store)?,
        false => Trainer::new(config.clone(), &store)?,
    };
    let (summary, view) = run(job, &mut trainer, &config, checkpoint.as_std_path())?;
    if job.is_cancelled() {
        trainer.save(checkpoint.as_std_path())?;
        job.shared.update(|latest| latest.resumable = true);
        return Err(EngineError::Cancelled);
    }
    let generation = ModelGeneration {
        generation: 0,
        config: config.clone(),
        steps: summary.step,
        seconds: summary.seconds,
        loss: summary.loss,
        saturation: summary.saturation,
        collapsed: summary.collapsed.clone(),
        history: serde_json::to_string(&view.history).map_err(|cause| EngineError::Fault(cause.to_string()))?,
        hash: None,
    };
    project.install_model(&generation, |path| trainer.save(path.as_std_path()).map_err(EngineError::from))?;
    if checkpoint.is_file() {
        std::fs::remove_file(&checkpoint)
            .map_err(|cause| EngineError::Write { path: checkpoint.into_std_path_buf(), cause })?;
    }
    // The features are no longer needed, and an index of a large library wants the memory.
    drop(trainer);
    drop(store);
    job.shared.update(|latest| latest.resumable = false);
    job.shared.refresh()?;
    job.shared.sweep();
    let index = then_index.then(|| build_index(job)).transpose()?;
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
        index,
    })
}

/// Computes the features of all files, in the order of their paths. Files that cannot be read are noted as problems; they
/// fail the training only where nothing is left.
fn listen(job: &Job, config: &Config, files: &[SoundFile], cache: &Path) -> Result<FeatureStore, EngineError> {
    let began = Instant::now();
    let grid = config.grid();
    let mut builder = FeatureStoreBuilder::new(config, cache);
    let (mut problems, mut unreached) = (Vec::new(), Vec::new());
    let mut done = 0;
    let bytes_of = |file: &SoundFile| builder.front_end().feature_bytes(grid.frames_on_grid(file.frames, file.rate));
    let sizes: Vec<u64> = files.iter().map(bytes_of).collect();
    let mut left = files;
    while !left.is_empty() {
        let (round, rest) = left.split_at(files_of_a_round(&sizes[files.len() - left.len()..]));
        left = rest;
        job.check()?;
        job.progress(JobKind::Train, JobStage::ListeningToSounds, began, done, files.len() as u64);
        let heard: Vec<Result<Features, EngineError>> = round
            .par_iter()
            .map(|file| {
                let mut features = Features::default();
                stretches(file, grid, |stretch| {
                    builder.front_end().extend(&mut features, &stretch.samples, stretch.fresh);
                    !job.is_cancelled()
                })?;
                Ok(features)
            })
            .collect();
        for (file, heard) in round.iter().zip(heard) {
            match heard {
                Ok(features) => builder.push(&features)?,
                Err(EngineError::Audio(cause)) => {
                    let problem = Problem { path: file.path.to_string(), reason: cause.cause.to_string() };
                    let problems = if cause.cause.is_passing() { &mut unreached } else { &mut problems };
                    problems.push(problem);
                }
                Err(other) => return Err(other),
            }
        }
        done += round.len() as u64;
    }
    job.check()?;
    let project = &job.shared.project;
    project.note_problems(&problems, ProblemOf::Content)?;
    project.note_problems(&unreached, ProblemOf::Access)?;
    let first = problems.iter().chain(&unreached).next();
    if let (true, Some(first)) = (problems.len() + unreached.len() == files.len(), first) {
        return Err(EngineError::NothingReadable { first: format!("{}: {}", first.path, first.reason) });
    }
    Ok(builder.finish()?)
}

/// How many files, whose features take these `sizes`, are worked on at once: at least one.
fn files_of_a_round(sizes: &[u64]) -> usize {
    let mut bytes = 0;
    let fitting = sizes.iter().take(FILES_A_ROUND).take_while(|size| {
        bytes += **size;
        bytes <= BYTES_A_ROUND
    });
    fitting.count().max(1)
}

/// Trains to the planned end, or to where the person stops it, telling how it goes.
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
    // The trainer counts the time of its last call alone.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_has_few_long_files_or_many_short_ones() {
        assert_eq!(files_of_a_round(&[1000; 100]), FILES_A_ROUND);
        assert_eq!(files_of_a_round(&[BYTES_A_ROUND / 3; 100]), 3);
        assert_eq!(files_of_a_round(&[10 * BYTES_A_ROUND, 1]), 1, "a file that is too long by itself is still heard");
    }
}
