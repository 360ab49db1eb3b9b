//! Adding files and removing them.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::at_rest::dataset;
use super::edit::files_in_words;
use super::error::EngineError;
use super::event::AddReport;
use super::job::JobKind;
use super::latest::OnDisk;
use super::left_out::exclusions;
use super::roots::known_path;
use super::shared::Job;
use super::stage::JobStage;
use super::{on_disk, relink, unheard};
use crate::audio::Cause;
use crate::audio::survey::{stamp, survey};
use crate::dataset::sound_file::THUMBNAIL_COLUMNS;
use crate::dataset::{FileId, Problem, SkipReason, Skipped, SoundFile, demo, scan};
use crate::ground::names;
use crate::project::{FileFacts, ProblemOf};

/// The number of files that one transaction adds to the catalogue.
const FILES_A_TRANSACTION: usize = 256;

pub(super) fn add_paths(job: &Job, paths: &[PathBuf]) -> Result<AddReport, EngineError> {
    let project = &job.shared.project;
    project.check_writable()?;
    let began = Instant::now();
    job.progress(JobKind::Import, JobStage::LookingForSounds, began, 0, 0);
    let roots = project.roots()?;
    let paths: Vec<PathBuf> = paths.iter().map(|path| known_path(&roots, path)).collect();
    let exclusions = exclusions(project)?;
    let found = scan::scan(&paths, &exclusions, || !job.is_cancelled());
    let folders: Vec<Utf8PathBuf> =
        paths.iter().filter(|path| path.is_dir()).map(|path| names::text_of(path)).collect();
    add_found(job, found, &folders)
}

/// Reads the files that were found, and adds them to the catalogue. `folders` were added with everything below them.
pub(super) fn add_found(job: &Job, found: scan::Found, folders: &[Utf8PathBuf]) -> Result<AddReport, EngineError> {
    let project = &job.shared.project;
    job.check()?;
    project.check_writable()?;
    project.look_at_problems()?;
    let dataset = dataset(project, job.shared.latest().model.as_ref().map(|model| &model.config))?;
    let edit = project.edit("Added files")?;
    // Problems of reachable files are replaced. Those that cannot be reached are checked again.
    edit.note_problems(&found.failed, ProblemOf::Content)?;
    let mut report =
        AddReport { skipped: found.skipped, left_out: found.left_out, failed: found.failed, ..AddReport::default() };
    let known: HashMap<&Utf8Path, (u64, i64)> =
        dataset.files.iter().map(|file| (file.path.as_path(), (file.size_bytes, file.modified_ns))).collect();
    let there: HashSet<&Utf8Path> = found.files.iter().map(Utf8PathBuf::as_path).collect();
    let stamps: Vec<Option<(u64, i64)>> = found.files.par_iter().map(|path| stamp(path.as_std_path()).ok()).collect();
    let (mut fresh, mut unknown) = (Vec::new(), Vec::new());
    for (path, stamp) in found.files.iter().zip(stamps) {
        match (known.get(path.as_path()), stamp) {
            (Some(seen), Some(now)) if *seen == now => {
                report.skipped.push(Skipped { path: path.to_string(), reason: SkipReason::AlreadyThere });
            }
            (_, now) => {
                unknown.extend(now.map(|now| (path.clone(), now)));
                fresh.push(path.clone());
            }
        }
    }

    // A file that is new to the project may be a missing file at a new place.
    let sizes: HashSet<u64> = unknown.iter().map(|(_, (size, _))| *size).collect();
    let lost = relink::lost(job, &dataset, |file| sizes.contains(&file.size_bytes))?;
    let found_again = relink::matched(job, &dataset, &lost, &unknown)?;
    relink::apply(&edit, &dataset, &found_again)?;
    for folder in folders.iter().filter(|folder| there.iter().any(|file| file.starts_with(folder))) {
        edit.add_root(folder)?;
    }
    let again: HashSet<&Utf8Path> = found_again.iter().map(|found| found.to.as_path()).collect();
    fresh.retain(|path| !again.contains(path.as_path()));
    let moved: HashSet<FileId> = found_again.iter().map(|found| found.file).collect();
    for found in found_again {
        match found.is_elsewhere() {
            true => report.found_again.push(found),
            false => report.skipped.push(Skipped { path: found.to.into(), reason: SkipReason::AlreadyThere }),
        }
    }
    let is_missing = |file: &&Arc<SoundFile>| {
        folders.iter().any(|folder| file.path.starts_with(folder))
            && !there.contains(file.path.as_path())
            && !moved.contains(&file.id)
            && on_disk::state_of(file) == Some(OnDisk::Missing)
    };
    report.missing = dataset.files.iter().filter(is_missing).map(|file| file.path.clone()).collect();

    let total = fresh.len() as u64;
    let mut next_refresh = Instant::now() + Duration::from_millis(300);
    let began = Instant::now();
    let mut done = 0;
    for batch in fresh.chunks(FILES_A_TRANSACTION) {
        let mut facts = Vec::with_capacity(batch.len());
        let (mut problems, mut unreached) = (Vec::new(), Vec::new());
        for (path, read) in surveyed(job, batch, |read| {
            job.progress(JobKind::Import, JobStage::ReadingFiles, began, done + read, total);
        }) {
            match read {
                None => {}
                Some(Err(cause)) => {
                    let problem = Problem { path: path.to_string(), reason: cause.to_string() };
                    let problems = if cause.is_passing() { &mut unreached } else { &mut problems };
                    problems.push(problem);
                }
                Some(Ok((fact, warning))) => {
                    problems.extend(warning.map(|reason| Problem { path: path.to_string(), reason }));
                    report.added.push(path);
                    facts.push(fact);
                }
            }
        }
        edit.add_files(&facts)?;
        edit.note_problems(&problems, ProblemOf::Content)?;
        edit.note_problems(&unreached, ProblemOf::Access)?;
        problems.extend(unreached);
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
            // With many files, reading the list again takes a while. It must stay a small part of the import.
            next_refresh = Instant::now() + Duration::from_millis(500) + 10 * refreshing.elapsed();
        }
    }
    edit.name(match (report.added.len(), report.found_again.len()) {
        (0, 0) => "Noted problems".to_owned(),
        (added, 0) => format!("Added {}", files_in_words(added)),
        (0, found) => format!("Found {} again", files_in_words(found)),
        (added, found) => format!("Added {} and found {found} again", files_in_words(added)),
    });
    edit.commit()?;
    job.shared.refresh()?;
    on_disk::was_read(&job.shared, &report.added);
    on_disk::are_there(&job.shared, &moved.into_iter().collect::<Vec<_>>());
    match unheard::listen(job, JobKind::Import) {
        Ok(measured) => report.measured = measured,
        // What was added is there all the same.
        Err(EngineError::Cancelled) => report.cancelled = true,
        Err(other) => return Err(other),
    }
    Ok(report)
}

