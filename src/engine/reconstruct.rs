//! Hearing what codes keep: from a sound through encoder, bits and decoder, or from the index's code, to a WAV file.

use std::ops::ControlFlow;
use std::time::Instant;

use camino::Utf8Path;

use super::clip::refuse_sounds;
use super::code::row_of;
use super::command::Coded;
use super::error::EngineError;
use super::event::ReconstructionReport;
use super::latest::JobKind;
use super::search::{current_model, current_snapshot};
use super::shared::Job;
use super::snapshot::grid_of;
use crate::audio::Cause;
use crate::audio::mono;
use crate::audio::wav::{Depth, write_wav};
use crate::dataset::FileId;
use crate::index::Codes;
use crate::model::Model;

/// Writes what `from`'s codes decode to. A file's sound ends where its last chunk does, or where the file does: a tail that
/// no chunk covers has no code to be heard from.
pub(super) fn reconstruct(job: &Job, from: &Coded, out: &Utf8Path) -> Result<ReconstructionReport, EngineError> {
    let began = Instant::now();
    let source = match from {
        Coded::File(path) => Some(path.as_path()),
        Coded::Chunk { .. } => None,
    };
    refuse_sounds(&job.shared.latest().dataset, source, out)?;
    let (samples, chunks, rate, bits) = match from {
        Coded::File(path) => of_file(job, path, began)?,
        Coded::Chunk { file, start_secs } => of_chunk(job, *file, *start_secs)?,
    };
    write_wav(out.as_std_path(), &samples, 1, rate, Depth::Pcm16)?;
    Ok(ReconstructionReport {
        out: out.to_owned(),
        chunks,
        bits,
        rate,
        duration_seconds: samples.len() as f64 / f64::from(rate),
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// Samples, how many chunks they are from, their rate, and the bits of a code.
type Heard = (Vec<f32>, usize, u32, usize);

fn of_file(job: &Job, path: &Utf8Path, began: Instant) -> Result<Heard, EngineError> {
    let model = current_model(job)?;
    let grid = grid_of(model.config());
    job.progress(JobKind::Search, "encoding", began, 0, 0);
    let sound = mono::read_mono(path.as_std_path(), grid.resampled_to(), None)?;
    let starts: Vec<u64> =
        (0..grid.chunk_count(sound.samples.len() as u64)).map(|chunk| grid.start_frame(chunk)).collect();
    if starts.is_empty() {
        return Err(Cause::NoSound.at(path.as_std_path()).into());
    }
    let mut codes = Codes::new(model.config().bits)?;
    for starts in starts.chunks(256) {
        job.check()?;
        codes.push_signs(&model.encode(&sound.samples, starts)?);
    }
    job.progress(JobKind::Search, "decoding", began, 0, 0);
    let mut samples = decode(job, &model, &codes, &starts)?;
    samples.truncate(sound.samples.len());
    Ok((samples, starts.len(), sound.rate, codes.bits()))
}

fn of_chunk(job: &Job, file: FileId, start_secs: f64) -> Result<Heard, EngineError> {
    let snapshot = current_snapshot(job)?;
    let row = row_of(&snapshot, file, start_secs)?;
    let rate = snapshot.span_of(row).map_or(0, |span| snapshot.grid.rate_for(span.file.rate));
    let mut codes = Codes::new(snapshot.model.config().bits)?;
    codes.extend_words(snapshot.index.codes()?.code(row).iter().copied());
    let samples = decode(job, &snapshot.model, &codes, &[0])?;
    Ok((samples, 1, rate, codes.bits()))
}

pub(super) fn decode(job: &Job, model: &Model, codes: &Codes, starts: &[u64]) -> Result<Vec<f32>, EngineError> {
    let bits: Vec<bool> = codes.as_ref().bools().collect();
    let go_on = || if job.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    model.decode(&bits, starts, &go_on)?.ok_or(EngineError::Cancelled)
}
