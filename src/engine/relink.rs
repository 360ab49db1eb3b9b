//! Finds missing files again, and records their new places.
//!
//! If a root was moved, a file at the same path below its new place, with the same size and time of change, is
//! recognised without being read. All other files are recognised by their content.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::edit::files_in_words;
use super::error::EngineError;
use super::event::Outcome;
use super::job::JobKind;
use super::latest::{DatasetView, OnDisk};
use super::left_out::exclusions;
use super::library::{FoundAgain, RelinkPlan};
use super::on_disk;
use super::roots::known_path;
use super::shared::Job;
use super::stage::JobStage;
use crate::audio::survey::{content_hash, stamp};
use crate::dataset::relink::{Place, moved_root, pair};
use crate::dataset::scan::scan;
use crate::dataset::{FileId, SoundFile};
use crate::project::{Edit, MovedFile, RootId};

/// The most new places of roots that are tried without reading a file. Files elsewhere are recognised by their content.
const BASES_TRIED: usize = 32;

/// A file on the disk, with its size and time of change.
pub(super) type Seen = (Utf8PathBuf, (u64, i64));

/// Looks below `folders` for missing files.
pub(super) fn find_missing(job: &Job, folders: &[PathBuf]) -> Result<RelinkPlan, EngineError> {
    let dataset = job.shared.latest().dataset;
    let lost = lost(job, &dataset, |_| true)?;
    if lost.is_empty() {
        return Ok(RelinkPlan::default());
    }
    let began = Instant::now();
    job.progress(JobKind::Import, JobStage::LookingForSounds, began, 0, 0);
    let folders: Vec<PathBuf> = folders.iter().map(|folder| known_path(&dataset.roots, folder)).collect();
    let exclusions = exclusions(&job.shared.project)?;
    let found = scan(&folders, &exclusions, || !job.is_cancelled());
    job.check()?;
    if let (true, Some(first)) = (found.files.is_empty(), found.failed.into_iter().next()) {
        return Err(EngineError::NothingReadable { first: format!("{}: {}", first.path, first.reason) });
    }
    // A file that cannot be examined is not a candidate.
    let seen: Vec<Seen> =
        found.files.into_iter().filter_map(|path| stamp(path.as_std_path()).ok().map(|stamp| (path, stamp))).collect();
    let mut found = matched(job, &dataset, &lost, &seen)?;
    found.retain(FoundAgain::is_elsewhere);
    let places: HashSet<FileId> = found.iter().map(|found| found.file).collect();
    let is_missing =
        |file: &&Arc<SoundFile>| places.contains(&file.id) || on_disk::state_of(file) == Some(OnDisk::Missing);
    Ok(RelinkPlan { missing: lost.iter().filter(is_missing).count(), found })
}

/// The files of the project, among those that `is_asked` admits, that are missing or replaced by other content.
pub(super) fn lost(
    job: &Job,
    dataset: &DatasetView,
    is_asked: impl Fn(&SoundFile) -> bool + Sync,
) -> Result<Vec<Arc<SoundFile>>, EngineError> {
    let away = on_disk::away(dataset);
    let is_lost = |file: &&Arc<SoundFile>| {
        !job.is_cancelled()
            && is_asked(file)
            && (dataset.root_of(file).is_some_and(|root| away.contains_key(&root.id))
                || matches!(on_disk::state_of(file), Some(OnDisk::Missing | OnDisk::Changed)))
    };
    let lost = dataset.files.par_iter().filter(is_lost).cloned().collect();
    job.check()?;
    Ok(lost)
}