pub(super) fn add_demo(job: &Job) -> Result<AddReport, EngineError> {
    let folder = job.shared.project.subfolder("demo")?;
    let began = Instant::now();
    let written = demo::write_demo_library(folder.as_std_path(), &mut |done, total| {
        job.progress(JobKind::Import, JobStage::MakingTheDemo, began, done as u64, total as u64);
        match job.is_cancelled() {
            true => std::ops::ControlFlow::Break(()),
            false => std::ops::ControlFlow::Continue(()),
        }
    })?;
    job.check()?;
    let mut report = add_paths(job, &written.paths)?;
    report.skipped.extend(
        written
            .left_alone
            .into_iter()
            .map(|path| Skipped { path: path.to_string_lossy().into_owned(), reason: SkipReason::NotOfTheDemo }),
    );
    Ok(report)
}

type Surveyed = Result<(FileFacts, Option<String>), Cause>;

/// Reads files on all cores. The answers are in the order of `paths`. `None` if the job was cancelled before.
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

/// `None` if the job was cancelled meanwhile.
fn read_facts(job: &Job, path: &Utf8PathBuf) -> Option<Surveyed> {
    let survey = match survey(path.as_std_path(), THUMBNAIL_COLUMNS, || !job.is_cancelled()) {
        Ok(survey) => survey?,
        Err(failure) => return Some(Err(failure.cause)),
    };
    let facts = FileFacts {
        path: path.clone(),
        size_bytes: survey.size_bytes,
        modified_ns: survey.modified_ns,
        content_hash: survey.content_hash,
        sound_hash: survey.sound_hash,
        rate: survey.rate,
        channels: survey.channels,
        frames: survey.frames,
        peak: survey.peak,
        thumbnail: survey.thumbnail,
        aspects: survey.aspects,
        metadata: survey.metadata,
    };
    Some(Ok((facts, survey.warning)))
}
