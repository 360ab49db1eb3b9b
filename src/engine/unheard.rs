//! Listening to files of which the catalogue lacks what this program knows of every file that it adds: the hash of what is heard,
//! and the aspects. An earlier program added them.

use std::time::Instant;

use rayon::prelude::*;

use super::error::EngineError;
use super::job::JobKind;
use super::on_disk;
use super::shared::Job;
use super::stage::JobStage;
use crate::audio::survey::survey;
use crate::dataset::SoundFile;
use crate::project::Heard;

/// Files that are listened to before progress is told and cancelling is looked at.
const AT_A_TIME: usize = 64;

/// Listens to them, and says how many files were measured. A file that cannot be read now, or has changed, is passed over.
///
/// # Errors
/// The project cannot be changed, or the job was cancelled. What was heard before is kept.
pub(super) fn listen(job: &Job, kind: JobKind) -> Result<usize, EngineError> {
    let project = &job.shared.project;
    let library = project.library()?.into_iter();
    let unheard: Vec<SoundFile> = library
        .filter(|kept| kept.sound_hash.is_none() || kept.file.aspects.is_none())
        .map(|kept| kept.file)
        .filter(|file| on_disk::state_of(file).is_none())
        .collect();
    if unheard.is_empty() {
        return Ok(0);
    }
    project.check_writable()?;
    let began = Instant::now();
    let mut measured = 0;
    for (round, batch) in unheard.chunks(AT_A_TIME).enumerate() {
        job.check()?;
        job.progress(kind, JobStage::Measuring, began, (round * AT_A_TIME) as u64, unheard.len() as u64);
        let hear = |file: &SoundFile| {
            let survey = survey(file.path.as_std_path(), 1, || !job.is_cancelled()).ok().flatten()?;
            (survey.content_hash == file.content_hash).then_some(Heard {
                file: file.id,
                content_hash: survey.content_hash,
                sound_hash: survey.sound_hash,
                aspects: survey.aspects,
            })
        };
        let heard: Vec<Heard> = batch.par_iter().filter_map(hear).collect();
        project.note_heard(&heard)?;
        measured += heard.len();
    }
    job.check()?;
    job.shared.refresh()?;
    Ok(measured)
}