/// The missing files that are among the seen ones.
pub(super) fn matched(
    job: &Job,
    dataset: &DatasetView,
    lost: &[Arc<SoundFile>],
    seen: &[Seen],
) -> Result<Vec<FoundAgain>, EngineError> {
    let mut by_stamp: HashMap<(u64, i64), Vec<usize>> = HashMap::new();
    for (number, file) in lost.iter().enumerate() {
        by_stamp.entry((file.size_bytes, file.modified_ns)).or_default().push(number);
    }
    let sizes: HashSet<u64> = lost.iter().map(|file| file.size_bytes).collect();
    let below: Vec<&Utf8Path> = lost.iter().map(|file| dataset.below_root(file)).collect();

    // First by place, size and time of change, without reading. A moved root took most of its files along, so one new
    // place serves many.
    let mut of_root: BTreeMap<RootId, Vec<usize>> = BTreeMap::new();
    for (number, file) in lost.iter().enumerate() {
        if let Some(root) = dataset.root_of(file) {
            of_root.entry(root.id).or_default().push(number);
        }
    }
    let mut bases: BTreeMap<(RootId, &Utf8Path), usize> = BTreeMap::new();
    for (path, stamp) in seen {
        for &number in by_stamp.get(stamp).into_iter().flatten() {
            if let (Some(base), Some(root)) = (moved_root(below[number], path), dataset.root_of(&lost[number])) {
                *bases.entry((root.id, base)).or_default() += 1;
            }
        }
    }
    let known: HashMap<&Utf8Path, FileId> = dataset.files.iter().map(|file| (file.path.as_path(), file.id)).collect();
    let mut found = Vec::new();
    let (mut lost_done, mut seen_done) = (vec![false; lost.len()], vec![false; seen.len()]);
    let place_of: HashMap<&Utf8Path, usize> =
        seen.iter().enumerate().map(|(i, (path, _))| (path.as_path(), i)).collect();
    let mut bases: Vec<_> = bases.into_iter().collect();
    bases.sort_by_key(|(_, files)| std::cmp::Reverse(*files));
    for ((root, base), _) in bases.into_iter().take(BASES_TRIED) {
        for &number in &of_root[&root] {
            let Some(&place) = place_of.get(base.join(below[number]).as_path()) else { continue };
            let (file, (path, stamp)) = (&lost[number], &seen[place]);
            if !lost_done[number] && !seen_done[place] && *stamp == (file.size_bytes, file.modified_ns) {
                (lost_done[number], seen_done[place]) = (true, true);
                found.push(again(file, path, *stamp, false, known.get(path.as_path()).copied()));
            }
        }
    }

    // Then by content. Files that the project does not know come first, because a known file may be a copy that was
    // never moved.
    let rest: Vec<usize> = (0..seen.len()).filter(|&i| !seen_done[i] && sizes.contains(&seen[i].1.0)).collect();
    let hashes = hashes(job, seen, &rest, dataset, &known)?;
    for is_known in [false, true] {
        let lost_left: Vec<usize> = (0..lost.len()).filter(|&i| !lost_done[i]).collect();
        let seen_left: Vec<(usize, [u8; 32])> = hashes
            .iter()
            .filter(|(i, _)| !seen_done[*i] && known.contains_key(seen[*i].0.as_path()) == is_known)
            .copied()
            .collect();
        let lost_places: Vec<Place<'_>> =
            lost_left.iter().map(|&i| Place { path: &lost[i].path, content_hash: lost[i].content_hash }).collect();
        let seen_places: Vec<Place<'_>> =
            seen_left.iter().map(|&(i, content_hash)| Place { path: &seen[i].0, content_hash }).collect();
        for pair in pair(&lost_places, &seen_places) {
            let (number, place) = (lost_left[pair.lost], seen_left[pair.seen].0);
            (lost_done[number], seen_done[place]) = (true, true);
            let (path, stamp) = &seen[place];
            found.push(again(&lost[number], path, *stamp, pair.doubtful, known.get(path.as_path()).copied()));
        }
    }
    found.sort_by(|a, b| a.from.cmp(&b.from));
    Ok(found)
}

fn again(file: &SoundFile, to: &Utf8Path, stamp: (u64, i64), doubtful: bool, other: Option<FileId>) -> FoundAgain {
    let from = file.path.clone();
    let other = other.filter(|other| *other != file.id);
    FoundAgain { from, to: to.to_owned(), doubtful, joins: other.is_some(), file: file.id, other, stamp }
}

