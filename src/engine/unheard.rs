//! Measures files that an earlier program added, if the catalogue lacks their aspects, their metadata or the hash of
//! their decoded samples.

use std::time::Instant;

use rayon::prelude::*;

use super::error::EngineError;
use super::job::JobKind;
use super::on_disk;
use super::shared::Job;
use super::stage::JobStage;
use crate::audio::metadata;
use crate::audio::survey::survey;
use crate::project::{Heard, KeptFile};

/// The number of files between two reports of progress, and between two checks for cancelling.
const AT_A_TIME: usize = 64;

/// Measures these files, and returns how many it measured. A file that cannot be read now or has changed is left out.
///
/// # Errors
/// The project cannot be changed, or the job was cancelled. The files that were measured before are kept.
pub(super) fn listen(job: &Job, kind: JobKind) -> Result<usize, EngineError> {
    let project = &job.shared.project;
    let library = project.library()?.into_iter();
    let unheard: Vec<KeptFile> = library
        .filter(|kept| kept.sound_hash.is_none() || kept.file.aspects.is_none() || !kept.metadata_is_known)
        .filter(|kept| on_disk::state_of(&kept.file).is_none())
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
        let hear = |kept: &KeptFile| {
            let file = &kept.file;
            if let Some((sound_hash, aspects)) = kept.sound_hash.zip(file.aspects) {
                // Metadata is read without decoding the sound.
                let metadata = metadata::read(file.path.as_std_path()).ok()?.metadata;
                let content_hash = file.content_hash;
                let is_unchanged = on_disk::state_of(file).is_none();
                return is_unchanged.then_some(Heard { file: file.id, content_hash, sound_hash, aspects, metadata });
            }
            let survey = survey(file.path.as_std_path(), 1, || !job.is_cancelled()).ok().flatten()?;
            (survey.content_hash == file.content_hash).then_some(Heard {
                file: file.id,
                content_hash: survey.content_hash,
                sound_hash: survey.sound_hash,
                aspects: survey.aspects,
                metadata: survey.metadata,
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
