//! Adding files and removing them.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use rayon::prelude::*;

use super::edit::files_in_words;
use super::error::EngineError;
use super::event::AddReport;
use super::job::JobKind;
use super::left_out::exclusions;
use super::on_disk;
use super::shared::Job;
use super::stage::JobStage;
use crate::audio::survey::{stamp, survey};
use crate::dataset::sound_file::THUMBNAIL_COLUMNS;
use crate::dataset::{Problem, SkipReason, Skipped, demo, scan};
use crate::project::FileFacts;

/// Files that go into the catalogue in one transaction.
const FILES_A_TRANSACTION: usize = 256;

pub(super) fn add_paths(job: &Job, paths: &[PathBuf]) -> Result<AddReport, EngineError> {
    let project = &job.shared.project;
    project.check_writable()?;
    let began = Instant::now();
    job.progress(JobKind::Import, JobStage::LookingForSounds, began, 0, 0);
    let exclusions = exclusions(project)?;
    add_found(job, scan::scan(paths, &exclusions, || !job.is_cancelled()))
}

/// Reads what was found, and puts it into the catalogue.
pub(super) fn add_found(job: &Job, found: scan::Found) -> Result<AddReport, EngineError> {
    let project = &job.shared.project;
    job.check()?;
    let known = project.known_files()?;
    let edit = project.edit("Added files")?;
    edit.note_problems(&found.failed)?;
    let mut report =
        AddReport { skipped: found.skipped, left_out: found.left_out, failed: found.failed, ..AddReport::default() };
    let mut fresh = Vec::new();
    for path in found.files {
        match known.get(&path).is_some_and(|seen| stamp(path.as_std_path()).is_ok_and(|now| now == *seen)) {
            true => report.skipped.push(Skipped { path: path.into(), reason: SkipReason::AlreadyThere }),
            false => fresh.push(path),
        }
    }

    let total = fresh.len() as u64;
    let mut next_refresh = Instant::now() + Duration::from_millis(300);
    let began = Instant::now();
    let mut done = 0;
    for batch in fresh.chunks(FILES_A_TRANSACTION) {
        let mut facts = Vec::with_capacity(batch.len());
        let mut problems = Vec::new();
        for (path, read) in surveyed(job, batch, |read| {
            job.progress(JobKind::Import, JobStage::ReadingFiles, began, done + read, total);
        }) {
            match read {
                None => {}
                Some(Err(reason)) => problems.push(Problem { path: path.to_string(), reason }),
                Some(Ok((fact, warning))) => {
                    problems.extend(warning.map(|reason| Problem { path: path.to_string(), reason }));
                    report.added.push(path);
                    facts.push(fact);
                }
            }
        }
        edit.add_files(&facts)?;
        edit.note_problems(&problems)?;
        let failed = |problem: &Problem| !facts.iter().any(|fact| fact.path == problem.path);
        report.failed.extend(problems.into_iter().filter(failed));
        done += batch.len() as u64;
        if job.is_cancelled() {
            report.cancelled = true;
            break;
        }
        if Instant::now() > next_refresh {
            let refreshing = Instant::now();
            job.shared.refresh_dataset()?;
            // With many files reading the list anew takes a while; it must stay a small part of the import.
            next_refresh = Instant::now() + Duration::from_millis(500) + 10 * refreshing.elapsed();
        }
    }
    edit.name(match report.added.len() {
        0 => "Noted problems".to_owned(),
        n => format!("Added {}", files_in_words(n)),
    });
    drop(edit);
    job.shared.refresh()?;
    on_disk::was_read(&job.shared, &report.added);
    Ok(report)
}

pub(super) fn add_demo(job: &Job) -> Result<AddReport, EngineError> {
    let folder = job.shared.project.subfolder("demo")?;
    let began = Instant::now();
    demo::write_demo_library(folder.as_std_path(), &mut |done, total| {
        job.progress(JobKind::Import, JobStage::MakingTheDemo, began, done as u64, total as u64);
        match job.is_cancelled() {
            true => std::ops::ControlFlow::Break(()),
            false => std::ops::ControlFlow::Continue(()),
        }
    })?;
    job.check()?;
    add_paths(job, &[folder.into_std_path_buf()])
}

type Surveyed = Result<(FileFacts, Option<String>), String>;

/// Reads files on all cores; the answers are in the order of `paths`, `None` where the job was cancelled before.
fn surveyed(
    job: &Job,
    paths: &[Utf8PathBuf],
    mut progress: impl FnMut(u64),
) -> impl Iterator<Item = (Utf8PathBuf, Option<Surveyed>)> {
    let (sender, receiver) = mpsc::channel();
    let mut answers: Vec<Option<Surveyed>> = Vec::new();
    answers.resize_with(paths.len(), || None);
    rayon::in_place_scope(|scope| {
        scope.spawn(|_| {
            paths.par_iter().enumerate().for_each_with(sender, |sender, (number, path)| {
                if let Some(answer) = read_facts(job, path) {
                    // The receiver outlives the scope, so this cannot fail.
                    let _ = sender.send((number, answer));
                }
            });
        });
        let mut last = Instant::now();
        for (read, (number, answer)) in receiver.iter().enumerate() {
            answers[number] = Some(answer);
            if last.elapsed() > Duration::from_millis(50) {
                progress(read as u64 + 1);
                last = Instant::now();
            }
        }
    });
    paths.iter().cloned().zip(answers)
}

/// `None` where the job was cancelled meanwhile.
fn read_facts(job: &Job, path: &Utf8PathBuf) -> Option<Surveyed> {
    let survey = match survey(path.as_std_path(), THUMBNAIL_COLUMNS, || !job.is_cancelled()) {
        Ok(survey) => survey?,
        Err(failure) => return Some(Err(failure.cause.to_string())),
    };
    let facts = FileFacts {
        path: path.clone(),
        size_bytes: survey.size_bytes,
        modified_ns: survey.modified_ns,
        content_hash: survey.content_hash,
        rate: survey.rate,
        channels: survey.channels,
        frames: survey.frames,
        peak: survey.peak,
        thumbnail: survey.thumbnail,
    };
    Some(Ok((facts, survey.warning)))
}