/// The content hashes of some of the seen files. A file that the project knows, unchanged, need not be read. A file
/// that cannot be read is left out.
fn hashes(
    job: &Job,
    seen: &[Seen],
    which: &[usize],
    dataset: &DatasetView,
    known: &HashMap<&Utf8Path, FileId>,
) -> Result<Vec<(usize, [u8; 32])>, EngineError> {
    const AT_A_TIME: usize = 256;
    let began = Instant::now();
    let mut hashes = Vec::with_capacity(which.len());
    for (round, batch) in which.chunks(AT_A_TIME).enumerate() {
        job.check()?;
        job.progress(JobKind::Import, JobStage::ComparingFiles, began, (round * AT_A_TIME) as u64, which.len() as u64);
        let hash = |&number: &usize| {
            let (path, stamp) = &seen[number];
            let file = known.get(path.as_path()).and_then(|id| dataset.file(*id));
            let hash = match file.filter(|file| *stamp == (file.size_bytes, file.modified_ns)) {
                Some(file) => Some(file.content_hash),
                None => content_hash(path.as_std_path(), || !job.is_cancelled()).ok().flatten(),
            };
            hash.map(|hash| (number, hash))
        };
        hashes.par_extend(batch.par_iter().filter_map(hash));
    }
    job.check()?;
    Ok(hashes)
}

/// Records the new places, as one change that can be undone.
pub(super) fn relink(job: &Job, plan: &RelinkPlan) -> Result<Outcome, EngineError> {
    let words = format!("Found {} again", files_in_words(plan.found.len()));
    let edit = job.shared.project.edit(words.as_str())?;
    apply(&edit, &job.shared.latest().dataset, &plan.found)?;
    edit.commit()?;
    job.shared.refresh()?;
    let found: Vec<FileId> = plan.found.iter().map(|found| found.file).collect();
    on_disk::are_there(&job.shared, &found);
    Ok(Outcome::Changed { words })
}

/// Gives the files their new places. If a whole root was moved, the root is changed instead.
pub(super) fn apply(edit: &Edit<'_>, dataset: &DatasetView, found: &[FoundAgain]) -> Result<(), EngineError> {
    // Files that swapped places were found themselves, so they are not joined.
    let moved: HashSet<FileId> = found.iter().map(|found| found.file).collect();
    let joined: Vec<(FileId, FileId)> = found
        .iter()
        .filter_map(|found| Some((found.file, found.other.filter(|other| !moved.contains(other))?)))
        .collect();
    edit.join_files(&joined)?;
    let away = on_disk::away(dataset);
    let mut moved_to: BTreeMap<RootId, BTreeMap<&Utf8Path, usize>> = BTreeMap::new();
    for again in found {
        let Some(file) = dataset.file(again.file) else { continue };
        let Some(root) = dataset.root_of(file).filter(|root| away.contains_key(&root.id)) else { continue };
        if let Some(base) = moved_root(dataset.below_root(file), &again.to) {
            *moved_to.entry(root.id).or_default().entry(base).or_default() += 1;
        }
    }
    let mut new_places: HashMap<RootId, &Utf8Path> = HashMap::new();
    for (root, bases) in moved_to {
        if let Some((base, _)) = bases.into_iter().max_by_key(|(_, files)| *files) {
            edit.move_root(root, base)?;
            new_places.insert(root, base);
        }
    }
    let moves = found.iter().filter_map(|again| {
        let file = dataset.file(again.file)?;
        let new_place = dataset.root_of(file).and_then(|root| new_places.get(&root.id));
        let is_done = new_place.is_some_and(|place| place.join(dataset.below_root(file)) == again.to)
            && again.stamp == (file.size_bytes, file.modified_ns);
        let (size_bytes, modified_ns) = again.stamp;
        (!is_done).then(|| MovedFile { file: again.file, to: again.to.clone(), size_bytes, modified_ns })
    });
    edit.move_files(&moves.collect::<Vec<_>>())?;
    Ok(())
}
