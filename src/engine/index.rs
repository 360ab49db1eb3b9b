//! Builds the index: encodes the files that the current model has not encoded yet, and reuses the codes of the others.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use super::at_rest::AtRest;
use super::encode::encode_file;
use super::error::EngineError;
use super::event::IndexReport;
use super::first::{first_model, is_outgrown};
use super::job::JobKind;
use super::shared::Job;
use super::snapshot::Snapshot;
use super::stage::JobStage;
use super::unheard;
use crate::dataset::{FileId, Problem, SoundFile};
use crate::index::{Codes, Index, IndexFile, MadeBy, RowSet, code_statistics};
use crate::model::Model;
use crate::project::{IndexGeneration, IndexedFile, ModelGeneration, ProblemOf, Project};

/// The number of files that are encoded between two reports of progress and checks for cancelling.
const FILES_A_ROUND: usize = 32;

/// Builds the index, and then measures the files that have no aspects yet. The index comes first, because a search may
/// be waiting for it.
pub(super) fn build_and_measure(job: &Job) -> Result<IndexReport, EngineError> {
    let report = build_index(job)?;
    let measured = unheard::listen(job, JobKind::Index)?;
    job.shared.project.forget_unused_aspects()?;
    job.shared.project.forget_unused_metadata()?;
    Ok(IndexReport { measured, seconds: job.began.elapsed().as_secs_f64(), ..report })
}

/// Encodes the files that the index lacks. If there is no model, or if the library has outgrown its first model, it
/// also makes the library's first model.
pub(super) fn build_index(job: &Job) -> Result<IndexReport, EngineError> {
    let _alone = job.shared.building();
    job.check()?;
    let project = &job.shared.project;
    project.check_writable()?;
    project.look_at_problems()?;
    let at_rest = AtRest::read(project)?;
    if at_rest.dataset.files.is_empty() {
        return Err(EngineError::NoSounds);
    }
    let Some(model_row) = at_rest.model.as_ref() else {
        let (model, row) = first_model(job, &at_rest, None)?;
        let encoded = encode_all(job, &at_rest, &model)?;
        return install_both(job, &model, &row, encoded);
    };
    // Only the damaged parts are built again.
    let before = Snapshot::load_mending(project, &at_rest, job.shared.snapshot().as_deref());
    let (before, mended) = match before {
        Ok((snapshot, found)) => (Some(snapshot), found),
        Err(cause) => (None, at_rest.is_index_current().then(|| cause.to_string()).into_iter().collect()),
    };
    mended.iter().for_each(|found| tracing::warn!("{found}"));
    let model = match &before {
        Some(snapshot) => snapshot.model.clone(),
        None => Model::load(project.model_path(model_row.generation).as_std_path())?.into(),
    };
    let grid = model.config().grid();
    let chunks = at_rest.dataset.files.iter().map(|file| grid.chunks_of_file(file.frames, file.rate)).sum();
    if is_outgrown(&model, chunks) {
        let (model, row) = first_model(job, &at_rest, Some(model.config().bits))?;
        let encoded = encode_all(job, &at_rest, &model)?;
        return install_both(job, &model, &row, encoded);
    }
    let (old, rows) = match &before {
        Some(snapshot) => carried_over(at_rest.index.clone(), snapshot)?,
        None => (Index::build(Codes::new(model.config().bits)?), Vec::new()),
    };
    let encoded = EncodedAll { mended, ..encode_missing(job, &model, &at_rest.dataset.files, old, rows)? };
    let maker = Maker { generation: model_row.generation, hash: model.hash() };
    install_index(job, encoded, maker, before)
}

/// Encodes all files with a model that is not installed yet. Until it is installed, searches use the old model and
/// index.
pub(super) fn encode_all(job: &Job, at_rest: &AtRest, model: &Model) -> Result<EncodedAll, EngineError> {
    let nothing = Index::build(Codes::new(model.config().bits)?);
    encode_missing(job, model, &at_rest.dataset.files, nothing, Vec::new())
}

/// Installs a new model, and then the index that it made.
pub(super) fn install_both(
    job: &Job,
    model: &Model,
    row: &ModelGeneration,
    encoded: EncodedAll,
) -> Result<IndexReport, EngineError> {
    let maker = install_model(&job.shared.project, model, row)?;
    install_index(job, encoded, maker, None)
}

/// Makes a model the current one.
pub(super) fn install_model(project: &Project, model: &Model, row: &ModelGeneration) -> Result<Maker, EngineError> {
    let mut hash = [0; 32];
    let generation = project.install_model(row, |path| {
        hash = model.save(path.as_std_path())?;
        Ok::<_, EngineError>(hash)
    })?;
    Ok(Maker { generation, hash })
}

/// The installed model that an index belongs to.
#[derive(Clone, Copy)]
pub(super) struct Maker {
    generation: i64,
    hash: [u8; 32],
}

/// An index that is not installed yet, and the files of its rows.
pub(super) struct EncodedAll {
    began: Instant,
    index: Index,
    rows: Vec<IndexedFile>,
    fresh: u64,
    mended: Vec<String>,
    /// The files that could not be read, and the files that could not be reached this time.
    failed: Vec<Problem>,
    unreached: Vec<Problem>,
}

