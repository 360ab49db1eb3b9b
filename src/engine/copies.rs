//! Exact copies: files whose decoded samples are equal, in any format. They are found by the hash of the decoded
//! samples.
//!
//! This module never deletes a file. Copies can be removed from the project, or moved to the desktop's trash, from
//! where a person can restore them.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::sync::Arc;

use camino::Utf8Path;

use super::edit::files_in_words;
use super::error::EngineError;
use super::event::Outcome;
use super::job::JobKind;
use super::latest::DatasetView;
use super::library::{CopiesDeed, CopiesReport, CopyGroup, Keep};
use super::shared::Job;
use super::{on_disk, unheard};
use crate::dataset::{FileId, SoundFile};
use crate::ground::paths::WithoutLinks as _;
use crate::ground::{files, names};

/// Finds copies. First it hashes the files whose samples an earlier version of the program did not hash.
pub(super) fn find(job: &Job, keep: &Keep) -> Result<CopiesReport, EngineError> {
    unheard::listen(job, JobKind::Import)?;
    let dataset = job.shared.latest().dataset;
    let folder = match keep {
        Keep::In(folder) => Some(names::text_of(&folder.without_links().unwrap_or_else(|_| folder.clone()))),
        _ => None,
    };
    let mut report = CopiesReport::default();
    for group in dataset.copy_groups() {
        let mut files: Vec<&Arc<SoundFile>> = group.iter().filter_map(|file| dataset.file(*file)).collect();
        let is_in_folder = |file: &SoundFile| folder.as_ref().is_none_or(|folder| file.path.starts_with(folder));
        if !files.iter().any(|file| is_in_folder(file)) {
            continue;
        }
        // If the rule ranks several equally, the first by path is kept.
        match keep {
            Keep::HighestResolution => files.sort_by_key(|file| Reverse((file.rate, file.size_bytes))),
            Keep::LongestPath => files.sort_by_key(|file| Reverse(file.path.as_str().chars().count())),
            Keep::In(_) => files.sort_by_key(|file| !is_in_folder(file)),
        }
        let [kept, others @ ..] = files.as_slice() else { continue };
        report.groups.push(CopyGroup {
            keep: kept.path.clone(),
            others: others.iter().map(|file| file.path.clone()).collect(),
            keep_file: kept.id,
            other_files: others.iter().map(|file| file.id).collect(),
        });
    }
    Ok(report)
}

/// Whether a copy is still a copy: it and the kept file are on the disk as they were when the program read them.
fn is_unchanged(dataset: &DatasetView, group: &CopyGroup, place: usize) -> bool {
    let is_as_read = |id: FileId| dataset.file(id).is_some_and(|file| on_disk::state_of(file).is_none());
    is_as_read(group.keep_file) && is_as_read(group.other_files[place])
}

/// Whether a copy can be taken off the disk. One file can have two names: by a hard link, or where a disk is mounted
/// twice. To remove such a "copy" could remove the kept file itself.
fn is_removable(dataset: &DatasetView, group: &CopyGroup, place: usize) -> bool {
    let (keep, other) = (names::path_of(&group.keep), names::path_of(&group.others[place]));
    is_unchanged(dataset, group, place) && same_file::is_same_file(keep, other).is_ok_and(|is_same| !is_same)
}

/// Removes the copies as the person decided.
///
/// # Errors
/// If a copy cannot be moved to the trash. The copies that were moved before it have then left the project as well.
pub(super) fn thin_out(job: &Job, report: &CopiesReport, deed: CopiesDeed) -> Result<Outcome, EngineError> {
    let dataset = job.shared.latest().dataset;
    let edit = job.shared.project.edit("Removed copies")?;
    let failure = RefCell::new(None);
    let is_moved = |group: &CopyGroup, place: usize| {
        // Each copy is looked at right before it is moved.
        if failure.borrow().is_some() || !is_removable(&dataset, group, place) {
            return false;
        }
        let moved = trash::delete(names::path_of(&group.others[place]));
        moved.map_err(|cause| *failure.borrow_mut() = Some(EngineError::Trash(cause.to_string()))).is_ok()
    };
    let (report, words) = match deed {
        CopiesDeed::Forget => {
            let gone = report.only(|group, place| is_unchanged(&dataset, group, place));
            let words = format!("Removed {} that had copies", files_in_words(gone.others()));
            (gone, words)
        }
        CopiesDeed::Trash => {
            let gone = report.only(is_moved);
            let words = format!("Moved {} that had copies to the trash", files_in_words(gone.others()));
            (gone, words)
        }
    };
    let pairs = report.groups.iter().flat_map(|group| group.other_files.iter().map(|id| (group.keep_file, *id)));
    edit.join_files(&pairs.collect::<Vec<_>>())?;
    edit.name(words.as_str());
    edit.commit()?;
    job.shared.refresh()?;
    match failure.into_inner() {
        Some(failure) => Err(failure),
        None => Ok(Outcome::Changed { words }),
    }
}

/// Writes a script that keeps one file of each group. It is made only where nothing is yet.
pub(super) fn save_script(job: &Job, report: &CopiesReport, out: &Utf8Path) -> Result<Outcome, EngineError> {
    let path = names::path_of(out);
    let dataset = job.shared.latest().dataset;
    let removable = report.only(|group, place| is_removable(&dataset, group, place));
    files::create(&path, &script(&removable)).map_err(|cause| EngineError::Write { path, cause })?;
    Ok(Outcome::Saved { out: out.to_owned() })
}

fn script(report: &CopiesReport) -> Vec<u8> {
    let mut script =
        b"#!/bin/sh\n# Removes files that sound exactly like the file that is named above them.\nset -e\n".to_vec();
    for group in &report.groups {
        // If the kept file is gone when the script runs, nothing is removed.
        script.extend([b"[ -f ".as_slice(), &quoted(&group.keep), b" ]\n"].concat());
        for other in &group.others {
            script.extend([b"rm -- ".as_slice(), &quoted(other), b"\n"].concat());
        }
    }
    script
}

/// A path as one word of a shell, byte by byte.
fn quoted(path: &Utf8Path) -> Vec<u8> {
    let path = names::path_of(path);
    let mut quoted = b"'".to_vec();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\'' => quoted.extend_from_slice(b"'\\''"),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_a_person_keeps_goes_out_of_the_list_and_of_the_script() {
        let group = |keep: &str, others: &[&str]| CopyGroup {
            keep: keep.into(),
            others: others.iter().map(|other| (*other).into()).collect(),
            keep_file: FileId(1),
            other_files: (2..).take(others.len()).map(FileId).collect(),
        };
        let report =
            CopiesReport { groups: vec![group("/a.wav", &["/b.wav", "/it's.wav"]), group("/c.wav", &["/d.wav"])] };
        assert_eq!(report.others(), 3);
        let kept = report.without(&BTreeSet::from(["/b.wav".into(), "/d.wav".into()]));
        assert_eq!(kept.groups.len(), 1);
        assert_eq!(
            (kept.groups[0].others.as_slice(), kept.groups[0].other_files.as_slice()),
            (&["/it's.wav".into()][..], &[FileId(3)][..])
        );
        let script = String::from_utf8(script(&kept)).expect("text");
        assert!(script.ends_with("[ -f '/a.wav' ]\nrm -- '/it'\\''s.wav'\n"), "{script}");
    }
}
