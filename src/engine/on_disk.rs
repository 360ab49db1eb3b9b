//! Whether the files of the dataset are still on the disk as they were read.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use camino::Utf8PathBuf;

use super::error::EngineError;
use super::event::CheckReport;
use super::job::JobKind;
use super::latest::{DatasetView, OnDisk};
use super::roots::{list, why_away};
use super::shared::{Job, Shared};
use super::stage::JobStage;
use crate::audio::AudioError;
use crate::audio::error::Cause;
use crate::audio::survey::stamp;
use crate::dataset::{FileId, Problem, SoundFile};
use crate::project::RootId;

/// The number of files between two checks for cancelling.
const AT_A_TIME: usize = 256;

/// Looks at the size and the time of change of every file. Reads no file.
pub(super) fn check_files(job: &Job) -> Result<CheckReport, EngineError> {
    if job.shared.project.look_at_problems()? {
        job.shared.refresh_dataset()?;
    }
    let dataset = job.shared.latest().dataset;
    let (began, total) = (Instant::now(), dataset.files.len() as u64);
    let mut found = BTreeMap::new();
    let roots = list(&dataset);
    let mut report = CheckReport { files: dataset.files.len(), roots, ..CheckReport::default() };
    let away = away(&dataset);
    for (number, batch) in dataset.files.chunks(AT_A_TIME).enumerate() {
        job.check()?;
        job.progress(JobKind::Check, JobStage::LookingAtFiles, began, (number * AT_A_TIME) as u64, total);
        for file in batch {
            let why_away = dataset.root_of(file).and_then(|root| away.get(&root.id));
            let state = why_away.map(|why| OnDisk::Away(why.clone())).or_else(|| state_of(file));
            let Some(state) = state else { continue };
            let path = file.path.clone();
            match &state {
                OnDisk::Away(_) => report.away += 1,
                OnDisk::Missing => report.missing.push(path),
                OnDisk::Changed => report.changed.push(path),
                OnDisk::Unreadable(why) => {
                    report.unreadable.push(Problem { path: path.into(), reason: why.clone() });
                }
            }
            found.insert(file.id, state);
        }
    }
    job.shared.update(|latest| {
        if *latest.on_disk != found {
            latest.on_disk = Arc::new(found);
        }
    });
    Ok(report)
}

/// The roots that are away, with the reason.
pub(super) fn away(dataset: &DatasetView) -> HashMap<RootId, String> {
    dataset.roots.iter().filter_map(|root| Some((root.id, why_away(root)?))).collect()
}

/// How the file on the disk differs from what was read. `None`: it does not.
pub(super) fn state_of(file: &SoundFile) -> Option<OnDisk> {
    match stamp(file.path.as_std_path()) {
        Ok(now) if now == (file.size_bytes, file.modified_ns) => None,
        Ok(_) => Some(OnDisk::Changed),
        Err(AudioError { cause: Cause::Missing, .. }) => Some(OnDisk::Missing),
        Err(failure) => Some(OnDisk::Unreadable(failure.cause.to_string())),
    }
}

impl DatasetView {
    /// What is wrong with a file now: its state on the disk, or what was noted when it was read.
    pub fn problem_now(&self, file: &SoundFile) -> Option<String> {
        let state = state_of(file);
        let why_away = match state {
            Some(OnDisk::Missing) => self.root_of(file).and_then(why_away),
            _ => None,
        };
        let now = why_away.or_else(|| state.map(|state| state.words().to_owned()));
        now.or_else(|| self.problem_at(file.path.as_str()).map(str::to_owned))
    }
}

/// Marks files that were just found at their places as present.
pub(super) fn are_there(shared: &Shared, files: &[FileId]) {
    let found: HashSet<&FileId> = files.iter().collect();
    shared.update(|latest| Arc::make_mut(&mut latest.on_disk).retain(|file, _| !found.contains(file)));
}

/// Marks files that were just read as unchanged on the disk.
pub(super) fn was_read(shared: &Shared, paths: &[Utf8PathBuf]) {
    shared.update(|latest| {
        if paths.is_empty() || latest.on_disk.is_empty() {
            return;
        }
        let read: HashSet<&Utf8PathBuf> = paths.iter().collect();
        let dataset = latest.dataset.clone();
        let is_read = |file: &FileId| dataset.file(*file).is_some_and(|file| read.contains(&file.path));
        Arc::make_mut(&mut latest.on_disk).retain(|file, _| !is_read(file));
    });
}