/// Adds the codes of the `files` that `old` lacks. `rows` says which file each row of `old` belongs to.
fn encode_missing(
    job: &Job,
    model: &Model,
    files: &[Arc<SoundFile>],
    old: Index,
    mut rows: Vec<IndexedFile>,
) -> Result<EncodedAll, EngineError> {
    let grid = model.config().grid();
    let kept: HashSet<FileId> = rows.iter().map(|file| file.file).collect();
    let missing: Vec<&Arc<SoundFile>> = files.iter().filter(|file| !kept.contains(&file.id)).collect();
    let mut added = Codes::new(model.config().bits)?;

    let total: u64 = missing.iter().map(|file| grid.chunks_of_file(file.frames, file.rate)).sum();
    let (mut failed, mut unreached) = (Vec::new(), Vec::new());
    let encoding = Instant::now();
    job.progress(JobKind::Index, JobStage::Encoding, encoding, 0, total);
    for round in missing.chunks(FILES_A_ROUND) {
        job.check()?;
        let encoded: Vec<_> =
            round.par_iter().map(|file| encode_file(model, grid, file, || !job.is_cancelled())).collect();
        for (file, result) in round.iter().zip(encoded) {
            match result {
                Ok(Some(encoded)) => {
                    rows.push(IndexedFile {
                        file: file.id,
                        content_hash: file.content_hash,
                        first_row: (old.len() + added.len()) as u64,
                        silent: encoded.silent,
                    });
                    added.extend(encoded.codes.as_ref());
                }
                Ok(None) => return Err(EngineError::Cancelled),
                Err(EngineError::Audio(cause)) => {
                    let problem = Problem { path: file.path.to_string(), reason: cause.cause.to_string() };
                    let problems = if cause.cause.is_passing() { &mut unreached } else { &mut failed };
                    problems.push(problem);
                }
                Err(other) => return Err(other),
            }
        }
        job.progress(JobKind::Index, JobStage::Encoding, encoding, added.len() as u64, total);
    }
    if let (true, Some(first)) = (rows.is_empty(), failed.iter().chain(&unreached).next()) {
        return Err(EngineError::NothingReadable { first: format!("{}: {}", first.path, first.reason) });
    }
    job.check()?;
    job.progress(JobKind::Index, JobStage::CountingCodes, encoding, total, total);
    let fresh = added.len() as u64;
    let index = old.with_appended(added.as_ref())?;
    Ok(EncodedAll { began: job.began, index, rows, fresh, mended: Vec::new(), failed, unreached })
}

/// Makes an index the current one. `before` is the snapshot that searches used until now.
fn install_index(
    job: &Job,
    encoded: EncodedAll,
    maker: Maker,
    before: Option<Snapshot>,
) -> Result<IndexReport, EngineError> {
    let project = &job.shared.project;
    let EncodedAll { began, index, rows, fresh, mended, mut failed, unreached } = encoded;
    let statistics = code_statistics(index.kept_codes()?);
    let generation = IndexGeneration {
        generation: 0,
        model_generation: maker.generation,
        codes: index.kept_count() as u64,
        unique_codes: statistics.unique as u64,
        entropy_nats: statistics.entropy_nats,
        model_hash: Some(maker.hash),
        files: rows,
    };
    project.install_index(&generation, |own, path, announce| {
        let made_by = MadeBy {
            generation: maker.generation.cast_unsigned(),
            hash: Some(maker.hash),
            index: Some(own.cast_unsigned()),
        };
        let announce = |name: &str| announce(name).map_err(EngineError::from);
        IndexFile::save_as(path.as_std_path(), &index, made_by, &announce)
    })?;
    project.note_problems(&failed, ProblemOf::Content)?;
    project.note_problems(&unreached, ProblemOf::Access)?;
    failed.extend(unreached);
    if !mended.is_empty() {
        // A mended segment keeps its file name. The snapshot must be closed, because it still maps the damaged file of
        // that name.
        job.shared.set_snapshot(None);
    }
    job.shared.refresh()?;
    // The old index is no longer read, so its files can be deleted.
    drop(before);
    job.shared.sweep();
    Ok(IndexReport {
        codes: generation.codes,
        encoded: fresh,
        unique_codes: statistics.unique as u64,
        entropy_nats: statistics.entropy_nats,
        seconds: began.elapsed().as_secs_f64(),
        measured: 0,
        mended,
        failed,
    })
}

/// The old index without the rows of files that are gone or have changed, and the files of the other rows. Rows keep
/// their order, so equally near matches keep theirs. Rows also keep their numbers, until so many are gone that
/// compacting pays.
fn carried_over(old: Option<IndexGeneration>, before: &Snapshot) -> Result<(Index, Vec<IndexedFile>), EngineError> {
    let Some(old) = old else {
        return Ok((Index::build(Codes::new(before.model.config().bits)?), Vec::new()));
    };
    let live: HashSet<usize> = before.spans.iter().map(|span| span.first_row).collect();
    let mut files: Vec<IndexedFile> =
        old.files.into_iter().filter(|file| live.contains(&(file.first_row as usize))).collect();
    let mut gone = RowSet::all(before.index.index().len());
    for span in &before.spans {
        (span.first_row..span.first_row + span.chunks).for_each(|row| gone.remove(row));
    }
    let index = before.index.index().without(gone.iter());
    if !index.wants_compacting() {
        return Ok((index, files));
    }
    let (index, rows) = index.compacted()?;
    for file in &mut files {
        file.first_row = rows.partition_point(|&row| (row as u64) < file.first_row) as u64;
    }
    Ok((index, files))
}
